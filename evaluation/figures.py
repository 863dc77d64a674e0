# SPDX-License-Identifier: Apache-2.0
"""What an evaluation states: rates with their uncertainty, errors by rank, weak drones apart."""

import itertools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.referee import CRASH_REASONS, Score

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

WEAK = 1.3
"""Thrust to weight below which a drone cannot fly the fast references whoever flies it: the
lemniscate of 3.5 s asks for 1.22, and something must be left to steer with. Such drones are
reported apart."""

_EDGES = (WEAK, 1.5, 1.7, 1.9, math.inf)  # of the bins by thrust to weight; a CF2.1+ has 1.69
_Z95 = 1.959963984540054  # of the normal distribution, two-sided 95 %


def wilson_95(successes: int, trials: int) -> tuple[float, float] | None:
    """Both ends of the 95 % interval of a rate (Wilson 1927); None without trials."""
    if not trials:
        return None
    rate, z2 = successes / trials, _Z95**2
    middle = (rate + z2 / (2 * trials)) / (1 + z2 / trials)
    half = _Z95 / (1 + z2 / trials) * math.sqrt(
        rate * (1 - rate) / trials + z2 / (4 * trials**2)
    )  # fmt: skip
    # At the ends the formula gives exactly 0 and 1, and floating point nearly.
    low = 0.0 if successes == 0 else middle - half
    return low, 1.0 if successes == trials else middle + half


def interval_95(success: Flags) -> list[float] | None:
    """The same of flags, as a list: what files hold."""
    ends = wilson_95(int(success.sum()), len(success))
    return None if ends is None else list(ends)


def tracking_figures(score: Score, thrust_to_weight: Array) -> dict[str, Any]:
    """The figures of hover and tracking.

    Args:
        score: Of all drones.
        thrust_to_weight: Of each, shape (N,).

    Returns:
        `success_rate`, `success_ci95`, `crash_rate`, `rmse_m` (median over drones),
        `settled_error_m` (`median`, `p95`) and `crashes` (by reason) of the drones from `WEAK` on;
        `tail`: of the others; `by_thrust_to_weight`: in bins. A drone that crashed has an infinite
        error; a figure that is infinite, or of no drone, is None.
    """
    able = thrust_to_weight >= WEAK
    settled, reasons = score.settled_error_m[able], score.crash_reason[able]
    return {
        "success_rate": _mean(score.success[able]),
        "success_ci95": interval_95(score.success[able]),
        "crash_rate": _mean(score.crashed[able]),
        "rmse_m": quantile(score.rmse_m[able], 50),
        "settled_error_m": {"median": quantile(settled, 50), "p95": quantile(settled, 95)},
        "crashes": {
            reason.replace(" ", "_"): int((reasons == i).sum())
            for i, reason in enumerate(CRASH_REASONS)
            if i
        },
        "tail": _part(score, ~able),
        "by_thrust_to_weight": {
            f"{low:g} to {high:g}" if math.isfinite(high) else f"from {low:g}": _part(
                score, (thrust_to_weight >= low) & (thrust_to_weight < high)
            )
            for low, high in itertools.pairwise(_EDGES)
        },
    }


def _part(score: Score, which: Flags) -> dict[str, Any]:
    return {
        "episodes": int(which.sum()),
        "success_rate": _mean(score.success[which]),
        "rmse_m": quantile(score.rmse_m[which], 50),
    }


def _mean(flags: Flags) -> float | None:
    return float(flags.mean()) if len(flags) else None


def quantile(values: Array, percent: float) -> float | None:
    """A percentile by rank, so that infinities do not spoil their neighbours; None if infinite."""
    if not len(values):
        return None
    found = float(np.percentile(values, percent, method="lower" if percent == 50 else "higher"))
    return found if np.isfinite(found) else None
