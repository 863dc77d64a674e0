# SPDX-License-Identifier: Apache-2.0
"""Position half a second ahead with the attitude as measured: thrust and drag alone are at work."""

import numpy as np
from numpy.typing import NDArray

from evaluation.validation.flight import STEP_S, Flight
from evaluation.validation.predict import Drone, predict

Array = NDArray[np.float64]

HORIZON_STEPS = round(0.5 / STEP_S)
STRIDE = round(0.05 / STEP_S)


def translation_errors(flight: Flight, drone: Drone, horizon: int = HORIZON_STEPS) -> Array:
    """Predicted less measured position [m; W], one row a window."""
    rows = flight.windows(horizon, STRIDE)
    if not len(rows):
        return np.empty((0, 3))
    ends = predict(flight, drone, rows, horizon, held=True)[:, -1, :3]
    return ends - flight.p_WB[rows + horizon]


def fitted_gain(flight: Flight, drone: Drone) -> float:
    """The factor on all thrusts with which the errors are least: they are linear in it."""
    gain = drone.value("thrust_gain")
    errors = translation_errors(flight, drone)
    # Two percent more thrust tell the slope.
    slope = (translation_errors(flight, drone.but(thrust_gain=1.02 * gain)) - errors) / 0.02
    power = float((slope**2).sum())
    return gain * (1.0 - float((errors * slope).sum()) / power) if power else gain


def constant_velocity_errors(flight: Flight, horizon: int = HORIZON_STEPS) -> Array:
    """The naive predictor's errors on the same windows."""
    rows = flight.windows(horizon, STRIDE)
    start = flight.state[rows]
    return start[:, :3] + start[:, 7:10] * (horizon * STEP_S) - flight.p_WB[rows + horizon]
