# SPDX-License-Identifier: Apache-2.0
"""Motion capture as a ROS 2 node: PoseStamped, named-pose arrays or TF in, external poses out."""

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from geometry_msgs.msg import PoseStamped
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data

from martlet_nodes import messages, quality
from martlet_nodes.errors import ParameterError
from martlet_nodes.mocap import Mocap, MocapParameters
from martlet_nodes.shell import read_parameters, run, watch_parameters, work_on

LOOK_S = 0.25


class MocapNode:
    """Tells each drone where motion capture sees it."""

    def __init__(self, node: Node) -> None:
        """Open the topics.

        Args:
            node: The ROS node, unconfigured.

        Raises:
            ParameterError: Parameters that make no bridge, or a package that is not
                installed.
        """
        self.node = node
        self.executor = node.executor
        self._settings = read_parameters(self.node, MocapParameters)
        self._mocap = Mocap(self._settings, time.time())
        self._told = {
            drone: self.node.create_publisher(
                PoseStamped, f"/{drone}/external_pose", quality.COMMANDS
            )
            for drone in self._settings.drones
        }
        self._listen()
        watch_parameters(self.node, MocapParameters, ("rate_hz", "lost_s"), self._mocap.set)
        self.node.create_timer(LOOK_S, self._say_news)

    def fly(self) -> None:
        """Work until told to end."""
        work_on(self.executor)

    def busy(self) -> str:
        """Empty: it may rest whenever somebody says so, and the guard lands who is not seen."""
        return ""

    def close(self) -> None:
        """Nothing of it outlives the node's topics."""

    def _listen(self) -> None:
        settings = self._settings
        if settings.source == "pose":
            for body in settings.bodies or settings.drones:
                self._hear(PoseStamped, settings.topic_of(body), partial(self._on_pose, body))
        elif settings.source == "poses":
            self._hear(_named_poses(), settings.topic_of(""), self._on_poses)
        else:
            self._hear(_transforms(), settings.topic_of(""), self._on_transforms)

    def _hear(self, type_: Any, topic: str, take: Callable[[Any], None]) -> None:
        self.node.create_subscription(type_, topic, take, qos_profile_sensor_data)

    def _on_pose(self, body: str, message: PoseStamped) -> None:
        self._take(body, message.header, message.pose.position, message.pose.orientation)

    def _on_poses(self, message: Any) -> None:
        for one in message.poses:
            self._take(one.name, message.header, one.pose.position, one.pose.orientation)

    def _on_transforms(self, message: Any) -> None:
        for one in message.transforms:
            to = one.transform
            self._take(one.child_frame_id, one.header, to.translation, to.rotation)

    def _take(self, body: str, header: Any, p: Any, q: Any) -> None:
        numbers = (p.x, p.y, p.z, q.x, q.y, q.z, q.w)
        stamp_s = messages.seconds(header.stamp)
        drone = self._mocap.take(body, header.frame_id, numbers, stamp_s, time.time())
        if drone is None:
            return
        message = PoseStamped()
        message.header.stamp, message.header.frame_id = header.stamp, messages.WORLD
        to = message.pose
        to.position.x, to.position.y, to.position.z = p.x, p.y, p.z
        to.orientation.x, to.orientation.y, to.orientation.z, to.orientation.w = numbers[3:]
        self._told[drone].publish(message)

    def _say_news(self) -> None:
        for sentence in self._mocap.news(time.time()):
            self.node.get_logger().warning(sentence)


def _named_poses() -> Any:
    """The type of Crazyswarm2's /poses."""
    try:
        from motion_capture_tracking_interfaces.msg import NamedPoseArray
    except ImportError:
        raise _missing("poses", "motion_capture_tracking_interfaces") from None
    return NamedPoseArray


def _transforms() -> Any:
    try:
        from tf2_msgs.msg import TFMessage
    except ImportError:
        raise _missing("tf", "tf2_msgs") from None
    return TFMessage


def _missing(source: str, package: str) -> ParameterError:
    return ParameterError(
        f"mocap: source {source}: expected the package {package} to be installed, found none."
    )


def main() -> int:
    """Run the node."""
    return run("mocap", MocapNode)


if __name__ == "__main__":
    sys.exit(main())
