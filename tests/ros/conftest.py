# SPDX-License-Identifier: Apache-2.0
"""A stack's processes for a test: started as `martlet fly` starts them, ended with the test."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from martlet.flight.domain import take_domain
from martlet.flight.processes import TERM_S, Process, Processes
from martlet.flight.workspace import Workspace, find_workspace
from martlet.fly import TWIN

TASKS = Path(__file__).parents[2] / "sim_core" / "tasks"


@dataclass
class Stack:
    """Nodes that run, and the environment that they run in."""

    workspace: Workspace
    env: dict[str, str]
    processes: Processes
    folder: Path
    nodes: dict[str, Process]

    def start(self, policy: Path | str, only: tuple[str, ...] = (), **settings: Any) -> None:
        """Start the nodes of a flight, or some of them."""
        stack = self.workspace.stack
        flight = stack.with_twin(stack.FlightSettings(policy=str(policy), **settings))
        if (words := stack.twin(flight)) and (not only or "twin" in only):
            words = (str(self.workspace.install / TWIN), *words)
            self._keep("twin", words)
        for node in stack.stack(flight):
            if not only or node.name in only:
                words = stack.command_line(node, self.workspace.install)
                self._keep(node.name, words, node.end_s)

    def run_node(self, name: str, words: Sequence[str]) -> Process:
        """Start a node that is no part of a flight, with these words after --ros-args."""
        program = self.workspace.install / "lib" / "martlet_nodes" / name
        return self.run_program(name, [str(program), "--ros-args", *words])

    def run_program(self, name: str, words: Sequence[str]) -> Process:
        """Start any program."""
        self._keep(name, words)
        return self.nodes[name]

    def _keep(self, name: str, words: Sequence[str], end_s: float = TERM_S) -> None:
        log = self.folder / f"{name}.log"
        self.nodes[name] = Process(name, words, self.env, log, end_s)
        self.processes.add(self.nodes[name])

    def end(self) -> None:
        """End what was started."""
        self.processes.stop()
        self.nodes.clear()

    def run(self, code: str, *words: str, timeout: float = 60.0) -> str:
        """Run a client that speaks ROS; returns what it prints."""
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def new_stack(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[], AbstractContextManager[Stack]]:
    """Make a stack, in a domain of its own, that ends with its context."""

    @contextmanager
    def made() -> Iterator[Stack]:
        workspace = find_workspace()
        with take_domain({}) as domain, Processes() as processes:
            env = workspace.environment() | {"ROS_DOMAIN_ID": str(domain.number)}
            yield Stack(workspace, env, processes, tmp_path_factory.mktemp("logs"), {})

    return made


@pytest.fixture
def stack(new_stack: Callable[[], AbstractContextManager[Stack]]) -> Iterator[Stack]:
    with new_stack() as made:
        yield made


@pytest.fixture(scope="session")
def one_lap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lemniscate, flown once: the file of a task."""
    path = tmp_path_factory.mktemp("tasks") / "lemniscate.toml"
    text = (TASKS / "lemniscate.toml").read_text()
    path.write_text(text.replace("laps = 3.0", "laps = 1.0"))
    return path


@pytest.fixture
def wait_until() -> Callable[..., bool]:
    def wait(true: Callable[[], Any], seconds: float = 60.0) -> bool:
        deadline = time.monotonic() + seconds
        while not true() and time.monotonic() < deadline:
            time.sleep(0.05)
        return bool(true())

    return wait


@pytest.fixture(autouse=True)
def _no_domain_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests take free domains, whatever the shell that runs them has set."""
    monkeypatch.delenv("ROS_DOMAIN_ID", raising=False)
    assert "ROS_DOMAIN_ID" not in os.environ
