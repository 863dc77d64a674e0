# SPDX-License-Identifier: Apache-2.0
"""Worlds of drones kept for replay."""

from pathlib import Path
from typing import Any

import numpy as np

from evaluation.kept import held, keep
from evaluation.swarms import SwarmFlight, slots_over


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
        "states": np.stack([held(flight.truth, rows) for flight in flights], axis=1),
        "slots_m": slots_over([flight.task for flight in flights], rows),
        "seeds": np.array([flight.seed for flight in flights]),
        "names": np.array([flight.task.name for flight in flights]),
        "collisions": np.array([flight.score.collisions[0] for flight in flights]),
        "separation_m": np.array([flight.score.separation_m[0] for flight in flights]),
    }
    keep(path, arrays, [flight.parameters for flight in flights], about)
