# SPDX-License-Identifier: Apache-2.0
"""Shapes that SimpleFlight flies beside the lemniscate: pentagram, zigzag, chained polynomials.

Rows as in references.py. Pentagram and zigzag go straight at a steady speed and turn on the spot,
which no drone can: their corners are meant to be rounded, and how well is what they measure.
"""

import numpy as np

from sim_core.errors import SettingsError
from sim_core.references import CONTROL_DT, Array, accelerations, quintic, sample_times

FASTEST_M_S = 5.0
"""A straight may not be flown faster.  # guess: brushed Crazyflies reach 3 to 4 m/s indoors"""

_CORNERS = 5
_ATTEMPTS = 1000
_KNOT = (0.7, 0.8, 0.8)
"""Half-widths of the draws where polynomials meet, in reaches, reaches/s and reaches/s²: room is
left to turn back in.  # guess"""


def pentagram(
    radius: float, height: float, yaw: float, speed_m_s: float, laps: float
) -> tuple[Array, float]:
    """A five-pointed star in one line, its points on a circle, the first straight ahead (+x).

    Returns:
        The rows, shape (M, 4), and the speed.
    """
    edge = 2.0 * radius * np.sin(2.0 * np.pi / _CORNERS)
    corners = np.arange(int(np.ceil(laps * _CORNERS)) + 1)
    angle = 2.0 * np.pi * 2.0 / _CORNERS * corners
    times = corners * edge / speed_m_s
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return _straight(times, points, laps * _CORNERS * edge / speed_m_s, height, yaw), speed_m_s


def zigzag(
    reach: float, height: float, yaw: float, leg_s: tuple[float, float], legs: int, seed: int
) -> tuple[Array, float]:
    """Straight legs between points drawn within ±`reach` in x and y, each in a time drawn too.

    Returns:
        The rows, shape (M, 4), and the highest speed.
    """
    rng = np.random.default_rng(seed)
    points = rng.uniform(-reach, reach, (legs + 1, 2))
    times = np.concatenate([[0.0], np.cumsum(rng.uniform(*leg_s, legs))])
    speeds = np.linalg.norm(np.diff(points, axis=0), axis=1) / np.diff(times)
    return _straight(times, points, times[-1], height, yaw), float(speeds.max())


def _straight(times: Array, points: Array, end_s: float, height: float, yaw: float) -> Array:
    at = sample_times(np.floor(end_s / CONTROL_DT + 1e-6) * CONTROL_DT)
    x, y = (np.interp(at, times, points[:, axis]) for axis in (0, 1))
    return np.stack([x, y, np.full_like(x, height), np.full_like(x, yaw)], axis=1)


def polynomials(
    reach_m: tuple[float, float, float],
    height: float,
    yaw: float,
    leg_s: tuple[float, float],
    legs: int,
    limit_m_s2: float,
    seed: int,
) -> Array:
    """Polynomials of degree five, chained smoothly to the second derivative, shape (M, 4).

    Where two meet, position, velocity and acceleration are drawn, and how long each lasts. A leg
    that asks for more than the limit, or strays beyond the reach, is drawn again.

    Raises:
        SettingsError: A limit that leaves no leg.
    """
    rng = np.random.default_rng(seed)
    reach, middle = np.array(reach_m), np.array([0.0, 0.0, height])
    state = (middle + _KNOT[0] * rng.uniform(-reach, reach), np.zeros(3), np.zeros(3))
    rows = [state[0][None]]
    for _ in range(legs):
        for _ in range(_ATTEMPTS):
            seconds = round(rng.uniform(*leg_s) / CONTROL_DT) * CONTROL_DT
            p, v, a = (share * rng.uniform(-reach, reach) for share in _KNOT)
            end = (middle + p, v, a)
            leg = quintic(state, end, seconds, sample_times(seconds))
            asked = np.linalg.norm(accelerations(leg), axis=1).max()
            if asked <= limit_m_s2 and (np.abs(leg - middle) <= reach + 1e-9).all():
                break
        else:
            raise SettingsError(
                f"polynomial: expected a max_acceleration_m_s2 and reach_m that leave a leg of"
                f" {leg_s[0]:g} to {leg_s[1]:g} s, found none in {_ATTEMPTS} draws."
            )
        rows.append(leg[1:])
        state = end
    p = np.concatenate(rows)
    return np.concatenate([p, np.full((len(p), 1), yaw)], axis=1)
