# SPDX-License-Identifier: Apache-2.0
"""What came of a flight: report.json, report.html and report.png, from its recording."""

import dataclasses
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.flight_record import FlightRecord
from evaluation.report import (
    GuardEntry,
    draw_fleet_report,
    draw_page,
    draw_report,
    flight_report,
    write_report,
)
from martlet.flight import grouped, raced
from martlet.flight.faults import faults_of
from martlet.flight.figures import flight_records, interventions, landed
from martlet.flight.fleet import fleet_figures
from martlet.flight.onboard import late_s
from martlet.flight.programme import Programme
from martlet.flight.recording import Recording, read_recording
from martlet.flight.settings import FlySettings, told
from sim_core.mixed import MixedTask
from sim_core.track_model import Track


def report_on(
    settings: FlySettings,
    folder: Path,
    planned: Programme,
    durations: dict[str, float],
    begun_s: float,
    problems: list[str],
) -> dict[str, Any]:
    """Judge a flight, draw it, write it down.

    Args:
        settings: What was asked for.
        folder: The run's, with the recording in it.
        planned: What was to be flown.
        durations: Wall times so far [s]; `total` is added.
        begun_s: When all began, on the monotonic clock.
        problems: What did not go as it should.

    Returns:
        What report.json holds; `faults` is empty of a good flight.
    """
    recording = read_recording(folder / "flight", planned.drones)
    late = late_s(settings, folder / "policy.onnx")
    flights = flight_records(recording, planned, f"{folder.name}: {settings.airframe}", late)
    down = {name: landed(recording, row) for row, name in enumerate(flights)}
    more: dict[str, Any] = {"run": str(folder), "problems": problems}
    picture = folder / "report.png"
    worst = next(iter(flights))
    if len(flights) > 1:
        more |= fleet_figures(flights, down)
        if planned.group:
            more |= _group(settings, planned, recording, flights, picture)
        else:
            draw_fleet_report(flights, flights[worst].title, picture)
        worst = more["worst"]
    elif planned.race:
        race, level, seed = planned.race, settings.level, settings.course_seed
        record = flights[worst]
        more["race"] = raced.race_figures(record, race, level, seed)
        title = f"{record.title}\n{raced.in_words(more['race'])}"
        draw_report(dataclasses.replace(record, title=title), picture, race.course.true)
    else:
        draw_report(flights[worst], picture)
    durations["total"] = round(time.monotonic() - begun_s, 2)
    report = flight_report(
        flights[worst],
        landed=all(down.values()),
        guard_interventions=interventions(recording),
        durations_s=durations,
        settings=told(settings),
        more=more,
    )
    report["faults"] = faults_of(report)
    write_report(report, folder / "report.json")
    draw_page(flights, report, _guard(recording, planned), folder / "report.html", _track(planned))
    return report


def _guard(recording: Recording, planned: Programme) -> list[GuardEntry]:
    """What all guards changed to, in order of time."""
    entries = [
        GuardEntry(name, *change)
        for name, status in zip(planned.drones, recording.statuses, strict=True)
        for change in status.guard
    ]
    return sorted(entries, key=lambda entry: entry.time_s)


def _track(planned: Programme) -> Track | None:
    """What stood in the room."""
    if planned.race:
        return planned.race.course.true
    if planned.group and isinstance(planned.group.task, MixedTask):
        return planned.group.task.course.true
    return None


def _group(
    settings: FlySettings,
    planned: Programme,
    recording: Recording,
    flights: Mapping[str, FlightRecord],
    picture: Path,
) -> dict[str, Any]:
    """The referees' word on drones that flew together, under the task's name; draws them."""
    name, group = planned.flown[0].name, planned.group
    assert group is not None
    asked: dict[str, Any] = {"course_seed": settings.course_seed}
    track = None
    if isinstance(group.task, MixedTask):
        asked |= {"track": settings.track, "level": settings.level, "gates": group.task.gates}
        track = group.task.course.true
    else:
        asked |= {"scenario": settings.scenario or "mix", "formation": group.task.name}
    found = grouped.group_figures(flights, grouped.as_flown(recording, planned), asked)
    title = f"{next(iter(flights.values())).title}\n{name}: {grouped.in_words(found)}"
    draw_fleet_report(flights, title, picture, (name,), track)
    return {name: found, **({"worst": found["worst"]} if "worst" in found else {})}
