# SPDX-License-Identifier: Apache-2.0
"""What the flight guard asks of a drone's state: finite, in the fence, upright, not too fast."""

import math

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.braking import GRAVITY_M_S2, sinking_m, stopping_m
from firmware_bridge.guard_rules import AXES, GuardLimits, Rule, Violation

STATE_NAMES = (
    *(f"p_WB.{axis}" for axis in AXES),
    *(f"q_WB.{axis}" for axis in (*AXES, "w")),
    *(f"v_WB.{axis}" for axis in AXES),
    *(f"w_WB_B.{axis}" for axis in AXES),
)

TURNING_S = 0.06
"""A tilted drone goes on being pushed for so long until its controller has turned it: measured with
the double at 60 degrees, beyond what the link's delays add."""

LEAST_LIFT = 0.35
"""Cosine of 70 degrees: nobody keeps their height beyond that."""


def state_violation(state: NDArray[np.float32], limits: GuardLimits) -> Violation | None:
    """Look at a state, shape (13,), whoever commands."""
    if not np.isfinite(state).all():
        entry = int(np.argmin(np.isfinite(state)))
        return Violation(Rule.STATE_NOT_FINITE, STATE_NAMES[entry], float(state[entry]), "")
    return _outside(state, limits) or _tilted(state, limits) or _fast(state, limits)


def wall_violation(
    state: NDArray[np.float32], age_s: float, limits: GuardLimits, thrust_n: float = math.nan
) -> Violation | None:
    """Look at where a streamed drone would come to rest if it were braked now.

    Args:
        state: Finite, shape (13,).
        age_s: How old it is: so far the drone has flown on.
        limits: The fence, and what the drone weighs.
        thrust_n: That it was told last; not a number where nobody knows.
    """
    x, y, z = thrust_axis(state)
    push_s = TURNING_S + 2.0 * age_s  # what is said of the drone is so old, and so late it is told
    faster_m_s = GRAVITY_M_S2 * push_s / max(z, LEAST_LIFT)
    for axis, place, speed, push, low, high in zip(
        AXES,
        state[:3].tolist(),
        state[7:10].tolist(),
        (x * faster_m_s, y * faster_m_s, _lifted(thrust_n, z, limits) * push_s),
        limits.box_low_m,
        limits.box_high_m,
        strict=True,
    ):
        faster = speed + push
        sinks = axis == "z" and faster < 0.0 and limits.weight_n > 0.0
        way = (
            sinking_m(-faster, limits.thrust_n[1] / limits.weight_n)
            if sinks
            else stopping_m(abs(faster))
        )
        rest = place + speed * age_s + math.copysign(way, faster)
        if not low <= rest <= high:
            what = f"{axis} where it would stop, from {place:.2f} m at {speed:.2f} m/s"
            return Violation(Rule.WALL, what, rest, "m", low, high)
    return None


def _lifted(thrust_n: float, upright: float, limits: GuardLimits) -> float:
    """Vertical acceleration of a drone that was told a thrust [m/s²]; 0 where that is not known."""
    if not limits.weight_n or not math.isfinite(thrust_n):
        return 0.0
    return GRAVITY_M_S2 * (thrust_n * upright / limits.weight_n - 1.0)


def thrust_axis(state: NDArray[np.float32]) -> tuple[float, float, float]:
    """The body's z axis in W, of length 1, of a state of shape (13,)."""
    x, y, z, w = state[3:7].tolist()
    norm = x * x + y * y + z * z + w * w
    if not norm:
        return 0.0, 0.0, -1.0  # no attitude at all is the worst
    up = (2.0 * (x * z + w * y), 2.0 * (y * z - w * x), norm - 2.0 * (x * x + y * y))
    return up[0] / norm, up[1] / norm, up[2] / norm


def _outside(state: NDArray[np.float32], limits: GuardLimits) -> Violation | None:
    for axis, value, low, high in zip(
        AXES, state[:3].tolist(), limits.box_low_m, limits.box_high_m, strict=True
    ):
        if not low <= value <= high:
            return Violation(Rule.GEOFENCE, axis, value, "m", low, high)
    return None


def _tilted(state: NDArray[np.float32], limits: GuardLimits) -> Violation | None:
    upright = thrust_axis(state)[2]
    tilt_deg = math.degrees(math.acos(min(max(upright, -1.0), 1.0)))
    if tilt_deg > limits.max_tilt_deg:
        return Violation(Rule.TILT, "angle", tilt_deg, "deg", 0.0, limits.max_tilt_deg)
    return None


def _fast(state: NDArray[np.float32], limits: GuardLimits) -> Violation | None:
    speed = math.hypot(*state[7:10].tolist())
    if speed > limits.max_speed_m_s:
        return Violation(Rule.SPEED, "speed", speed, "m/s", 0.0, limits.max_speed_m_s)
    return None
