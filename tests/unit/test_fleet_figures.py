# SPDX-License-Identifier: Apache-2.0
"""Several drones' figures, with distances and errors that were put in by hand."""

import math

import numpy as np
import pytest

from evaluation.flight_record import FlightRecord, Phase
from evaluation.report import draw_fleet_report
from evaluation.separation import closest_m
from martlet.flight.figures import flight_records
from martlet.flight.fleet import fleet_figures, worst_of
from martlet.flight.programme import HEIGHT_M, Flown, Programme
from martlet.flight.recording import Recording, Series, Statuses

COUNT = 500
TIMES = 0.01 * np.arange(COUNT)


def flight(x_m, error_m=0.0, height_m=1.0, end_s=4.9):
    """A drone that hovers at x_m, `error_m` beside where it should be."""
    states = np.zeros((COUNT, 13))
    states[:, 0], states[:, 1], states[:, 2], states[:, 6] = x_m, error_m, height_m, 1.0
    reference = np.tile([x_m, 0.0, height_m], (COUNT, 1))
    nothing = np.full((COUNT, 4), np.nan)
    phases = (Phase("hover", 0.0, end_s, (0.0, end_s)),)
    return FlightRecord("t", TIMES, states, reference, nothing, nothing[:, 0], phases)


def test_the_two_that_are_closest_are_found_at_each_instant():
    flights = [flight(0.0), flight(2.0), flight(0.9)]
    flights[1].states[100:, 0] = 1.2
    gaps = closest_m(flights)
    assert gaps[:100] == pytest.approx(np.full(100, 0.9))
    assert gaps[100:] == pytest.approx(np.full(400, 0.3))


def test_drones_on_the_floor_are_near_nobody():
    assert np.isnan(closest_m([flight(0.0), flight(0.1, height_m=0.02)])).all()


def test_the_worst_drone_is_named_and_all_are_told_of():
    flights = {"a": flight(0.0, 0.01), "b": flight(0.8, 0.03), "c": flight(1.6, 0.02)}
    told = fleet_figures(flights, dict.fromkeys("abc", True) | {"c": False})
    assert told["worst"] == "b"
    assert told["closest_m"] == pytest.approx(math.hypot(0.8, 0.01), abs=1e-6)
    assert [told["drones"][name]["hover_error_m"] for name in "abc"] == pytest.approx(
        [0.01, 0.03, 0.02]
    )
    assert [told["drones"][name]["landed"] for name in "abc"] == [True, True, False]
    cut_short = flight(2.4, end_s=60.0)
    assert worst_of(flights | {"d": cut_short}) == "d"


def test_several_drones_are_drawn(tmp_path):
    flights = {name: flight(0.8 * i, 0.01) for i, name in enumerate("abcdefgh")}
    draw_fleet_report(flights, "eight", tmp_path / "report.png")
    assert (tmp_path / "report.png").stat().st_size > 10_000


def test_each_drone_is_judged_about_its_own_place():
    offsets = ((-0.4, 0.0, 0.0), (0.4, 0.0, 0.0))
    stamps = 0.01 * np.arange(1000)
    states = np.zeros((1000, 2, 13))
    states[:, :, :3] = np.add(offsets, [0.0, 0.0, HEIGHT_M])
    states[:, 1, 2] += 0.02
    states[:, :, 6] = 1.0
    nobody = np.zeros(0)
    status = Statuses(nobody, nobody.astype(int), nobody.astype(bool), nobody.astype(int), nobody)
    recording = Recording(
        states=Series(stamps, states),
        age_s=np.zeros((1000, 2)),
        truth=Series(nobody, np.empty((0, 2, 13))),
        commands=Series(stamps[:900], np.full((900, 2, 4), 0.3)),
        statuses=(status, status),
    )
    text = f"kind = 'hover'\nposition_m = [0, 0, {HEIGHT_M}]\nduration_s = 4.0"
    starts = tuple((*offset, 0.0) for offset in offsets)
    planned = Programme(("a", "b"), (Flown("hover", text, 0.0),), starts=starts)
    flights = flight_records(recording, planned, "t")
    told = fleet_figures(flights, {"a": True, "b": True})["drones"]
    assert told["a"]["hover_error_m"] == pytest.approx(0.0, abs=1e-6)
    assert told["b"]["hover_error_m"] == pytest.approx(0.02, abs=1e-6)


def test_drones_whose_states_came_at_times_of_their_own_are_looked_up_between_them():
    first, second = flight(0.0), flight(0.8)
    kept = np.arange(COUNT) % 5 != 2  # a radio loses a fifth of one drone's states
    second.states[:, 0] += TIMES  # it moves away at 1 m/s
    late = FlightRecord(
        *("t", TIMES[kept] + 0.004, second.states[kept], second.reference_m[kept]),
        *(second.commands[kept], second.latency_s[kept], second.phases),
    )
    gaps = closest_m([first, late])
    assert gaps[10:-10] == pytest.approx(0.8 + TIMES[10:-10] - 0.004, abs=1e-6)
