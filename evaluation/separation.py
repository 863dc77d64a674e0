# SPDX-License-Identifier: Apache-2.0
"""How near drones came to each other, from their recorded states alone."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.flight_record import FlightRecord

IN_AIR_M = 0.1
"""Drones that stand beside each other on the floor are not near each other in flight."""


def closest_m(flights: Sequence[FlightRecord]) -> NDArray[np.float64]:
    """Distance of the two that are closest, at each time of the first; NaN where no two fly.

    Args:
        flights: Two or more; over a radio each drone's times are its own, and it is looked up
            between them.

    Returns:
        Shape (T,).
    """
    p = np.stack([flight.states_at(flights[0].times_s)[:, :3] for flight in flights], axis=1)
    p[p[:, :, 2] < IN_AIR_M] = np.nan
    out = np.full(len(p), np.inf)
    for i in range(1, len(flights)):
        gaps = np.linalg.norm(p[:, i:] - p[:, :-i], axis=2)
        out = np.fmin(out, np.fmin.reduce(gaps, axis=1))
    return np.where(np.isfinite(out), out, np.nan)
