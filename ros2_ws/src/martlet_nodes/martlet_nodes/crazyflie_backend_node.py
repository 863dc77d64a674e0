# SPDX-License-Identifier: Apache-2.0
"""The Crazyflie backend as a ROS 2 node: `Crazyflies` over cflib, by the wall clock."""

import sys
import threading
import time

from rclpy.node import Node

from firmware_bridge.cflib_link import CflibLink
from firmware_bridge.external_pose import ExternalPose
from martlet_nodes.crazyflie_backend import CrazyflieParameters, Crazyflies, connect
from martlet_nodes.fleet_node import FleetNode
from martlet_nodes.shell import read_parameters, run, told_to_end, watch_parameters
from sim_core.airframe import load_airframe

SILENCE_S = 0.02
"""Without news for so long, the guards look at the drones all the same."""

RETRY_S = 0.2
IDLE_S = 0.1
GO_AHEAD_S = 0.001
"""So long at most do other messages wait for the link's threads to send a command: whoever
publishes keeps Python's lock from them. A radio that is busy for longer is not waited for."""

SWITCH_S = 0.0001
"""So long may a thread keep Python's lock from another: a fiftieth of what is usual. cflib has
several for each drone, and a state that waits for the lock is late (benchmarks/fleet_size.py)."""

LINK_EVERY = 10
"""News between two looks at the links themselves."""


class CrazyflieBackendNode(FleetNode):
    """Crazyflies behind any address that cflib knows: radio, USB, or a twin."""

    def __init__(self, node: Node) -> None:
        """Read the parameters and connect to the drones.

        Args:
            node: The ROS node, unconfigured.

        Raises:
            ParameterError: Parameters that make no flight.
            LinkError: No way to a drone, or one that is not what was asked for.
        """
        # The wall's time at the start, and from there on evenly, whoever sets the machine's clock.
        self._epoch_s = time.time() - time.monotonic()
        self._settings = settings = read_parameters(node, CrazyflieParameters)
        airframe = load_airframe(settings.airframe)
        limits = settings.guard.limits(airframe)
        begun_s = time.monotonic()

        def wait() -> float:
            time.sleep(RETRY_S)
            return time.monotonic() - begun_s

        self._link = connect(
            lambda: CflibLink(settings.uris, airframe, settings.settings(), self.now_s),
            settings.patience_s,
            wait,
        )
        self._crazyflies = Crazyflies(
            self._link, settings.drones, limits, onboard=bool(settings.onboard)
        )
        self._crazyflies.hear(self.now_s())
        self._looks = 0
        self._closed = False
        self.executor = node.executor
        self._news = node.create_guard_condition(self._hear)
        super().__init__(node, self._crazyflies.backend, airframe)

        def set_guard(parameters: CrazyflieParameters) -> str:
            return self.backend.set_limits(parameters.guard.limits(airframe))

        watch_parameters(node, CrazyflieParameters, ("guard.",), set_guard)

    def now_s(self) -> float:
        """Now, by the wall."""
        return self._epoch_s + time.monotonic()

    def fly(self) -> None:
        """Say what the drones say, and tell them what they are told, until told to end.

        Whatever flies then is landed.

        Raises:
            LinkError: All drones are lost.
            ListenersError: Nobody listened.
        """
        for name, report in zip(self.backend.names, self._link.reports(), strict=True):
            self.node.get_logger().info(
                f"{name}: {report.device or 'Crazyflie'} at {report.uri}, protocol"
                f" {report.protocol}, thrust {report.thrust}, set-points by {report.style}"
            )
            for doubt in report.doubts:
                self.node.get_logger().warning(f"{name}: {doubt}.")
        ended = threading.Event()
        listener = threading.Thread(target=self._listen, args=(ended,), name="news")
        self.open()
        try:
            self.await_listeners(self._settings.listeners, self.executor)
            listener.start()
            while not told_to_end():
                self.executor.spin_once(timeout_sec=IDLE_S)
        finally:
            ended.set()
            if listener.is_alive():
                listener.join()
            self.close()

    def close(self) -> None:
        """Take nothing more, land whatever flies, and let go of the drones."""
        super().close()
        if self._closed:
            return
        self._closed = True
        for name, report in zip(self.backend.names, self._link.reports(), strict=True):
            self.node.get_logger().info(f"{name}: link {report.statistics.in_words()}")
        self._link.close()

    def take_pose(self, number: int, pose: ExternalPose) -> None:
        """Tell a drone where motion capture sees it."""
        self._link.place(number, pose)

    def _after_command(self) -> None:
        self._link.flush(GO_AHEAD_S)
        super()._after_command()

    def _listen(self, ended: threading.Event) -> None:
        """Wake the executor at news of the drones, or at their silence."""
        while not ended.is_set():
            self._link.wait(SILENCE_S)
            self._news.trigger()

    def _hear(self) -> None:
        if self._crazyflies.hear(self.now_s()):
            self.publish(None)
        else:
            self.say_rest()
            self.say_status(turn=self._looks)
            self.look()
        for sentence in self._crazyflies.newly_returned():
            self.node.get_logger().warning(sentence)
        self._looks += 1
        if self._looks % LINK_EVERY == 0:
            for sentence in self._crazyflies.newly_noticed() + self._crazyflies.newly_lost():
                self.node.get_logger().error(sentence)


def main() -> int:
    """Run the node."""
    sys.setswitchinterval(SWITCH_S)
    return run("crazyflie_backend", CrazyflieBackendNode)


if __name__ == "__main__":
    sys.exit(main())
