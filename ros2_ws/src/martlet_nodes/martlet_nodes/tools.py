# SPDX-License-Identifier: Apache-2.0
"""What tools of ROS listen to where their messages are installed: TF and /diagnostics."""

from collections.abc import Sequence
from typing import Any

from builtin_interfaces.msg import Time
from geometry_msgs.msg import TransformStamped
from rclpy.node import Node

from martlet_nodes import quality
from martlet_nodes.diagnosis import Diagnosis

try:
    from tf2_msgs.msg import TFMessage
except ImportError:
    TFMessage = None

try:
    from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
except ImportError:
    DiagnosticArray = None


class Tools:
    """Publishes to /tf and /diagnostics, or to neither."""

    def __init__(self, node: Node) -> None:
        """Open what there are messages for."""
        self._tf: Any = (
            node.create_publisher(TFMessage, "/tf", quality.TOOLS) if TFMessage else None
        )
        self._diagnostics: Any = None
        if DiagnosticArray:
            self._diagnostics = node.create_publisher(
                DiagnosticArray, "/diagnostics", quality.TOOLS
            )

    @property
    def wants_tf(self) -> bool:
        """Whether somebody listens to TF."""
        return self._tf is not None and self._tf.get_subscription_count() > 0

    def say_transforms(self, transforms: Sequence[TransformStamped]) -> None:
        """Publish where drones are."""
        self._tf.publish(TFMessage(transforms=list(transforms)))

    def say_diagnosis(self, stamp: Time, one: Diagnosis, link: str) -> None:
        """Publish how well a drone is.

        Args:
            stamp: Now.
            one: Of the drone.
            link: Name of the node that knows.
        """
        if self._diagnostics is None:
            return
        message = DiagnosticArray()
        message.header.stamp = stamp
        message.status = [
            DiagnosticStatus(
                level=bytes([one.level]),
                name=f"{link}: {one.name}",
                message=one.message,
                hardware_id=one.name,
                values=[KeyValue(key=key, value=value) for key, value in one.values],
            )
        ]
        self._diagnostics.publish(message)
