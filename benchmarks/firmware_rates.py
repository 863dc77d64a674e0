# SPDX-License-Identifier: Apache-2.0
"""The Crazyflie firmware between a command and the rotors: rate PID, mixer, thrust calibration.

The same as sim_core/cpp/include/sim_core/rate_loop.hpp, in arrays over drones, so that another
simulator's rotors can be flown through it. `xp` is the array library, numpy or jax.numpy. Nothing
of ours is imported, since it runs under interpreters of peers. Figures: platform_defaults_cf2.h of
the Crazyflie firmware.
"""

from typing import Any, NamedTuple

STEP_S = 0.002
"""The firmware's rate loop runs at 500 Hz."""

FULL_COUNTS = 65535.0
TORQUE_LIMIT_COUNTS = 32767.0  # the PID's output is a signed 16-bit number
INTEGRAL_LIMIT_DEG = (33.3, 33.3, 166.7)
DEGREES = 57.29577951
SHARES = ((-0.5, -0.5, -1.0), (-0.5, 0.5, 1.0), (0.5, 0.5, -1.0), (0.5, -0.5, 1.0))
"""Counts of M1 to M4 for one count of roll, pitch and yaw."""


class RateLoop(NamedTuple):
    """What the PID remembers: integral of the error [deg], rates before [rad/s], each (N, 3)."""

    integral_deg: Any
    previous: Any


class Gains(NamedTuple):
    """Of roll, pitch and yaw, on degrees a second, in counts, each (3,)."""

    kp: Any
    ki: Any
    kd: Any


def gains_of(xp: Any, roll_pitch: list[float], yaw: list[float]) -> Gains:
    """Gains from kp, ki, kd of the two loops, as an airframe file has them."""
    rows = xp.asarray([roll_pitch, roll_pitch, yaw])
    return Gains(rows[:, 0], rows[:, 1], rows[:, 2])


def step_rate_loop(
    xp: Any, gains: Gains, loop: RateLoop, target: Any, measured: Any
) -> tuple[RateLoop, Any]:
    """One step: torque demand [counts] about x, y, z of B, shape (N, 3).

    Args:
        xp: The array library.
        gains: The PID's.
        loop: Its memory.
        target: Body rates asked for [rad/s], shape (N, 3).
        measured: Body rates [rad/s], shape (N, 3).
    """
    error = (target - measured) * DEGREES
    limit = xp.asarray(INTEGRAL_LIMIT_DEG)
    integral = xp.clip(loop.integral_deg + error * STEP_S, -limit, limit)
    rise = (measured - loop.previous) * (DEGREES / STEP_S)
    out = gains.kp * error + gains.ki * integral - gains.kd * rise
    return RateLoop(integral, measured), xp.clip(out, -TORQUE_LIMIT_COUNTS, TORQUE_LIMIT_COUNTS)


def mix(xp: Any, collective_counts: Any, torque_counts: Any) -> Any:
    """Counts of the four motors, shape (N, 4): torque goes before thrust at full scale.

    Args:
        xp: The array library.
        collective_counts: What each motor gets without torque, shape (N,).
        torque_counts: Of `step_rate_loop`.
    """
    counts = collective_counts[:, None] + torque_counts @ xp.asarray(SHARES).T
    excess = xp.maximum(counts.max(axis=1, keepdims=True) - FULL_COUNTS, 0.0)
    return xp.maximum(counts - excess, 0.0)


def collective_counts(thrust_n: Any, motor_max_n: float) -> Any:
    """Counts that ask for a collective thrust [N]: linear, the firmware levels the battery out."""
    return thrust_n * (0.25 * FULL_COUNTS / motor_max_n)


def rotor_speed(xp: Any, thrust_n: Any, curve: tuple[float, float, float]) -> Any:
    """Speed at which a rotor gives a thrust [N]: the upper root of c0 + c1 s + c2 s² = thrust.

    Args:
        xp: The array library.
        thrust_n: Of each rotor, not below the least that the curve has.
        curve: c0, c1, c2, in the simulator's unit of speed.
    """
    c0, c1, c2 = curve
    return (xp.sqrt(c1 * c1 + 4.0 * c2 * (thrust_n - c0)) - c1) / (2.0 * c2)
