# SPDX-License-Identifier: Apache-2.0
"""The double does what a Crazyflie does with what it is sent, and when."""

import dataclasses
import math

import numpy as np
import pytest

from firmware_bridge.braking import DECELERATION_M_S2, brake
from firmware_bridge.errors import DoubleSettingsError
from firmware_bridge.firmware_double import DoubleSettings, FirmwareDouble
from firmware_bridge.orders import (
    Arm,
    Emergency,
    GoTo,
    HandBack,
    Land,
    RateThrust,
    Stop,
    TakeOff,
)
from firmware_bridge.planner import plan_way
from sim_core.airframe import load_airframe

AIRFRAME = load_airframe("cf21_plus")
QUIET = DoubleSettings(noise=False, battery=False)
TICK = 0.01


def flying(settings=QUIET, height_m=1.0, seconds=6.0):
    """A double that hovers at `height_m`, and the time."""
    double = FirmwareDouble(AIRFRAME, settings)
    double.send(0, TakeOff(height_m, 2.0), 0.0)
    double.advance(seconds)
    return double, seconds


def fly(double, now, seconds, order=None):
    """Stream `order` at 100 Hz, or nothing; returns states, thrusts and the time."""
    states, thrusts = [], []
    for _ in range(round(seconds / TICK)):
        if order is not None:
            double.send(0, order, now)
        now += TICK
        double.advance(now)
        states.append(double.truth[0].copy())
        thrusts.append(double.commanded_thrust_n(0))
    return np.array(states), np.array(thrusts), now


def tilt(states):
    return np.arccos(np.clip(1 - 2 * (states[:, 3] ** 2 + states[:, 4] ** 2), -1, 1))


def test_takeoff_hover_and_landing_by_the_stock_cascade():
    double, now = flying(DoubleSettings(), seconds=8.0)
    states, _, now = fly(double, now, 2.0)
    assert np.abs(states[:, :2]).max() < 0.1
    assert np.abs(states[:, 2] - 1.0).max() < 0.1
    double.send(0, Land(0.0, 2.5), now)
    states, thrusts, now = fly(double, now, 3.0)
    assert states[-1, 2] == pytest.approx(0.0, abs=1e-3)
    assert thrusts[-1] == 0.0
    assert not double.telemetry().flying[0]


def test_go_to_arrives_with_the_asked_heading():
    double, now = flying()
    double.send(0, GoTo((0.8, -0.4, 1.2), 1.0, 3.0), now)
    states, _, _ = fly(double, now, 6.0)
    assert states[-1, :3] == pytest.approx([0.8, -0.4, 1.2], abs=0.08)
    assert 2 * math.atan2(states[-1, 5], states[-1, 6]) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("delay_s", [0.0, 0.002, 0.010, 0.024])
def test_a_command_takes_effect_after_its_delay_to_the_step(delay_s):
    settings = dataclasses.replace(QUIET, command_delay_s=delay_s)
    double, now = flying(settings)
    double.send(0, RateThrust(0.4, (0.0, 0.0, 0.0)), now)
    effect = None
    for step in range(1, 40):
        before = double.commanded_thrust_n(0)
        double.advance(now + 0.002 * step)
        if double.commanded_thrust_n(0) == pytest.approx(0.4):
            effect = 0.002 * (step - 1)
            break
        assert before != pytest.approx(0.4)
    assert effect == pytest.approx(delay_s)


def test_a_command_sent_between_steps_waits_for_the_next():
    double, now = flying(dataclasses.replace(QUIET, command_delay_s=0.010))
    double.send(0, RateThrust(0.4, (0.0, 0.0, 0.0)), now + 0.0013)
    double.advance(now + 0.012)
    assert double.commanded_thrust_n(0) != pytest.approx(0.4)
    double.advance(now + 0.014)
    assert double.commanded_thrust_n(0) == pytest.approx(0.4)


def test_telemetry_is_stamped_with_its_arrival():
    double = FirmwareDouble(AIRFRAME, dataclasses.replace(QUIET, state_delay_s=0.024))
    double.advance(0.5)
    telemetry = double.telemetry()
    assert telemetry.stamp_s == pytest.approx(0.524)
    assert telemetry.age_s == pytest.approx([0.024])


def test_positive_body_rates_turn_right_handed():
    for axis in range(3):
        double, now = flying()
        rates = [0.0, 0.0, 0.0]
        rates[axis] = 1.0
        states, _, _ = fly(double, now, 0.3, RateThrust(0.2845, tuple(rates)))
        assert states[-1, 10 + axis] > 0.5
        assert states[-1, 3 + axis] > 0.05


def test_hand_over_to_a_policy_in_hover_and_back_is_without_a_jump():
    double, now = flying(seconds=10.0)
    _, before, now = fly(double, now, 0.2)
    hover = RateThrust(AIRFRAME.hover_thrust_n, (0.0, 0.0, 0.0))
    states, thrusts, now = fly(double, now, 0.3, hover)
    assert abs(thrusts[-1] - before[-1]) < 0.02 * AIRFRAME.hover_thrust_n
    assert tilt(states).max() < math.radians(1.0)

    seen = double.telemetry().states[0]
    double.send(0, HandBack(), now)
    double.send(0, brake(seen, (-3, -3, 0), (3, 3, 3)), now)
    states, after, _ = fly(double, now, 1.0)
    steps = np.abs(np.diff(np.concatenate([thrusts[-1:], after])))
    assert steps.max() < 0.05 * AIRFRAME.hover_thrust_n
    assert tilt(states).max() < math.radians(2.0)
    assert np.abs(np.diff(tilt(states))).max() < math.radians(0.5)


def test_hand_back_at_speed_brakes_within_the_stock_controllers_means():
    double, now = flying(seconds=8.0)
    _, _, now = fly(double, now, 0.25, RateThrust(0.29, (0.0, 1.0, 0.0)))
    states, _, now = fly(double, now, 0.5, RateThrust(0.295, (0.0, 0.0, 0.0)))
    assert states[-1, 7] > 0.8
    double.send(0, HandBack(), now)
    double.send(0, brake(double.telemetry().states[0], (-3, -3, 0), (3, 3, 3)), now)
    states, thrusts, _ = fly(double, now, 3.0)
    assert np.linalg.norm(states[-1, 7:10]) < 0.15
    assert tilt(states).max() < math.radians(25.0)
    assert np.abs(np.diff(thrusts)).max() < 0.2 * AIRFRAME.hover_thrust_n
    assert np.abs(states[:, 2] - states[0, 2]).max() < 0.3


def test_silence_levels_after_half_a_second_and_locks_after_two():
    # Sent at `now`, it arrives 10 ms later; the watchdogs count from there.
    double, now = flying(height_m=1.5)
    _, _, now = fly(double, now, 0.2, RateThrust(0.29, (0.0, 0.8, 0.0)))
    arrival = now - TICK + QUIET.command_delay_s
    double.advance(arrival + 0.498)
    assert tilt(double.truth)[0] > math.radians(5.0)
    double.advance(arrival + 1.2)
    assert tilt(double.truth)[0] < math.radians(1.0)
    assert double.telemetry().flying[0]
    double.advance(arrival + 1.998)
    assert double.telemetry().flying[0]
    double.advance(arrival + 2.004)
    telemetry = double.telemetry()
    assert not telemetry.flying[0]
    assert telemetry.locked[0]
    double.send(0, TakeOff(1.0, 2.0), double.time_s)
    double.advance(double.time_s + 3.0)
    assert not double.telemetry().flying[0]


def test_a_hand_back_alone_does_not_stop_the_watchdog():
    double, now = flying()
    _, _, now = fly(double, now, 0.1, RateThrust(0.2845, (0.0, 0.0, 0.0)))
    double.send(0, HandBack(), now)
    double.advance(now + 2.1)
    assert double.telemetry().locked[0]


def test_high_level_commands_wait_for_the_hand_back():
    double, now = flying()
    _, _, now = fly(double, now, 0.1, RateThrust(0.2845, (0.0, 0.0, 0.0)))
    double.send(0, GoTo((1.0, 0.0, 1.0), 0.0, 1.0), now)
    double.advance(now + 0.3)
    assert double.commanded_thrust_n(0) == pytest.approx(0.2845)
    double.send(0, HandBack(), double.time_s)
    double.send(0, GoTo((1.0, 0.0, 1.0), 0.0, 1.0), double.time_s)
    states, _, _ = fly(double, double.time_s, 4.0)
    assert states[-1, 0] == pytest.approx(1.0, abs=0.1)


def test_stop_and_emergency():
    double, now = flying()
    double.send(0, Stop(), now)
    double.advance(now + 0.02)
    assert not double.telemetry().flying[0]
    assert not double.telemetry().locked[0]
    double.send(0, Emergency(), double.time_s)
    double.advance(double.time_s + 0.02)
    assert double.telemetry().locked[0]
    assert not double.telemetry().armed[0]


def test_only_some_platforms_arm_themselves():
    brushless = dataclasses.replace(AIRFRAME, platform="cf21bl")
    double = FirmwareDouble(brushless, QUIET)
    double.send(0, TakeOff(1.0, 2.0), 0.0)
    double.advance(1.0)
    assert not double.telemetry().flying[0]
    double.send(0, Arm(True), 1.0)
    double.send(0, TakeOff(1.0, 2.0), 1.0)
    double.advance(4.0)
    assert double.truth[0, 2] > 0.5


def test_equal_seeds_give_equal_flights_however_time_is_cut():
    flights = []
    for cut in (0.01, 0.03, 0.002):
        double = FirmwareDouble(AIRFRAME, DoubleSettings(seed=7))
        double.send(0, TakeOff(1.0, 2.0), 0.0)
        for k in range(1, round(3.0 / cut) + 1):
            double.advance(k * cut)
        flights.append((double.truth.tobytes(), double.telemetry().states.tobytes()))
    assert flights[0] == flights[1] == flights[2]
    double = FirmwareDouble(AIRFRAME, DoubleSettings(seed=8))
    double.send(0, TakeOff(1.0, 2.0), 0.0)
    double.advance(3.0)
    assert double.truth.tobytes() != flights[0][0]


def test_noise_and_battery_can_be_switched_off():
    quiet, _ = flying(QUIET)
    assert (quiet.telemetry().states == quiet.truth).all()
    assert quiet.telemetry().battery_v == pytest.approx([4.15], abs=0.01)
    real, _ = flying(DoubleSettings())
    off = np.abs(real.telemetry().states - real.truth)
    assert 0.0 < off[0, :3].max() < 0.02
    assert real.telemetry().battery_v[0] < 3.9


def test_settings_that_make_no_sense_are_refused_with_all_their_faults():
    with pytest.raises(DoubleSettingsError, match=r"state_delay_s.*0\.003.*command_delay_s.*seed"):
        DoubleSettings(state_delay_s=0.003, command_delay_s=-0.01, seed=-1)
    with pytest.raises(DoubleSettingsError, match="start of drone 0"):
        FirmwareDouble(AIRFRAME, QUIET, [(0.0, 0.0, 0.0)])


def test_a_way_begins_as_the_drone_moves_and_ends_at_rest():
    way = plan_way(1.0, 2.0, (0, 0, 1, 3.0), (1.0, 0, 0, 0), (2, 0, 1, -3.0))
    assert way.at(1.0)[0] == pytest.approx((0, 0, 1))
    assert way.velocity_at(1.0)[:3] == pytest.approx([1.0, 0, 0])
    assert way.at(9.0)[0] == pytest.approx((2, 0, 1))
    assert way.at(9.0)[1] == pytest.approx(2 * math.pi - 3.0)  # the shorter way round
    assert way.velocity_at(3.0) == pytest.approx([0, 0, 0, 0], abs=1e-9)
    slope = (np.array(way.at(2.01)[0]) - way.at(1.99)[0]) / 0.02
    assert way.velocity_at(2.0)[:3] == pytest.approx(slope, abs=1e-3)


def test_braking_never_decelerates_more_than_it_says():
    seen = np.zeros(13, np.float32)
    seen[6], seen[7] = 1.0, 2.0
    order = brake(seen, (-9, -9, -9), (9, 9, 9))
    way = plan_way(
        0.0, order.duration_s, (0, 0, 0, 0), (2.0, 0, 0, 0), (*order.p_WB, order.yaw_rad)
    )
    speeds = np.array([way.velocity_at(t)[0] for t in np.linspace(0, order.duration_s, 501)])
    assert np.diff(speeds).min() / (order.duration_s / 500) >= -1.01 * DECELERATION_M_S2
    assert np.diff(speeds).max() <= 1e-9
