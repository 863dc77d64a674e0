# SPDX-License-Identifier: Apache-2.0
"""Subscriptions that wake nobody: what came is taken when its reader has time.

Sixteen drones say 160 times a second how they stand. An executor that wakes for each spends a third
of a millisecond on it, and takes the core from whoever was saying it.
"""

from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from rclpy.qos import QoSProfile


class _Unwaited(CallbackGroup):
    """What is in it, no executor waits for."""

    def can_execute(self, entity: Any) -> bool:  # noqa: ARG002
        return False

    def beginning_execution(self, entity: Any) -> bool:  # noqa: ARG002
        return False

    def ending_execution(self, entity: Any) -> None:
        """Nothing was begun."""


class Polled:
    """Subscriptions of a node, and who heeds what they say."""

    def __init__(self, node: Node) -> None:
        """There are none yet."""
        self._node, self._group = node, _Unwaited()
        self._heeded: list[tuple[Any, Callable[[Any], None]]] = []

    def subscribe(
        self, kind: type, topic: str, heed: Callable[[Any], None], qos: QoSProfile
    ) -> None:
        """Open one: `heed` is called from within `take` alone."""
        found = self._node.create_subscription(kind, topic, heed, qos, callback_group=self._group)
        self._heeded.append((found, heed))

    def take(self) -> None:
        """Heed what has come."""
        for subscription, heed in self._heeded:
            with subscription.handle:
                while found := subscription.handle.take_message(subscription.msg_type, False):
                    heed(found[0])
