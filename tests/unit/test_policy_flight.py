# SPDX-License-Identifier: Apache-2.0
"""The policy node's inside against the backend's: answers, hand-back, and the referee's word."""

import math

import numpy as np
import pytest
from motor_policy import MOTOR_MANIFEST
from small_policy import write_policy

from firmware_bridge.flight_guard import Stage
from martlet_nodes.drone_status import Commander
from martlet_nodes.errors import ParameterError
from martlet_nodes.flown_tasks import load_tasks
from martlet_nodes.manoeuvre import Goal, Kind
from martlet_nodes.policy import PolicyFlight, PolicyParameters
from martlet_nodes.sim_backend import SimParameters, Simulation
from policy_export.runtime import PolicyRunner
from sim_core.errors import SettingsError

NO_OFFSET = np.zeros((1, 3))


@pytest.fixture
def runner(policy_path):
    return PolicyRunner(policy_path)


class Stand:
    """Backend and policy side by side, in lockstep, without ROS between them."""

    def __init__(self, runner, task="hover", duration_s=0.0):
        self.sim = Simulation(SimParameters(seed=3))
        self.backend = self.sim.backend
        self.backend.arm(0, True, self.sim.stamp_s)
        action = self.backend.begin(0, Goal(Kind.TAKEOFF, (0, 0, 1), 0.0, 0.0), self.sim.stamp_s)
        while action.outcome is None:
            self.sim.step()
        tasks = load_tasks(task, self.states, [0], NO_OFFSET)
        self.flight = PolicyFlight(runner, tasks, [0], duration_s)

    @property
    def states(self):
        return self.backend.telemetry.states

    def exchange(self, states=None):
        """One state, its answer, and what the status says of it."""
        now = self.sim.stamp_s
        states = self.states if states is None else states
        answer = self.flight.answer(now, states, self.backend.telemetry.age_s)
        if answer is not None and answer.engaged[0]:
            self.backend.stream(0, answer.commands[0].tolist(), now, now)
        elif answer is not None:
            self.backend.release(0, now)
        status = self.backend.status(0)
        told = self.flight.heed(0, int(status.commander), int(status.stage), status.reason)
        if told is not None:
            assert told.engaged == [False]
            self.backend.release(0, now)
        return answer

    def fly(self, seconds=60.0):
        for _ in range(round(seconds / 0.01)):
            self.exchange()
            if self.flight.over:
                return self.flight.verdict()
            self.sim.step()
        return None


def test_a_task_is_flown_to_its_end_handed_back_and_judged(runner):
    stand = Stand(runner, "kind = 'hover'\nposition_m = [0, 0, 1]\nduration_s = 4.0")
    verdict = stand.fly()
    assert verdict.success
    assert verdict.reason == ""
    assert verdict.samples == pytest.approx(401, abs=2)
    assert verdict.mean_error_last_3s_m < 0.025
    assert verdict.rmse_m < 0.05
    assert stand.backend.commander(0) is Commander.NONE
    assert stand.backend.status(0).flying
    assert stand.backend.status(0).interventions == 0


def test_the_referee_sees_the_error_that_was_there(runner):
    # Flown at 1 m, judged by the same: move what the policy is told up by 0.2 m and it flies low.
    stand = Stand(runner, "kind = 'hover'\nposition_m = [0, 0, 1]\nduration_s = 3.0")
    for _ in range(700):
        states = stand.states.copy()
        states[0, 2] += 0.2
        stand.exchange(states)
        if stand.flight.over:
            break
        stand.sim.step()
    verdict = stand.flight.verdict()  # from the states it was given: near zero
    assert verdict.mean_error_last_3s_m < 0.03
    assert stand.sim.truth[0, 2] == pytest.approx(0.8, abs=0.05)


def test_states_are_judged_when_they_held_not_when_they_came(runner):
    # A drone that flies its reference exactly and is heard 30 ms late has no error.
    age = np.array([0.03], np.float32)
    state = np.zeros((1, 13), np.float32)
    state[0, 2], state[0, 6] = 1.0, 1.0
    tasks = load_tasks("lemniscate", state, [0], NO_OFFSET)
    flight = PolicyFlight(runner, tasks, [0], duration_s=6.0)
    for k in range(601):
        state[0, :3] = tasks[0].reference.position(0.01 * k - 0.03)
        flight.answer(1.0 + 0.01 * k, state, age)
        flight.heed(0, Commander.STREAM, Stage.NOMINAL, "")
    assert flight.verdict().rmse_m < 1e-4


def test_what_is_streamed_to_a_drone_whose_policy_turns_its_motors_is_a_hovers(tmp_path):
    runner = PolicyRunner(write_policy(tmp_path / "motors.onnx", MOTOR_MANIFEST))
    state = np.zeros((1, 13), np.float32)
    state[0, 2], state[0, 6] = 1.0, 1.0
    flight = PolicyFlight(runner, load_tasks("hover", state, [0], NO_OFFSET), [0])
    answer = flight.answer(1.0, state, np.zeros(1, np.float32))
    hover = (MOTOR_MANIFEST.hover_thrust_n, 0.0, 0.0, 0.0)
    np.testing.assert_array_equal(answer.commands, np.float32([hover]))


def test_duration_cuts_a_task_short(runner):
    stand = Stand(runner, "lemniscate", duration_s=3.0)
    verdict = stand.fly()
    assert verdict.success
    assert stand.flight.time_s == pytest.approx(3.0, abs=0.02)
    assert verdict.samples == pytest.approx(101, abs=3)


def test_a_task_that_ends_before_the_path_proper_has_nothing_to_judge(runner):
    verdict = Stand(runner, "lemniscate", duration_s=1.0).fly()
    assert not verdict.success
    assert verdict.reason == "it ended before the path proper"
    assert math.isnan(verdict.rmse_m)


def test_a_guard_that_steps_in_ends_the_task(runner):
    stand = Stand(runner)
    for _ in range(50):
        stand.exchange()
        stand.sim.step()
    stand.backend.stream(0, (math.nan, 0, 0, 0), stand.sim.stamp_s, stand.sim.stamp_s)
    verdict = stand.fly(2.0)
    assert not verdict.success
    assert verdict.reason.startswith("the guard took over: command not finite: collective thrust")
    for _ in range(200):
        stand.sim.step()
    assert stand.backend.status(0).stage is Stage.NOMINAL  # the policy has let go


def test_an_action_that_takes_command_ends_the_task(runner):
    stand = Stand(runner)
    for _ in range(50):
        stand.exchange()
        stand.sim.step()
    stand.backend.begin(0, Goal(Kind.LAND, (0, 0, 0), 0.0, 0.0), stand.sim.stamp_s)
    verdict = stand.fly(2.0)
    assert verdict.reason == "somebody else took command"


def test_a_state_that_is_no_number_ends_the_task_with_its_name(runner):
    stand = Stand(runner)
    for _ in range(50):
        stand.exchange()
        stand.sim.step()
    states = stand.states.copy()
    states[0, 8] = np.nan
    answer = stand.exchange(states)
    assert answer.engaged == [False]
    assert "v_WB.y" in stand.flight.verdict().reason
    assert stand.backend.commander(0) is Commander.NONE


def test_a_backend_that_does_not_listen_ends_the_task(runner):
    stand = Stand(runner)
    while not stand.flight.over:
        stand.flight.answer(stand.sim.stamp_s, stand.states, stand.backend.telemetry.age_s)
        stand.sim.step()
    assert stand.flight.verdict().reason == "no command was taken over within 1 s"


def test_an_old_state_is_not_answered_twice(runner):
    stand = Stand(runner)
    age = stand.backend.telemetry.age_s
    assert stand.flight.answer(1.0, stand.states, age) is not None
    assert stand.flight.answer(1.0, stand.states, age) is None
    assert stand.flight.answer(0.99, stand.states, age) is None


def test_offsets_move_the_path():
    sim = Simulation(SimParameters())
    states = sim.backend.telemetry.states.copy()
    states[0, :3] = (1.0, 0.0, 1.0)
    offset = np.array([[1.0, 0.0, 0.0]])
    here = load_tasks("hover", states, [0], offset)[0].reference
    assert here.position(0.0) == pytest.approx([1.0, 0.0, 1.0], abs=1e-6)
    assert here.position(9.0) == pytest.approx([1.0, 0.0, 1.0], abs=1e-6)


def test_paths_that_meet_are_refused():
    states = np.repeat(Simulation(SimParameters()).backend.telemetry.states, 2, axis=0)
    states[:, :3] = [(0.0, 0.0, 1.0), (0.0, 0.5, 1.0)]
    apart = np.array([[0.0, 0.0, 0.0], [0.0, 0.5, 0.0]])
    assert len(load_tasks("lemniscate", states, [0, 1], apart)) == 2
    with pytest.raises(SettingsError, match=r"got 0\.000 m between drones 0 and 1 .* offsets_m"):
        load_tasks("hover", states, [0, 1], 0.0 * apart)
    with pytest.raises(SettingsError, match=r"race 'lsy': expected one drone, got 2"):
        load_tasks("race", states, [0, 1], apart)


def test_bad_parameters_are_named_all_at_once():
    with pytest.raises(ParameterError, match=r"drones.*controlled.*offsets_m"):
        PolicyParameters("p.onnx", drones=["a", "a"], controlled=["b"], offsets_m=[1.0])
    assert PolicyParameters("p.onnx", drones=["a", "b"], controlled=["b"]).rows() == [1]
