# SPDX-License-Identifier: Apache-2.0
"""Worlds of drones kept for replay."""

from pathlib import Path
from typing import Any

import numpy as np

from evaluation.swarms import SwarmFlight, slots_over
from sim_core import _core


def save_swarms(flights: list[SwarmFlight], path: Path, about: dict[str, Any]) -> None:
    """Write worlds for replay, beside the place first, then renamed.

    The file is an .npz: `times_s` (T,), `states` (T, K, N, 13; held after the end of shorter
    flights), `slots_m` (T, K, N, 3), `parameters` (K, N, P) with their `parameter_names`, `seeds`
    and `names` of the formations, `collisions` and `separation_m` (K,), and a text for each key of
    `about`.
    """
    longest = max(flights, key=lambda flight: len(flight.times_s))
    rows = len(longest.times_s)
    arrays: dict[str, Any] = {
        "times_s": longest.times_s,
        "states": np.stack([_held(flight.truth, rows) for flight in flights], axis=1),
        "slots_m": slots_over([flight.task for flight in flights], rows),
        "parameters": np.stack([flight.parameters for flight in flights]),
        "parameter_names": np.array(_core.PARAMETER_NAMES),
        "seeds": np.array([flight.seed for flight in flights]),
        "names": np.array([flight.task.name for flight in flights]),
        "collisions": np.array([flight.score.collisions[0] for flight in flights]),
        "separation_m": np.array([flight.score.separation_m[0] for flight in flights]),
        **{key: np.array(str(value)) for key, value in about.items()},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".part")
    with aside.open("wb") as file:
        np.savez_compressed(file, **arrays)
    aside.replace(path)


def _held(rows: Any, length: int) -> Any:
    return np.concatenate([rows, np.repeat(rows[-1:], length - len(rows), axis=0)])
