# SPDX-License-Identifier: Apache-2.0
"""From a recording to figures, with errors and delays that were put in by hand."""

import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest

from evaluation.report import flight_figures
from martlet.errors import FlightError
from martlet.flight.definitions import definition, message_class
from martlet.flight.figures import Flown, flight_record, interventions, landed
from martlet.flight.recording import Recording, Series, Statuses, read_recording, statuses_of
from sim_core.tasks import load_task

AGE = 0.010
TASK = "kind = 'hover'\nposition_m = [0, 0, 1]\nduration_s = 4.0\nlead_in_s = 2.0\nrun_out_s = 1.0"
FLOWN = [Flown("hover", TASK, 0.0)]
BEGIN, END = 300, 1000  # ticks that the policy answers


def recording(error_m=0.0, *, truth=True):
    """A flight that hovers `error_m` too high, and then stands on the floor."""
    stamps = 0.01 * np.arange(1300) + AGE
    states = np.zeros((1300, 1, 13))
    states[:, 0, 6] = 1.0
    states[:1150, 0, 2] = 1.0
    seen = states.copy()
    states[:1150, 0, 2] += error_m
    commands = np.full((END - BEGIN + 1, 1, 4), 0.3)
    commands[-1] = np.nan  # lets go
    acting = (np.arange(1300) < 200) | ((np.arange(1300) > 1050) & (np.arange(1300) < 1200))
    statuses = Statuses(
        stamps_s=stamps,
        commander=np.where(acting, 2, 0),
        flying=np.arange(1300) < 1190,
        interventions=np.zeros(1300, dtype=np.int64),
        latencies_s=np.linspace(0.001, 0.002, END - BEGIN),
    )
    return Recording(
        states=Series(stamps, states if not truth else seen),
        age_s=np.full((1300, 1), AGE),
        truth=Series(stamps, states) if truth else Series(np.empty(0), np.empty((0, 1, 13))),
        commands=Series(stamps[BEGIN : END + 1], commands),
        statuses=(statuses,),
    )


@pytest.mark.parametrize("error_m", [0.0, 0.013])
def test_the_error_that_was_flown_is_the_error_reported(error_m):
    figures = flight_figures(flight_record(recording(error_m), 0, FLOWN, "t"))
    assert figures["hover_error_m"] == pytest.approx(error_m, abs=1e-6)
    assert figures["command_latency_ms"]["max"] == pytest.approx(2.0)


def test_the_truth_is_judged_where_somebody_saw_it():
    # The states say 1 m all along, and the policy's reference begins there.
    assert flight_figures(flight_record(recording(0.05), 0, FLOWN, "t"))["hover_error_m"] > 0.04


@pytest.mark.parametrize("late_s", [0.0, 0.022])
def test_states_are_judged_when_they_held_and_by_the_drones_clock(late_s):
    # A drone that flies its reference exactly, from when it begins, and is heard 10 ms late has no
    # error.
    flight = recording()
    begun = float(flight.commands.stamps_s[0]) + late_s
    path = load_task("lemniscate", start=(0.0, 0.0, 1.0, 0.0)).reference
    truth = flight.truth.values.copy()
    truth[:, 0, :3] = path.position(flight.truth.stamps_s - AGE - begun)
    flight = dataclasses.replace(flight, truth=Series(flight.truth.stamps_s, truth))
    flown = [Flown("lemniscate", "lemniscate", 0.0)]
    record = flight_record(flight, 0, flown, "t", late_s=late_s)
    assert np.isfinite(record.error_m()).sum() > 0.9 * (END - BEGIN)
    assert np.nanmax(record.error_m()) < 1e-5


def test_phases_are_where_they_were():
    record = flight_record(recording(), 0, FLOWN, "t")
    assert [phase.name for phase in record.phases] == ["takeoff", "hover", "land"]
    takeoff, hover, land = record.phases
    assert takeoff.end_s == pytest.approx(2.01)
    assert hover.start_s == pytest.approx(3.01)
    assert hover.scored_s == pytest.approx((5.01, 9.01))
    assert land.start_s == pytest.approx(10.52)


def test_a_task_cut_short_has_no_figure():
    flight = recording()
    cut = slice(0, 300)  # 3 s of 7
    commands = Series(flight.commands.stamps_s[cut], flight.commands.values[cut])
    states = Series(flight.states.stamps_s[:620], flight.states.values[:620])
    truth = Series(flight.truth.stamps_s[:620], flight.truth.values[:620])
    flight = dataclasses.replace(
        flight, commands=commands, states=states, truth=truth, age_s=flight.age_s[:620]
    )
    assert flight_figures(flight_record(flight, 0, FLOWN, "t"))["hover_error_m"] is None


def test_landed_means_on_the_floor_upright_and_off():
    flight = recording()
    assert landed(flight, 0)
    assert interventions(flight) == 0
    for column, value in ((2, 0.4), (3, 0.7)):  # in the air; rolled over
        values = flight.truth.values.copy()
        values[-1, 0, column] = value
        truth = Series(flight.truth.stamps_s, values)
        assert not landed(dataclasses.replace(flight, truth=truth), 0)
    status = dataclasses.replace(flight.statuses[0], flying=np.ones(1300, dtype=bool))
    assert not landed(dataclasses.replace(flight, statuses=(status,)), 0)


def test_without_a_truth_the_states_are_judged():
    figures = flight_figures(flight_record(recording(0.02, truth=False), 0, FLOWN, "t"))
    assert figures["hover_error_m"] == pytest.approx(0.02, abs=1e-6)


def test_a_flight_that_was_never_answered_has_no_latency():
    flight = recording()
    nobody = Series(np.empty(0), np.empty((0, 1, 4)))
    figures = flight_figures(
        flight_record(dataclasses.replace(flight, commands=nobody), 0, [], "t")
    )
    assert figures["command_latency_ms"]["p50"] is None
    assert math.isnan(flight_record(flight, 0, FLOWN, "t").latency_s[0])


def test_a_folder_without_a_bag_is_one_sentence(tmp_path):
    with pytest.raises(FlightError, match=r"expected one \.mcap file, got 0"):
        read_recording(tmp_path, ("cf1",))
    (tmp_path / "flight_0.mcap").write_bytes(b"\x89MCAP0\r\n")
    with pytest.raises(FlightError, match=r"doctor --recover"):
        read_recording(tmp_path, ("cf1",))


def test_definitions_carry_all_that_they_hold(tmp_path):
    files = {
        "a_msgs/msg/Outer.msg": "Inner[] many\nb_msgs/Point p  # there\nuint8 K=1\nstring<=8 name",
        "a_msgs/msg/Inner.msg": "float32[9] numbers",
        "b_msgs/msg/Point.msg": "float64 x",
    }
    for name, text in files.items():
        path = tmp_path / "share" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    parts = definition("a_msgs/msg/Outer", [tmp_path]).split("=" * 80 + "\n")
    assert parts[0].startswith("Inner[] many")
    assert [part.splitlines()[0] for part in parts[1:]] == [
        "MSG: a_msgs/Inner",
        "MSG: b_msgs/Point",
    ]
    with pytest.raises(FlightError, match="a_msgs/msg/None"):
        definition("a_msgs/msg/None", [tmp_path])
    with pytest.raises(FlightError, match="expected it to be installed"):
        message_class("no_such_msgs/msg/Thing")


def test_each_change_of_the_guard_is_read_with_its_reason():
    def said(seconds, stage, reason=""):
        stamp = SimpleNamespace(sec=seconds, nanosec=500_000_000)
        return SimpleNamespace(
            header=SimpleNamespace(stamp=stamp), commander=1, flying=True, guard_stage=stage,
            guard_reason=reason, guard_interventions=0, command_latency_s=[],
        )  # fmt: skip

    messages = [said(100, 0), said(101, 1, "tilt"), said(102, 1, "tilt"), said(103, 2, "lost")]
    found = statuses_of([*messages, said(104, 0)], 100.0).guard
    assert found == ((1.5, "hold", "tilt"), (3.5, "land", "lost"), (4.5, "nominal", ""))
