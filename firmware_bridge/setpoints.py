# SPDX-License-Identifier: Apache-2.0
"""Orders in SI units to what a Crazyflie is sent: degrees, signs, 16-bit thrust. Here alone.

Signs, for roll, pitch and yaw right-handed about x, y, z of FLU: on the wire pitch is inverted in
every set-point; yaw is inverted in those of port 3, and in those of port 7 that are called legacy.
"""

import math
import struct
from dataclasses import dataclass
from typing import Literal

from firmware_bridge.crtp_packets import Packet, Port
from firmware_bridge.errors import OrderError
from firmware_bridge.orders import (
    Arm,
    Emergency,
    Follow,
    GoTo,
    HandBack,
    Hover,
    Land,
    Order,
    Position,
    RateThrust,
    Stop,
    Streamed,
    TakeOff,
    Velocity,
)
from firmware_bridge.trajectory_upload import trajectory_packets

ThrustKind = Literal["linear", "pwm"]
Style = Literal["rpyt", "manual"]

COUNTS_FULL = 65535
COUNTS_HIGHEST = 60000  # firmware, MAX_THRUST of port 3
COUNTS_LOWEST = 1000  # firmware, MIN_THRUST of port 3: less counts as none

# Older firmware: force of one motor [N] over the PWM share u, a u² + b u (CF2.1).
PWM_SQUARE_N, PWM_LINEAR_N = 0.0915, 0.0677

LINEAR_SINCE_PROTOCOL = 9
"""Protocol 9 came in 2025 as battery compensation did.  # guess: no version says it for sure"""


class SetpointType:
    """First byte of a set-point on port 7."""

    STOP = 0
    VELOCITY_LEGACY = 1
    ZDISTANCE_LEGACY = 2
    HOVER_LEGACY = 5
    FULL_STATE = 6
    POSITION = 7
    VELOCITY = 8
    ZDISTANCE = 9
    HOVER = 10
    MANUAL = 11


class HighLevel:
    """First byte of a command on port 8."""

    GROUP_MASK = 0
    STOP = 3
    GO_TO_LEGACY = 4
    START_TRAJECTORY_LEGACY = 5
    DEFINE_TRAJECTORY = 6
    TAKE_OFF = 7
    LAND = 8
    SPIRAL = 11
    GO_TO = 12
    START_TRAJECTORY = 13


class SupervisorCommand:
    """First byte of a command on port 9, channel 1."""

    ARM = 1
    RECOVER = 2
    EMERGENCY = 3
    EMERGENCY_WATCHDOG = 4


@dataclass(frozen=True)
class ThrustConvention:
    """What 16 bits of thrust mean to a firmware.

    Attributes:
        kind: "linear" where the firmware compensates the battery (default since 2025), or "pwm".
        thrust_max_n: Of one motor at full command; counts for "linear" alone.
    """

    kind: ThrustKind
    thrust_max_n: float

    def counts(self, thrust_n: float) -> int:
        """Collective thrust as a firmware takes it, 0 to 65535."""
        motor_n = max(thrust_n, 0.0) / 4.0
        if self.kind == "linear":
            share = motor_n / self.thrust_max_n
        else:
            root = math.sqrt(PWM_LINEAR_N**2 + 4.0 * PWM_SQUARE_N * motor_n)
            share = (root - PWM_LINEAR_N) / (2.0 * PWM_SQUARE_N)
        return round(min(share, 1.0) * COUNTS_FULL)

    def newtons(self, counts: int) -> float:
        """The collective thrust that a firmware makes of its 16 bits [N]."""
        share = counts / COUNTS_FULL
        if self.kind == "linear":
            return 4.0 * self.thrust_max_n * share
        return 4.0 * (PWM_SQUARE_N * share**2 + PWM_LINEAR_N * share)


def thrust_kind_of(protocol: int) -> ThrustKind:
    """The likely thrust convention of a firmware that speaks this protocol version."""
    return "linear" if protocol >= LINEAR_SINCE_PROTOCOL else "pwm"


@dataclass(frozen=True)
class SetpointEncoder:
    """Orders for one drone.

    Attributes:
        protocol: Version of the protocol that its firmware speaks.
        thrust: What its firmware makes of 16 bits.
        style: How body rates travel: on port 3, which wants the parameters flightmode.stabMode* at
            `RATE_MODE` and once a thrust of 0; or as a manual set-point, which wants neither.
        trajectories: Number of its memory for trajectories; None where it has none.
    """

    protocol: int
    thrust: ThrustConvention
    style: Style = "rpyt"
    trajectories: int | None = None

    def packets(self, order: Order) -> tuple[Packet, ...]:
        """What to send, in this order.

        Raises:
            OrderError: An order that no firmware can be sent, or not a finite number in it.
        """
        try:
            return self._packets(order)
        except OrderError:
            raise
        except (struct.error, ValueError, OverflowError):
            raise OrderError(f"set-point: expected finite numbers, got {order}.") from None

    def _packets(self, order: Order) -> tuple[Packet, ...]:
        if isinstance(order, Streamed):
            return (self._streamed(order),)
        if isinstance(order, HandBack):
            return (hand_back(),)
        if isinstance(order, TakeOff):
            return (_vertical(HighLevel.TAKE_OFF, order),)
        if isinstance(order, Land):
            return (_vertical(HighLevel.LAND, order),)
        if isinstance(order, GoTo):
            return (self._go_to(order),)
        if isinstance(order, Follow):
            return tuple(trajectory_packets(order, self.trajectories, self.protocol))
        if isinstance(order, Stop):
            # The high-level commander first, or it would fly on after the hand-back.
            stop = Packet(Port.SETPOINT, 0, bytes([SetpointType.STOP]))
            return Packet(Port.HIGH_LEVEL, 0, bytes([HighLevel.STOP, 0])), stop, hand_back()
        if isinstance(order, Arm):
            command = bytes([SupervisorCommand.ARM, order.armed])
            if self.protocol >= 12:
                return (Packet(Port.SUPERVISOR, 1, command),)
            return (Packet(Port.PLATFORM, 0, command),)
        if isinstance(order, Emergency):
            return (self._emergency(),)
        raise OrderError(f"set-point: no firmware can be sent a {type(order).__name__}.")

    def _streamed(self, order: Streamed) -> Packet:
        if isinstance(order, RateThrust):
            return self._rate_thrust(order)
        if isinstance(order, Position):
            x, y, z = _finite(*order.p_WB)
            yaw = math.degrees(*_finite(order.yaw_rad))
            return _setpoint(struct.pack("<Bffff", SetpointType.POSITION, x, y, z, yaw))
        rate = math.degrees(*_finite(order.yaw_rate_rad_s))
        legacy = self.protocol <= 8
        if legacy:
            rate = -rate
        if isinstance(order, Velocity):
            kind = SetpointType.VELOCITY_LEGACY if legacy else SetpointType.VELOCITY
            return _setpoint(struct.pack("<Bffff", kind, *_finite(*order.v_WB), rate))
        if isinstance(order, Hover):
            kind = SetpointType.HOVER_LEGACY if legacy else SetpointType.HOVER
            ahead, left, height = _finite(order.ahead_m_s, order.left_m_s, order.height_m)
            return _setpoint(struct.pack("<Bffff", kind, ahead, left, rate, height))
        raise OrderError(f"set-point: no link sends a {type(order).__name__}.")

    def _rate_thrust(self, order: RateThrust) -> Packet:
        p, q, r = (math.degrees(rate) for rate in _finite(*order.w_B))
        counts = min(self.thrust.counts(*_finite(order.thrust_n)), COUNTS_HIGHEST)
        if self.style == "rpyt":
            return Packet(Port.COMMANDER, 0, struct.pack("<fffH", p, -q, -r, counts))
        return _setpoint(struct.pack("<BfffHB", SetpointType.MANUAL, p, -q, r, counts, 1))

    def _go_to(self, order: GoTo) -> Packet:
        numbers = _finite(*order.p_WB, order.yaw_rad, order.duration_s)
        if self.protocol < 8:
            data = struct.pack("<BBBfffff", HighLevel.GO_TO_LEGACY, 0, 0, *numbers)
        else:
            data = struct.pack("<BBBBfffff", HighLevel.GO_TO, 0, 0, 0, *numbers)
        return Packet(Port.HIGH_LEVEL, 0, data)

    def _emergency(self) -> Packet:
        command = bytes([SupervisorCommand.EMERGENCY])
        if self.protocol >= 12:
            return Packet(Port.SUPERVISOR, 1, command)
        return Packet(Port.LOCALIZATION, 1, command)


RATE_MODE = 0
"""Value of flightmode.stabMode* with which port 3 takes rates."""


def unlock_thrust() -> tuple[Packet, ...]:
    """Open the thrust lock of port 3, and give command back at once."""
    return Packet(Port.COMMANDER, 0, struct.pack("<fffH", 0.0, 0.0, 0.0, 0)), hand_back()


def hand_back() -> Packet:
    """The streaming has ended: any other set-point may take over."""
    return Packet(Port.SETPOINT, 1, struct.pack("<BI", 0, 0))


def _vertical(command: int, order: TakeOff | Land) -> Packet:
    keep = order.yaw_rad is None
    height, yaw, duration = _finite(order.height_m, order.yaw_rad or 0.0, order.duration_s)
    return Packet(
        Port.HIGH_LEVEL, 0, struct.pack("<BBff?f", command, 0, height, yaw, keep, duration)
    )


def _setpoint(payload: bytes) -> Packet:
    return Packet(Port.SETPOINT, 0, payload)


def _finite(*values: float) -> tuple[float, ...]:
    if not all(math.isfinite(value) for value in values):
        raise ValueError
    return values
