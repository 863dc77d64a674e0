# SPDX-License-Identifier: Apache-2.0
"""The double flies velocities, hovering and attitudes as a Crazyflie's own controllers do."""

import math

import numpy as np
import pytest

from firmware_bridge.firmware_double import DoubleSettings, FirmwareDouble
from firmware_bridge.orders import (
    Attitude,
    HandBack,
    Hover,
    Land,
    RateThrust,
    TakeOff,
    Velocity,
)
from firmware_bridge.steering import Steering, lean
from sim_core.airframe import load_airframe
from sim_core.frames import yaw_of

AIRFRAME = load_airframe("cf21_plus")
HOVER_N = AIRFRAME.hover_thrust_n


@pytest.fixture
def double():
    """Hovering at one metre."""
    double = FirmwareDouble(AIRFRAME, DoubleSettings(0, 0.0, 0.0, noise=False, battery=False))
    double.send(0, TakeOff(1.0, 2.0), 0.0)
    double.advance(8.0)
    return double


def stream(double, order, seconds):
    states = []
    for _ in range(round(seconds / 0.02)):
        double.send(0, order, double.time_s)
        double.advance(double.time_s + 0.02)
        states.append(double.truth[0].copy())
    return np.array(states)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_velocity_is_flown_along_its_axis(double, axis):
    velocity = [0.0, 0.0, 0.0]
    velocity[axis] = 0.4
    states = stream(double, Velocity(tuple(velocity), 0.0), 3.0)
    assert states[-50:, 7 + axis].mean() == pytest.approx(0.4, abs=0.06)
    others = [i for i in range(3) if i != axis]
    assert np.abs(states[-1, others] - states[0, others]).max() < 0.1


def test_hovering_moves_along_the_heading_and_keeps_the_height(double):
    turned = stream(double, Hover(1.2, 0.0, 0.0, 0.8), math.pi / 2 / 0.8)
    heading = yaw_of(turned[-1, 3:7])
    assert heading == pytest.approx(math.pi / 2, abs=0.25)
    states = stream(double, Hover(1.2, 0.4, 0.0, 0.0), 3.0)
    moved = states[-1, :2] - states[0, :2]
    direction = math.atan2(moved[1], moved[0])
    assert direction == pytest.approx(yaw_of(states[-1, 3:7]), abs=0.15)
    assert np.linalg.norm(states[-1, 7:9]) == pytest.approx(0.4, abs=0.08)
    assert states[-1, 2] == pytest.approx(1.2, abs=0.06)


@pytest.mark.parametrize(("entry", "angle"), [("roll_rad", 0.1), ("pitch_rad", 0.1)])
def test_an_attitude_is_leaned_into_with_the_right_sign(double, entry, angle):
    angles = {"roll_rad": 0.0, "pitch_rad": 0.0} | {entry: angle}
    states = stream(double, Attitude(**angles, yaw_rate_rad_s=0.0, thrust_n=HOVER_N), 1.0)
    axis = 3 if entry == "roll_rad" else 4
    assert 2.0 * states[-1, axis] == pytest.approx(angle, abs=0.02)
    # Rolled to the right it drifts right, -y; nosed down it goes ahead, +x.
    assert (states[-1, 8] if axis == 3 else -states[-1, 7]) < -0.5


def test_a_height_is_kept_under_a_tilt(double):
    order = Attitude(0.1, 0.0, 0.0, height_m=1.3)
    states = stream(double, order, 5.0)
    assert states[-1, 2] == pytest.approx(1.3, abs=0.05)


def test_silence_levels_every_kind_of_set_point(double):
    for order in (Attitude(0.2, 0.0, 0.0, height_m=1.0), Hover(1.0, 0.5, 0.0, 0.0)):
        stream(double, order, 0.5)
        double.advance(double.time_s + 1.2)
        x, y = double.truth[0, 3:5]
        assert 1.0 - 2.0 * (x * x + y * y) > math.cos(math.radians(3.0))


def test_motors_that_are_off_anyway_do_not_lock():
    double = FirmwareDouble(AIRFRAME, DoubleSettings(0, 0.0, 0.0, noise=False))
    double.send(0, RateThrust(0.0, (0.0, 0.0, 0.0)), 0.0)
    double.advance(3.0)
    assert not double.telemetry().locked[0]
    assert double.idle(0)
    double.send(0, TakeOff(0.5, 1.0), 3.0)
    double.advance(5.5)
    assert double.telemetry().flying[0]
    assert double.way(0) is not None


def test_takeoff_and_landing_turn_to_a_heading_when_told():
    double = FirmwareDouble(AIRFRAME, DoubleSettings(0, 0.0, 0.0, noise=False, battery=False))
    double.send(0, TakeOff(0.7, 2.0, 1.0), 0.0)
    double.advance(6.0)
    assert yaw_of(double.truth[0, 3:7]) == pytest.approx(1.0, abs=0.05)
    double.send(0, HandBack(), double.time_s)
    double.send(0, Land(0.0, 2.0, 0.0), double.time_s)
    double.advance(8.5)
    assert yaw_of(double.truth[0, 3:7]) == pytest.approx(0.0, abs=0.1)


def test_ahead_and_left_turn_with_the_heading():
    state = np.zeros(13, np.float32)
    state[5], state[6] = math.sin(math.pi / 4), math.cos(math.pi / 4)  # heading along +y
    ahead, _ = Steering(state, 0.03).target(Hover(1.0, 0.4, 0.0, 0.0), state, 0.01)
    left, _ = Steering(state, 0.03).target(Hover(1.0, 0.0, 0.4, 0.0), state, 0.01)
    assert ahead == pytest.approx((0.0, 0.2, 1.0), abs=1e-6)
    assert left == pytest.approx((-0.2, 0.0, 1.0), abs=1e-6)


def test_leaning_turns_back_right_handed():
    q = np.zeros(4, np.float32)
    q[0], q[3] = math.sin(0.1), math.cos(0.1)
    assert lean(Attitude(0, 0, 0), 0.3, q).w_B == pytest.approx((-1.2, 0.0, 0.0), abs=1e-6)
