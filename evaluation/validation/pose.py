# SPDX-License-Identifier: Apache-2.0
"""Full motion 100 ms ahead from the motor commands, with one gain and one trim for each flight."""

import numpy as np
from numpy.typing import NDArray

from evaluation.validation.flight import Flight
from evaluation.validation.predict import Drone, predict
from evaluation.validation.rates import FAR_STEPS, STRIDE, rate_errors
from evaluation.validation.translation import fitted_gain

Array = NDArray[np.float64]

_TRIM_ROUNDS = 3


def trimmed(flight: Flight, drone: Drone) -> Drone:
    """The drone with the gain of its thrust and the constant torque that this flight asks for.

    The gain comes from the positions (see `fitted_gain`). A torque that is missing turns the body
    by its share of J w' in every window: the median of the rate errors, over time, times J.
    """
    drone = drone.but(thrust_gain=fitted_gain(flight, drone))
    for _ in range(_TRIM_ROUNDS):
        _, far = rate_errors(flight, drone)
        if not len(far):
            break
        lacking = -np.median(far, axis=0) / 0.1
        changes = {
            f"trim_torque_{axis}_n_m": drone.value(f"trim_torque_{axis}_n_m")
            + float(lacking[i]) * drone.value(f"inertia_{axis}_kg_m2")
            for i, axis in enumerate("xyz")
        }
        drone = drone.but(**changes)
    return drone


def pose_errors(flight: Flight, drone: Drone) -> Array:
    """Predicted less measured position [m; W] after 100 ms, one row a window."""
    rows = flight.windows(FAR_STEPS, STRIDE)
    if not len(rows):
        return np.empty((0, 3))
    ends = predict(flight, drone, rows, FAR_STEPS)[:, -1, :3]
    return ends - flight.p_WB[rows + FAR_STEPS]


def straight_on_errors(flight: Flight) -> Array:
    """The naive predictor's errors on the same windows: velocity stays."""
    rows = flight.windows(FAR_STEPS, STRIDE)
    start = flight.state[rows]
    return start[:, :3] + 0.1 * start[:, 7:10] - flight.p_WB[rows + FAR_STEPS]
