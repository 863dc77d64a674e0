# SPDX-License-Identifier: Apache-2.0
"""What is said of one drone, for people and tools."""

from collections.abc import Callable, Sequence

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped, TransformStamped
from martlet_msgs.msg import DroneStatus
from nav_msgs.msg import Odometry
from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from sensor_msgs.msg import BatteryState
from std_msgs.msg import String

from martlet_nodes import messages, quality


class DroneTopics:
    """The topics of one drone.

    Attributes:
        flown: Those that go on in flight, which a recording listens to.
    """

    def __init__(
        self,
        node: Node,
        name: str,
        offer: QoSProfile,
        pose: QoSProfile,
        status: QoSProfile,
        description: str,
    ) -> None:
        """Open them, and say what the drone is.

        Args:
            node: Says it.
            name: Of the drone.
            offer: Quality of states.
            pose: Quality of the pose.
            status: Quality of status and battery.
            description: Its URDF.
        """
        publish: Callable[..., Publisher] = node.create_publisher
        self.odometry = publish(Odometry, f"/{name}/odom", offer)
        self.pose = publish(PoseStamped, f"/{name}/pose", pose)
        self.status = publish(DroneStatus, f"/{name}/status", status)
        self.battery = publish(BatteryState, f"/{name}/battery", status)
        self.flown = (self.odometry, self.pose, self.status, self.battery)
        self._description = publish(String, f"/{name}/robot_description", quality.KEPT)
        self._description.publish(String(data=description))
        self._odometry, self._pose = messages.written_odometry(name), messages.written_pose()
        self._name = name
        self._said: tuple[Time, Sequence[float]] = (Time(), [0.0] * 6 + [1.0])

    def say_state(self, stamp: Time, state: NDArray[np.float32]) -> None:
        """Publish the drone's state."""
        pose, twist = messages.pose_and_twist(state)
        at = (stamp.sec, stamp.nanosec)
        self.odometry.publish(self._odometry.filled(at, pose, twist))
        self.pose.publish(self._pose.filled(at, pose))
        self._said = stamp, pose

    def transform(self) -> TransformStamped:
        """The state last said, for TF: from the world to the drone."""
        message = TransformStamped(child_frame_id=self._name)
        message.header.stamp, pose = self._said
        message.header.frame_id = messages.WORLD
        to, turn = message.transform.translation, message.transform.rotation
        to.x, to.y, to.z, turn.x, turn.y, turn.z, turn.w = pose
        return message
