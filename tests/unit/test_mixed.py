# SPDX-License-Identifier: Apache-2.0
"""Drones that leave a formation to race and come back: who is asked what, and when."""

import numpy as np
import pytest

from evaluation.swarm_referee import score_swarm
from policy_export.task_logic import Roles, parts_of
from sim_core.errors import SettingsError
from sim_core.mixed import RACE_S, load_mixed


def test_slots_are_clear_of_the_ceiling_that_a_racer_swings_up_to():
    task = load_mixed(3)
    assert task.formation.slots[..., 2].max() < task.course.true.room.high_m[2] - 0.17


def test_slots_lead_above_the_frames_and_home_without_coming_near_each_other():
    task = load_mixed(4, "lsy", 2, 7)
    slots = task.formation.slots[..., :3].astype(float)
    assert slots[..., 2].min() > 1.56  # the highest frame of lsy
    np.testing.assert_allclose(slots[:, -1], slots[:, 0], atol=1e-6)
    flown = slots.copy()
    for number, leave in enumerate(task.leaves_s):  # nobody is through with a race any sooner
        flown[number, round(leave / 0.01) : round((leave + 2.5) / 0.01)] = [0.0, 0.0, 9.0 * number]
    flown = flown.transpose(1, 0, 2)[:, None]
    score = score_swarm(np.arange(len(flown)) * 0.01, flown, flown)
    assert score.separation_m[0] > 0.3
    for number, leave in enumerate(task.leaves_s):
        row = round(leave / 0.01)
        np.testing.assert_array_equal(slots[number, row - 1], slots[number, 0])
        gate = np.array(task.course.told.gates[-1].position_m)
        assert 0.5 < np.linalg.norm(slots[number, row + 1, :2] - gate[:2]) < 1.0
        assert np.linalg.norm(np.diff(slots[number, row + 1 :], axis=0), axis=1).max() < 0.02


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
    assert logic.told[2:] == [(1, 1), (2, 1), (1, 0)] or logic.told[2:] == [(1, 1), (1, 0), (2, 1)]
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
