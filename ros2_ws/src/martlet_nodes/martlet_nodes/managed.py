# SPDX-License-Identifier: Apache-2.0
"""A lifecycle node around a node's work: configured, active, at rest, ended, in any order.

    unconfigured   nothing but the node and its parameters
    inactive       parameters sound, drones or policy found; nothing is said, nothing taken
    active         at work
    finalized      ended: by a transition, by SIGINT or SIGTERM

Deactivated, a node lets go of all that it held, and finds it anew when it is activated again. What
flies is not left alone: a node whose drones are up, or whose policy flies them, stays active.
"""

import gc
from collections.abc import Callable
from typing import Any, Protocol

from rclpy.action import ActionServer
from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.subscription import Subscription

from firmware_bridge.errors import FirmwareBridgeError
from martlet_nodes.errors import NodeError
from policy_export.errors import PolicyExportError
from sim_core.errors import SimCoreError

ONE_SENTENCE = (NodeError, PolicyExportError, SimCoreError, FirmwareBridgeError)
"""Our own errors: their message says it all."""

AUTOSTART = "autostart"
"""Parameter of every node: whether it configures and activates itself. True where not given."""

_DONE, _REFUSED = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


class Flying(Protocol):
    """A node's work."""

    def fly(self) -> None:
        """Work until told to end, or to rest."""

    def busy(self) -> str:
        """Why it should not rest now; empty where it may."""

    def close(self) -> None:
        """Let go of everything; a second time, nothing."""


class Managed(LifecycleNode):  # type: ignore[misc]  # rclpy is not typed everywhere
    """The node, and where in its life it is.

    Attributes:
        flying: Its work, where it is configured.
        rests: Whether it is told to stop working.
        ends: Whether it is told to end.
        fault: Why it was not configured or activated at the last attempt.
    """

    def __init__(self, name: str, make: Callable[[Node], Flying]) -> None:
        """Unconfigured.

        Args:
            name: Of the node.
            make: Makes its work; refuses bad parameters with one of our errors.
        """
        self._watchers: list[Any] = []
        super().__init__(name, automatically_declare_parameters_from_overrides=True)
        self._watchers.clear()  # ROS's own watcher stays
        self._make = make
        self._own = self._entities()
        self.flying: Flying | None = None
        self.rests = True
        self.ends = False
        self.fault = ""
        if not self.has_parameter(AUTOSTART):
            self.declare_parameter(AUTOSTART, True)

    def start(self) -> bool:
        """Configure and activate, where the parameter says so; tells whether that went well."""
        if not self.get_parameter(AUTOSTART).value:
            return True
        return self.trigger_configure() == _DONE and self.trigger_activate() == _DONE

    def on_configure(self, _: LifecycleState) -> TransitionCallbackReturn:
        """Read the parameters, find the drones or the policy."""
        return self._made()

    def on_activate(self, _: LifecycleState) -> TransitionCallbackReturn:
        """Begin to work."""
        if self.flying is None and self._made() is not _DONE:
            return _REFUSED
        self.rests = False
        return _DONE

    def on_deactivate(self, _: LifecycleState) -> TransitionCallbackReturn:
        """Stop working, unless something flies."""
        if why := self.flying.busy() if self.flying else "":
            self.get_logger().error(f"deactivate: {why}")
            return _REFUSED
        self.rests = True
        return _DONE

    def on_cleanup(self, _: LifecycleState) -> TransitionCallbackReturn:
        """Let go of everything."""
        self.let_go()
        return _DONE

    def on_shutdown(self, _: LifecycleState) -> TransitionCallbackReturn:
        """End, as SIGTERM does."""
        self.ends = True
        return _DONE

    def let_go(self) -> None:
        """End the work, and take down all that it put up."""
        flying, self.flying = self.flying, None
        if flying is not None:
            flying.close()
        for watcher in self._watchers:
            self.remove_on_set_parameters_callback(watcher)
        self._watchers.clear()
        for entity, destroy in self._entities().items():
            if entity not in self._own:
                destroy(entity)

    def create_publisher(self, *what: Any, **how: Any) -> Publisher:
        """As any node's, but deaf to the middleware's events.

        rclpy walks through two handlers of each topic at every turn of an executor. Of a quality
        that does not fit, the other end of the topic warns all the same.
        """
        how.setdefault("event_callbacks", PublisherEventCallbacks(use_default_callbacks=False))
        return super().create_publisher(*what, **how)

    def create_subscription(self, *what: Any, **how: Any) -> Subscription:
        """As any node's, but deaf to the middleware's events: see `create_publisher`."""
        how.setdefault("event_callbacks", SubscriptionEventCallbacks(use_default_callbacks=False))
        return super().create_subscription(*what, **how)

    def add_on_set_parameters_callback(self, callback: Any) -> None:
        """Remember who looks at parameters, to take them down with the rest."""
        super().add_on_set_parameters_callback(callback)
        self._watchers.append(callback)

    def _made(self) -> TransitionCallbackReturn:
        self.fault = ""
        try:
            self.flying = self._make(self)
        except ONE_SENTENCE as error:
            self.fault = str(error)
            self.let_go()
            return _REFUSED
        gc.collect()
        gc.freeze()  # what is there now stays: the collector need not look at it in flight
        return _DONE

    def _entities(self) -> dict[Any, Callable[[Any], object]]:
        """All that the node has put up, and what takes it down."""
        servers = [one for one in self.waitables if isinstance(one, ActionServer)]
        groups: tuple[tuple[Any, Callable[[Any], object]], ...] = (
            (servers, lambda server: server.destroy()),
            (self.publishers, self.destroy_publisher),
            (self.subscriptions, self.destroy_subscription),
            (self.clients, self.destroy_client),
            (self.services, self.destroy_service),
            (self.timers, self.destroy_timer),
            (self.guards, self.destroy_guard_condition),
        )
        return {one: destroy for entities, destroy in groups for one in entities}
