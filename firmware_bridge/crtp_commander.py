# SPDX-License-Identifier: Apache-2.0
"""A twin's ears for set-points: packets to orders, as the firmware understands them.

It holds what the firmware holds between packets: the thrust lock of port 3, the group mask, and
uploaded trajectories.
"""

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass

from firmware_bridge.crtp_packets import Packet, Port
from firmware_bridge.orders import (
    Attitude,
    Follow,
    GoTo,
    HandBack,
    Hover,
    Land,
    Order,
    Piece,
    Position,
    RateThrust,
    Spiral,
    Stop,
    TakeOff,
    Velocity,
)
from firmware_bridge.setpoints import (
    COUNTS_HIGHEST,
    COUNTS_LOWEST,
    RATE_MODE,
    HighLevel,
    SetpointType,
    ThrustConvention,
)
from firmware_bridge.telemetry import decompress_quaternion
from firmware_bridge.trajectory_upload import PIECE_BYTES
from sim_core.frames import yaw_of

Pose = tuple[tuple[float, float, float], float]


@dataclass(frozen=True)
class CommanderContext:
    """What the commander asks of the rest of the drone.

    Attributes:
        thrust: What 16 bits of thrust mean.
        parameter: The value of a parameter.
        idle: Whether the drone has no set-point at all.
        pose: Where the drone is, or is to be on its way.
        memory: Bytes of the trajectory memory: address, length.
        say: To the console.
    """

    thrust: ThrustConvention
    parameter: Callable[[str], float]
    idle: Callable[[], bool]
    pose: Callable[[], Pose]
    memory: Callable[[int, int], bytes]
    say: Callable[[str], None]


class Commander:
    """Ports 3, 7 and 8 of one drone."""

    def __init__(self, context: CommanderContext) -> None:
        """Begin with the thrust locked, as after a start."""
        self._context = context
        self._locked = True
        self._group_mask = 0
        self._trajectories: dict[int, tuple[Piece, ...]] = {}

    def orders(self, packet: Packet) -> list[Order]:
        """The orders in a packet; none in one that the firmware would not understand."""
        try:
            orders = self._decode(packet)
        except struct.error:
            self._context.say(f"port {packet.port}: a packet of the wrong length was ignored\n")
            return []
        if not all(_is_finite(order) for order in orders):
            self._context.say(f"port {packet.port}: a set-point that is not finite was ignored\n")
            return []
        return orders

    def _decode(self, packet: Packet) -> list[Order]:
        if packet.port == Port.COMMANDER:
            return self._rpyt(packet.payload)
        if packet.port == Port.SETPOINT and packet.channel == 1:
            return [HandBack()]
        if packet.port == Port.SETPOINT:
            return self._setpoint(packet.payload)
        return self._high_level(packet.payload)

    def _rpyt(self, data: bytes) -> list[Order]:
        roll, pitch, yaw, counts = struct.unpack("<fffH", data)
        if self._context.idle():
            self._locked = True
        if counts == 0:
            self._locked = False
        counts = 0 if self._locked or counts < COUNTS_LOWEST else min(counts, COUNTS_HIGHEST)
        rate = self._context.parameter("flightmode.stabModeRoll") == RATE_MODE
        if rate != (self._context.parameter("flightmode.stabModePitch") == RATE_MODE):
            self._context.say("flightmode: roll and pitch of different kinds are not simulated\n")
            return []
        return [self._lean(roll, -pitch, -yaw, counts, rate)]

    def _lean(self, roll: float, pitch: float, yaw: float, counts: int, rate: bool) -> Order:
        """Angles or rates [deg, deg/s; right-handed about FLU], and 16 bits of thrust."""
        x, y, z = (math.radians(value) for value in (roll, pitch, yaw))
        thrust = self._context.thrust.newtons(counts)
        if rate or counts == 0:
            return RateThrust(thrust, (x, y, z) if rate else (0.0, 0.0, z))
        return Attitude(x, y, z, thrust_n=thrust)

    def _setpoint(self, data: bytes) -> list[Order]:
        kind, rest = data[0] if data else -1, data[1:]
        if kind == SetpointType.STOP:
            return [RateThrust(0.0, (0.0, 0.0, 0.0))]
        if kind == SetpointType.MANUAL:
            roll, pitch, yaw, counts, rate = struct.unpack("<fffHB", rest)
            return [self._lean(roll, -pitch, yaw, counts, bool(rate))]
        if kind == SetpointType.FULL_STATE:
            return [_full_state(rest)]
        if kind == SetpointType.POSITION:
            x, y, z, yaw = struct.unpack("<ffff", rest)
            return [Position((x, y, z), math.radians(yaw))]
        return self._moving(kind, rest)

    def _moving(self, kind: int, rest: bytes) -> list[Order]:
        legacy = kind in (
            SetpointType.VELOCITY_LEGACY,
            SetpointType.ZDISTANCE_LEGACY,
            SetpointType.HOVER_LEGACY,
        )
        sign = -1.0 if legacy else 1.0
        if kind in (SetpointType.VELOCITY, SetpointType.VELOCITY_LEGACY):
            x, y, z, yaw = struct.unpack("<ffff", rest)
            return [Velocity((x, y, z), sign * math.radians(yaw))]
        if kind in (SetpointType.HOVER, SetpointType.HOVER_LEGACY):
            ahead, left, yaw, height = struct.unpack("<ffff", rest)
            return [Hover(height, ahead, left, sign * math.radians(yaw))]
        if kind in (SetpointType.ZDISTANCE, SetpointType.ZDISTANCE_LEGACY):
            roll, pitch, yaw, height = struct.unpack("<ffff", rest)
            angles = (math.radians(roll), -math.radians(pitch), sign * math.radians(yaw))
            return [Attitude(*angles, height_m=height)]
        self._context.say(f"set-point of type {kind} is not simulated\n")
        return []

    def _high_level(self, data: bytes) -> list[Order]:
        command = data[0] if data else -1
        if command == HighLevel.GROUP_MASK:
            self._group_mask = data[1] if len(data) > 1 else 0
            return []
        if command == HighLevel.DEFINE_TRAJECTORY:
            return self._define(data)
        if len(data) < 2 or (data[1] and not data[1] & self._group_mask):
            return []
        if not self._context.parameter("commander.enHighLevel"):
            self._context.say("commander.enHighLevel = 0: high-level commands are ignored\n")
            return []
        if command == HighLevel.STOP:
            return [Stop()]
        if command in (HighLevel.TAKE_OFF, HighLevel.LAND):
            height, yaw, keep, duration = struct.unpack("<ff?f", data[2:])
            make = TakeOff if command == HighLevel.TAKE_OFF else Land
            return [make(height, duration, None if keep else yaw)]
        if command in (HighLevel.GO_TO, HighLevel.GO_TO_LEGACY):
            linear = command == HighLevel.GO_TO and len(data) > 3 and data[3] != 0
            return [self._go_to(data[2], linear, data[4 if command == HighLevel.GO_TO else 3 :])]
        if command == HighLevel.SPIRAL:
            return self._spiral(data[2:])
        if command in (HighLevel.START_TRAJECTORY, HighLevel.START_TRAJECTORY_LEGACY):
            return self._start(command, data)
        self._context.say(f"high-level command {command} is not simulated\n")
        return []

    def _spiral(self, data: bytes) -> list[Order]:
        sideways, clockwise, angle, begin, end, ascent, duration = struct.unpack("<BBfffff", data)
        if sideways or not math.isfinite(angle):
            self._context.say("sideways spirals are not simulated\n")
            return []
        angle = max(-math.tau, min(math.tau, angle))  # firmware: up to a full turn
        radii = max(begin, 0.0), max(end, 0.0)
        return [Spiral(angle, *radii, ascent, max(duration, 1e-3), bool(clockwise))]

    def _go_to(self, relative: int, linear: bool, data: bytes) -> Order:
        x, y, z, yaw, duration = struct.unpack("<fffff", data)
        if relative:
            (x0, y0, z0), yaw0 = self._context.pose()
            x, y, z, yaw = x + x0, y + y0, z + z0, yaw + yaw0
        return GoTo((x, y, z), yaw, duration, linear)

    def _define(self, data: bytes) -> list[Order]:
        number, _, kind, offset, count = struct.unpack("<BBBIB", data[1:])
        if kind != 0:
            self._context.say("compressed trajectories are not simulated\n")
            return []
        pieces = []
        for i in range(count):
            piece = self._context.memory(offset + i * PIECE_BYTES, PIECE_BYTES)
            numbers = struct.unpack("<33f", piece)
            rows = tuple(tuple(numbers[8 * row : 8 * row + 8]) for row in range(4))
            pieces.append(Piece(numbers[32], rows))
        self._trajectories[number] = tuple(pieces)
        return []

    def _start(self, command: int, data: bytes) -> list[Order]:
        if command == HighLevel.START_TRAJECTORY:
            relative, turned, backwards, number, scale = struct.unpack("<BBBBf", data[2:])
        else:
            relative, backwards, number, scale = struct.unpack("<BBBf", data[2:])
            turned = 0
        pieces = self._trajectories.get(number)
        if pieces is None or not pieces or backwards:
            why = "is not simulated backwards" if pieces else "was not defined"
            self._context.say(f"trajectory {number} {why}\n")
            return []
        return [Follow(pieces, scale, bool(relative), bool(turned))]


def _is_finite(value: object) -> bool:
    """Whether every number in an order is."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, tuple):
        return all(_is_finite(part) for part in value)
    return not is_dataclass(value) or all(_is_finite(part) for part in vars(value).values())


def _full_state(data: bytes) -> Order:
    """Position and heading: the stock controller looks at no more of it."""
    numbers = struct.unpack("<hhhhhhhhhIhhh", data)
    x, y, z = (number / 1000.0 for number in numbers[:3])
    return Position((x, y, z), yaw_of(decompress_quaternion(numbers[9])))
