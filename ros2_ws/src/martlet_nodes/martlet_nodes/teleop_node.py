# SPDX-License-Identifier: Apache-2.0
"""Flying by hand as a ROS 2 node: sensor_msgs/Joy in, streamed set-points out, by any backend.

While the dead-man button is held, the drones that fly are steered, and /operator/key says so; let
go, they brake and hover by themselves.
"""

import sys
import time
from functools import partial
from typing import Any

from geometry_msgs.msg import PoseStamped
from martlet_msgs.action import Land, Takeoff
from martlet_msgs.msg import DroneStatus
from martlet_msgs.srv import Arm
from rclpy.action import ActionClient
from rclpy.node import Node
from sensor_msgs.msg import Joy
from std_msgs.msg import Bool
from std_srvs.srv import Empty, Trigger

from martlet_nodes import crazyswarm_types, quality
from martlet_nodes.roll_call import RollCall
from martlet_nodes.shell import read_parameters, run, watch_parameters, work_on
from martlet_nodes.teleop import LIVE, Ask, Stick, Teleop, TeleopParameters

TICK_S = 0.05
"""20 Hz: a guard holds a drone whose set-point is older than 0.25 s."""

LOOK_S = 1.0
"""Between two looks for drones that are not heard."""


class _Drone:
    """What one drone is told, and how it stands."""

    def __init__(self, node: Node, name: str, roll: RollCall) -> None:
        self.name, self._node, self._roll = name, node, roll
        self.flying, self.height_m = False, 0.0
        self.kept_m: float | None = None
        types = crazyswarm_types.SETPOINTS
        self._type = types.Hover
        self._hover = node.create_publisher(types.Hover, f"/{name}/cmd_hover", quality.COMMANDS)
        self._arm = node.create_client(Arm, f"/{name}/arm")
        self._stop = node.create_client(Empty, f"/{name}/emergency")
        self._let_go, self._let_go_type = _letting_go(node, name)
        self._takeoff = ActionClient(node, Takeoff, f"/{name}/takeoff")
        self._land = ActionClient(node, Land, f"/{name}/land")
        node.create_subscription(DroneStatus, f"/{name}/status", self._on_status, quality.STATUS)
        node.create_subscription(PoseStamped, f"/{name}/pose", self._on_pose, quality.COMMANDS)

    def steer(self, teleop: Teleop, stick: Stick) -> None:
        """Tell a drone that flies where to go on to."""
        if not self.flying:
            self.kept_m = None
            return
        self.kept_m = self.height_m if self.kept_m is None else self.kept_m
        self.kept_m = teleop.height(self.kept_m, stick, TICK_S)
        message = self._type()
        message.header.stamp = self._node.get_clock().now().to_msg()
        message.vx, message.vy = stick.ahead_m_s, stick.left_m_s
        message.yaw_rate, message.z_distance = stick.turn_rad_s, self.kept_m
        self._hover.publish(message)

    def ask(self, what: Ask, takeoff_m: float) -> None:
        """Ask for something that ends by itself."""
        if what is Ask.STOP:
            self._stop.call_async(Empty.Request())
        elif what is Ask.LET_GO:
            if self.kept_m is not None:
                self._let_go.call_async(self._let_go_type.Request())
            self.kept_m = None
        elif what is Ask.LAND:
            self.kept_m = None
            self._send(self._land, Land.Goal())
        elif self.name in self._roll.missing(time.monotonic()):
            self._node.get_logger().warning(f"take-off: nothing is heard of {self.name}")
        elif not self.flying:
            armed = self._arm.call_async(Arm.Request(arm=True))
            armed.add_done_callback(partial(self._armed, takeoff_m))

    def _armed(self, takeoff_m: float, future: Any) -> None:
        answer = future.result()
        if answer.success:
            self._send(self._takeoff, Takeoff.Goal(height_m=takeoff_m))
        else:
            self._node.get_logger().warning(answer.message)

    def _send(self, client: ActionClient, goal: Any) -> None:
        client.send_goal_async(goal).add_done_callback(self._taken)

    def _taken(self, future: Any) -> None:
        future.result().get_result_async().add_done_callback(self._ended)

    def _ended(self, future: Any) -> None:
        result = future.result().result
        if not result.success:
            self._node.get_logger().warning(result.reason)

    def _on_status(self, status: DroneStatus) -> None:
        self.flying = status.flying
        self._roll.hear(self.name, time.monotonic())

    def _on_pose(self, pose: PoseStamped) -> None:
        self.height_m = pose.pose.position.z


class TeleopNode:
    """A hand on some drones."""

    def __init__(self, node: Node) -> None:
        """Open what is said and heard.

        Args:
            node: The ROS node, unconfigured.

        Raises:
            ParameterError: Parameters by which nobody can fly.
        """
        self.node = node
        self.executor = node.executor
        self._settings = read_parameters(self.node, TeleopParameters)
        self._teleop = Teleop(self._settings)
        self._roll = RollCall(self._settings.drones, time.monotonic())
        self._drones = [_Drone(self.node, name, self._roll) for name in self._settings.drones]
        self._key = self.node.create_publisher(Bool, "/operator/key", quality.COMMANDS)
        self.node.create_subscription(Joy, self._settings.topic, self._on_joy, quality.STATES)
        watch_parameters(self.node, TeleopParameters, LIVE, self._teleop.set)
        self.node.create_timer(TICK_S, self._tick)
        self.node.create_timer(LOOK_S, self._look)

    def fly(self) -> None:
        """Work until told to end."""
        work_on(self.executor)

    def busy(self) -> str:
        """Empty: at rest, it has let go."""
        return ""

    def close(self) -> None:
        """Let go of whoever is steered."""
        for drone in self._drones:
            drone.ask(Ask.LET_GO, 0.0)

    def _on_joy(self, message: Joy) -> None:
        if why := self._teleop.hear(message.axes, message.buttons, time.monotonic()):
            self.node.get_logger().error(
                f"{self._settings.topic}: {why}", throttle_duration_sec=1.0
            )

    def _tick(self) -> None:
        now_s = time.monotonic()
        self._key.publish(Bool(data=self._teleop.held(now_s)))
        for what in self._teleop.asked(now_s):
            for drone in self._drones:
                drone.ask(what, self._settings.takeoff_m)
        if stick := self._teleop.stick(now_s):
            for drone in self._drones:
                drone.steer(self._teleop, stick)

    def _look(self) -> None:
        """Say which drones are not heard, where that is news."""
        said = [
            topic.removeprefix("/").removesuffix("/status")
            for topic, types in self.node.get_topic_names_and_types()
            if "martlet_msgs/msg/DroneStatus" in types and self.node.count_publishers(topic)
        ]
        domain = self.node.context.get_domain_id()
        if sentence := self._roll.news(time.monotonic(), said, domain):
            self.node.get_logger().warning(sentence)


def _letting_go(node: Node, name: str) -> tuple[Any, Any]:
    """The service that ends streaming: ours, or Crazyswarm2's where that is installed."""
    services = crazyswarm_types.SERVICES
    type_ = Trigger if services is None else services.NotifySetpointsStop
    return node.create_client(type_, f"/{name}/notify_setpoints_stop"), type_


def main() -> int:
    """Run the node."""
    return run("teleop", TeleopNode)


if __name__ == "__main__":
    sys.exit(main())
