# SPDX-License-Identifier: Apache-2.0
"""A process killed in flight: the nodes as `martlet fly` starts them, over ROS.

With the simulator's backend its simulator dies, too: what kills it says nothing of a flight. Over
the twin the drone lives on, in this process, and what it does is its firmware's doing.
"""

import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from firmware_bridge.guard_rules import GuardLimits
from martlet.flight.domain import take_domain
from martlet.flight.processes import Process, Processes, Talker
from martlet.flight.recording import read_recording
from martlet.flight.workspace import find_workspace
from martlet.fly import _recorder

from .catalogue import STRIKES_S, TASK
from .ending import SpoiledError, ending
from .flight import DOWN_M, DOWN_S, HEIGHT_M, LONGEST_S
from .world import AIRFRAME, running_twins

READY_S = 60.0


@dataclass(frozen=True)
class Kill:
    """A process that is killed, of a flight in a world; and what the guard is to say first."""

    name: str
    where: str
    victim: str
    says: str = ""


KILLS = (
    Kill("policy process killed", "sim", "policy", "hold: stale command"),
    Kill("policy process killed", "twin", "policy", "hold: stale command"),
    Kill("backend process killed", "twin", "crazyflie_backend"),
)


class _Watched:
    """A twin's truth, written down a hundred times a second."""

    def __init__(self, double: Any) -> None:
        self.times_s: list[float] = []
        self.places: list[Any] = []
        self._double, self._stop = double, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(0.01):
            self.times_s.append(time.monotonic())
            self.places.append(np.array(self._double.truth[0]))

    @property
    def turning(self) -> bool:
        return bool(self._double.commanded_thrust_n(0) > 0.0)

    def wait_down(self, seconds: float) -> None:
        until_s, since_s = time.monotonic() + seconds, time.monotonic()
        while time.monotonic() < until_s and time.monotonic() - since_s < DOWN_S:
            time.sleep(0.02)
            if self.turning or self.places[-1][2] > DOWN_M:
                since_s = time.monotonic()

    def end(self) -> None:
        self._stop.set()
        self._thread.join()


def fly_kill(kill: Kill, policy: Path) -> list[dict[str, Any]]:
    """Fly a kill.

    Args:
        kill: Who dies.
        policy: The policy file.

    Returns:
        As `fly_fault` does.

    Raises:
        SpoiledError: The flight went wrong by itself.
    """
    fly = _in_simulation if kill.where == "sim" else _over_twin
    with tempfile.TemporaryDirectory() as folder:
        told = fly(kill, policy, Path(folder))
    said = [*told["guard"], "the guard said nothing"]
    if kill.says and not said[0].startswith(kill.says):
        raise SpoiledError(said[0])
    return [told]


def _in_simulation(kill: Kill, policy: Path, folder: Path) -> dict[str, Any]:
    with _nodes(policy, folder, backend="sim", listeners=2) as (nodes, pilot):
        _fly(nodes, pilot, kill)
        pilot.wait(LONGEST_S)
        said = _guard_in(nodes["sim_backend"])
        nodes["recorder"].signal(signal.SIGTERM)
        nodes["recorder"].wait(5.0)
    recording = read_recording(folder / "flight", ("cf1",))
    struck_s = recording.commands.stamps_s[-1]  # its last word
    after = recording.truth.stamps_s >= struck_s
    times_s, places = recording.truth.stamps_s[after], recording.truth.values[after][:, 0]
    return _told(times_s, places, said, turning=False)


def _over_twin(kill: Kill, policy: Path, folder: Path) -> dict[str, Any]:
    with running_twins(1) as (server, drones):
        watched = _Watched(drones[0].double)
        try:
            settings = {"backend": "hardware", "uris": tuple(server.uris)}
            with _nodes(policy, folder, **settings) as (nodes, pilot):
                _fly(nodes, pilot, kill)
                struck_s = time.monotonic()
                watched.wait_down(LONGEST_S)
                said = _guard_in(nodes["crazyflie_backend"])
        finally:
            watched.end()
        after = np.array(watched.times_s) >= struck_s
        times_s, places = np.array(watched.times_s)[after], np.array(watched.places)[after]
        return _told(times_s, places, said, turning=watched.turning)


@contextmanager
def _nodes(
    policy: Path, folder: Path, **settings: Any
) -> Iterator[tuple[dict[str, Process], Talker]]:
    """The nodes of a flight, a pilot, and a recorder where somebody tells the truth."""
    workspace = find_workspace()
    stack = workspace.stack
    flight = stack.FlightSettings(policy=str(policy), airframe=AIRFRAME, **settings)
    plan = {
        "drones": ["cf1"],
        "height_m": HEIGHT_M,
        "over": [],
        "ready_s": READY_S,
        "steps": [{"name": TASK, "task": TASK, "duration_s": 0.0}],
    }
    nodes: dict[str, Process] = {}
    with take_domain(os.environ) as domain, Processes() as processes:
        env = workspace.environment() | {"ROS_DOMAIN_ID": str(domain.number)}

        def start(name: str, words: list[str]) -> None:
            nodes[name] = Process(name, words, env, folder / f"{name}.log")
            processes.add(nodes[name])

        if flight.backend == "sim":
            start("recorder", _recorder(stack, flight, folder))
        for node in stack.stack(flight):
            start(node.name, stack.command_line(node, workspace.install))
        words = [sys.executable, "-m", "martlet.flight.pilot", json.dumps(plan)]
        pilot = Talker("pilot", words, env, folder / "pilot.log")
        try:
            yield nodes, pilot
        finally:
            pilot.end()


def _fly(nodes: dict[str, Process], pilot: Talker, kill: Kill) -> None:
    """Wait for the task to be flown, and kill."""
    for line in pilot.output:
        event = json.loads(line)
        if event["event"] == "abandoned":
            raise SpoiledError(event["reason"])
        if event["event"] == "phase" and event["name"] == TASK:
            break
    time.sleep(STRIKES_S)
    nodes[kill.victim].signal(signal.SIGKILL)


def _guard_in(backend: Process) -> list[str]:
    """What a backend's log has of its guard."""
    log = backend.log.read_text()
    lines = [line.partition("-> ")[2] for line in log.splitlines() if "guard of" in line]
    return [f"{line.split()[0].lower()}: {line.partition(' s: ')[2]}" for line in lines]


def _told(times_s: Any, places: Any, said: list[str], *, turning: bool) -> dict[str, Any]:
    box = GuardLimits.box_low_m, GuardLimits.box_high_m
    return {"drone": "cf1", **ending(times_s.tolist(), places, box, turning=turning), "guard": said}
