# SPDX-License-Identifier: Apache-2.0
"""One flight with a fault: take off, let the policy fly, let it happen, see where it ends."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from martlet_nodes.flown_tasks import load_tasks
from martlet_nodes.manoeuvre import Goal, Kind
from martlet_nodes.policy import Answer, PolicyFlight
from policy_export.runtime import PolicyRunner

from .ending import SpoiledError

HEIGHT_M = 1.0
ASK_AGAIN_S = 0.5
LONGEST_S = 30.0
"""From the fault to the end, at most."""

DOWN_M = 0.05
DOWN_S = 0.3
"""A drone is down when its motors have been off on the ground for so long."""


TAKEOFF_S = 15.0


@dataclass
class Policy:
    """What fails of a policy: it turns its answers into others, or into silence."""

    change: Callable[[Answer], Answer | None] = lambda answer: answer


class Flight:
    """A world, a policy on a task, and what a pilot does after it: land."""

    def __init__(self, world: Any, runner: PolicyRunner, task: str) -> None:
        """Take off; the policy begins at the next tick."""
        self.world, self.policy = world, Policy()
        self.rows = list(range(len(world.names)))
        self.times_s: list[float] = []
        self.truth: list[Any] = []
        self._down_since = [float("inf")] * len(self.rows)
        self._asked_s = -1.0
        self._take_off()
        offsets = np.array([[0.0, 1.0 * row, 0.0] for row in self.rows])
        states = world.backend.telemetry.states
        tasks = load_tasks(task, states, self.rows, offsets)
        self._flight = PolicyFlight(runner, tasks, self.rows, 0.0, world.names)
        self.begun_s = world.now_s

    @property
    def task_s(self) -> float:
        """Time since the policy took over."""
        return self._flight.time_s

    def fly_to(self, task_s: float) -> None:
        """Go on until the policy has flown for so long.

        Raises:
            SpoiledError: It was not let.
        """
        self.fly(lambda: self.task_s >= task_s or self._flight.over)
        if self._flight.over:
            raise SpoiledError(self._flight.verdict().reason)

    def fly(self, until: Callable[[], bool]) -> None:
        """Go on until something is so."""
        while not until():
            if self.world.tick():
                self._exchange()
            self.times_s.append(self.world.now_s)
            self.truth.append(np.array(self.world.truth))

    def down(self) -> bool:
        """Whether every drone has come to its end, on the ground or wherever nothing goes on."""
        for row in self.rows:
            low = self.world.truth[row, 2] < DOWN_M and not self.world.turning(row)
            since = min(self._down_since[row], self.world.now_s)
            self._down_since[row] = since if low else float("inf")
        return all(self.world.now_s - since > DOWN_S for since in self._down_since)

    def _take_off(self) -> None:
        backend, world = self.world.backend, self.world
        for row in self.rows:
            if why := backend.arm(row, True, world.now_s):
                raise SpoiledError(why)
        until_s = world.now_s + TAKEOFF_S
        while any(not backend.status(row).armed for row in self.rows) and world.now_s < until_s:
            world.tick()
        goal = Goal(Kind.TAKEOFF, (0.0, 0.0, HEIGHT_M), 0.0, 0.0)
        ups = [backend.begin(row, goal, world.now_s) for row in self.rows]
        while any(up.outcome is None for up in ups):
            world.tick()
        for up in ups:
            if not up.outcome.success:
                raise SpoiledError(up.outcome.reason)

    def _exchange(self) -> None:
        """What ROS carries between backend and policy, at one tick."""
        backend, now_s = self.world.backend, self.world.now_s
        heard = backend.telemetry
        answer = self._flight.answer(heard.stamp_s, heard.states, heard.age_s)
        changed = None if answer is None else self.policy.change(answer)
        self._send(changed, now_s)
        for row in self.rows:
            status = backend.status(row)
            told = self._flight.heed(row, int(status.commander), int(status.stage), status.reason)
            self._send(told, now_s)
        if self._flight.over and now_s - self._asked_s > ASK_AGAIN_S:
            self._asked_s = now_s
            for row in self.rows:  # as the pilot does after any task, well flown or not
                backend.begin(row, Goal(Kind.LAND, (0.0, 0.0, 0.0), 0.0, 0.0), now_s)

    def _send(self, answer: Answer | None, now_s: float) -> None:
        if answer is None:
            return
        for row in self.rows:
            if answer.engaged[row]:
                command = answer.commands[row].tolist()
                self.world.backend.stream(row, command, answer.stamp_s, now_s)
            else:
                self.world.backend.release(row, now_s)
