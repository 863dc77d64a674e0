# SPDX-License-Identifier: Apache-2.0
"""The policy as a ROS 2 node: states in, commands out, and the fly_task action around it."""

import math
import sys
import time
from functools import partial
from typing import Any

import numpy as np
from geometry_msgs.msg import PointStamped
from martlet_msgs.action import FlyTask
from martlet_msgs.msg import DroneStatus, FleetRateThrust, FleetStates
from numpy.typing import NDArray
from rclpy.action import ActionServer, CancelResponse
from rclpy.node import Node

from martlet_nodes import messages, quality
from martlet_nodes.fleet_order import FleetOrder
from martlet_nodes.flown_tasks import end_of, load_tasks, place_of
from martlet_nodes.other_fleets import states_fault
from martlet_nodes.policy import Answer, PolicyFlight, PolicyParameters
from martlet_nodes.polled import Polled
from martlet_nodes.shell import read_parameters, run, told_to_end, watch_parameters, work_on
from martlet_nodes.turns import in_turn
from policy_export.errors import PolicyFileError
from policy_export.policy_file import over_radio
from policy_export.runtime import PolicyRunner
from sim_core.errors import SettingsError

SILENCE_S = 2.0
"""Wall time without states after which a task is given up."""

PATIENCE_S = 1.0
"""Wall time that a task waits for the drones to be free: the end of an action reaches whoever asked
for it and us by different ways, in either order."""

LOOK_S = 0.05
"""Wall time between two looks at what goes on where no states come."""

SAME_S = 1e-6
"""Stamps that differ by less are the same."""

FEEDBACK_EVERY = 10


class PolicyNode:
    """Flies a policy file on the tasks it is given, one at a time."""

    def __init__(self, node: Node) -> None:
        """Open the policy and the topics.

        Args:
            node: The ROS node, unconfigured.

        Raises:
            PolicyExportError: A file that is no policy, or none for this airframe, or none for a
                radio where it does not fly on board.
            ParameterError: Parameters that make no flight.
        """
        self.node = node
        self.executor = node.executor
        self._settings = read_parameters(self.node, PolicyParameters)
        self._runner = PolicyRunner(self._settings.policy, airframe=self._settings.airframe)
        self._late_s = 0.0
        if self._settings.onboard:  # by the link, and to the app's next step
            period_s = 1.0 / self._runner.manifest.control_rate_hz
            self._late_s = self._settings.begins_late_s + period_s
        else:
            over_radio(self._runner.manifest, str(self._settings.policy))
        self._rows = self._settings.rows()
        self._planned = place_of(self._settings.planned_from)
        count = len(self._settings.drones)
        self._states = np.empty((0, 13), dtype=np.float32)
        self._age_s = np.zeros(count, dtype=np.float32)
        self._stamp_s = -math.inf
        self._heard_s = time.monotonic()
        self._statuses: list[DroneStatus | None] = [None] * count
        self._flight: PolicyFlight | None = None
        self._handle: Any = None
        self._waiting: tuple[Any, float] | None = None
        self._answers = 0
        self._strange = ""  # what is wrong with the states that were heard last
        self._order = FleetOrder(node, self._settings.drones)
        self._command, self._point = FleetRateThrust(), PointStamped()
        self._command.header.frame_id = "body"
        self._point.header.frame_id = messages.WORLD
        watch_parameters(self.node, PolicyParameters, (), lambda _: "")
        self._open()

    def _open(self) -> None:
        node, drones = self.node, self._settings.drones
        self._commands = node.create_publisher(
            FleetRateThrust,
            "/fleet/cmd_rate_thrust",
            quality.LOSSLESS if self._settings.lossless else quality.COMMANDS,
        )
        self._goals = [
            node.create_publisher(
                PointStamped,
                f"/{drones[row]}/goal",
                quality.LOSSLESS if self._settings.lossless else quality.STATES,
            )
            for row in self._rows
        ]
        newest = quality.LOSSLESS if self._settings.lossless else quality.COMMANDS
        node.create_subscription(FleetStates, "/fleet/states", self._on_states, newest)
        self._news = Polled(node)
        for row, name in enumerate(drones):
            heed = partial(self._on_status, row)
            self._news.subscribe(DroneStatus, f"/{name}/status", heed, quality.STATUS)
        node.create_timer(LOOK_S, self._look_at_the_wall)

    def fly(self) -> None:
        """Work until told to end."""
        while not told_to_end() and not self._all_listen():
            self.executor.spin_once(timeout_sec=0.05)
        self._serve()
        work_on(self.executor)

    def busy(self) -> str:
        """Why the policy should not rest now; empty where it may."""
        flies = self._flight is not None or self._waiting is not None
        return "a task is being flown: cancel it first" if flies else ""

    def close(self) -> None:
        """Nothing of it outlives the node's topics."""

    def _all_listen(self) -> bool:
        """Whether those who were promised to listen do: a recording has the first command."""
        wanted = self._settings.listeners
        return self._commands.get_subscription_count() >= wanted and all(
            goal.get_subscription_count() >= wanted - 1 for goal in self._goals
        )

    def _serve(self) -> None:
        self._server = ActionServer(
            self.node,
            FlyTask,
            "/fleet/fly_task",
            execute_callback=self._no_run,
            handle_accepted_callback=self._begin,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
        )

    def _on_states(self, message: FleetStates) -> None:
        count = len(self._settings.drones)
        self._strange = states_fault(len(message.states), len(message.age_s), count)
        if self._strange:
            self.node.get_logger().error(self._strange, throttle_duration_sec=1.0)
            return
        self._heard_s = time.monotonic()
        self._stamp_s = messages.seconds(message.header.stamp)
        self._states = messages.rows(message.states, 13)
        self._age_s = np.asarray(message.age_s, dtype=np.float32)
        if self._settings.lossless:  # equal flights: what was said before them is heard before them
            self._news.take()
        if self._flight is not None:
            self._answer(self._flight)
        self._news.take()
        self._begin_when_free()

    def _answer(self, flight: PolicyFlight) -> None:
        answer = flight.answer(self._stamp_s, self._states, self._age_s)
        if answer is not None:
            self._send(answer)
            self._say_goals(flight)
            self._answers += 1
            if self._answers % FEEDBACK_EVERY == 0:
                feedback = FlyTask.Feedback(time_s=flight.time_s, error_m=flight.error_m())
                self._handle.publish_feedback(feedback)
        if self._handle.is_cancel_requested:
            flight.give_up("the task was cancelled")
            self._send(flight.release(len(self._states)))
        self._finish_when_over(flight)

    def _send(self, answer: Answer) -> None:
        messages.set_time(self._command.header.stamp, answer.stamp_s)
        self._command.commands = messages.floats(answer.commands)
        self._command.engaged = answer.engaged
        self._commands.publish(self._command)

    def _say_goals(self, flight: PolicyFlight) -> None:
        """Publish where the drones should be, for people and tools."""
        self._point.header.stamp = self._command.header.stamp
        goals = flight.goal().tolist()
        for number in in_turn(len(goals), self._answers):
            self._point.point.x, self._point.point.y, self._point.point.z = goals[number]
            self._goals[number].publish(self._point)

    def _on_status(self, row: int, status: DroneStatus) -> None:
        self._statuses[row] = status
        flight = self._flight
        if flight is not None:
            answer = flight.heed(row, status.commander, status.guard_stage, status.guard_reason)
            if answer is not None:
                self._send(answer)
            self._finish_when_over(flight)
        self._begin_when_free()

    def _look_at_the_wall(self) -> None:
        self._news.take()
        self._order.look()
        self._begin_when_free()
        flight, silent_s = self._flight, time.monotonic() - self._heard_s
        silent = f"no state came for {silent_s:.1f} s" if silent_s > SILENCE_S else ""
        if flight is not None and (why := self._order.fault or silent):
            flight.give_up(why)
            self._send(flight.release(len(self._states)))
            self._finish(flight)

    def _begin(self, handle: Any) -> None:
        """Take a goal on, say why not, or let it wait for drones that are not free yet."""
        self._news.take()
        why = self._fault(float(handle.request.duration_s))
        if why:
            handle.execute(partial(self._refuse, why))
            return
        self._order.ask_anew()
        self._order.look()
        self._waiting = handle, time.monotonic() + PATIENCE_S
        self._begin_when_free()

    def _begin_when_free(self) -> None:
        """Begin the task that waits, if one does and the drones are free; or refuse it at last."""
        if self._waiting is None:
            return
        handle, until_s = self._waiting
        why = self._obstacle()
        if why and time.monotonic() < until_s:
            return
        self._waiting = None
        if not why:
            try:
                offsets = self._settings.offsets()
                tasks = load_tasks(
                    handle.request.task, self._states, self._rows, offsets, self._planned
                )
                duration_s = float(handle.request.duration_s)
                names = [self._settings.drones[row] for row in self._rows]
                flight = PolicyFlight(
                    self._runner, tasks, self._rows, duration_s, names, self._late_s
                )
            except (SettingsError, PolicyFileError) as error:
                why = str(error).rstrip(".")
        if why:
            handle.execute(partial(self._refuse, why))
            return
        if self._planned is not None:
            self._planned = end_of(tasks[0], self._planned)
        self._handle, self._answers, self._flight = handle, 0, flight
        self._answer(self._flight)  # now: in lockstep no other state comes before a command

    def _fault(self, duration_s: float) -> str:
        """Why a task cannot be flown, now or later; empty when it can."""
        if self._flight is not None or self._waiting is not None:
            return "another task is being flown"
        if not math.isfinite(duration_s) or duration_s < 0.0:
            return f"duration_s: expected at least 0 s, got {duration_s:g}"
        if self._commands.get_subscription_count() == 0:
            return "nobody listens to /fleet/cmd_rate_thrust"
        return ""

    def _obstacle(self) -> str:
        """Why no task can be flown yet; empty when one can."""
        if why := self._strange or self._order.fault:
            return why
        if not len(self._states):
            return "/fleet/states: nothing is heard"
        for row in self._rows:
            name, status = self._settings.drones[row], self._statuses[row]
            if why := _obstacle_of(name, status, self._states[row], self._stamp_s):
                return why
        return ""

    def _finish_when_over(self, flight: PolicyFlight) -> None:
        if flight.over:
            self._finish(flight)

    def _finish(self, flight: PolicyFlight) -> None:
        handle, self._flight, self._handle = self._handle, None, None
        handle.execute(partial(self._end, flight))

    def _end(self, flight: PolicyFlight, handle: Any) -> Any:
        verdict = flight.verdict()
        if verdict.success:
            handle.succeed()
        elif handle.is_cancel_requested:
            handle.canceled()
        else:
            handle.abort()
        if verdict.reason:
            self.node.get_logger().warning(f"task ended: {verdict.reason}")
        return FlyTask.Result(**vars(verdict))

    def _refuse(self, why: str, handle: Any) -> Any:
        self.node.get_logger().warning(f"task refused: {why}")
        handle.abort()
        figures = ("rmse_m", "mean_error_last_3s_m", "max_error_m", "separation_m", "slot_error_m")
        return FlyTask.Result(success=False, reason=why, **dict.fromkeys(figures, math.nan))

    def _no_run(self, _: Any) -> Any:
        raise NotImplementedError("goals are executed by _finish and _refuse alone")


def _obstacle_of(
    name: str, status: DroneStatus | None, state: NDArray[np.float32], stamp_s: float
) -> str:
    if status is None:
        return f"{name} has not said how it stands"
    if not np.isfinite(state).all():
        return f"{name} does not know where it is"
    if status.guard_stage:
        return f"the guard has {name}: {status.guard_reason}"
    if not status.flying:
        return f"{name} does not fly: take off first"
    if status.commander != DroneStatus.COMMANDER_NONE:
        return f"{name} is commanded by somebody else"
    if messages.seconds(status.header.stamp) > stamp_s + SAME_S:
        return f"/fleet/states: nothing is heard since {name} said how it stands"
    return ""


def main() -> int:
    """Run the node."""
    return run("policy", PolicyNode)


if __name__ == "__main__":
    sys.exit(main())
