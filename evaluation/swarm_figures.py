# SPDX-License-Identifier: Apache-2.0
"""What an evaluation of swarms states: who stayed clear of whom, and how near to the slots."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.figures import interval_95, quantile
from evaluation.swarm_referee import CRASH_REASONS, SwarmScore

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


def swarm_figures(score: SwarmScore, names: list[str], seconds: float) -> dict[str, Any]:
    """The figures of swarms.

    Args:
        score: Of all worlds.
        names: Of each world's formation.
        seconds: That each flew.

    Returns:
        `collision_free_rate` (worlds without a collision or crash), `collision_free_ci95`,
        `collisions_per_drone_minute` (a collision is one of each of its two drones; over the time
        until a drone crashed), `min_separation_m` (of all), `min_separation_median_m` (of worlds),
        `slot_error_m` (`mean` of the drones that did not crash; `median`, `p95` of all, a crash
        being infinite), `crash_rate` (of drones), `crashes` by reason; and, where formations of
        several names were flown, `by_scenario`: the first, the third, the fourth of these, the
        median slot error and the number of worlds, of each. What is infinite or of nobody is None.
    """
    error = score.slot_error_m[~np.isnan(score.slot_error_m)]
    settled = error[np.isfinite(error)]
    figures: dict[str, Any] = {
        "collision_free_rate": float(score.clean.mean()),
        "collision_free_ci95": interval_95(score.clean),
        "collisions_per_drone_minute": _per_drone_minute(score, seconds),
        "min_separation_m": _finite(score.separation_m.min()),
        "min_separation_median_m": quantile(score.separation_m, 50),
        "slot_error_m": {
            "mean": float(settled.mean()) if len(settled) else None,
            "median": quantile(error, 50),
            "p95": quantile(error, 95),
        },
        "crash_rate": float(score.crashed.mean()),
        "crashes": {
            reason.replace(" ", "_"): int((score.crash_reason == i).sum())
            for i, reason in enumerate(CRASH_REASONS)
            if i
        },
    }
    known = np.array(names)
    if len(set(names)) > 1:
        figures["by_scenario"] = {
            name: _part(part_of(score, known == name), seconds) for name in dict.fromkeys(names)
        }
    return figures


def part_of(score: SwarmScore, which: Flags) -> SwarmScore:
    """The findings on some of the worlds."""
    return SwarmScore(**{name: value[which] for name, value in vars(score).items()})


def _part(score: SwarmScore, seconds: float) -> dict[str, Any]:
    error = score.slot_error_m[~np.isnan(score.slot_error_m)]
    return {
        "episodes": len(score.clean),
        "collision_free_rate": float(score.clean.mean()),
        "collisions_per_drone_minute": _per_drone_minute(score, seconds),
        "min_separation_m": _finite(score.separation_m.min()),
        "slot_error_m": quantile(error, 50),
    }


def _per_drone_minute(score: SwarmScore, seconds: float) -> float | None:
    flown = np.where(score.crashed, score.crash_time_s, seconds).sum() / 60.0
    return float(2.0 * score.collisions.sum() / flown) if flown > 0.0 else None


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
