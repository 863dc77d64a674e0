# SPDX-License-Identifier: Apache-2.0
"""Smooth ways from here to there, as a Crazyflie's high-level commander flies them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from firmware_bridge.orders import Follow, Spiral
from sim_core.frames import wrap

Array = NDArray[np.float64]

# Rows: position, velocity and acceleration at s = 0, then at s = 1, of c0 + c1 s + ... + c5 s^5.
_ENDS = np.array(
    [
        [1, 0, 0, 0, 0, 0],
        [0, 1, 0, 0, 0, 0],
        [0, 0, 2, 0, 0, 0],
        [1, 1, 1, 1, 1, 1],
        [0, 1, 2, 3, 4, 5],
        [0, 0, 2, 6, 12, 20],
    ],
    dtype=np.float64,
)
_SOLVE = np.linalg.inv(_ENDS)
_POWERS = np.arange(6)


@dataclass(frozen=True, eq=False)
class Way:
    """A quintic in x, y, z and yaw that ends at rest.

    Attributes:
        start_s: When it begins.
        duration_s: How long it takes.
        coefficients: Of powers 0 to 5 of the share of the duration, shape (6, 4).
    """

    start_s: float
    duration_s: float
    coefficients: Array

    def at(self, time_s: float) -> tuple[tuple[float, float, float], float]:
        """Position [m; W] and heading [rad] at a time; the end is held for ever."""
        x, y, z, yaw = (self._share(time_s) ** _POWERS) @ self.coefficients
        return (float(x), float(y), float(z)), float(yaw)

    def velocity_at(self, time_s: float) -> Array:
        """Rates of change of x, y, z [m/s; W] and yaw [rad/s] at a time, shape (4,)."""
        slope = _POWERS[1:] * self._share(time_s) ** _POWERS[:-1]
        out: Array = slope @ self.coefficients[1:] / self.duration_s
        return out

    def _share(self, time_s: float) -> float:
        return min(max((time_s - self.start_s) / self.duration_s, 0.0), 1.0)

    def done(self, time_s: float) -> bool:
        """Whether the end is reached by then."""
        return time_s >= self.start_s + self.duration_s


def plan_way(
    start_s: float,
    duration_s: float,
    begin: ArrayLike,
    velocity: ArrayLike,
    end: ArrayLike,
) -> Way:
    """Plan a quintic from a moving start, without acceleration, to rest.

    Args:
        start_s: When it begins.
        duration_s: How long it takes, more than 0.
        begin: x, y, z [m; W] and yaw [rad].
        velocity: Their rates of change.
        end: x, y, z and yaw; the turn is the shorter one.
    """
    first = np.asarray(begin, dtype=np.float64)
    last = np.asarray(end, dtype=np.float64).copy()
    last[3] = first[3] + wrap(last[3] - first[3])
    ends = np.zeros((6, 4))
    ends[0], ends[1], ends[3] = first, np.asarray(velocity, dtype=np.float64) * duration_s, last
    return Way(start_s, duration_s, _SOLVE @ ends)


def plan_line(start_s: float, duration_s: float, begin: ArrayLike, end: ArrayLike) -> Way:
    """Plan a straight way at one speed, from and to x, y, z [m; W] and yaw [rad]."""
    first = np.asarray(begin, dtype=np.float64)
    change = np.asarray(end, dtype=np.float64) - first
    change[3] = wrap(change[3])
    return Way(start_s, duration_s, np.stack([first, change, *np.zeros((4, 4))]))


@dataclass(frozen=True, eq=False)
class Turning:
    """A spiral under way: angle, radius and height change at one speed each.

    Attributes:
        start_s: When it begins.
        order: What was asked for.
        begin: x, y, z [m; W] and yaw [rad] that it begins with, shape (4,).
    """

    start_s: float
    order: Spiral
    begin: Array

    def at(self, time_s: float) -> tuple[tuple[float, float, float], float]:
        """Position [m; W] and heading [rad] at a time; the end is held for ever."""
        share = min(max((time_s - self.start_s) / self.order.duration_s, 0.0), 1.0)
        order, (x, y, z, yaw) = self.order, self.begin.tolist()
        side = -1.0 if order.clockwise else 1.0
        turned = yaw + side * order.angle_rad * share
        radius = order.begin_m + (order.end_m - order.begin_m) * share
        # The centre lies abeam of the start, and of where the nose points by now.
        x += side * (radius * np.sin(turned) - order.begin_m * np.sin(yaw))
        y += side * (order.begin_m * np.cos(yaw) - radius * np.cos(turned))
        return (float(x), float(y), float(z + order.ascent_m * share)), float(turned)

    def velocity_at(self, time_s: float) -> Array:
        """Rates of change of x, y, z [m/s; W] and yaw [rad/s] at a time, shape (4,)."""
        return _slope(self.at, time_s)

    def done(self, time_s: float) -> bool:
        """Whether the end is reached by then."""
        return time_s >= self.start_s + self.order.duration_s


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A trajectory under way, turned and moved to where it begins.

    Attributes:
        start_s: When it begins.
        order: What was asked for.
        origin: x, y, z and yaw that it has at its start by itself, shape (4,).
        begin: Those that it begins with, shape (4,).
    """

    start_s: float
    order: Follow
    origin: Array
    begin: Array

    def at(self, time_s: float) -> tuple[tuple[float, float, float], float]:
        """Position [m; W] and heading [rad] at a time; the end is held for ever."""
        piece, elapsed = self._place(time_s)
        powers = elapsed ** np.arange(8)
        now = np.asarray(self.order.pieces[piece].coefficients) @ powers
        x, y, z, turn = now - self.origin
        c, s = np.cos(self._turn), np.sin(self._turn)
        moved = np.array([c * x - s * y, s * x + c * y, z]) + self.begin[:3]
        return (float(moved[0]), float(moved[1]), float(moved[2])), float(self.begin[3] + turn)

    def velocity_at(self, time_s: float) -> Array:
        """Rates of change of x, y, z [m/s; W] and yaw [rad/s] at a time, shape (4,)."""
        return _slope(self.at, time_s)

    def done(self, time_s: float) -> bool:
        """Whether the end is reached by then."""
        total = sum(piece.duration_s for piece in self.order.pieces)
        return time_s >= self.start_s + total * self.order.stretch

    @property
    def _turn(self) -> float:
        return float(self.begin[3] - self.origin[3]) if self.order.turned else 0.0

    def _place(self, time_s: float) -> tuple[int, float]:
        """Which piece it is at a time, and how long since that piece began."""
        elapsed = max(time_s - self.start_s, 0.0) / self.order.stretch
        for number, piece in enumerate(self.order.pieces):
            if elapsed <= piece.duration_s:
                return number, elapsed
            elapsed -= piece.duration_s
        return len(self.order.pieces) - 1, self.order.pieces[-1].duration_s


def plan_trajectory(start_s: float, order: Follow, here: ArrayLike) -> Trajectory:
    """Lay a trajectory where it begins.

    Args:
        start_s: When it begins.
        order: What is asked for; it has a piece at least.
        here: x, y, z [m; W] and yaw [rad] of the drone.
    """
    origin = np.array([row[0] for row in order.pieces[0].coefficients])
    begin = origin.copy()
    now = np.asarray(here, dtype=np.float64)
    if order.relative:
        begin[:3] = now[:3]
    if order.turned:
        begin[3] = now[3]
    return Trajectory(start_s, order, origin, begin)


def _slope(at: Callable[[float], tuple[tuple[float, float, float], float]], time_s: float) -> Array:
    """By a difference over 2 ms."""
    half = 1e-3
    (after, yaw), (before, yaw_before) = at(time_s + half), at(time_s - half)
    out: Array = (np.array([*after, yaw]) - np.array([*before, yaw_before])) / (2.0 * half)
    return out
