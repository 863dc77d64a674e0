# SPDX-License-Identifier: Apache-2.0
"""What every backend shows to ROS: topics, services and actions, the same whatever flies behind.

A backend's node says what time it is and when to tick; this file says what goes in and out.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped
from martlet_msgs.msg import DroneStatus, FleetRateThrust, FleetStates, RateThrust
from martlet_msgs.srv import Arm
from nav_msgs.msg import Odometry
from numpy.typing import NDArray
from rclpy.executors import Executor
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState
from std_msgs.msg import Bool
from std_srvs.srv import Empty

from firmware_bridge.errors import OrderError
from firmware_bridge.external_pose import ExternalPose
from martlet_nodes import messages, quality
from martlet_nodes.actions import DroneActions
from martlet_nodes.backend import Backend
from martlet_nodes.drone_status import Status
from martlet_nodes.errors import ListenersError
from martlet_nodes.rivals import Rivals, Turn
from martlet_nodes.shell import told_to_end
from martlet_nodes.turns import in_turn

STATUS_EVERY = 10
"""Ticks between two statuses when nothing changes: 10 Hz."""

FLEET_COMMANDS = "/fleet/cmd_rate_thrust"

RIVALS_EVERY = 100
"""Ticks between two looks for others who command the same drones: 1 Hz."""

LISTENERS_S = 30.0
"""So long may those who were promised to listen take to come."""


class FleetNode(ABC):
    """A node in charge of a fleet, whatever the fleet is.

    Attributes:
        node: The ROS node.
        backend: What decides.
    """

    def __init__(self, node: Node, backend: Backend, *, lossless: bool = False) -> None:
        """Open every topic, service and action of the fleet.

        Args:
            node: The ROS node.
            backend: What decides.
            lossless: Offer every message to whoever asks for all; for a clock that can wait.
        """
        self.node, self.backend = node, backend
        offer = quality.LOSSLESS if lossless else quality.STATES
        status = quality.STATUS_LOSSLESS if lossless else quality.STATUS
        self._ticks = 0
        self._said: list[Status | None] = [None] * len(backend.names)
        self._guard_said = [0] * len(backend.names)
        self._states = node.create_publisher(FleetStates, "/fleet/states", offer)
        self._truth = node.create_publisher(FleetStates, "/fleet/truth", offer)
        self._clock = node.create_publisher(Clock, "/clock", offer)
        self._fleet, self._time = FleetStates(), Clock()
        self._fleet.header.frame_id = messages.WORLD
        self._drones = [_Topics(node, name, offer, status) for name in backend.names]
        node.create_subscription(FleetRateThrust, FLEET_COMMANDS, self._on_fleet, quality.COMMANDS)
        node.create_subscription(Bool, "/operator/key", self._on_operator, quality.COMMANDS)
        everyone = list(range(len(backend.names)))
        self._serve("/all", everyone)
        self._rivals = Rivals(node, backend.names)
        self._turns = [Turn() for _ in backend.names]
        self._actions = []
        for number, name in enumerate(backend.names):
            self._serve(f"/{name}", [number])
            take = partial(self._on_command, number)
            node.create_subscription(RateThrust, f"/{name}/cmd_rate_thrust", take, quality.COMMANDS)
            seen = partial(self._on_pose, number)
            node.create_subscription(PoseStamped, f"/{name}/external_pose", seen, quality.COMMANDS)
            self._actions.append(DroneActions(node, backend, number, self.now_s))

    @abstractmethod
    def now_s(self) -> float:
        """Now, on the flight's clock."""

    @abstractmethod
    def take_pose(self, number: int, pose: ExternalPose) -> None:
        """Take in where motion capture sees a drone."""

    def await_listeners(self, wanted: int, executor: Executor) -> None:
        """Wait for those who were promised to listen, so that they hear the flight from its start.

        Args:
            wanted: Listeners to /fleet/states; every other topic then has one at least. 0: none
                in particular.
            executor: Goes on serving meanwhile.

        Raises:
            ListenersError: They did not come.
        """
        own = [p for topics in self._drones for p in topics.publishers]
        begun_s = time.monotonic()
        while not told_to_end() and wanted:
            states = self._states.get_subscription_count()
            others = [p.get_subscription_count() for p in (self._truth, self._clock, *own)]
            if states >= wanted and min(others) >= 1:
                return
            if time.monotonic() - begun_s > LISTENERS_S:
                raise ListenersError(
                    f"{self.node.get_name()}: expected {wanted} listeners to /fleet/states and one"
                    f" to every other topic, got {states} and {min(others)} in {LISTENERS_S:g} s."
                )
            executor.spin_once(timeout_sec=0.05)

    def publish(self, truth: NDArray[np.float32] | None) -> None:
        """Say how the fleet stands; call at every tick, after the backend has heard its drones."""
        heard = self.backend.telemetry
        messages.fill_fleet(self._fleet, heard.stamp_s, heard.states, heard.age_s)
        self._states.publish(self._fleet)  # first: a policy waits for it
        stamp = self._fleet.header.stamp
        self._time.clock = stamp
        self._clock.publish(self._time)
        if truth is not None:
            self._fleet.states = messages.floats(truth)
            self._truth.publish(self._fleet)
        for number in in_turn(len(self._drones), self._ticks):
            self._drones[number].say_state(stamp, heard.states[number])
        self.say_status(always=self._ticks % STATUS_EVERY == 0)
        self.look()
        self._ticks += 1
        if self._ticks % RIVALS_EVERY == 0:
            turns = zip(self._turns, self.backend.names, strict=True)
            for sentence in (self._rivals.news(), *(turn.news(name) for turn, name in turns)):
                if sentence:
                    self.node.get_logger().error(sentence)

    def look(self) -> None:
        """End the actions that have come to their end."""
        for actions in self._actions:
            actions.look(feedback=self._ticks % STATUS_EVERY == 0)

    def say_status(self, *, always: bool = False) -> None:
        """Publish the status of the drones that changed, or of all."""
        heard = self.backend.telemetry
        for number, topics in enumerate(self._drones):
            status = self.backend.status(number)
            self._log_guard(number, status)
            if not always and status == self._said[number]:
                continue
            self._said[number] = status
            stamp = Time()
            messages.set_time(stamp, heard.stamp_s)
            late = self.backend.take_latencies(number)
            topics.status.publish(messages.status_message(status, stamp, late))
            if always:
                volts, share = heard.battery_v[number], heard.battery_share[number]
                topics.battery.publish(messages.battery_message(stamp, float(volts), float(share)))

    def _log_guard(self, number: int, status: Status) -> None:
        events = self.backend.guard_events(number)
        for event in events[self._guard_said[number] :]:
            self.node.get_logger().warning(
                f"guard of {status.name}: {event.before.name} -> {event.after.name}"
                f" at {event.time_s:.3f} s: {event.cause}"
            )
        self._guard_said[number] = len(events)

    def _serve(self, prefix: str, numbers: list[int]) -> None:
        self.node.create_service(Arm, f"{prefix}/arm", partial(self._on_arm, numbers))
        self.node.create_service(Empty, f"{prefix}/emergency", partial(self._on_emergency, numbers))

    def _on_fleet(self, message: FleetRateThrust) -> None:
        now_s, answered_s = self.now_s(), messages.seconds(message.header.stamp)
        count = len(self.backend.names)
        if len(message.commands) != 4 * count or len(message.engaged) != count:
            self.node.get_logger().error(
                f"/fleet/cmd_rate_thrust: expected {4 * count} numbers and {count} flags, got"
                f" {len(message.commands)} and {len(message.engaged)}",
                throttle_duration_sec=1.0,
            )
            return
        for number, engaged in enumerate(message.engaged):
            turn = self._turns[number]
            if engaged and turn.takes(FLEET_COMMANDS, now_s):
                command = message.commands[4 * number : 4 * number + 4]
                self.backend.stream(number, command, answered_s, now_s)
            elif not engaged and turn.lets_go(FLEET_COMMANDS, now_s):
                self.backend.release(number, now_s)
        self.say_status()

    def _on_operator(self, held: Bool) -> None:
        self.backend.hear_operator(held.data, self.now_s())

    def _on_command(self, number: int, message: RateThrust) -> None:
        rates = message.body_rates
        command = (message.collective_thrust, rates.x, rates.y, rates.z)
        answered_s, now_s = messages.seconds(message.header.stamp), self.now_s()
        if self._turns[number].takes(f"/{self.backend.names[number]}/cmd_rate_thrust", now_s):
            self.backend.stream(number, command, answered_s, now_s)
        self.say_status()

    def _on_pose(self, number: int, message: PoseStamped) -> None:
        p, q = message.pose.position, message.pose.orientation
        try:
            self.take_pose(number, ExternalPose((p.x, p.y, p.z), (q.x, q.y, q.z, q.w)))
        except OrderError as error:
            self.node.get_logger().error(
                f"/{self.backend.names[number]}/external_pose: {error}", throttle_duration_sec=1.0
            )

    def _on_arm(self, numbers: list[int], request: Any, response: Any) -> Any:
        rivals = self._rivals.sentence() if request.arm else ""
        whys = [rivals or self.backend.arm(n, request.arm, self.now_s()) for n in numbers]
        whys += [
            f"{self.backend.names[number]} has been told to arm and does not yet say so: ask again"
            for number, why in zip(numbers, whys, strict=True)
            if not why and self.backend.arming(number)
        ]
        response.message = "; ".join(dict.fromkeys(why for why in whys if why))
        response.success = not response.message
        self.say_status()
        return response

    def _on_emergency(self, numbers: list[int], _: Any, response: Any) -> Any:
        for number in numbers:
            self.backend.emergency(number, self.now_s())
            self.node.get_logger().warning(f"{self.backend.names[number]}: stopped by the operator")
        self.say_status()
        return response


class _Topics:
    """What one drone's own topics say."""

    def __init__(self, node: Node, name: str, offer: QoSProfile, status: QoSProfile) -> None:
        publish: Callable[..., Publisher] = node.create_publisher
        self.odometry = publish(Odometry, f"/{name}/odom", offer)
        self.pose = publish(PoseStamped, f"/{name}/pose", offer)
        self.status = publish(DroneStatus, f"/{name}/status", status)
        self.battery = publish(BatteryState, f"/{name}/battery", status)
        self.publishers = (self.odometry, self.pose, self.status, self.battery)
        self._odometry, self._pose = Odometry(), PoseStamped()
        self._odometry.header.frame_id = self._pose.header.frame_id = messages.WORLD
        self._odometry.child_frame_id = name

    def say_state(self, stamp: Time, state: NDArray[np.float32]) -> None:
        """Publish one drone's state, for people and tools."""
        messages.fill_odometry(self._odometry, stamp, state)
        self.odometry.publish(self._odometry)
        messages.fill_pose(self._pose, self._odometry)
        self.pose.publish(self._pose)
