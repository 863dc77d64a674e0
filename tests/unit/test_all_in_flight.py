# SPDX-License-Identifier: Apache-2.0
"""Task "all" in flight, outside of training: groups, roles taken and left, what is refused."""

import numpy as np
import pytest
from all_rows import ALL, MATES, expected_mates, fields, level

from sim_core import _core
from sim_core.course_library import flown_courses
from sim_core.races import load_race


def session(count, groups=(), limits=None):
    paths = [np.array([[0.1 * i, 0.0, 1.0, 0.0]], np.float32) for i in range(count)]
    courses = flown_courses([load_race().course] * count)
    limits = limits or _core.CommandLimits(0.0, 0.5, [1.0, 1.0, 1.0])
    return _core.TaskSession("all", limits, references=paths, courses=courses, groups=groups)


def states(count, seed=0):
    rng = np.random.default_rng(seed)
    out = rng.normal(size=(count, 13)).astype(np.float32)
    out[:, :3] = rng.uniform(-0.5, 0.5, (count, 3)) + np.array([0.0, 0.0, 1.0])
    out[:, 3:7] /= np.linalg.norm(out[:, 3:7], axis=1, keepdims=True)
    return out


def seen_in(flight, state, row=0):
    out = np.empty((len(state), ALL["observation_size"]), np.float32)
    flight.observe(state, row, out)
    return out


def test_in_flight_drones_see_those_of_their_group_alone():
    state = states(7)
    seen = fields(seen_in(session(7, [4, 2]), state))
    state = state.astype(float)
    goals = np.array([[0.1 * i, 0.0, 1.0] for i in range(7)])
    of_groups = [
        expected_mates(state[some], state[some], len(state[some]), goals[some])
        for some in (slice(4), slice(4, 6))
    ]
    for name, *rows in zip(MATES, *of_groups, strict=True):
        np.testing.assert_allclose(seen[name][:6], np.concatenate(rows), atol=3e-5, err_msg=name)
        assert not seen[name][6].any()


def test_others_are_told_of_a_jump_before_it_and_that_who_races_flies_on():
    here, there = [[-0.4, 0.0, 1.0, 0.0]], [[0.4, 0.1, 1.0, 0.0]]
    paths = [np.array(here * 30 + there, np.float32), np.array(there * 30 + here, np.float32)]
    flight = _core.TaskSession(
        "all", _core.CommandLimits(0.0, 0.5, [1.0, 1.0, 1.0]), references=paths,
        courses=flown_courses([load_race().course] * 2), groups=[2],
    )  # fmt: skip
    flight.reset(0.3)
    state = np.zeros((2, 13), np.float32)
    state[:, :3], state[:, 6] = (here[0][:3], there[0][:3]), 1.0
    state[0, 1], state[1, 7] = -0.3, -0.5
    goals = np.array([there[0][:3], here[0][:3]])
    racing = state[1, :3] + 0.45 * state[1, 7:10]
    for role, bound in ((0, goals), (1, np.stack([goals[0], racing]))):
        flight.take_role(1, role)
        expected = expected_mates(state.astype(float), state.astype(float), 2, bound)[2]
        assert np.abs(expected[:, :3]).max() > 0.05
        seen = fields(seen_in(flight, state))[MATES[2]]
        np.testing.assert_allclose(seen[:, :3], expected[:, :3], atol=3e-5)


def test_a_drone_that_takes_another_role_is_shown_another_goal():
    flight, state = session(2), states(2)
    flight.reset(0.3)
    before = fields(seen_in(flight, state))
    flight.take_role(1, 1)
    after = fields(seen_in(flight, state))
    assert not before["goal_opening"].any()
    np.testing.assert_allclose(after["goal_opening"][:, 0], [0.0, 0.2])
    gate = load_race().course.told.gates[0]
    where = level(state[1].astype(float)).T @ (np.array(gate.position_m) - state[1, :3])
    shown = where / (1.0 + np.linalg.norm(where) / 4.0)
    np.testing.assert_allclose(after["goal_position"][1], shown, atol=2e-6)
    assert np.array_equal(after["goal_position"][0], before["goal_position"][0])


def test_the_other_sign_of_an_attitude_shows_the_same():
    state = states(3)
    turned = state.copy()
    turned[:, 3:7] *= -1.0
    for role in (0, 1):
        seen = []
        for each in (state, turned):
            flight = session(3, [3])
            flight.reset(0.3)
            for drone in range(3):
                flight.take_role(drone, role)
            seen.append(seen_in(flight, each))
        np.testing.assert_array_equal(seen[0], seen[1])


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: session(3, [2, 2]), "groups: expected numbers of drones of at most 3 together"),
        (lambda: session(3).take_role(3, 1), "drone: expected 0 to 2, got 3"),
    ],
)
def test_groups_and_drones_that_are_none_are_refused_in_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
