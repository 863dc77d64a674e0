# SPDX-License-Identifier: Apache-2.0
"""Streamed points, velocities and heights: flown, guarded, one commander a drone; without ROS."""

import math

import pytest
from test_backend import Fleet

from firmware_bridge.flight_guard import Stage
from firmware_bridge.guard_rules import GuardLimits, Rule
from firmware_bridge.orders import Hover, Position, Velocity
from firmware_bridge.setpoint_rules import setpoint_violation
from martlet_nodes.drone_status import Commander

LIMITS = GuardLimits((0.0, 0.6))


@pytest.fixture
def flying():
    return Fleet().take_off()


def stream(fleet, order, seconds):
    for tick in range(round(seconds / 0.01)):
        if tick % 10 == 0:
            fleet.backend.set_point(0, order, fleet.now)
        fleet.step(0.01)


def where(fleet):
    return fleet.backend.telemetry.states[0, :3].tolist()


def test_points_velocities_and_heights_are_flown(flying):
    stream(flying, Position((0.5, -0.3, 1.2), 0.0), 4.0)
    assert flying.backend.commander(0) is Commander.STREAM
    assert where(flying) == pytest.approx([0.5, -0.3, 1.2], abs=0.05)
    stream(flying, Velocity((-0.4, 0.0, 0.0), 0.0), 1.5)
    assert where(flying)[0] == pytest.approx(0.5 - 0.6, abs=0.25)
    stream(flying, Hover(0.7, 0.0, 0.0, 0.0), 4.0)
    assert where(flying)[2] == pytest.approx(0.7, abs=0.05)


def test_whoever_lets_go_leaves_a_drone_that_hovers_by_itself(flying):
    stream(flying, Position((0.5, 0.0, 1.0), 0.0), 1.0)
    flying.backend.release(0, flying.now)
    flying.step(3.0)
    assert flying.backend.commander(0) is Commander.NONE
    assert flying.backend.status(0).stage is Stage.NOMINAL
    assert where(flying)[2] == pytest.approx(1.0, abs=0.1)


def test_a_point_near_the_wall_is_no_crime_and_one_beyond_it_is(flying):
    stream(flying, Position((2.3, 0.0, 1.0), 0.0), 5.0)
    assert flying.backend.status(0).interventions == 0
    assert where(flying)[0] == pytest.approx(2.3, abs=0.1)
    stream(flying, Position((2.6, 0.0, 1.0), 0.0), 0.1)
    assert flying.backend.status(0).stage is Stage.HOLD
    assert "set-point x = 2.6 m, allowed -2.5 to 2.5" in flying.backend.status(0).reason


def test_a_velocity_at_the_wall_is_stopped_before_it(flying):
    stream(flying, Velocity((1.5, 0.0, 0.0), 0.0), 4.0)
    assert "wall ahead" in flying.backend.guard_events(0)[0].cause
    assert where(flying)[0] < 2.5


def test_whoever_falls_silent_is_held(flying):
    stream(flying, Velocity((0.2, 0.0, 0.0), 0.0), 0.5)
    flying.step(0.4)
    assert "stale command" in flying.backend.status(0).reason


def test_nobody_streams_to_a_drone_that_is_not_armed():
    fleet = Fleet()
    stream(fleet, Position((0.0, 0.0, 1.0), 0.0), 0.5)
    assert fleet.backend.commander(0) is Commander.NONE
    assert not fleet.backend.status(0).flying


@pytest.mark.parametrize(
    ("order", "rule", "words"),
    [
        (Position((math.nan, 0.0, 1.0), 0.0), Rule.COMMAND_NOT_FINITE, "set-point x"),
        (Position((0.0, 0.0, 1.0), math.inf), Rule.COMMAND_NOT_FINITE, "heading"),
        (Velocity((4.0, 4.0, 0.0), 0.0), Rule.COMMAND_LIMIT, "set-point speed"),
        (Velocity((0.0, 0.0, 0.0), 6.0), Rule.COMMAND_LIMIT, "yaw rate"),
        (Hover(2.5, 0.0, 0.0, 0.0), Rule.COMMAND_LIMIT, "set-point height"),
        (Hover(1.0, 0.0, -6.0, 0.0), Rule.COMMAND_LIMIT, "set-point speed"),
    ],
)
def test_each_number_of_a_set_point_is_judged(order, rule, words):
    broken = setpoint_violation(order, LIMITS)
    assert broken.rule is rule
    assert broken.quantity == words


def test_what_rounding_leaves_beyond_a_limit_is_no_fault():
    for order in (Position((2.5000002, 0.0, 2.0), 0.0), Hover(-0.2, 5.0, 0.0, -5.0)):
        assert setpoint_violation(order, LIMITS) is None
