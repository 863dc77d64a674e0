# SPDX-License-Identifier: Apache-2.0
"""Scores by which PufferLib reports its drone tasks, from recorded states alone.

They are here to compare with its figures; what counts as a ring passed is race_referee.py's, set up
with its ring (0.9 of 0.5 m).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

RACE_STEPS = 2048
"""Steps of 10 ms of a race that is scored."""


def race_perf(gates_passed: ArrayLike) -> Array:
    """PufferLib's race score of a flight of `RACE_STEPS`: rings passed over 10, at most 1."""
    out: Array = np.minimum(np.asarray(gates_passed, dtype=np.float64) / 10.0, 1.0)
    return out


def hover_perf(states: ArrayLike, goal_m: ArrayLike, stray_m: float = np.inf) -> Array:
    """PufferLib's hover score: a running mean of 1 / (1 + 0.05 (0.7 d + 0.15 v + 0.15 w)).

    d is the distance to the goal [cm], v the speed [cm/s], w the body rate [0.1 rad/s]; the mean
    begins at the first state's and takes each 10 ms step in with a weight of 0.02.

    Args:
        states: p_WB q_WB v_WB w_WB_B, shape (T, N, 13).
        goal_m: Shape (3,), or any that fits (T, N, 3).
        stray_m: The first step farther from the goal than this is a drone's last.

    Returns:
        The mean after the last step, shape (N,); 0 for drones with a number that is none.
    """
    state = np.asarray(states, dtype=np.float64)
    distance = np.linalg.norm(state[:, :, 0:3] - np.asarray(goal_m, dtype=np.float64), axis=2)
    v = 100.0 * np.linalg.norm(state[:, :, 7:10], axis=2)
    w = 10.0 * np.linalg.norm(state[:, :, 10:13], axis=2)
    step = 1.0 / (1.0 + 0.05 * (0.7 * 100.0 * distance + 0.15 * v + 0.15 * w))
    perf, flying = step[0].copy(), distance[0] <= stray_m
    for now, near in zip(step[1:], distance[1:] <= stray_m, strict=True):
        perf = np.where(flying, 0.98 * perf + 0.02 * now, perf)
        flying &= near
    out: Array = np.nan_to_num(perf, nan=0.0)
    return out
