# SPDX-License-Identifier: Apache-2.0
"""Takeoff, land and go_to as ROS actions, of one drone or of all.

A goal is executed, in rclpy's words, when its outcome is known, and counts as accepted until then:
rclpy polls coroutines that wait, which would keep a core busy for the length of a flight. Goals
come in on the desk's thread; all else is done on the one that flies.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from martlet_msgs.action import GoTo, Land, Takeoff
from rclpy.action import ActionServer, CancelResponse

from martlet_nodes.backend import Backend
from martlet_nodes.desk import Desk
from martlet_nodes.manoeuvre import Goal, Kind, Manoeuvre
from sim_core.frames import yaw_of

TYPES = {Kind.TAKEOFF: Takeoff, Kind.LAND: Land, Kind.GO_TO: GoTo}
OF_ALL = (Kind.TAKEOFF, Kind.LAND)
"""What all drones can be asked at once: nobody sends them all to one point."""


@dataclass
class _Part:
    """What one drone does of a goal, and the height from which the answer counts."""

    number: int
    manoeuvre: Manoeuvre
    base_m: float


@dataclass
class _Run:
    handle: Any
    kind: Kind
    parts: list[_Part]

    @property
    def over(self) -> bool:
        return all(part.manoeuvre.outcome is not None for part in self.parts)


class Actions:
    """The action servers of one drone, or of all."""

    def __init__(
        self,
        desk: Desk,
        backend: Backend,
        prefix: str,
        numbers: Sequence[int],
        now_s: Callable[[], float],
        changed: Callable[[], None],
    ) -> None:
        """Serve them.

        Args:
            desk: Where goals come in.
            backend: What decides.
            prefix: What their names begin with.
            numbers: The drones' rows.
            now_s: The flight's clock.
            changed: Called when a goal has begun.
        """
        self._backend, self._numbers, self._now_s = backend, numbers, now_s
        self._changed = changed
        self._runs: list[_Run] = []

        def take(kind: Kind, handle: Any) -> None:
            desk.hand_over.post(partial(self._begin, kind, handle))

        self._servers = [
            ActionServer(
                desk.node,
                TYPES[kind],
                f"{prefix}/{kind.value}",
                execute_callback=self._no_run,
                handle_accepted_callback=partial(take, kind),
                cancel_callback=lambda _: CancelResponse.ACCEPT,
            )
            for kind in (OF_ALL if prefix == "/all" else TYPES)
        ]

    def look(self, *, feedback: bool) -> None:
        """Say how the goals stand, and end those that have come to their end."""
        for run in list(self._runs):
            if run.handle.is_cancel_requested:
                for part in run.parts:
                    if part.manoeuvre.outcome is None:
                        self._backend.cancel(part.number, self._now_s())
            if run.over:
                self._runs.remove(run)
                self._finish(run)
            elif feedback:
                run.handle.publish_feedback(self._feedback(run))

    def _begin(self, kind: Kind, handle: Any) -> None:
        run = _Run(handle, kind, [self._part(kind, handle.request, n) for n in self._numbers])
        if run.over:
            self._finish(run)
        else:
            self._runs.append(run)
        self._changed()

    def _part(self, kind: Kind, request: Any, number: int) -> _Part:
        goal, base_m = self._goal(kind, request, number)
        return _Part(number, self._backend.begin(number, goal, self._now_s()), base_m)

    def _goal(self, kind: Kind, request: Any, number: int) -> tuple[Goal, float]:
        """What is asked in W, and the height from which the answer counts."""
        state = self._backend.telemetry.states[number]
        x, y, z = (float(value) for value in state[:3])
        duration = float(request.duration_s)
        if kind is Kind.GO_TO:
            p, yaw = request.position, float(request.yaw_rad)
            if request.relative:
                return Goal(
                    kind, (x + p.x, y + p.y, z + p.z), yaw + yaw_of(state[3:7]), duration
                ), z
            return Goal(kind, (p.x, p.y, p.z), yaw, duration), z
        height = float(request.height_m)
        if kind is Kind.TAKEOFF:
            ground = self._backend.ground_m(number)
            return Goal(kind, (x, y, ground + height), 0.0, duration), ground
        return Goal(kind, (x, y, height), 0.0, duration), height

    def _feedback(self, run: _Run) -> Any:
        feedback = TYPES[run.kind].Feedback()
        feedback.time_s = self._now_s() - run.parts[0].manoeuvre.started_s
        worst = max(run.parts, key=self._error_m)
        if run.kind is Kind.GO_TO:
            feedback.error_m = self._error_m(worst)
        else:
            feedback.height_m = self._height_m(worst)
        return feedback

    def _error_m(self, part: _Part) -> float:
        return part.manoeuvre.error_m(self._backend.telemetry.states[part.number])

    def _height_m(self, part: _Part) -> float:
        return float(self._backend.telemetry.states[part.number, 2]) - part.base_m

    def _finish(self, run: _Run) -> None:
        """Hand out the outcome, of several drones the worst: rclpy asks `end` for it."""
        outcomes = [p.manoeuvre.outcome for p in run.parts if p.manoeuvre.outcome is not None]
        result = TYPES[run.kind].Result()
        result.success = all(outcome.success for outcome in outcomes)
        result.reason = "; ".join(
            dict.fromkeys(outcome.reason for outcome in outcomes if outcome.reason)
        )
        if run.kind is Kind.GO_TO:
            result.error_m = outcomes[0].error_m
        else:
            result.reached_m = self._height_m(max(run.parts, key=self._error_m))

        def end(handle: Any) -> Any:
            if result.success:
                handle.succeed()
            elif handle.is_cancel_requested:
                handle.canceled()
            else:
                handle.abort()
            return result

        run.handle.execute(end)

    def _no_run(self, _: Any) -> Any:
        raise NotImplementedError("goals are executed by _finish alone")
