# SPDX-License-Identifier: Apache-2.0
"""The referees on drones that flew together, with flights that were put in by hand."""

import numpy as np
import pytest
from group_policy import write_hall

from evaluation.flight_record import FlightRecord, Phase
from evaluation.group_score import score_group
from martlet.flight.grouped import group_figures, in_words, rows_of
from sim_core.formation_model import FormationTask
from sim_core.group_flights import GroupFlight
from sim_core.mixed import RACE_S, load_mixed

NAMES = ["cf1", "cf2"]


def two_at_rest(seconds=12.0):
    """Two drones, 1 m apart at their slots; of the flight 4 to 10 s are the task proper."""
    rows = round(100 * seconds) + 1
    slots = np.zeros((2, rows, 4), np.float32)
    slots[1, :, 0], slots[:, :, 2] = 1.0, 1.0
    times = 0.01 * np.arange(rows)
    states = np.zeros((rows, 2, 13))
    states[:, :, :3] = slots[:, :, :3].swapaxes(0, 1)
    states[:, :, 6] = 1.0
    return GroupFlight(FormationTask("two", slots, 2.5), (4.0, 10.0)), times, states


def records(times, states, reference, name="swarm"):
    """As a flight's recording gives them, with the hand-over at 5 s."""
    nothing = np.full((len(times), 4), np.nan)
    phases = (Phase("takeoff", 0.0, 4.0), Phase(name, 5.0, 5.0 + times[-1]))
    return {
        drone: FlightRecord(
            "t", times + 5.0, states[:, i], reference[:, i], nothing, nothing[:, 0], phases
        )
        for i, drone in enumerate(NAMES)
    }


def test_a_good_swarm_has_separation_and_slot_errors_of_the_task_proper():
    flight, times, states = two_at_rest()
    states[(times < 4.0) | (times > 10.0), 1, 0] -= 0.4  # on ways in and out: near, but no error
    states[200:, 1, 2] += 0.03
    score = score_group(times, states, flight, 0.0)
    assert score.faults(NAMES) == []
    assert score.swarm.separation_m[0] == pytest.approx(0.6, abs=1e-6)
    assert score.slot_error_m == pytest.approx([0.0, 0.03], abs=1e-6)


def test_a_collision_is_told_with_names_and_time():
    flight, times, states = two_at_rest()
    states[700:720, 1, 0] = 0.08
    found = group_figures(
        records(times, states, states[:, :, :3]), flight, {"formation": "two", "course_seed": 1}
    )
    assert (found["good"], found["collision_free"], found["collisions"]) == (False, False, 1)
    assert found["separation_m"] == pytest.approx(0.08)
    assert found["separation_s"] == pytest.approx(7.0, abs=0.02)
    assert found["separation_pair"] == ["cf1", "cf2"]
    assert found["worst"] == "cf2"
    assert found["faults"] == ["1 collision, the first at 7.00 s; nearest were cf1 and cf2, 0.08 m"]
    assert in_words(found).startswith("1 collision, never nearer than 0.08 m")
    assert ("collision-free", "[red]no, collisions: 1[/]") in rows_of(found)


def test_a_crash_is_told_and_counts_in_no_mean():
    flight, times, states = two_at_rest()
    states[700:, 0, 2] = 0.0
    found = group_figures(records(times, states, states[:, :, :3]), flight, {"course_seed": 1})
    assert (found["good"], found["collision_free"]) == (False, True)
    assert found["drones"]["cf1"] == {
        "slot_error_m": None, "crashed": True, "crash_reason": "ground",
        "crash_time_s": pytest.approx(7.0),
    }  # fmt: skip
    assert found["slot_error_m"] == pytest.approx(0.0, abs=1e-6)
    assert found["faults"] == ["cf1 crashed: ground at 7.00 s"]


def test_what_was_not_flown_has_no_figures():
    flight, times, states = two_at_rest()
    flights = records(times, states, states[:, :, :3], name="hover")
    found = group_figures(flights, flight, {"formation": "two", "course_seed": 1})
    assert found == {"formation": "two", "course_seed": 1, "good": False}
    assert in_words(found) == "not flown"
    assert rows_of(found)[1] == ("collision-free", "[red]not flown[/]")


def through(number, leaves_s, times, states, aside_m=0.0):
    """Put a flight into states: straight through both gates at 2 m/s, then over the frames home."""
    begin, way = np.array([-2.0, -0.1, 1.2]), np.array([0.995, 0.0995, 0.0])
    rows = np.flatnonzero((times >= leaves_s - 1e-6) & (times <= leaves_s + 1.7))
    states[rows, number, :3] = begin + np.outer(2.0 * (times[rows] - leaves_s), way)
    states[rows, number, 1] += aside_m
    states[rows[-1] + 1, number, :3] = states[rows[-1], number, :3] + [0.0, 0.0, 0.7]


@pytest.fixture
def mixed(tmp_path):
    task = load_mixed(2, write_hall(tmp_path))
    flight = GroupFlight(task, (0.0, task.duration_s))
    rows = task.formation.slots.shape[1]
    times = 0.01 * np.arange(rows)
    states = np.zeros((rows, 2, 13))
    states[:, :, :3] = task.formation.goals(times)
    for number, leaves in enumerate(task.leaves_s):  # nobody flies as slots jump: wait, then home
        home = task.formation.slots[number, -1, :3]
        risen = (times > leaves + RACE_S) & (states[:, number, 2] > home[2] - 1e-3)
        states[times < times[risen][0], number, :3] = home
    return flight, times, states


def test_each_race_is_judged_from_when_its_drone_leaves(mixed):
    flight, times, states = mixed
    through(0, flight.task.leaves_s[0], times, states)
    score = score_group(times, states, flight, 0.0)
    first, second = score.races
    assert (first.gates_passed[0], first.finished[0]) == (2, True)
    assert first.finish_time_s[0] == pytest.approx(2.8 / 2.0 / 0.995, abs=0.03)
    assert not second.finished[0]
    assert score.faults(NAMES) == ["cf2 passed 0 gates of its race"]
    found = group_figures(
        records(times, states, states[:, :, :3], "mixed"),
        flight, {"track": "hall", "level": 0, "gates": 2, "course_seed": 0},
    )  # fmt: skip
    assert found["drones"]["cf1"]["race"]["time_s"] == pytest.approx(1.41, abs=0.03)
    assert "1 of 2 races finished" in in_words(found)
    assert ("cf2", "[red]0 of 2 gates[/]") in rows_of(found)


def test_gates_count_in_no_other_time_but_touches_always(mixed):
    flight, times, states = mixed
    early_s = flight.task.leaves_s[1] - 3.0
    late_s = flight.task.leaves_s[0] + RACE_S + 8.0  # home by then
    through(1, early_s, times, states)
    through(0, late_s, times, states)
    score = score_group(times, states, flight, 0.0)
    assert score.races[0].gates_passed[0] == 0
    assert score.races[1].gates_passed[0] == 0
    assert score.crash_of(1)[1] is None
    through(1, early_s, times, states, aside_m=0.3)
    score = score_group(times, states, flight, 0.0)
    when, why = score.crash_of(1)
    assert why == "frame"
    assert when == pytest.approx(early_s + 0.87, abs=0.05)
    assert [words[:18] for words in score.crashes(NAMES)] == ["cf2 crashed: frame"]


def test_who_touches_a_frame_after_its_race_has_crashed_though_it_finished(mixed):
    flight, times, states = mixed
    leaves_s = flight.task.leaves_s[0]
    through(0, leaves_s, times, states)
    through(0, leaves_s + 3.0, times, states, aside_m=0.3)
    score = score_group(times, states, flight, 0.0)
    assert score.races[0].finished[0]
    assert score.crash_of(0)[1] == "frame"
    assert "cf1 crashed: frame" in score.faults(NAMES)[0]
