# SPDX-License-Identifier: Apache-2.0
"""The processes of a flight, started as `martlet fly` starts them and left to whoever measures."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from martlet.flight.domain import take_domain
from martlet.flight.processes import Process, Processes, Talker
from martlet.flight.programme import Flown, Programme
from martlet.flight.settings import FlySettings, flight_settings
from martlet.flight.workspace import find_workspace
from martlet.fly import READY_S, TWIN, _recorder

HERE = Path(__file__).parent

RECORDED_S = 30.0
"""So long may a recorder take to close its bag on a machine that is full."""


class Heard(Talker):
    """A process that says what happens as JSON, an object a line; a thread keeps it.

    Attributes:
        events: All that it has said.
    """

    def listen(self) -> "Heard":
        """Begin to listen."""
        self.events: list[dict[str, Any]] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        return self

    def _listen(self) -> None:
        for line in self.output:
            self.events.append(json.loads(line))

    def end(self) -> None:
        """Kill what is left of it; what it said is kept."""
        if self.exit_code() is None:
            self.signal(signal.SIGKILL)
        self._thread.join()
        super().end()


@dataclass(frozen=True)
class Nodes:
    """What runs.

    Attributes:
        running: By name: recorder, twin, the backend, policy.
        env: The environment for more of the kind.
        folder: Where logs go.
        planned: What the drones are there for.
        ready_s: How long the nodes may take to be ready.
    """

    running: dict[str, Process]
    env: dict[str, str]
    folder: Path
    planned: Programme
    ready_s: float

    def pilot(self, steps: tuple[Flown, ...]) -> Heard:
        """Start a pilot who takes off, flies these tasks, and lands."""
        plan = {
            "drones": self.planned.drones,
            "height_m": self.planned.height_m,
            "over": self.planned.over,
            "ready_s": self.ready_s,
            "steps": [asdict(step) for step in steps],
        }
        words = [sys.executable, "-m", "martlet.flight.pilot", json.dumps(plan)]
        return Heard("pilot", words, self.env, self.folder / "logs" / "pilot.log").listen()

    def observer(self, every_s: float) -> Heard:
        """Start somebody who tells every so often how commands came; see observer.py."""
        words = [sys.executable, str(HERE / "observer.py"), f"{every_s:g}", *self.planned.drones]
        return Heard("observer", words, self.env, self.folder / "logs" / "observer.log").listen()

    def rearm(self) -> None:
        """Free drones that a guard has landed; see rearm.py."""
        words = [sys.executable, str(HERE / "rearm.py")]
        subprocess.run(words, env=self.env, check=False, timeout=60.0)

    def fallen(self) -> str:
        """Who has ended, and its last words; empty while all run."""
        for name, process in self.running.items():
            if process.exit_code() is not None:
                return f"{name}: it ended in flight: {process.last_words()}"
        return ""


@contextmanager
def nodes_up(
    settings: FlySettings, planned: Programme, folder: Path, timed: Path | None = None
) -> Iterator[Nodes]:
    """Start everybody but a pilot; nobody is left behind.

    Args:
        settings: What `martlet fly` would be told; with a policy.
        planned: What it would fly.
        folder: For the recording and the logs.
        timed: Where the backend is to write when its commands went out; see timed_backend.py.
    """
    assert settings.policy is not None
    workspace = find_workspace()
    stack, logs = workspace.stack, folder / "logs"
    flight = flight_settings(settings, settings.policy, stack, planned)
    running: dict[str, Process] = {}
    with take_domain(os.environ) as domain, Processes() as ground, Processes() as processes:
        env = workspace.environment() | {"ROS_DOMAIN_ID": str(domain.number)}

        def start(name: str, words: list[str], where: Processes, end_s: float = 5.0) -> None:
            running[name] = Process(name, words, env, logs / f"{name}.log", end_s)
            where.add(running[name])

        start("recorder", _recorder(stack, flight, folder), processes)
        if words := stack.twin(flight):
            start("twin", [str(workspace.install / TWIN), *words], ground)
        for node in stack.stack(flight):
            words = stack.command_line(node, workspace.install)
            if timed is not None and node.name != "policy":
                env["MARTLET_TIMED"] = str(timed)
                words = [sys.executable, str(HERE / "timed_backend.py"), node.name, *words[1:]]
            start(node.name, words, processes, node.end_s)
        try:
            yield Nodes(running, env, folder, planned, READY_S[settings.backend])
        finally:
            running["recorder"].signal(signal.SIGTERM)  # it takes what they have said
            running["recorder"].wait(RECORDED_S)
