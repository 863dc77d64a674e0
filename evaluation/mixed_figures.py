# SPDX-License-Identifier: Apache-2.0
"""What an evaluation of mixed flights states: who raced, who came home, who touched what, when."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from evaluation.figures import interval_95, quantile
from evaluation.group_score import GroupScore
from sim_core.mixed import MixedTask

PHASES = ("waiting", "racing", "coming_home")
"""In which a drone may crash: before it leaves, until its race is over, after that."""


def mixed_figures(flights: Sequence[tuple[MixedTask, GroupScore]]) -> dict[str, Any]:
    """The figures of mixed flights.

    Args:
        flights: What was flown, and what the referees found.

    Returns:
        `success_rate` (flights in which every drone finished its race, nobody touched anything and
        no two collided), `success_ci95`, `race_success_rate` (of drones: finished), its `_ci95`,
        `lap_time_s` (`median`, `p95`: from leaving to the last gate), `collision_free_rate` (of
        flights: no two collided), `min_separation_m` (of all), `slot_error_m` (`mean` of the drones
        that did not crash, while they do not race; `median`, `p95` of all, a crash being infinite),
        `crash_rate` (of drones), `crashes` by reason, `crashed_while` by phase. What is infinite or
        of nobody is None.
    """
    drones = [(task, score, number) for task, score in flights for number in range(task.drones)]
    good = np.array([not score.faults([""] * task.drones) for task, score in flights])
    raced = np.array([score.finished(number) for _, score, number in drones])
    laps = np.array([score.lap_time_s(number) for _, score, number in drones])
    crashes = [score.crash_of(number) for _, score, number in drones]
    reasons = Counter(why.replace(" ", "_") for _, why in crashes if why is not None)
    phases = Counter(
        _phase(task, score, number, when)
        for (task, score, number), (when, why) in zip(drones, crashes, strict=True)
        if why is not None
    )
    error = np.concatenate([score.slot_error_m for _, score in flights])
    error = error[~np.isnan(error)]
    settled = error[np.isfinite(error)]
    nearest = min(float(score.swarm.separation_m[0]) for _, score in flights)
    return {
        "success_rate": float(good.mean()),
        "success_ci95": interval_95(good),
        "race_success_rate": float(raced.mean()),
        "race_success_ci95": interval_95(raced),
        "lap_time_s": {
            "median": quantile(laps[np.isfinite(laps)], 50),
            "p95": quantile(laps[np.isfinite(laps)], 95),
        },
        "collision_free_rate": float(np.mean([not s.swarm.collided[0] for _, s in flights])),
        "min_separation_m": nearest if math.isfinite(nearest) else None,
        "slot_error_m": {
            "mean": float(settled.mean()) if len(settled) else None,
            "median": quantile(error, 50),
            "p95": quantile(error, 95),
        },
        "crash_rate": sum(reasons.values()) / len(drones),
        "crashes": dict(sorted(reasons.items())),
        "crashed_while": {phase: phases[phase] for phase in PHASES},
    }


def _phase(task: MixedTask, score: GroupScore, number: int, when_s: float) -> str:
    """What a drone was about when it crashed."""
    if when_s < task.leaves_s[number]:
        return "waiting"
    return "coming_home" if score.finished(number) else "racing"
