# SPDX-License-Identifier: Apache-2.0
"""Races kept for replay."""

from pathlib import Path
from typing import Any

import numpy as np

from evaluation.kept import held, keep
from evaluation.races import Race


def save_races(races: list[Race], path: Path, about: dict[str, Any]) -> None:
    """Write races for replay, beside the place first, then renamed.

    The file is an .npz: `times_s` (T,), `states` (T, K, 13; the longest flight's length, held
    after the end of shorter ones), `parameters` (K, P) with their `parameter_names`, `seeds` of
    the courses, `passed` and `end_s` (K,), true `gates` (K, G, 12) and `poles` (K, O, 4), and a
    text for each key of `about`.
    """
    longest = max(races, key=lambda race: len(race.times_s))
    states = [held(race.truth, len(longest.times_s)) for race in races]
    arrays: dict[str, Any] = {
        "times_s": longest.times_s,
        "states": np.stack(states, axis=1),
        "seeds": np.array([race.seed for race in races]),
        "passed": np.array([race.passed for race in races]),
        "end_s": np.array([race.end_s for race in races]),
        "gates": np.stack([race.task.course.true.gate_table() for race in races]),
        "poles": np.stack([race.task.course.true.obstacle_table() for race in races]),
    }
    keep(path, arrays, [race.parameters for race in races], about)
