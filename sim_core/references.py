# SPDX-License-Identifier: Apache-2.0
"""Curves that a drone is asked to follow, in float64 and at the control rate.

Every curve here is an array of rows x, y, z [m; W] and yaw [rad], one row per `CONTROL_DT`.
The rooms above turn such an array into a task; this one knows no files and no tasks.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

CONTROL_DT = 0.01
"""Seconds between two commands: 100 Hz, what a laptop's radio link carries both ways."""

GRAVITY = 9.81
"""[m/s²], as the physics has it."""

TRANSIT_ACCELERATION = 3.0
"""Most that a lead-in or a run-out may ask for [m/s²]: 17° of tilt.  # guess: gentle to watch"""

LIFT_LIMITS = (0.4, 1.35)
"""Thrust that a reference may ask for, in weights: |a + g| / g.

Above: a CF2.1+ lifts 4 × 0.12 N with 0.029 kg, 1.69 weights (THRUST_MAX and CF_MASS in Bitcraze's
platform_defaults); four fifths of that leave a fifth to steer with and for a tired battery.
Below: four motors at THRUST_MIN (0.01282 N each) lift 0.18 weights; steering needs twice that.
"""

_LENGTHEN = 1.15
_LONGEST_TRANSIT_S = 60.0


def sample_times(duration_s: float) -> Array:
    """Control instants from 0 to `duration_s`, both ends included, shape (M,)."""
    return np.arange(round(duration_s / CONTROL_DT) + 1, dtype=np.float64) * CONTROL_DT


def still(position: Array, yaw: float, duration_s: float) -> Array:
    """One place, held for `duration_s`, shape (M, 4)."""
    return np.tile(np.append(position, yaw), (len(sample_times(duration_s)), 1))


def lemniscate(amplitude: float, height: float, yaw: float, period_s: float, laps: float) -> Array:
    """Gerono's figure eight, x = A cos φ, y = A sin φ cos φ, φ = 2πt/T, shape (M, 4)."""
    phase = 2.0 * np.pi / period_s * sample_times(laps * period_s)
    x = amplitude * np.cos(phase)
    y = amplitude * np.sin(phase) * np.cos(phase)
    return np.stack([x, y, np.full_like(x, height), np.full_like(x, yaw)], axis=1)


def spline(times_s: Array, points: Array) -> Array:
    """Natural cubic spline through `points`, shape (K, 4), sampled at the control rate.

    The second derivatives m solve the tridiagonal system h₋m₋ + 2(h₋ + h)m + hm₊ = 6(d − d₋),
    d the slopes between neighbours, m = 0 at both ends (de Boor, A Practical Guide to Splines, IV).
    """
    times_s = times_s - times_s[0]
    steps = np.diff(times_s)
    slopes = np.diff(points, axis=0) / steps[:, None]
    curvature = _natural_curvature(steps, slopes)
    at = sample_times(np.floor(times_s[-1] / CONTROL_DT + 1e-6) * CONTROL_DT)
    left = np.clip(np.searchsorted(times_s, at, side="right") - 1, 0, len(steps) - 1)
    h, s = steps[left, None], (at - times_s[left])[:, None]
    m0, m1 = curvature[left], curvature[left + 1]
    linear = slopes[left] - h * (2.0 * m0 + m1) / 6.0
    out: Array = points[left] + s * (linear + s * (m0 / 2.0 + s * (m1 - m0) / (6.0 * h)))
    return out


def _natural_curvature(steps: Array, slopes: Array) -> Array:
    """Second derivatives at the knots, shape (K, D), by elimination down and substitution up."""
    curvature = np.zeros((len(steps) + 1, slopes.shape[1]))
    curvature[1:-1] = 6.0 * np.diff(slopes, axis=0)
    upper = steps.copy()
    upper[0] = 0.0  # the first row says m = 0
    diagonal = np.ones(len(steps))
    for i in range(1, len(steps)):
        weight = steps[i - 1] / diagonal[i - 1]
        diagonal[i] = 2.0 * (steps[i - 1] + steps[i]) - weight * upper[i - 1]
        curvature[i] -= weight * curvature[i - 1]
    for i in range(len(steps) - 1, 0, -1):
        curvature[i] = (curvature[i] - upper[i] * curvature[i + 1]) / diagonal[i]
    return curvature


def lead_in(start: Array, path: Array, duration_s: float) -> Array:
    """From rest at `start` into the path's first position, velocity and acceleration.

    Takes `duration_s`, or as much longer as keeps within `TRANSIT_ACCELERATION`, or within what the
    path itself asks for where they meet, and a tenth. The yaw turns the short way: the start's is
    read modulo whole turns.

    Returns:
        The rows before the path, shape (M, 4), without the path's first row.
    """
    position, velocity, acceleration = end_state(path[:5])
    start = np.append(start[:3], position[3] + wrapped(start[3] - position[3]))
    rest = np.zeros(4)

    def rows(seconds: float) -> Array:
        return quintic(
            (start, rest, rest), (position, velocity, acceleration), seconds, sample_times(seconds)
        )

    return _gentlest(rows, duration_s, acceleration)[:-1]


def run_out(path: Array, duration_s: float) -> Array:
    """From the path's last state to rest, wherever that is: the rows after it, shape (M, 4).

    The velocity falls to zero as the cubic with v(0), v̇(0) of the path and v = v̇ = 0 at the end.
    """
    position, velocity, acceleration = end_state(path[:-6:-1])
    velocity = -velocity  # end_state looked at the path backwards

    def rows(seconds: float) -> Array:
        t = sample_times(seconds)[:, None]
        c2 = -(3.0 * velocity + 2.0 * acceleration * seconds) / seconds**2
        c3 = (2.0 * velocity + acceleration * seconds) / seconds**3
        out: Array = position + t * (
            velocity + t * (acceleration / 2.0 + t * (c2 / 3.0 + t * c3 / 4.0))
        )
        return out

    return _gentlest(rows, duration_s, acceleration)[1:]


def quintic(
    begin: tuple[Array, Array, Array], end: tuple[Array, Array, Array], seconds: float, at: Array
) -> Array:
    """The polynomial of degree five between two states (position, velocity, acceleration)."""
    (p0, v0, a0), (p1, v1, a1) = begin, end
    total = seconds
    gap = p1 - p0 - v0 * total - a0 * total**2 / 2.0
    gap_v = (v1 - v0 - a0 * total) * total
    gap_a = (a1 - a0) * total**2
    c3 = 10.0 * gap - 4.0 * gap_v + gap_a / 2.0
    c4 = -15.0 * gap + 7.0 * gap_v - gap_a
    c5 = 6.0 * gap - 3.0 * gap_v + gap_a / 2.0
    t = at[:, None]
    s = t / total
    out: Array = p0 + t * (v0 + t * a0 / 2.0) + s**3 * (c3 + s * (c4 + s * c5))
    return out


def _gentlest(rows: Callable[[float], Array], seconds: float, at_path: Array) -> Array:
    """The curve over the shortest time from `seconds` on that stays within the transit limit."""
    limit = max(TRANSIT_ACCELERATION, 1.1 * float(np.linalg.norm(at_path[:3])))
    while True:
        seconds = max(round(seconds / CONTROL_DT), 5) * CONTROL_DT
        curve = rows(seconds)
        peak = np.linalg.norm(accelerations(curve[:, :3]), axis=1).max()
        if peak <= limit or seconds > _LONGEST_TRANSIT_S:
            return curve
        seconds *= _LENGTHEN


def end_state(rows: Array) -> tuple[Array, Array, Array]:
    """Position, velocity and acceleration at the first of five rows, one-sided differences.

    Five points give the derivatives to fourth and third order (Fornberg 1988, table 3).
    """
    if len(rows) < 5:
        rows = np.concatenate([rows, np.repeat(rows[-1:], 5 - len(rows), axis=0)])
    slope = np.array([-25.0, 48.0, -36.0, 16.0, -3.0]) / 12.0 / CONTROL_DT
    bend = np.array([35.0, -104.0, 114.0, -56.0, 11.0]) / 12.0 / CONTROL_DT**2
    return rows[0], slope @ rows[:5], bend @ rows[:5]


def accelerations(positions: Array) -> Array:
    """Second differences of rows one `CONTROL_DT` apart [m/s²], shape (M − 2, 3)."""
    out: Array = np.diff(positions, n=2, axis=0) / CONTROL_DT**2
    return out


def lift_asked(positions: Array) -> Array:
    """Thrust that flying `positions` takes without drag, in weights, shape (M − 2,)."""
    force = accelerations(positions) + np.array([0.0, 0.0, GRAVITY])
    out: Array = np.linalg.norm(force, axis=1) / GRAVITY
    return out


def wrapped(angle: float) -> float:
    """The angle within ±π [rad]."""
    return float((angle + np.pi) % (2.0 * np.pi) - np.pi)
