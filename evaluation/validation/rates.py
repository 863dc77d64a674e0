# SPDX-License-Identifier: Apache-2.0
"""Body rates 10 and 100 ms ahead, from the motor commands alone."""

import numpy as np
from numpy.typing import NDArray

from evaluation.validation.flight import STEP_S, Flight
from evaluation.validation.predict import Drone, predict

Array = NDArray[np.float64]

NEAR_STEPS = round(0.01 / STEP_S)
FAR_STEPS = round(0.1 / STEP_S)
STRIDE = round(0.02 / STEP_S)


def rate_errors(flight: Flight, drone: Drone) -> tuple[Array, Array]:
    """Predicted less measured body rates [rad/s; B] after 10 and 100 ms, one row a window."""
    rows = flight.windows(FAR_STEPS, STRIDE)
    if not len(rows):
        return np.empty((0, 3)), np.empty((0, 3))
    states = predict(flight, drone, rows, FAR_STEPS, every=NEAR_STEPS)
    near = states[:, 1, 10:] - flight.state[rows + NEAR_STEPS, 10:]
    return near, states[:, -1, 10:] - flight.state[rows + FAR_STEPS, 10:]


def constant_rate_errors(flight: Flight) -> tuple[Array, Array]:
    """The naive predictor's errors on the same windows."""
    rows = flight.windows(FAR_STEPS, STRIDE)
    w = flight.state[:, 10:]
    return w[rows] - w[rows + NEAR_STEPS], w[rows] - w[rows + FAR_STEPS]


def per_axis(errors: Array) -> float:
    """Root of the mean square over windows and axes."""
    return float(np.sqrt((errors**2).mean()))
