# SPDX-License-Identifier: Apache-2.0
"""What the flight guard asks of streamed set-points that the drone's own controller flies."""

import math
from collections.abc import Iterator

from firmware_bridge.guard_rules import AXES, ROUNDING, GuardLimits, Rule, Violation
from firmware_bridge.orders import Hover, Position, Velocity

Setpoint = Position | Velocity | Hover

_Number = tuple[str, float, str, float, float]


def setpoint_violation(order: Setpoint, limits: GuardLimits) -> Violation | None:
    """Look at a set-point: finite, inside the fence, and not too fast."""
    numbers = list(_numbers(order, limits))
    for name, value, unit, _, _ in numbers:
        if not math.isfinite(value):
            return Violation(Rule.COMMAND_NOT_FINITE, name, value, unit)
    for name, value, unit, low, high in numbers:
        slack = ROUNDING * max(abs(low), abs(high)) if math.isfinite(low) else 0.0
        if not low - slack <= value <= high + slack:
            return Violation(Rule.COMMAND_LIMIT, name, value, unit, low, high)
    return None


def is_aimed(order: Setpoint) -> bool:
    """Whether it is a point, at which the drone's own controller brakes by itself."""
    return isinstance(order, Position)


def _numbers(order: Setpoint, limits: GuardLimits) -> Iterator[_Number]:
    """Names, values, units and bounds of what is asked for."""
    if isinstance(order, Position):
        box = zip(AXES, order.p_WB, limits.box_low_m, limits.box_high_m, strict=True)
        for axis, value, low, high in box:
            yield f"set-point {axis}", value, "m", low, high
        yield "heading", order.yaw_rad, "rad", -math.inf, math.inf
        return
    if isinstance(order, Velocity):
        speed = math.hypot(*order.v_WB)
    else:
        speed = math.hypot(order.ahead_m_s, order.left_m_s)
        low, high = limits.box_low_m[2], limits.box_high_m[2]
        yield "set-point height", order.height_m, "m", low, high
    yield "set-point speed", speed, "m/s", 0.0, limits.max_speed_m_s
    most = limits.body_rate_rad_s[2]
    yield "yaw rate", order.yaw_rate_rad_s, "rad/s", -most, most
