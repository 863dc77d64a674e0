# SPDX-License-Identifier: Apache-2.0
"""One commander a drone, hand-overs without a jump, actions that tell the truth, without ROS."""

import dataclasses
import math

import numpy as np
import pytest

from firmware_bridge.flight_guard import Stage
from martlet_nodes.drone_status import Commander
from martlet_nodes.guard_parameters import GuardParameters
from martlet_nodes.manoeuvre import Goal, Kind
from martlet_nodes.sim_backend import SimParameters, Simulation

HOVER = (0.2845, 0.0, 0.0, 0.0)
HERE = (0.0, 0.0, 0.0)


class Fleet:
    """A simulation that is stepped by hand, its clock standing still between steps."""

    def __init__(self, **parameters):
        self.sim = Simulation(SimParameters(noise=False, battery=False, **parameters))
        self.backend = self.sim.backend

    @property
    def now(self):
        return self.sim.stamp_s

    def step(self, seconds, command=None, number=0):
        """Go on, streaming a command or not; returns the thrust commanded at each tick."""
        thrusts = []
        for _ in range(round(seconds / 0.01)):
            if command is not None:
                self.backend.stream(number, command, self.now, self.now)
            self.sim.step()
            thrusts.append(self.sim._double.commanded_thrust_n(number))
        return thrusts

    def do(self, kind, p_WB=HERE, yaw_rad=0.0, duration_s=0.0, number=0):
        """Begin an action and go on until it has ended."""
        action = self.backend.begin(number, Goal(kind, p_WB, yaw_rad, duration_s), self.now)
        while action.outcome is None:
            self.step(0.01)
        return action.outcome

    def take_off(self, height_m=1.0):
        assert self.backend.arm(0, True, self.now) == ""
        outcome = self.do(Kind.TAKEOFF, (0.0, 0.0, height_m))
        assert outcome.success, outcome.reason
        self.step(2.0)
        return self


@pytest.fixture
def flying():
    return Fleet().take_off()


def test_a_flight_from_arming_to_motors_off():
    fleet = Fleet()
    assert fleet.backend.status(0).commander is Commander.NONE
    assert not fleet.backend.status(0).armed
    fleet.take_off()
    assert fleet.backend.status(0).flying
    outcome = fleet.do(Kind.GO_TO, (0.6, -0.3, 1.2), 0.5)
    assert outcome.success
    assert outcome.error_m < 0.15
    outcome = fleet.do(Kind.LAND)
    assert outcome.success
    assert not fleet.backend.status(0).flying
    fleet.step(0.2)  # motors off on the cushion of air over the floor
    assert fleet.sim.truth[0, 2] < 0.01
    assert fleet.backend.arm(0, False, fleet.now) == ""
    assert fleet.backend.status(0).interventions == 0


@pytest.mark.parametrize(
    ("kind", "goal", "why"),
    [
        (Kind.TAKEOFF, (0, 0, 1), "cf1 flies already"),
        (Kind.GO_TO, (0, 0, 2.5), "z = 2.50 m is outside the geofence, -0.2 to 2 m"),
        (Kind.GO_TO, (math.nan, 0, 1), "expected finite numbers"),
    ],
)
def test_actions_that_cannot_be_flown_are_refused_with_a_reason(flying, kind, goal, why):
    outcome = flying.do(kind, goal)
    assert not outcome.success
    assert why in outcome.reason
    assert flying.backend.commander(0) is Commander.NONE


def test_a_way_too_fast_for_the_drone_is_refused(flying):
    outcome = flying.do(Kind.GO_TO, (2.0, 0.0, 1.0), duration_s=1.0)
    assert not outcome.success
    assert "m in 1.00 s would take 3.8 m/s" in outcome.reason


def test_nothing_flies_that_is_not_armed():
    fleet = Fleet()
    outcome = fleet.do(Kind.TAKEOFF, (0, 0, 1))
    assert outcome.reason == "cf1 is not armed"
    fleet.step(0.5, HOVER)
    assert not fleet.backend.status(0).flying
    assert fleet.backend.commander(0) is Commander.NONE


def test_one_action_at_a_time(flying):
    action = flying.backend.begin(0, Goal(Kind.GO_TO, (1, 0, 1), 0.0, 0.0), flying.now)
    flying.step(0.1)
    outcome = flying.do(Kind.GO_TO, (0, 1, 1))
    assert outcome.reason == "cf1 is busy with go_to"
    assert action.outcome is None


def test_a_landing_ends_any_other_action(flying):
    way = flying.backend.begin(0, Goal(Kind.GO_TO, (1, 0, 1), 0.0, 0.0), flying.now)
    flying.step(0.3)
    landing = flying.backend.begin(0, Goal(Kind.LAND, (0, 0, 0), 0.0, 0.0), flying.now)
    assert not way.outcome.success
    assert way.outcome.reason == "go_to of cf1 was replaced by land"
    again = flying.do(Kind.LAND, (0, 0, 0))
    assert again.reason == "cf1 is busy with land"
    flying.step(6.0)
    assert landing.outcome.success
    assert not flying.backend.status(0).flying


def test_a_stream_takes_over_in_hover_and_hands_back_without_a_jump(flying):
    hover = flying.step(6.0)[-1]  # until the stock controller's integrals have settled
    thrusts = flying.step(0.5, HOVER)
    assert flying.backend.commander(0) is Commander.STREAM
    assert abs(thrusts[-1] - hover) < 0.01
    flying.backend.release(0, flying.now)
    assert flying.backend.commander(0) is Commander.NONE
    after = flying.step(2.0)
    assert np.abs(np.diff([thrusts[-1], *after])).max() < 0.02
    assert flying.backend.status(0).interventions == 0
    assert np.linalg.norm(flying.sim.truth[0, 7:10]) < 0.1


def test_latency_is_receipt_minus_stamp(flying):
    for late in (0.001, 0.003):
        flying.backend.stream(0, HOVER, flying.now, flying.now + late)
        flying.step(0.01)
    assert flying.backend.take_latencies(0) == pytest.approx([0.001, 0.003])
    assert flying.backend.take_latencies(0) == []


def test_an_action_takes_over_a_stream_that_must_let_go_before_it_counts_again(flying):
    flying.step(0.1, HOVER)
    flying.backend.begin(0, Goal(Kind.GO_TO, (0.5, 0, 1), 0.0, 2.0), flying.now)
    assert flying.backend.commander(0) is Commander.ACTION
    flying.step(8.0, (0.48, 0.0, 0.0, 0.0))  # shouts on, and is not heard
    assert flying.backend.commander(0) is Commander.NONE
    assert flying.sim.truth[0, 0] == pytest.approx(0.5, abs=0.1)
    assert flying.backend.status(0).interventions == 0
    flying.backend.release(0, flying.now)
    flying.step(0.05, HOVER)
    assert flying.backend.commander(0) is Commander.STREAM


def test_silence_counts_as_letting_go(flying):
    flying.step(0.1, HOVER)
    flying.backend.begin(0, Goal(Kind.GO_TO, (0.1, 0, 1), 0.0, 1.5), flying.now)
    flying.step(3.0)
    flying.step(0.05, HOVER)
    assert flying.backend.commander(0) is Commander.STREAM


def test_a_policy_that_dies_is_held_landed_and_switched_off(flying):
    flying.step(0.2, HOVER)
    flying.step(0.27)
    assert flying.backend.status(0).stage is Stage.HOLD
    assert "stale command: age" in flying.backend.status(0).reason
    assert flying.backend.commander(0) is Commander.GUARD
    assert flying.do(Kind.GO_TO, (0, 0, 1)).reason.startswith("the guard has cf1: stale")
    flying.step(3.1)
    assert flying.backend.status(0).stage is Stage.LAND
    flying.step(5.0)
    status = flying.backend.status(0)
    assert status.stage is Stage.OFF
    assert not status.flying
    assert not status.armed
    assert status.interventions == 1
    assert flying.sim.truth[0, 2] == pytest.approx(0.0, abs=0.01)
    assert not flying.backend.busy()
    assert flying.backend.arm(0, True, flying.now) == ""
    assert flying.backend.status(0).stage is Stage.NOMINAL


@pytest.mark.parametrize("bad", [math.nan, 0.5])
def test_a_bad_command_never_reaches_the_drone(flying, bad):
    flying.step(0.1, HOVER)
    thrusts = flying.step(0.5, (bad, 0.0, 0.0, 0.0))
    assert flying.backend.status(0).stage is Stage.HOLD
    assert max(thrusts) < 0.35
    flying.backend.release(0, flying.now)
    flying.step(1.0)
    assert flying.backend.status(0).stage is Stage.NOMINAL
    assert flying.backend.status(0).interventions == 1
    assert flying.backend.commander(0) is Commander.NONE


def test_a_stream_that_flies_out_of_the_fence_is_caught_inside_the_room():
    fleet = Fleet(guard=GuardParameters(box_high_m=(0.4, 2.5, 2.0))).take_off()
    fleet.step(0.2, (0.285, 0.0, 0.5, 0.0))
    while fleet.backend.status(0).stage is Stage.NOMINAL:
        fleet.step(0.01, HOVER)
        assert fleet.now < 30.0
    assert fleet.backend.status(0).reason.startswith("wall ahead: x where it would stop, from 0.")
    fleet.backend.release(0, fleet.now)
    fleet.step(3.0)
    assert fleet.backend.status(0).stage is Stage.NOMINAL
    assert fleet.sim.truth[0, 0] < 0.4


def test_a_person_may_land_out_of_a_hold(flying):
    flying.step(0.1, HOVER)
    flying.step(0.27)
    outcome = flying.do(Kind.LAND)
    assert outcome.success
    flying.step(0.1)
    assert flying.backend.status(0).stage is Stage.OFF


def test_the_operators_stop_beats_everybody(flying):
    action = flying.backend.begin(0, Goal(Kind.GO_TO, (1, 0, 1), 0.0, 0.0), flying.now)
    flying.step(0.1)
    flying.backend.emergency(0, flying.now)
    assert action.outcome.reason == "the operator stopped the drone"
    thrusts = flying.step(0.05, HOVER)
    assert thrusts[-1] == 0.0
    assert flying.backend.commander(0) is Commander.OPERATOR
    assert "locked" in flying.backend.arm(0, True, flying.now)
    assert "locked" in flying.do(Kind.TAKEOFF, (0, 0, 1)).reason


def test_no_disarming_in_flight(flying):
    assert flying.backend.arm(0, False, flying.now) == "cf1 flies: land it first, or call emergency"
    assert flying.backend.status(0).armed


def test_a_cancelled_action_ends_in_a_hover(flying):
    action = flying.backend.begin(0, Goal(Kind.GO_TO, (1.5, 0, 1), 0.0, 0.0), flying.now)
    flying.step(1.5)
    flying.backend.cancel(0, flying.now)
    assert action.outcome.reason == "go_to of cf1 was cancelled"
    flying.step(3.0)
    assert np.linalg.norm(flying.sim.truth[0, 7:10]) < 0.1
    assert flying.sim.truth[0, 0] < 1.2


def test_drones_are_commanded_one_by_one():
    fleet = Fleet(drones=["a", "b"])
    for number in (0, 1):
        fleet.backend.arm(number, True, fleet.now)
    assert fleet.do(Kind.TAKEOFF, (0, 0, 1), number=1).success
    assert fleet.sim.truth[0, 2] == 0.0
    fleet.step(0.1, HOVER, number=1)
    assert fleet.backend.commander(0) is Commander.NONE
    assert fleet.backend.commander(1) is Commander.STREAM


def test_lockstep_asks_for_the_command_that_answers_the_present_state(flying):
    assert flying.backend.unanswered(flying.now) == []
    assert not flying.backend.busy()
    flying.backend.stream(0, HOVER, flying.now, flying.now)
    assert flying.backend.busy()
    assert flying.backend.unanswered(flying.now) == []
    flying.sim.step()
    assert flying.backend.unanswered(flying.now) == ["cf1"]
    flying.backend.stream(0, HOVER, flying.now, flying.now)
    assert flying.backend.unanswered(flying.now) == []


def test_where_a_key_is_asked_for_nothing_is_armed_or_flown_without_it():
    fleet = Fleet(guard=GuardParameters(operator_s=0.4))
    why = fleet.backend.arm(0, True, fleet.now)
    assert why.startswith("cf1 stays on the ground: operator's key: last held ago = inf s")
    fleet.backend.hear_operator(True, fleet.now)
    assert fleet.backend.arm(0, True, fleet.now) == ""
    fleet.backend.begin(0, Goal(Kind.TAKEOFF, (0, 0, 1), 0.0, 0.0), fleet.now)
    for _ in range(30):
        fleet.backend.hear_operator(True, fleet.now)
        fleet.step(0.1)
    assert fleet.backend.status(0).stage is Stage.NOMINAL
    fleet.backend.hear_operator(False, fleet.now)
    fleet.step(0.02)
    assert fleet.backend.status(0).commander is Commander.GUARD
    fleet.step(6.0)
    assert fleet.backend.status(0).stage is Stage.OFF
    assert fleet.sim.truth[0, 2] < 0.05


def test_an_empty_battery_stays_on_the_ground():
    fleet = Fleet(guard=GuardParameters(battery_low_v=4.3))
    assert fleet.backend.arm(0, True, fleet.now) == (
        "cf1 stays on the ground: its battery has 4.15 V at rest, and is landed below 4.3 V"
    )
    assert fleet.backend.arm(0, False, fleet.now) == ""


def test_a_status_is_another_one_when_the_drone_stands_otherwise_and_not_when_it_is_older(flying):
    before = flying.backend.status(0)
    later = dataclasses.replace(before, age_s=before.age_s + 0.003, quality=0.97)
    assert later == before
    assert dataclasses.replace(before, commander=Commander.STREAM) != before
