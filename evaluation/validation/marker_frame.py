# SPDX-License-Identifier: Apache-2.0
"""How motion capture's markers sit on the drone: their frame against the one of its IMU."""

import numpy as np
from numpy.typing import NDArray

from sim_core import _core
from sim_core.frames import to_body, to_world

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

STRETCH_S = 0.2
"""Long enough that a change of velocity tells the mean specific force above its noise."""

_GRAVITY_M_S2 = 9.81
_AGAINST_GRAVITY_M_S2 = np.array([0.0, 0.0, _GRAVITY_M_S2])
_STEP_S: float = _core.PHYSICS_STEP_S


def frames_on_drone(v_WB: Array, q_WM: Array, f_B: Array, ok: Flags) -> Array:
    """The rotation q_MB from the IMU's axes to the markers', as known at each row; (T, 4).

    Markers are stuck on and their frame is drawn by hand, so that it leans by a degree or three
    against the drone: half a degree is 1 cm after 0.5 s. The mean specific force of a stretch is
    known twice, from the change of velocity, turned by the markers' attitude, and from the
    accelerometer. Where the two point differently, the markers lean. A row's rotation is the mean
    over the stretches that lie before it, and knows nothing of thrust and of what comes after it;
    rows before the first have none. About the force itself, yaw, nothing is told.

    Args:
        v_WB: Velocity [m/s; W], (T, 3).
        q_WM: Attitude of the markers' frame M, (T, 4).
        f_B: Specific force of the accelerometer [m/s²; B], (T, 3).
        ok: Airborne and without a gap, (T,).
    """
    n = round(STRETCH_S / _STEP_S)
    if len(ok) <= n:
        return _small_rotations(np.zeros((len(ok), 2)))
    middle = q_WM[n // 2 : len(ok) - n + n // 2]
    by_motion = to_body(middle, (v_WB[n:] - v_WB[:-n]) / STRETCH_S + _AGAINST_GRAVITY_M_S2)
    running = np.cumsum(to_world(q_WM, f_B), axis=0)
    by_imu = to_body(middle, (running[n:] - running[:-n]) / n)
    broken = np.cumsum(~ok)
    whole = ok[:-n] & (broken[n:] == broken[:-n])
    lean = np.zeros((len(ok), 2))
    lean[n:] = np.where(whole[:, None], (by_motion - by_imu)[:, :2] / _GRAVITY_M_S2, 0.0)
    seen = np.maximum(np.cumsum(whole), 1)
    lean[n:] = np.cumsum(lean[n:], axis=0) / seen[:, None]
    return _small_rotations(lean)


def composed(q_WM: Array, q_MB: Array) -> Array:
    """Hamilton product q_WM q_MB, over leading axes that broadcast; (..., 4)."""
    a, b = q_WM[..., :3], q_MB[..., :3]
    s, t = q_WM[..., 3:], q_MB[..., 3:]
    vector = s * b + t * a + np.cross(a, b)
    return np.concatenate([vector, s * t - (a * b).sum(axis=-1, keepdims=True)], axis=-1)


def _small_rotations(lean: Array) -> Array:
    """That turn z to (lean_x, lean_y, 1), to first order; (T, 4)."""
    x, y = lean.T
    q = np.stack([-0.5 * y, 0.5 * x, np.zeros_like(x), np.ones_like(x)], axis=1)
    turned: Array = q / np.linalg.norm(q, axis=1, keepdims=True)
    return turned
