# SPDX-License-Identifier: Apache-2.0
"""Figures, JSON and picture of a flight whose numbers are known."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from evaluation.errors import RecordingError
from evaluation.flight_record import (
    FlightRecord,
    GuardEntry,
    Phase,
    flight_figures,
    latency_figures,
)
from evaluation.report import draw_page, draw_report, flight_report, write_report
from sim_core.tracks import load_track

PHASES = (
    Phase("takeoff", 0.0, 2.0),
    Phase("hover", 2.0, 8.0, (2.0, 8.0)),
    Phase("lemniscate", 8.0, 14.0, (10.0, 13.0)),
    Phase("land", 14.0, 16.0),
)


def flight(error_m: float = 0.05) -> FlightRecord:
    """Takeoff, a hover `error_m` off, a stretch twice as far off, a landing."""
    times = np.arange(1601) * 0.01
    states = np.zeros((len(times), 13))
    states[:, 2] = np.interp(times, [0.0, 2.0, 14.0, 16.0], [0.02, 1.0, 1.0, 0.02])
    states[:, 6] = 1.0
    flown = (times >= 2.0) & (times <= 14.0)
    reference = np.where(flown[:, None], states[:, :3], np.nan)
    reference[:, 0] += np.where(times < 8.005, error_m, 2.0 * error_m)
    commands = np.where(flown[:, None], [[0.28, 0.0, 0.0, 0.0]], np.nan)
    latency = np.where(flown, np.where(times < 3.9, 9e-3, 1e-3), np.nan)
    return FlightRecord("test", times, states, reference, commands, latency, PHASES)


def test_figures_known_offsets_come_out() -> None:
    found = flight_figures(flight())
    assert found["hover_error_m"] == pytest.approx(0.05)
    assert set(found["references"]) == {"lemniscate"}
    assert found["references"]["lemniscate"]["rmse_m"] == pytest.approx(0.10)
    assert found["references"]["lemniscate"]["crashed"] is False


def test_figures_only_the_scored_part_counts() -> None:
    record = flight()
    states = record.states.copy()
    states[(record.times_s > 8.0) & (record.times_s < 9.9), 0] += 1.0
    found = flight_figures(dataclasses.replace(record, states=states))
    assert found["references"]["lemniscate"]["rmse_m"] == pytest.approx(0.10)


def test_figures_record_that_breaks_off_judges_no_unfinished_phase() -> None:
    record = flight()
    rows = record.times_s < 11.0
    cut = dataclasses.replace(
        record,
        times_s=record.times_s[rows],
        states=record.states[rows],
        reference_m=record.reference_m[rows],
        commands=record.commands[rows],
        latency_s=record.latency_s[rows],
    )
    found = flight_figures(cut)
    assert found["hover_error_m"] == pytest.approx(0.05)
    assert found["references"]["lemniscate"]["rmse_m"] is None


def test_latency_the_warm_up_does_not_count() -> None:
    assert latency_figures(flight()) == pytest.approx({"p50": 1.0, "p99": 1.0, "max": 1.0})


def test_latency_no_command_answered_is_none() -> None:
    silent = dataclasses.replace(flight(), latency_s=np.full(1601, np.nan))
    assert latency_figures(silent) == {"p50": None, "p99": None, "max": None}


def test_report_json_what_is_not_finite_becomes_null(tmp_path: Path) -> None:
    record = flight()
    states = record.states.copy()
    states[1100, 2] = -0.2
    report = flight_report(
        dataclasses.replace(record, states=states),
        landed=np.bool_(True),  # type: ignore[arg-type]
        guard_interventions=0,
        durations_s={"train": 23.0, "flight": np.float32(16.0)},
        settings={"noise": {"position_m": 0.002}, "delay": [0.01, 0.01]},
        more={"seed": np.int64(3)},
    )
    write_report(report, tmp_path / "report.json")
    read = json.loads((tmp_path / "report.json").read_text())
    assert read["references"]["lemniscate"]["rmse_m"] is None
    assert read["references"]["lemniscate"]["crashed"] is True
    assert read["landed"] is True
    assert read["seed"] == 3
    assert read["durations_s"] == {"train": 23.0, "flight": 16.0}
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]


def test_record_array_of_another_shape_is_refused() -> None:
    with pytest.raises(RecordingError, match=r"commands: expected shape \(1601, 4\)"):
        dataclasses.replace(flight(), commands=np.zeros((1601, 3)))


def test_record_times_that_run_backwards_are_refused() -> None:
    with pytest.raises(RecordingError, match="rising times"):
        dataclasses.replace(flight(), times_s=flight().times_s[::-1])


def test_picture_whole_flight_has_ink_in_every_quarter(tmp_path: Path) -> None:
    draw_report(flight(), tmp_path / "report.png")
    image = imread(tmp_path / "report.png")[:, :, :3]
    height, width = image.shape[0] // 2, image.shape[1] // 2
    assert width > 500
    for rows in (image[:height], image[height:]):
        for quarter in (rows[:, :width], rows[:, width:]):
            assert (quarter.min(axis=2) < 0.5).mean() > 0.002
    assert [p.name for p in tmp_path.iterdir()] == ["report.png"]


@pytest.mark.parametrize("rows", [1, 2, 350])
def test_picture_flight_that_ended_early_is_drawn(tmp_path: Path, rows: int) -> None:
    full = flight()
    short = FlightRecord(
        "cut off", full.times_s[:rows], full.states[:rows], full.reference_m[:rows],
        full.commands[:rows], full.latency_s[:rows], PHASES[:2],
    )  # fmt: skip
    draw_report(short, tmp_path / "report.png")
    assert imread(tmp_path / "report.png").size


def test_picture_drone_that_fell_out_of_the_world_is_drawn(tmp_path: Path) -> None:
    record = flight()
    states = record.states.copy()
    states[900:, 0] = np.nan
    states[950:, 2] = np.inf
    draw_report(dataclasses.replace(record, states=states), tmp_path / "report.png")
    assert imread(tmp_path / "report.png").size


def test_the_page_tells_all_of_a_flight_and_needs_no_network(tmp_path: Path) -> None:
    record = dataclasses.replace(flight(), title="<b>two</b> drones")
    report = flight_report(
        record, landed=True, guard_interventions=1, durations_s={}, settings={"airframe": "cf21"},
        more={"problems": ["cf2 was late"], "faults": ["cf2 was late", "cf1 and cf2 collided"]},
    )  # fmt: skip
    guard = [
        GuardEntry("cf2", 5.0, "hold", "geofence: 2.6 m"),
        GuardEntry("cf2", 6.0, "nominal", ""),
    ]
    path = tmp_path / "report.html"
    draw_page({"cf1": record, "cf2": record}, report, guard, path, load_track("lsy"))
    page = path.read_text(encoding="utf-8")
    assert "&lt;b&gt;two&lt;/b&gt; drones" in page
    told = ("collided", "geofence: 2.6 m", "5.00 s", "airframe", "lemniscate: rmse [m]")
    assert [words for words in told if words not in page] == []
    assert page.count("cf2 was late") == 1
    assert len(re.findall(r"\bgate 4\b", page)) == 2, "both edges of each gate"
    assert not re.search(r"<(?:script|link|img)[^>]+(?:src|href)=", page)
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
