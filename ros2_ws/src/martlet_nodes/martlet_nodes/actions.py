# SPDX-License-Identifier: Apache-2.0
"""One drone's takeoff, land and go_to as ROS actions.

A goal is executed, in rclpy's words, when its outcome is known, and counts as accepted until then:
rclpy polls coroutines that wait, which would keep a core busy for the length of a flight.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from martlet_msgs.action import GoTo, Land, Takeoff
from rclpy.action import ActionServer, CancelResponse
from rclpy.node import Node

from martlet_nodes.backend import Backend
from martlet_nodes.manoeuvre import Goal, Kind, Manoeuvre
from sim_core.frames import yaw_of

_TYPES = {Kind.TAKEOFF: Takeoff, Kind.LAND: Land, Kind.GO_TO: GoTo}


@dataclass
class _Run:
    handle: Any
    kind: Kind
    manoeuvre: Manoeuvre
    base_m: float


class DroneActions:
    """The three action servers of one drone."""

    def __init__(
        self, node: Node, backend: Backend, number: int, now_s: Callable[[], float]
    ) -> None:
        """Serve them.

        Args:
            node: The node to serve them from.
            backend: What decides.
            number: The drone's row.
            now_s: The flight's clock.
        """
        self._backend, self._number, self._now_s = backend, number, now_s
        self._runs: list[_Run] = []
        self._servers = [
            ActionServer(
                node,
                type_,
                f"/{backend.names[number]}/{kind.value}",
                execute_callback=self._no_run,
                handle_accepted_callback=partial(self._begin, kind),
                cancel_callback=lambda _: CancelResponse.ACCEPT,
            )
            for kind, type_ in _TYPES.items()
        ]

    def look(self, *, feedback: bool) -> None:
        """Say how the goals stand, and end those that have come to their end."""
        for run in list(self._runs):
            if run.manoeuvre.outcome is None and run.handle.is_cancel_requested:
                self._backend.cancel(self._number, self._now_s())
            if run.manoeuvre.outcome is not None:
                self._runs.remove(run)
                self._finish(run)
            elif feedback:
                run.handle.publish_feedback(self._feedback(run))

    def _begin(self, kind: Kind, handle: Any) -> None:
        goal, base_m = self._goal(kind, handle.request)
        run = _Run(handle, kind, self._backend.begin(self._number, goal, self._now_s()), base_m)
        if run.manoeuvre.outcome is None:
            self._runs.append(run)
        else:
            self._finish(run)

    def _goal(self, kind: Kind, request: Any) -> tuple[Goal, float]:
        """What is asked in W, and the height from which the answer counts."""
        state = self._backend.telemetry.states[self._number]
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
            ground = self._backend.ground_m(self._number)
            return Goal(kind, (x, y, ground + height), 0.0, duration), ground
        return Goal(kind, (x, y, height), 0.0, duration), height

    def _feedback(self, run: _Run) -> Any:
        state = self._backend.telemetry.states[self._number]
        feedback = _TYPES[run.kind].Feedback()
        feedback.time_s = self._now_s() - run.manoeuvre.started_s
        if run.kind is Kind.GO_TO:
            feedback.error_m = run.manoeuvre.error_m(state)
        else:
            feedback.height_m = float(state[2]) - run.base_m
        return feedback

    def _finish(self, run: _Run) -> None:
        """Hand out the outcome: rclpy asks `end` for it."""
        outcome = run.manoeuvre.outcome

        def end(handle: Any) -> Any:
            result = _TYPES[run.kind].Result()
            if outcome is None:  # rclpy asks only when there is one
                return result
            result.success, result.reason = outcome.success, outcome.reason
            if run.kind is Kind.GO_TO:
                result.error_m = outcome.error_m
            else:
                state = self._backend.telemetry.states[self._number]
                result.reached_m = float(state[2]) - run.base_m
            if outcome.success:
                handle.succeed()
            elif handle.is_cancel_requested:
                handle.canceled()
            else:
                handle.abort()
            return result

        run.handle.execute(end)

    def _no_run(self, _: Any) -> Any:
        raise NotImplementedError("goals are executed by _finish alone")
