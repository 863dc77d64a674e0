# SPDX-License-Identifier: Apache-2.0
"""Where a prediction starts, told better than by an on-board estimate of the velocity."""

import numpy as np
from numpy.typing import NDArray

from sim_core import _core
from sim_core.frames import to_world

Array = NDArray[np.float64]

START_FROM_S = 0.08
"""Motion capture's and the accelerometer's last 80 ms tell position and velocity."""

_STEP_S: float = _core.PHYSICS_STEP_S


def starts_from_past(p_WB: Array, q_WB: Array, f_B: Array) -> tuple[Array, Array]:
    """Position and velocity at each row, from the position and the specific force up to it.

    What an on-board estimate says of the velocity is off by 0.05 m/s (docs/physics.md). The
    position less the accelerometer's double integral is a straight line; its value and its slope at
    the end of the last 80 ms, by least squares, are the start.
    """
    a_W = to_world(q_WB, f_B) - np.array([0.0, 0.0, 9.81])
    v_int = np.cumsum(a_W, axis=0) * _STEP_S
    p_int = np.cumsum(v_int, axis=0) * _STEP_S
    ages = np.arange(-round(START_FROM_S / _STEP_S), 1) * _STEP_S
    weights = np.linalg.pinv(np.vander(ages, 2, increasing=True))
    rest = p_WB - p_int
    value, slope = (
        np.stack([np.convolve(c, row[::-1])[: len(c)] for c in rest.T], axis=1) for row in weights
    )
    return value + p_int, slope + v_int
