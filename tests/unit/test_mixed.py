# SPDX-License-Identifier: Apache-2.0
"""Drones that leave a formation to race and come back: who is asked what, and when."""

import numpy as np
import pytest

from evaluation.swarm_referee import score_swarm
from policy_export.task_logic import Roles, parts_of
from sim_core.errors import SettingsError
from sim_core.mixed import RACE_S, load_mixed


def test_slots_are_clear_of_the_ceiling():
    task = load_mixed(3)
    assert task.formation.slots[..., 2].max() < task.course.true.room.high_m[2] - 0.17


@pytest.mark.parametrize(("drones", "level", "seed"), [(2, 0, 0), (4, 0, 0), (4, 2, 7), (7, 2, 8)])
def test_slots_lead_to_the_start_and_home_above_the_frames(drones, level, seed):
    task = load_mixed(drones, "lsy", level, seed)
    slots = task.formation.slots[..., :3].astype(float)
    gate = np.array(task.course.told.gates[-1].position_m)
    start = np.array(task.course.told.start.position_m)
    top = max(gate.position_m[2] + 0.36 for gate in task.course.true.gates)
    np.testing.assert_allclose(slots[:, -1], slots[:, 0], atol=1e-6)
    assert slots[:, 0, 2].min() > top + 0.2
    flown = slots.copy()
    for number, leaves in enumerate(task.leaves_s):
        begins = round(leaves / 0.01)
        over = round((leaves + RACE_S) / 0.01)
        # A hover over the start, of which nothing is seen to move until the race is well begun.
        assert np.ptp(slots[number, begins - 40 : begins + 90], axis=0).max() < 1e-6
        np.testing.assert_allclose(slots[number, begins, :2], start[:2], atol=1e-6)
        assert 0.3 < slots[number, begins, 2] - start[2] < 1.5  # as races are learned
        # Then ahead of the last gate, a little lower, until the race is over; and home.
        np.testing.assert_allclose(
            slots[number, begins + 110 : over],
            slots[number, over - 1][None] + np.zeros((over - begins - 110, 1)),
        )
        assert 0.5 < np.linalg.norm(slots[number, over - 1, :2] - gate[:2]) < 1.0
        assert slots[number, over - 1, 2] == pytest.approx(gate[2] - 0.15, abs=1e-6)
        assert np.linalg.norm(np.diff(slots[number, over:], axis=0), axis=1).max() < 0.02
        ways = np.r_[slots[number, : begins - 200], slots[number, over + 200 :]]
        assert ways[:, 2].min() > top + 0.2
        flown[number, begins : begins + 250] = [0.0, 0.0, 9.0 * number]
    flown = flown.transpose(1, 0, 2)[:, None]
    score = score_swarm(np.arange(len(flown)) * 0.01, flown, flown)
    assert score.separation_m[0] > 0.25


def test_who_would_cross_anothers_way_home_is_refused():
    with pytest.raises(SettingsError, match=r"mixed on split_s: expected slots at least 0\.2 m"):
        load_mixed(7, "split_s")


class Logic:
    """Remembers roles; drones pass gates as they are told to."""

    def __init__(self, drones):
        self.places = np.zeros((drones, 2), np.int32)
        self.told = []

    def take_role(self, drone, role):
        self.told.append((drone, role))


def test_each_drone_races_once_until_it_is_through_or_late():
    task = load_mixed(3)
    logic, roles = Logic(3), Roles(parts_of([task]))
    first, second, third = task.leaves_s
    roles.keep(logic, first - 0.01)
    assert logic.told == []
    roles.keep(logic, first)
    assert logic.told == [(0, 1)]
    logic.places[0, 1] = 3
    roles.keep(logic, first + 2.0)
    assert logic.told == [(0, 1)]
    logic.places[0, 1] = 4
    roles.keep(logic, first + 3.0)
    assert logic.told == [(0, 1), (0, 0)]
    roles.keep(logic, second)
    roles.keep(logic, second + RACE_S + 0.01)  # never through
    assert logic.told[2:] == [(1, 1), (1, 0)]
    roles.keep(logic, third)
    logic.places[2, 1] = 4
    roles.keep(logic, third + 1.0)
    assert logic.told[-1] == (2, 0)
    roles.keep(logic, third + 50.0)
    assert len(logic.told) == 6


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"drones": 1}, "drones: expected 2 to 7 in a room that is 2.2 m wide, got 1"),
        ({"drones": 9}, "drones: expected 2 to 7 in a room that is 2.2 m wide, got 9"),
        ({"track": "nowhere"}, "nowhere"),
    ],
)
def test_what_cannot_be_flown_is_refused_in_one_sentence(how, sentence):
    with pytest.raises(SettingsError, match=sentence):
        load_mixed(**how)
