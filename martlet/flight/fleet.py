# SPDX-License-Identifier: Apache-2.0
"""Several drones' flight: each one's figures, the worst of them, and how near they came."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from evaluation.flight_record import FlightRecord, flight_figures
from evaluation.report import finite
from evaluation.separation import closest_m


def worst_of(flights: Mapping[str, FlightRecord]) -> str:
    """The drone whose largest error is the largest; one that did not fly to its end is worse."""
    return max(flights, key=lambda name: _worst_m(flight_figures(flights[name])))


def fleet_figures(
    flights: Mapping[str, FlightRecord], landed: Mapping[str, bool]
) -> dict[str, Any]:
    """What a report says of several drones, beside the figures of the worst.

    Args:
        flights: Each drone's record by its name.
        landed: Who ended on the floor as it should.

    Returns:
        `worst`: its name; `closest_m`: distance of two drones in the air, the smallest there was;
        `drones`: by name, `landed` and what `flight_figures` says.
    """
    gaps = closest_m(list(flights.values()))
    return {
        "worst": worst_of(flights),
        "closest_m": float(np.nanmin(gaps)) if np.isfinite(gaps).any() else None,
        "drones": {
            name: {"landed": landed[name], **finite(flight_figures(flight))}
            for name, flight in flights.items()
        },
    }


def _worst_m(figures: dict[str, Any]) -> float:
    errors = [figures["hover_error_m"], *(f["rmse_m"] for f in figures["references"].values())]
    return max(math.inf if error is None else error for error in errors)
