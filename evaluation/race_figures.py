# SPDX-License-Identifier: Apache-2.0
"""What an evaluation of races states: who finished, how fast, and what stopped the others."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.figures import interval_95
from evaluation.puffer_scores import race_perf
from evaluation.race_referee import CRASH_REASONS, RaceScore

Array = NDArray[np.float64]


def race_figures(score: RaceScore, gates: int) -> dict[str, Any]:
    """The figures of a race.

    Args:
        score: Of all drones.
        gates: That make a race; 0 where it has no end.

    Returns:
        `success_rate` (finished; where a race has no end: flew to the end of the episode),
        `success_ci95`, `crash_rate`, `gates_passed` (mean), `gates_passed_share` (mean),
        `lap_time_s` (`median`, `p95`: from the start to the last gate, or the best lap where there
        is no end; None of no drone), `crashes` by reason, `wrong_way` (gates crossed from behind, a
        drone), and `lost_before_gate`: of all drones, the share that got no further than to it. Of
        races without end also `race_perf`, PufferLib's.
    """
    good = score.finished if gates else ~score.crashed
    times = score.finish_time_s[score.finished] if gates else score.lap_time_s
    times = times[np.isfinite(times)]
    figures: dict[str, Any] = {
        "success_rate": float(good.mean()),
        "success_ci95": interval_95(good),
        "crash_rate": float(score.crashed.mean()),
        "gates_passed": float(score.gates_passed.mean()),
        "gates_passed_share": float(score.gates_passed_share.mean()),
        "lap_time_s": {"median": _rank(times, 50), "p95": _rank(times, 95)},
        "crashes": {
            reason.replace(" ", "_"): int((score.crash_reason == i).sum())
            for i, reason in enumerate(CRASH_REASONS)
            if i
        },
        "wrong_way": float(score.wrong_way.mean()),
    }
    if gates:
        lost = score.gates_passed[~good]
        figures["lost_before_gate"] = {
            str(gate + 1): float((lost == gate).sum() / len(good)) for gate in range(gates)
        }
    else:
        figures["race_perf"] = float(race_perf(score.gates_passed).mean())
    return figures


def _rank(values: Array, percent: float) -> float | None:
    if not len(values):
        return None
    return float(np.percentile(values, percent, method="higher"))
