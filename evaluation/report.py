# SPDX-License-Identifier: Apache-2.0
"""What a flight leaves behind: report.json for machines, report.png and report.html for people.

flight = FlightRecord(...)
write_report(flight_report(flight, landed=True, ...), run / "report.json")
draw_report(flight, run / "report.png")
draw_page({"cf1": flight}, report, [], run / "report.html")
"""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.flight_record import FlightRecord, GuardEntry, Phase, flight_figures
from sim_core.track_model import Track

__all__ = [
    "FlightRecord",
    "GuardEntry",
    "Phase",
    "draw_fleet_report",
    "draw_page",
    "draw_report",
    "finite",
    "flight_figures",
    "flight_report",
    "write_report",
]


def flight_report(
    flight: FlightRecord,
    *,
    landed: bool,
    guard_interventions: int,
    durations_s: Mapping[str, float],
    settings: Mapping[str, Any],
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """All that report.json holds.

    Args:
        flight: The record.
        landed: Whether the drone ended on the floor, upright, with its motors off.
        guard_interventions: How often the guard stepped in.
        durations_s: Wall time of `train`, `flight` and whatever else was timed.
        settings: Delay, noise and battery settings flown with.
        more: Further keys.
    """
    return {
        "landed": landed,
        "guard_interventions": guard_interventions,
        **flight_figures(flight),
        "durations_s": dict(durations_s),
        "settings": dict(settings),
        **(more or {}),
    }


def draw_report(flight: FlightRecord, path: str | Path, track: Track | None = None) -> None:
    """Draw report.png; see `evaluation.picture`, whose plotting library is slow to import."""
    from evaluation import picture
    from evaluation.track_drawing import draw_track

    def scene(axes: Any, of: tuple[int, int]) -> None:
        if track is not None:
            draw_track(axes, track, of)

    picture.draw_report(flight, path, scene)


def draw_fleet_report(
    flights: Mapping[str, FlightRecord],
    title: str,
    path: str | Path,
    together: Sequence[str] = (),
    track: Track | None = None,
) -> None:
    """Draw report.png of several drones, by their names; see `evaluation.fleet_picture`."""
    from evaluation import fleet_picture

    fleet_picture.draw_fleet(flights, title, path, together, track)


def draw_page(
    flights: Mapping[str, FlightRecord],
    report: Mapping[str, Any],
    guard: Sequence[GuardEntry],
    path: str | Path,
    track: Track | None = None,
) -> None:
    """Write report.html; see `evaluation.flight_page`, whose plotting library is slow to import."""
    from evaluation.flight_page import page

    page.draw_page(flights, report, guard, path, track)


def write_report(report: Mapping[str, Any], path: str | Path) -> None:
    """Write report.json, beside its place first; what is not finite becomes null."""
    path = Path(path)
    aside = path.with_name(path.name + ".part")
    aside.write_text(json.dumps(finite(dict(report)), indent=2, allow_nan=False) + "\n")
    aside.replace(path)


def finite(value: Any) -> Any:
    """The same value as JSON can hold it."""
    if isinstance(value, Mapping):
        return {str(key): finite(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [finite(v) for v in value]
    if isinstance(value, np.generic):
        return finite(value.item())
    if isinstance(value, np.ndarray):
        return finite(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
