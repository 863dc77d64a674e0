# SPDX-License-Identifier: Apache-2.0
"""Commands of ``python3 -m bootstrap``: setup, test-tools, run, env."""

from __future__ import annotations

import argparse
import fcntl
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bootstrap import pip, preflight, test_tools
from bootstrap.display import Display
from bootstrap.layout import Layout
from bootstrap.plan import make_plan
from bootstrap.setup import Setup, SetupError
from bootstrap.stamps import Stamps

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str]) -> int:
    """Run a command; return 0, 1 when it failed, 2 when it cannot be run here."""
    options = _parse(arguments)
    layout = Layout(ROOT)
    if options.command == "setup":
        return _setup(layout, dev=options.dev, hardware=options.hardware)
    if options.command == "test-tools":
        if (said := test_tools.install(test_tools.missing_packages())) is not None:
            print(said)
        return 0
    try:
        env = layout.ros_env()
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    if options.command == "run":
        return _run(options.words, env)
    _print_environment(env)
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m bootstrap", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    setup = commands.add_parser("setup", help="set up what is missing")
    setup.add_argument("--dev", action="store_true", help="with the tools of `make test`")
    setup.add_argument("--hardware", action="store_true", help="with cflib (GPLv3) for the radio")
    commands.add_parser("test-tools", help="install what tests want of the machine, if we may")
    run = commands.add_parser("run", help="run a command in the environment")
    run.add_argument("words", nargs=argparse.REMAINDER, metavar="command")
    commands.add_parser("env", help="print the environment as shell exports")
    return parser.parse_args(arguments)


def _setup(layout: Layout, *, dev: bool, hardware: bool) -> int:
    for ending in (signal.SIGTERM, signal.SIGHUP):  # also a terminal that is closed
        signal.signal(ending, signal.default_int_handler)
    display = Display(sys.stdout)
    started = time.monotonic()
    try:
        with _only_one(layout.logs / "lock", display) as lock:
            if not layout.python.exists():  # removed, or its base Python was
                shutil.rmtree(layout.venv, ignore_errors=True)
            stamps = Stamps(layout.stamps)
            setup = Setup(stamps, layout.logs, display, pip.environment(os.environ), [lock])
            plan = make_plan(layout, dev=dev, hardware=hardware)
            if not setup.pending(plan):
                return 0
            refusal = preflight.missing_tools(preflight.look())
            if refusal is not None:
                print(refusal, file=sys.stderr)
                return 2
            setup.take(plan)
            display.say(f"Set up in {time.monotonic() - started:.0f} s.")
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; `make setup` goes on from here.", file=sys.stderr)
        return 130
    return 0


@contextmanager
def _only_one(path: Path, display: Display) -> Iterator[int]:
    """Hold the set-up's lock; wait while another set-up of this checkout holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            display.say("Another set-up of this checkout is under way; waiting for it.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _run(words: Sequence[str], env: dict[str, str]) -> int:
    command = list(words[1:] if words[:1] == ["--"] else words)
    if not command:
        print("run: expected a command, got nothing", file=sys.stderr)
        return 2
    try:
        os.execvpe(command[0], command, env)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 2


def _print_environment(env: dict[str, str]) -> None:
    for key, value in sorted(env.items()):
        if os.environ.get(key) != value:
            print(f"export {key}={shlex.quote(value)}")
