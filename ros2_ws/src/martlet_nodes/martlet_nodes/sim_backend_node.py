# SPDX-License-Identifier: Apache-2.0
"""The simulator backend as a ROS 2 node: `Simulation` with a clock."""

import sys
import time

from rclpy.node import Node

from firmware_bridge.external_pose import ExternalPose
from martlet_nodes.errors import LockstepError
from martlet_nodes.fleet_node import FleetNode
from martlet_nodes.shell import read_parameters, run, told_to_end, watch_parameters
from martlet_nodes.sim_backend import SimParameters, Simulation, WallClock
from sim_core.tasks import CONTROL_DT

IDLE_S = 0.05

ALERT_S = 0.001
"""So long before a tick nothing else is begun: an executor wakes up half a millisecond late."""


class SimBackendNode(FleetNode):
    """Drones in simulation, in real time, at a factor of it, or in lockstep."""

    def __init__(self, node: Node) -> None:
        """Read the parameters and put the drones on the floor.

        Args:
            node: The ROS node, unconfigured.

        Raises:
            ParameterError: Parameters that make no flight.
        """
        self._settings = read_parameters(node, SimParameters)
        self._simulation = Simulation(self._settings)
        self._wall = WallClock(self._settings.factor, time.monotonic(), self._simulation.stamp_s)
        self.executor = node.executor
        lockstep = self._settings.clock == "lockstep"
        super().__init__(
            node, self._simulation.backend, self._simulation.airframe, lossless=lockstep
        )
        airframe = self._simulation.airframe

        def set_guard(parameters: SimParameters) -> str:
            return self.backend.set_limits(parameters.guard.limits(airframe))

        watch_parameters(node, SimParameters, ("guard.",), set_guard)

    def now_s(self) -> float:
        """Now, on the flight's clock; in lockstep it stands still between ticks."""
        if self._settings.clock == "lockstep":
            return self._simulation.stamp_s
        return self._wall.now_s(time.monotonic())

    def take_pose(self, number: int, pose: ExternalPose) -> None:
        """Nothing: simulated drones know where they are by themselves."""

    def fly(self) -> None:
        """Simulate until told to end.

        Raises:
            ListenersError, LockstepError: Nobody listened, or nobody answered.
        """
        self.open()
        try:
            self.await_listeners(self._settings.listeners, self.executor)
            self.publish(self._simulation.truth)
            if self._settings.clock == "lockstep":
                self._fly_in_lockstep()
            else:
                self._fly_in_real_time()
        finally:
            self.close()

    def _fly_in_real_time(self) -> None:
        self._wall = WallClock(self._settings.factor, time.monotonic(), self._simulation.stamp_s)
        while not told_to_end():
            due_s = self._simulation.next_stamp_s
            wait_s = self._wall.wait_s(due_s, time.monotonic())
            if wait_s > ALERT_S:
                self.executor.spin_once(timeout_sec=wait_s - ALERT_S)
                continue
            if wait_s > 0.0:
                time.sleep(wait_s)
            if self._wall.catch_up(due_s, time.monotonic()):
                self.node.get_logger().warning(
                    f"the simulator was late: its clock slipped ({self._wall.slips} times so far)",
                    throttle_duration_sec=1.0,
                )
            self._tick()

    def _fly_in_lockstep(self) -> None:
        """Tick when every drone under streamed command has its command for the present state.

        While an action or a guard flies, time goes on by itself; while nobody does, it stands.
        """
        pace_s = CONTROL_DT / self._settings.factor
        asked_s = time.monotonic()
        while not told_to_end():
            missing = self.backend.unanswered(self._simulation.stamp_s)
            waited_s = time.monotonic() - asked_s
            if missing and waited_s > self._settings.patience_s:
                raise LockstepError(
                    f"lockstep: expected a command for the state stamped"
                    f" {self._simulation.stamp_s:.3f} s from {', '.join(missing)}, got none in"
                    f" {self._settings.patience_s:g} s of wall time."
                )
            if not missing and self.backend.busy() and waited_s >= pace_s:
                self._tick()
                asked_s = time.monotonic()
                continue
            idle = not missing and not self.backend.busy()
            self.executor.spin_once(timeout_sec=IDLE_S if idle or missing else pace_s - waited_s)
            if idle:
                asked_s = time.monotonic()

    def _tick(self) -> None:
        self._simulation.step()
        while self._simulation.said:
            self.node.get_logger().warning(self._simulation.said.pop(0))
        self.publish(self._simulation.truth)


def main() -> int:
    """Run the node."""
    return run("sim_backend", SimBackendNode)


if __name__ == "__main__":
    sys.exit(main())
