# SPDX-License-Identifier: Apache-2.0
"""`martlet view`: a flight in three dimensions, from its bag or while it is flown."""

import contextlib
import os
import signal
import sys
import tempfile
import time
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path

from martlet.errors import FlightError, UsageError
from martlet.flight.processes import Process, Processes
from martlet.view.bag import bag_of, messages
from martlet.view.domains import watched
from martlet.view.options import ViewOptions
from martlet.view.server import rerun_command, served
from martlet.view.surroundings import surroundings
from martlet.view.translation import Translation

Say = Callable[[str], None]


def run(source: Path | None, options: ViewOptions, say: Say) -> None:
    """Show a run or a bag, or the flight that is in the air.

    Raises:
        UsageError: Nothing to show, no viewer, or no port.
        FlightError: The viewer or the flight could not be reached.
    """
    rerun_command()
    if not 0 <= options.port <= 65535:
        raise UsageError(f"view: --port: expected 0 to 65535, got {options.port}.")
    if options.save is not None and not options.save.absolute().parent.is_dir():
        raise UsageError(f"{options.save}: expected a folder that is there to write it to.")
    if source is not None:
        _show_bag(bag_of(source), options, say)
    else:
        _show_flight(options, say)


def _show_bag(bag: Path, options: ViewOptions, say: Say) -> None:
    names, found = messages(bag)
    if options.save is not None:
        aside = options.save.with_name(options.save.name + ".part")
        _draw(bag, names, found, str(aside))
        aside.replace(options.save)
        say(f"written: {options.save}")
        return
    with served(options.port) as address, _until_stopped() as stopped:
        _open(address.page, options, say)  # it fills as the bag is read
        _draw(bag, names, found, address.data)
        while not stopped():
            time.sleep(0.2)


def _draw(bag: Path, names: tuple[str, ...], found: Iterator[tuple[str, object]], to: str) -> None:
    from martlet.view.sink import Sink

    translation = Translation(names)
    still = [*translation.bodies(), *surroundings(bag.parent)]
    sink = Sink(translation.colours(), still, live=False)
    if "://" in to:
        sink.connect(to)
    else:
        sink.save(Path(to))
    for topic, message in found:
        stamp_s, entries = translation.entries(topic, message)
        if entries:
            sink.draw(stamp_s, entries)
    sink.end()


def _show_flight(options: ViewOptions, say: Say) -> None:
    from martlet.flight.workspace import find_workspace

    flight = watched(os.environ)
    env = find_workspace().environment() | {"ROS_DOMAIN_ID": str(flight.domain)}
    with contextlib.ExitStack() as stack:
        page = None
        target = str(options.save)
        if options.save is None:
            address = stack.enter_context(served(options.port))
            page, target = address.page, address.data
        folder = tempfile.TemporaryDirectory(prefix="martlet-view-")
        log = Path(stack.enter_context(folder)) / "listener.log"
        stopped = stack.enter_context(_until_stopped())
        processes = stack.enter_context(Processes())
        run_ = "-" if flight.run is None else str(flight.run)
        words = [sys.executable, "-m", "martlet.view.listener", run_, target]
        listener = Process("view", words, env, log)
        processes.add(listener)
        say(f"watching the flight on domain {flight.domain}")
        if page is not None:
            _open(page, options, say)
        while listener.exit_code() is None and not stopped():
            time.sleep(0.2)
        if listener.exit_code() not in (None, 0):
            raise FlightError(listener.last_words())
        if listener.exit_code() == 0 and page is not None:
            say("the flight is over; Ctrl-C ends the view")
            while not stopped():
                time.sleep(0.2)
    if options.save is not None:
        say(f"written: {options.save}")


def _open(page: str, options: ViewOptions, say: Say) -> None:
    say(f"{page}\nCtrl-C ends the view")
    if options.open:
        webbrowser.open(page)


@contextlib.contextmanager
def _until_stopped() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C or SIGTERM has come, instead of what they do otherwise."""
    told: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: told.append(1)) for number in numbers]
    try:
        yield lambda: bool(told)
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
