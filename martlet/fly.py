# SPDX-License-Identifier: Apache-2.0
"""`martlet fly`: train if asked to, start the stack, fly it, record it, report it.

Nothing here speaks ROS: nodes, recorder and pilot are processes of their own, started from the
description in martlet_bringup/stack.py, and none of them survives this one.
"""

import dataclasses
import json
import os
import selectors
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evaluation.report import write_report
from martlet.errors import FlightError, UsageError
from martlet.flight.display import Display
from martlet.flight.domain import take_domain
from martlet.flight.fleet_settings import with_fleet
from martlet.flight.keyboard import Keyboard
from martlet.flight.margin import margin_warnings
from martlet.flight.onboard import begin_of, export_onboard, plan_onboard
from martlet.flight.outcome import report_on
from martlet.flight.processes import Process, Processes, Talker
from martlet.flight.programme import Programme, programme
from martlet.flight.settings import SETTINGS, FlySettings, check, flight_settings, told
from martlet.flight.workspace import Workspace, find_workspace
from martlet.places import check_folder
from martlet.run_folder import RUNS, new_run_folder
from martlet.shipped import shipped_policy
from policy_export.runtime import PolicyRunner

READY_S = {"sim": 30.0, "twin": 60.0, "hardware": 120.0}
"""So long may the nodes take to be ready: a radio is slow to tell what the drone logs."""

TWIN = Path("lib/martlet_bringup/twin")

LAND_SIGNAL = signal.SIGUSR1
"""Tells the pilot to give up and land."""

STOP_KEYS = frozenset(" l")
"""Each ends a flight: the pilot lands what flies."""

KEY_S = 60.0
"""So long may the operator take to hold the key, where one is asked for."""

RECORDER_S = 30.0
"""So long may the recorder take to write what was said and close the bag: by itself it waits up to
5 s for the last of it, and a machine that is busy holds it up."""

REFUSED = 2
"""Exit code of a node that would not even begin."""


def run(settings: FlySettings, *, quiet: bool = False) -> dict[str, Any]:
    """Fly.

    Args:
        settings: What and how.
        quiet: Show nothing.

    Returns:
        What report.json holds.

    Raises:
        UsageError: Something that cannot be flown.
        FlightError: The flight did not come about, or was cut short; what was recorded is whole.
    """
    begun_s = time.monotonic()
    check(settings)
    settings = with_fleet(settings)
    if settings.policy is None and not settings.train:
        settings = dataclasses.replace(settings, policy=shipped_policy(settings.airframe))
    planned = programme(settings)
    if settings.onboard and settings.policy is not None:  # refused before a folder is made
        plan_onboard(settings.policy, planned, settings.airframe)
    workspace = find_workspace()
    folder = _run_folder(settings)
    durations: dict[str, float] = {}
    policy = _policy(settings, planned, folder, durations, quiet=quiet)
    runner = PolicyRunner(policy, airframe=settings.airframe)
    settings = dataclasses.replace(
        settings, airframe=settings.airframe or runner.manifest.airframes[0]
    )
    display = Display(quiet=quiet)
    display.plan(planned)
    for sentence in margin_warnings(planned) if settings.backend != "sim" else ():
        display.warn(sentence)
    flight_s = time.monotonic()
    onboard: dict[str, Any] = {}
    if settings.onboard:
        plan = plan_onboard(policy, planned, settings.airframe)
        onboard |= export_onboard(plan, folder, settings.backend)
        onboard |= {"planned_from": begin_of(planned)}
    reasons = _fly(settings, workspace, policy, folder, planned, display, onboard)
    durations["flight"] = round(time.monotonic() - flight_s, 2)
    try:
        report = report_on(settings, folder, planned, durations, begun_s, reasons)
    except FlightError:
        if reasons:  # why there is nothing to report
            raise FlightError(f"fly: {'; '.join(reasons)}; nothing was recorded.") from None
        raise
    display.report(report, folder)
    return report


def _run_folder(settings: FlySettings) -> Path:
    if settings.run is None:
        return new_run_folder("fly")
    folder = Path(settings.run) if "/" in settings.run else RUNS / settings.run
    if (folder / "flight").exists():
        raise UsageError(f"{folder}: expected a run that was not flown yet; name another.")
    check_folder(folder, "--run")
    return folder


def _policy(
    settings: FlySettings,
    planned: Programme,
    folder: Path,
    durations: dict[str, float],
    *,
    quiet: bool,
) -> Path:
    """The policy file in the run's folder: trained into it, or copied."""
    if settings.train:
        from training.recipe import load_recipe
        from training.run import train_run

        begun_s = time.monotonic()
        policy = train_run(folder, load_recipe("track"), quiet=quiet).policy
        durations["train"] = round(time.monotonic() - begun_s, 2)
        return policy
    assert settings.policy is not None, "run sees to that"
    # Refused before a folder is made.
    runner = PolicyRunner(settings.policy, airframe=settings.airframe)
    planned.check(runner, onboard=settings.onboard)
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "policy.onnx"
    if settings.policy.resolve() != kept.resolve():
        shutil.copyfile(settings.policy, kept)
    return kept


def _fly(
    settings: FlySettings,
    workspace: Workspace,
    policy: Path,
    folder: Path,
    planned: Programme,
    display: Display,
    onboard: dict[str, Any],
) -> list[str]:
    """Start everything, watch it fly, stop everything; returns what did not go as it should.

    `onboard`: what the stack's settings say of a policy on board.
    """
    stack = workspace.stack
    flight = dataclasses.replace(flight_settings(settings, policy, stack, planned), **onboard)
    plan = {
        "drones": planned.drones,
        "height_m": planned.height_m,
        "over": planned.over,
        "ready_s": READY_S[settings.backend],
        **({"armed_s": KEY_S} if settings.operator_s else {}),
        "steps": [dataclasses.asdict(task) for task in planned.flown],
    }
    logs = folder / "logs"
    with (
        take_domain(os.environ) as domain,
        _sigterm_raises(),
        Processes() as ground,  # outlives the nodes, who land what flies
        Processes() as processes,
    ):
        env = workspace.environment() | {"ROS_DOMAIN_ID": str(domain.number)}
        write_report(told(settings), folder / SETTINGS)
        domain.tell(folder)
        words = _recorder(stack, flight, folder)
        recorder = Process("recorder", words, env, logs / "recorder.log", RECORDER_S)
        processes.add(recorder)
        if of_twin := stack.twin(flight):
            words = [str(workspace.install / TWIN), *of_twin]
            ground.add(Process("twin", words, env, logs / "twin.log"))
        for node in stack.stack(flight):
            words = stack.command_line(node, workspace.install)
            log = logs / f"{node.name}.log"
            processes.add(Process(node.name, words, env, log, node.end_s))
        words = [sys.executable, "-m", "martlet.flight.pilot", json.dumps(plan)]
        pilot = Talker("pilot", words, env, logs / "pilot.log")
        try:
            with Keyboard() as keyboard:
                reasons = _watch(pilot, (ground, processes), display, keyboard)
        finally:
            pilot.end()
            recorder.signal(signal.SIGTERM)  # before the others: it takes what they have said
            recorder.wait(RECORDER_S)
    return reasons


def _recorder(stack: Any, flight: Any, folder: Path) -> list[str]:
    words = [sys.executable, "-m", "martlet.flight.recorder", str(folder / "flight")]
    words += ["--lossless"] if flight.clock == "lockstep" else []
    for topic in stack.topics(flight.drones):
        words.append(f"{topic.name}={'=' if topic.reliable else ''}{topic.type}")
    return words


def _watch(
    pilot: Talker, processes: Sequence[Processes], display: Display, keyboard: Keyboard
) -> list[str]:
    """Follow the flight to its end, which a key press brings about.

    Returns:
        What did not go as it should.

    Raises:
        FlightError: A process ended before the flight did.
    """
    reasons: list[str] = []
    if keyboard.fd is not None:
        display.keys()
    for event in _events(pilot, processes, keyboard):
        display.show(event)
        if event["event"] == "abandoned" or (event["event"] == "result" and not event["success"]):
            name = f"{event['name']}: " if "name" in event else ""
            reasons.append(f"{name}{event['reason']}")
    pilot.wait(5.0)
    if pilot.exit_code() not in (0, 1):
        raise FlightError(f"pilot: it ended before the flight did: {pilot.last_words()}")
    return reasons


def _events(
    pilot: Talker, processes: Sequence[Processes], keyboard: Keyboard
) -> Iterator[dict[str, Any]]:
    """What the pilot says, until it has no more to say; and that a key told it to land."""
    fd = pilot.output.fileno()
    keys, stopped, told, heard = keyboard.fd, False, False, False
    os.set_blocking(fd, False)
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(fd, selectors.EVENT_READ)
        if keys is not None:
            selector.register(keys, selectors.EVENT_READ)
        while True:
            fallen = next((fell for some in processes if (fell := some.fallen())), None)
            if fallen is not None and fallen.exit_code() == REFUSED:
                raise UsageError(fallen.last_words())
            if fallen is not None:
                raise FlightError(f"{fallen.name}: it ended in flight: {fallen.last_words()}")
            ready = [key.fd for key, _ in selector.select(0.2)]
            if keys is not None and keys in ready:
                pressed = keyboard.read()
                if pressed is None:  # the terminal is gone; the flight goes on
                    selector.unregister(keys)
                elif STOP_KEYS & set(pressed) and not stopped:
                    stopped = True
                    yield {"event": "stopping"}
            if stopped and heard and not told:  # it takes signals from its first word on
                told = True
                pilot.signal(LAND_SIGNAL)
            if fd not in ready:
                continue
            data = os.read(fd, 65536)
            if not data:
                return
            heard = True
            *lines, rest = (rest + data).split(b"\n")
            yield from (json.loads(line) for line in lines)


@contextmanager
def _sigterm_raises() -> Iterator[None]:
    """Let SIGTERM end the flight as an error does, so that all is stopped in good order."""

    def refuse(_: int, __: object) -> None:
        raise FlightError("fly: ended by SIGTERM; what was recorded so far is whole.")

    before = signal.signal(signal.SIGTERM, refuse)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
