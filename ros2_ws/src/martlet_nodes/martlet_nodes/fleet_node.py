# SPDX-License-Identifier: Apache-2.0
"""What every backend shows to ROS: topics, services and actions, the same whatever flies behind.

A backend's node says what time it is and when to tick; this file says what goes in and out.
"""

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import partial

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped
from martlet_msgs.msg import FleetRateThrust, FleetStates, RateThrust
from numpy.typing import NDArray
from rclpy.executors import Executor
from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Bool

from firmware_bridge.drone_firmware import ARMS_ITSELF
from firmware_bridge.errors import OrderError
from firmware_bridge.external_pose import ExternalPose
from firmware_bridge.link import Telemetry
from martlet_nodes import crazyswarm_types, messages, quality
from martlet_nodes.actions import Actions
from martlet_nodes.backend import Backend
from martlet_nodes.clocks import Clocks
from martlet_nodes.desk import Desk
from martlet_nodes.diagnosis import diagnose
from martlet_nodes.drone_model import urdf
from martlet_nodes.drone_status import Status
from martlet_nodes.drone_topics import DroneTopics
from martlet_nodes.errors import ListenersError
from martlet_nodes.fleet_desk import FleetDesk
from martlet_nodes.hand_over import HandOver
from martlet_nodes.requests import Requests
from martlet_nodes.rivals import Rivals
from martlet_nodes.shell import told_to_end
from martlet_nodes.tools import Tools
from martlet_nodes.turns import in_turn
from sim_core.airframe import Airframe

STATUS_EVERY = 10
"""Ticks between two statuses when nothing changes: 10 Hz, each drone's at a tick of its own."""

FLEET_COMMANDS = "/fleet/cmd_rate_thrust"

RIVALS_EVERY = 5
"""Ticks between two looks for others who command the same drones, each at one topic of theirs."""

REFUSED_EVERY = 100
"""Ticks between two words on commands that were refused: 1 Hz."""

DIAGNOSES_S = 1.0
"""Between two words on /diagnostics about a drone."""

LISTENERS_S = 30.0
"""So long may those who were promised to listen take to come."""


class FleetNode(ABC):
    """A node in charge of a fleet, whatever the fleet is.

    Attributes:
        node: The ROS node.
        backend: What decides.
    """

    def __init__(
        self, node: Node, backend: Backend, airframe: Airframe, *, lossless: bool = False
    ) -> None:
        """Open every topic, service and action of the fleet.

        Args:
            node: The ROS node.
            backend: What decides.
            airframe: What the drones are.
            lossless: Offer every message to whoever asks for all; for a clock that can wait.
        """
        self.node, self.backend = node, backend
        offer = quality.LOSSLESS if lossless else quality.STATES
        status = quality.STATUS_LOSSLESS if lossless else quality.STATUS
        # Crazyswarm2's scripts ask for reliable poses, and hear no others.
        pose = offer if lossless or crazyswarm_types.SERVICES is None else quality.TOOLS
        self._ticks, self._diagnosed, self._diagnosed_s = 0, 0, -math.inf
        self._unsaid: Telemetry | None = None
        self._said: list[Status | None] = [None] * len(backend.names)
        self._guard_said = [0] * len(backend.names)
        self._states = node.create_publisher(FleetStates, "/fleet/states", offer)
        self._truth = node.create_publisher(FleetStates, "/fleet/truth", offer)
        self._clock = node.create_publisher(Clock, "/clock", offer)
        self._fleet, self._time = FleetStates(), Clock()
        self._fleet.header.frame_id = messages.WORLD
        self._tools = Tools(node)
        self._drones = [
            DroneTopics(node, name, offer, pose, status, urdf(name, airframe))
            for name in backend.names
        ]
        node.create_subscription(FleetRateThrust, FLEET_COMMANDS, self._on_fleet, quality.COMMANDS)
        node.create_subscription(Bool, "/operator/key", self._on_operator, quality.COMMANDS)
        for number, name in enumerate(backend.names):
            take = partial(self._on_command, number)
            node.create_subscription(RateThrust, f"/{name}/cmd_rate_thrust", take, quality.COMMANDS)
            seen = partial(self._on_pose, number)
            node.create_subscription(PoseStamped, f"/{name}/external_pose", seen, quality.COMMANDS)
        self._rivals, self._clocks = Rivals(node, backend.names), Clocks()
        self._requests = Requests(
            *(backend, self._rivals, self.now_s, self.say_status, self._say_stopped),
            arms_itself=airframe.platform in ARMS_ITSELF,
        )
        hand_over = HandOver(node.create_guard_condition)
        places = backend.telemetry.states[:, :3].tolist()
        self._desk = FleetDesk(
            self._requests, backend.names, hand_over, self._serve_actions, places
        )

    def close(self) -> None:
        """Take nothing more that is asked; whoever flies goes on."""
        self._desk.close()

    def busy(self) -> str:
        """Why the drones should not be left alone; empty where they all stand."""
        statuses = [self.backend.status(number) for number in range(len(self.backend.names))]
        up = [status.name for status in statuses if status.flying or status.armed]
        return f"{', '.join(up)}: armed or in flight: land and disarm first" if up else ""

    def open(self) -> None:
        """Begin to take what is asked."""
        self._desk.open()

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
        own = [p for topics in self._drones for p in topics.flown]
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
        """Say how the fleet stands; call at every tick, after the backend has heard its drones.

        What a command waits for goes first; the rest, which takes longer, waits for the command.
        """
        self.say_rest()
        heard = self.backend.telemetry
        messages.fill_fleet(self._fleet, heard.stamp_s, heard.states, heard.age_s)
        self._states.publish(self._fleet)
        stamp = self._fleet.header.stamp
        self._time.clock = stamp
        self._clock.publish(self._time)
        if truth is not None:
            self._fleet.states = messages.floats(truth)
            self._truth.publish(self._fleet)
        self._unsaid = heard
        if not self._awaited():
            self.say_rest()

    def _awaited(self) -> bool:
        """Whether somebody who streams has not answered the states said last."""
        return bool(self.backend.unanswered(messages.seconds(self._fleet.header.stamp)))

    def say_rest(self) -> None:
        """Say what of the last tick is unsaid: to people and tools, and to those who act."""
        heard, self._unsaid = self._unsaid, None
        if heard is None:
            return
        stamp = self._fleet.header.stamp
        turn = in_turn(len(self._drones), self._ticks)
        for number in turn:
            self._drones[number].say_state(stamp, heard.states[number])
        if self._tools.wants_tf:
            self._tools.say_transforms([self._drones[number].transform() for number in turn])
        self.say_status(turn=self._ticks)
        self.look()
        self._ticks += 1
        said = [self._rivals.news()] if self._ticks % RIVALS_EVERY == 0 else []
        if self._ticks % REFUSED_EVERY == 0:
            turns = zip(self._requests.turns, self.backend.names, strict=True)
            said += [turn.news(name) for turn, name in turns]
        for sentence in filter(None, said):
            self.node.get_logger().error(sentence)

    def look(self) -> None:
        """End what has come to its end; at times tell how well the drones are."""
        for actions in self._desk.actions:
            actions.look(feedback=self._ticks % STATUS_EVERY == 0)
        for sentence in self._requests.failed():
            self.node.get_logger().error(sentence)
        now_s = self.now_s()
        if now_s - self._diagnosed_s >= DIAGNOSES_S / len(self._drones):
            self._diagnosed_s = now_s
            self._say_diagnosis(self._diagnosed, now_s)
            self._diagnosed = (self._diagnosed + 1) % len(self._drones)

    def say_status(self, *, turn: int | None = None) -> None:
        """Publish the status of the drones that changed, and of those whose turn it is.

        At first that of all: in lockstep no other tick comes until somebody flies.
        """
        heard = self.backend.telemetry
        for number, topics in enumerate(self._drones):
            status = self.backend.status(number)
            self._log_guard(number, status)
            new = self._said[number] is None
            due = new or (turn is not None and (turn + number) % STATUS_EVERY == 0)
            if not due and status == self._said[number]:
                continue
            self._said[number] = status
            stamp = Time()
            messages.set_time(stamp, heard.stamp_s)
            late = self.backend.take_latencies(number)
            topics.status.publish(messages.status_message(status, stamp, late))
            if due:
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

    def _say_diagnosis(self, number: int, now_s: float) -> None:
        backend, stamp = self.backend, Time()
        messages.set_time(stamp, now_s)
        volts = float(backend.telemetry.battery_v[number])
        found = diagnose(backend.status(number), volts, backend.limits)
        self._tools.say_diagnosis(stamp, found, self.node.get_name())

    def _say_stopped(self, names: str) -> None:
        self.node.get_logger().warning(f"{names}: stopped by the operator")

    def _serve_actions(self, desk: Desk, prefix: str, numbers: Sequence[int]) -> Actions:
        return Actions(desk, self.backend, prefix, numbers, self.now_s, self.say_status)

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
        self._look_at_clock(FLEET_COMMANDS, answered_s, now_s)
        for number, engaged in enumerate(message.engaged):
            turn = self._requests.turns[number]
            if engaged and turn.takes(FLEET_COMMANDS, now_s):
                command = message.commands[4 * number : 4 * number + 4]
                self.backend.stream(number, command, answered_s, now_s)
            elif not engaged and turn.lets_go(FLEET_COMMANDS, now_s):
                self.backend.release(number, now_s)
        self._after_command()

    def _look_at_clock(self, topic: str, stamp_s: float, now_s: float) -> None:
        if sentence := self._clocks.news(topic, stamp_s, now_s):
            self.node.get_logger().warning(sentence)

    def _on_operator(self, held: Bool) -> None:
        self.backend.hear_operator(held.data, self.now_s())

    def _on_command(self, number: int, message: RateThrust) -> None:
        rates = message.body_rates
        command = (message.collective_thrust, rates.x, rates.y, rates.z)
        answered_s, now_s = messages.seconds(message.header.stamp), self.now_s()
        topic = f"/{self.backend.names[number]}/cmd_rate_thrust"
        self._look_at_clock(topic, answered_s, now_s)
        if self._requests.turns[number].takes(topic, now_s):
            self.backend.stream(number, command, answered_s, now_s)
        self._after_command()

    def _after_command(self) -> None:
        if not self._awaited():
            self.say_rest()
        self.say_status()

    def _on_pose(self, number: int, message: PoseStamped) -> None:
        p, q = message.pose.position, message.pose.orientation
        try:
            self.take_pose(number, ExternalPose((p.x, p.y, p.z), (q.x, q.y, q.z, q.w)))
        except OrderError as error:
            self.node.get_logger().error(
                f"/{self.backend.names[number]}/external_pose: {error}", throttle_duration_sec=1.0
            )
