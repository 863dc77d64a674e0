# SPDX-License-Identifier: Apache-2.0
"""The rules that the flight guard holds a flight to, one function each, and their numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from firmware_bridge.errors import GuardSettingsError
from firmware_bridge.orders import RateThrust, Vector

AXES = ("x", "y", "z")
COMMAND_NAMES = ("collective thrust", *(f"body rate {axis}" for axis in AXES))
COMMAND_UNITS = ("N", "rad/s", "rad/s", "rad/s")
_POSITIVE = (
    *("stale_s", "lost_s", "hold_s", "settle_s", "landing_speed_m_s", "landing_margin_s"),
    *("max_tilt_deg", "max_speed_m_s", "jump_m", "pose_lost_s", "overrides_s"),
)
_NOT_NEGATIVE = ("battery_low_v", "battery_low_s", "operator_s", "weight_n")
ROUNDING = 1e-4  # share of a limit that float32 and its printing may be off


class Rule(Enum):
    """What can be wrong."""

    COMMAND_NOT_FINITE = "command not finite"
    COMMAND_LIMIT = "command limit"
    STALE_COMMAND = "stale command"
    STATE_NOT_FINITE = "state not finite"
    LOST_STATE = "lost state"
    GEOFENCE = "geofence"
    WALL = "wall ahead"
    TILT = "tilt"
    SPEED = "speed"
    JUMP = "estimate jumped"
    LOST_POSE = "lost external pose"
    BATTERY = "low battery"
    OPERATOR = "operator's key"


LANDS = frozenset({Rule.JUMP, Rule.LOST_POSE, Rule.BATTERY, Rule.OPERATOR})
"""What waiting does not mend: who breaks one of these is landed, as soon as it has braked."""


@dataclass(frozen=True)
class Violation:
    """A rule broken, and the number that broke it."""

    rule: Rule
    quantity: str
    value: float
    unit: str
    low: float = -math.inf
    high: float = math.inf

    def sentence(self) -> str:
        """The rule, the number and what was allowed, without a full stop."""
        got = f"{self.rule.value}: {self.quantity} = {self.value:.4g} {self.unit}".rstrip()
        if math.isinf(self.low) and math.isinf(self.high):
            return got
        if math.isinf(self.high):
            return f"{got}, allowed {self.low:g} and more"
        return f"{got}, allowed {self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class GuardLimits:
    """The numbers of the rules.

    Attributes:
        thrust_n: Lowest and highest collective thrust that may be commanded.
        body_rate_rad_s: Largest body rates that may be commanded, about x, y and z of B.
        box_low_m: Corner of the geofence with the lowest x, y and z [m; W].
        box_high_m: The opposite corner.
        stale_s: Oldest state that the newest streamed command may answer.
        lost_s: Oldest that the newest state of a drone in flight may be.
        hold_s: Longest hold before the drone is landed.
        settle_s: How long every rule must have been kept before a hold ends.
        landing_speed_m_s: Mean speed of the guard's own landings.
        landing_margin_s: A landing that takes longer than planned by this ends with motors off.
        max_tilt_deg: Largest angle between the body's z axis and the world's.
        max_speed_m_s: Largest speed.
        jump_m: How far an estimate may move, in a quarter of a second, but for its velocity.
        pose_lost_s: Oldest that the newest external pose may be, of a drone that is sent some.
        battery_low_v: Volts under load below which the drone is landed; 0: never.
        battery_low_s: For so long: a sag passes.
        operator_s: Oldest sign of the operator's dead-man key; 0: no key is asked for.
        weight_n: Of the drone, by which its thrust lifts and catches it; 0: not known.
        overrides: So often may the guard step in ...
        overrides_s: ... within this time, before it lands whoever goes on like that.
    """

    thrust_n: tuple[float, float]
    body_rate_rad_s: Vector = (10.0, 10.0, 5.0)  # what racing policies of this size command
    box_low_m: Vector = (-2.5, -2.5, -0.2)
    box_high_m: Vector = (2.5, 2.5, 2.0)
    stale_s: float = 0.25  # half of what the firmware's own watchdog waits
    lost_s: float = 0.25  # an estimate that old says nothing of a drone at 2 m/s
    hold_s: float = 3.0
    settle_s: float = 0.5
    landing_speed_m_s: float = 0.4
    landing_margin_s: float = 3.0
    max_tilt_deg: float = 75.0  # paths are flown with 47, a race on the lsy track with 52
    max_speed_m_s: float = 5.0  # paths are flown with 2.7, that race with 3.7
    jump_m: float = 0.3  # guess: ten times what a filter corrects; a marker's width off is no jump
    pose_lost_s: float = 0.5  # guess: a gyro's and an accelerometer's drift in it is centimetres
    battery_low_v: float = 3.2  # firmware, PM_BAT_LOW_VOLTAGE: it switches off at 3.0
    battery_low_s: float = 2.0  # guess: longer than a climb
    operator_s: float = 0.0
    weight_n: float = 0.0
    overrides: int = 3
    overrides_s: float = 30.0  # guess: a hold, its end and a new beginning take five

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            GuardSettingsError: All faults in one sentence.
        """
        faults = [
            f"{name}: expected more than 0, got {getattr(self, name):g}"
            for name in _POSITIVE
            if not getattr(self, name) > 0.0
        ]
        faults += [
            f"{name}: expected at least 0, got {getattr(self, name):g}"
            for name in _NOT_NEGATIVE
            if not getattr(self, name) >= 0.0
        ]
        if self.overrides < 1:
            faults.append(f"overrides: expected 1 or more, got {self.overrides}")
        low, high = self.thrust_n
        if not 0.0 <= low < high:
            faults.append(f"thrust_n: expected 0 <= low < high, got {low:g} and {high:g}")
        if not all(rate > 0.0 for rate in self.body_rate_rad_s):
            faults.append(f"body_rate_rad_s: expected more than 0, got {self.body_rate_rad_s}")
        if not all(a < b for a, b in zip(self.box_low_m, self.box_high_m, strict=True)):
            faults.append(f"box: expected low < high, got {self.box_low_m} and {self.box_high_m}")
        if faults:
            raise GuardSettingsError(f"flight guard: {'; '.join(faults)}.")


def command_violation(command: Sequence[float], limits: GuardLimits) -> Violation | None:
    """Look at a command [N, rad/s; B]: finite, and within the limits."""
    for name, unit, value in zip(COMMAND_NAMES, COMMAND_UNITS, command, strict=True):
        if not math.isfinite(value):
            return Violation(Rule.COMMAND_NOT_FINITE, name, value, unit)
    bounds = (limits.thrust_n, *((-rate, rate) for rate in limits.body_rate_rad_s))
    for name, unit, value, (low, high) in zip(
        COMMAND_NAMES, COMMAND_UNITS, command, bounds, strict=True
    ):
        slack = ROUNDING * high
        if not low - slack <= value <= high + slack:
            return Violation(Rule.COMMAND_LIMIT, name, value, unit, low, high)
    return None


def admitted(command: Sequence[float], limits: GuardLimits) -> RateThrust:
    """A command that breaks no rule as an order, its rounding cut off."""
    thrust, *rates = command
    low, high = limits.thrust_n
    p, q, r = (
        min(max(rate, -most), most)
        for rate, most in zip(rates, limits.body_rate_rad_s, strict=True)
    )
    return RateThrust(min(max(thrust, low), high), (p, q, r))


def stale_violation(age_s: float, limits: GuardLimits) -> Violation | None:
    """Look at the age of the state that the newest streamed command answers."""
    if age_s > limits.stale_s:
        return Violation(Rule.STALE_COMMAND, "age", age_s, "s", 0.0, limits.stale_s)
    return None


def lost_violation(age_s: float, limits: GuardLimits) -> Violation | None:
    """Look at the age of the newest state: a drone that is not heard is not flown."""
    if age_s > limits.lost_s:
        return Violation(Rule.LOST_STATE, "age", age_s, "s", 0.0, limits.lost_s)
    return None


def pose_violation(age_s: float, limits: GuardLimits) -> Violation | None:
    """Look at the age of the newest external pose; not a number where none is sent."""
    if age_s > limits.pose_lost_s:
        return Violation(Rule.LOST_POSE, "age", age_s, "s", 0.0, limits.pose_lost_s)
    return None


def operator_violation(age_s: float, limits: GuardLimits) -> Violation | None:
    """Look at the age of the operator's last sign, where one is asked for."""
    if limits.operator_s and age_s > limits.operator_s:
        return Violation(Rule.OPERATOR, "last held ago", age_s, "s", 0.0, limits.operator_s)
    return None
