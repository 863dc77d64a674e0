# SPDX-License-Identifier: Apache-2.0
"""Each rule trips, each stage follows the one before, and a good flight is left alone."""

import dataclasses
import math

import numpy as np
import pytest

from firmware_bridge.braking import SINK_M, brake
from firmware_bridge.errors import GuardSettingsError
from firmware_bridge.flight_guard import FlightGuard, Situation, Stage
from firmware_bridge.guard_rules import GuardLimits
from firmware_bridge.orders import GoTo, HandBack, Land, RateThrust, Stop

LIMITS = GuardLimits(thrust_n=(0.0, 0.48), box_low_m=(-2, -2, -0.2), box_high_m=(2, 2, 2))
HOVER = (0.28, 0.0, 0.0, 0.0)


def state(x=0.0, y=0.0, z=1.0, v=(0.0, 0.0, 0.0)):
    out = np.zeros(13, np.float32)
    out[:3], out[6], out[7:10] = (x, y, z), 1.0, v
    return out


def at(time_s, seen=None, *, flying=True, streaming=True, answered_s=None):
    seen = state() if seen is None else seen
    answered = time_s if answered_s is None else answered_s
    return Situation(time_s, seen, flying, streaming, answered)


def test_a_good_flight_is_left_alone():
    guard = FlightGuard(LIMITS)
    for k in range(1000):
        now = at(0.01 * k, state(1.99, -1.99, 1.99))
        assert guard.watch(now) == ()
        assert guard.admit((0.48, 10.0, -10.0, 5.0), now) == (RateThrust(0.48, (10.0, -10.0, 5.0)),)
    assert guard.interventions == 0
    assert guard.events == []


@pytest.mark.parametrize(
    ("command", "cause"),
    [
        ((math.nan, 0, 0, 0), "command not finite: collective thrust = nan N"),
        ((0.28, 0, math.inf, 0), "command not finite: body rate y = inf rad/s"),
        ((0.481, 0, 0, 0), "command limit: collective thrust = 0.481 N, allowed 0 to 0.48"),
        ((-0.01, 0, 0, 0), "command limit: collective thrust = -0.01 N, allowed 0 to 0.48"),
        ((0.28, -10.1, 0, 0), "command limit: body rate x = -10.1 rad/s, allowed -10 to 10"),
        ((0.28, 0, 0, 5.1), "command limit: body rate z = 5.1 rad/s, allowed -5 to 5"),
    ],
)
def test_a_bad_command_does_not_pass_and_the_drone_holds(command, cause):
    guard = FlightGuard(LIMITS)
    orders = guard.admit(command, at(3.0, state(0.5, 0.1, 1.2)))
    assert isinstance(orders[0], HandBack)
    assert isinstance(orders[1], GoTo)
    assert orders[1].p_WB == pytest.approx((0.5, 0.1, 1.2))
    assert guard.stage is Stage.HOLD
    assert guard.reason == cause
    assert guard.events[0].time_s == 3.0
    assert guard.interventions == 1


@pytest.mark.parametrize(
    ("place", "cause"),
    [
        ({"x": 2.01}, "geofence: x = 2.01 m, allowed -2 to 2"),
        ({"y": -2.5}, "geofence: y = -2.5 m, allowed -2 to 2"),
        ({"z": 2.25}, "geofence: z = 2.25 m, allowed -0.2 to 2"),
        ({"z": math.nan}, "state not finite: p_WB.z = nan"),
    ],
)
@pytest.mark.parametrize("streaming", [True, False])
def test_a_state_that_breaks_a_rule_trips_whoever_commands(place, cause, streaming):
    guard = FlightGuard(LIMITS)
    guard.watch(at(0.5, state(1.9, 0.0, 1.0), streaming=streaming))  # so long ago: no jump
    orders = guard.watch(at(1.0, state(**place), streaming=streaming))
    assert guard.stage is Stage.HOLD
    assert guard.reason == cause
    assert all(-1.8 <= p <= 1.8 for p in orders[1].p_WB)


@pytest.mark.parametrize("onboard", [False, True])
def test_what_is_streamed_but_not_flown_says_nothing_of_where_the_drone_stops(onboard):
    limits = dataclasses.replace(LIMITS, weight_n=0.28, lost_s=0.5)
    guard = FlightGuard(limits, onboard=onboard)
    now = dataclasses.replace(at(1.0, state(z=0.6)), age_s=0.2)
    assert guard.watch(now) == ()
    assert guard.admit((0.0, 0.0, 0.0, 0.0), now) != ()  # as if it fell from now on
    assert (guard.watch(now) == ()) is onboard


def test_a_drone_on_the_floor_outside_the_fence_is_left_alone():
    guard = FlightGuard(LIMITS)
    assert guard.watch(at(1.0, state(5.0, 0.0, 0.0), flying=False, streaming=False)) == ()
    assert guard.stage is Stage.NOMINAL


def test_a_stale_command_trips_by_its_age_not_by_its_arrival():
    guard = FlightGuard(LIMITS)
    assert guard.watch(at(1.25, answered_s=1.0)) == ()
    guard.watch(at(1.26, answered_s=1.0))
    assert guard.reason == "stale command: age = 0.26 s, allowed 0 to 0.25"

    guard = FlightGuard(LIMITS)
    orders = guard.admit(HOVER, at(1.26, answered_s=1.0))
    assert [type(order) for order in orders] == [HandBack, GoTo]
    assert guard.stage is Stage.HOLD


def test_a_hold_brakes_along_the_flight_and_stays_inside_the_fence():
    guard = FlightGuard(LIMITS)
    orders = guard.watch(at(1.0, state(0.0, v=(2.0, 0.0, 0.0)), answered_s=0.0))
    assert orders[1].p_WB == pytest.approx((1.0, 0.0, 1.0))  # 1.5 · 2 / 3 m/s² = 1 s, half of it
    assert orders[1].duration_s == pytest.approx(1.0)

    guard = FlightGuard(LIMITS)
    orders = guard.watch(at(1.0, state(1.5, v=(2.0, 0.0, 0.0)), answered_s=0.0))
    assert orders[1].p_WB == pytest.approx((1.8, 0.0, 1.0))


def test_a_drone_that_sinks_is_caught_above_the_floor_and_one_near_it_stays():
    low, high = (-2.5, -2.5, -0.2), (2.5, 2.5, 2.0)
    for height, rest in ((1.0, 0.3), (0.2, 0.2)):
        order = brake(state(0.0, z=height, v=(0.0, 0.0, -4.0)), low, high)
        assert order.p_WB == pytest.approx((0.0, 0.0, rest))


def test_a_hold_ends_when_all_is_well_and_the_streamer_has_let_go():
    guard = FlightGuard(LIMITS)
    guard.watch(at(1.0, answered_s=0.0))
    for k in range(100):  # it streams well again, yet has not let go: the hold stays
        now = at(1.0 + 0.01 * k)
        assert guard.admit(HOVER, now) == ()
        guard.watch(now)
    assert guard.stage is Stage.HOLD
    for k in range(52):
        guard.watch(at(2.0 + 0.01 * k, streaming=False))
    assert guard.stage is Stage.NOMINAL
    assert guard.reason == ""
    assert [e.after for e in guard.events] == [Stage.HOLD, Stage.NOMINAL]
    assert "every rule kept for 0.50 s" in guard.events[-1].cause
    assert guard.interventions == 1


def test_a_hold_that_lasts_becomes_a_landing_and_then_motors_off():
    guard = FlightGuard(LIMITS)
    guard.watch(at(1.0, answered_s=0.0))
    orders, k = (), 0
    while not orders:
        k += 1
        orders = guard.watch(at(1.0 + 0.01 * k, answered_s=0.0))
    assert 0.01 * k == pytest.approx(LIMITS.hold_s)
    assert isinstance(orders[0], HandBack)
    assert orders[1] == Land(-SINK_M, pytest.approx(1.0 / LIMITS.landing_speed_m_s))
    assert guard.stage is Stage.LAND
    assert "stale command: age = 1 s" in guard.reason
    assert "held for 3.00 s" in guard.reason

    assert guard.watch(at(5.0, state(z=0.5))) == ()
    assert guard.watch(at(6.5, state(z=0.01), flying=False)) == (Stop(),)
    assert guard.stage is Stage.OFF
    assert guard.reason == "landed, height 0.01 m"
    assert guard.admit(HOVER, at(6.6)) == ()


def test_a_landing_that_takes_too_long_ends_with_motors_off():
    guard = FlightGuard(LIMITS)
    guard.watch(at(1.0, answered_s=0.0))
    guard.watch(at(4.0, answered_s=0.0))
    assert guard.stage is Stage.LAND
    assert guard.watch(at(9.49, state(z=0.7))) == ()
    assert guard.watch(at(9.51, state(z=0.7))) == (Stop(),)
    assert guard.reason == "not landed 3.01 s after its time, height 0.70 m"


def test_a_person_may_land_out_of_a_hold_and_arm_again_after_it():
    guard = FlightGuard(LIMITS)
    guard.watch(at(1.0, answered_s=0.0))
    orders = guard.land(at(1.5), "asked to land")
    assert isinstance(orders[1], Land)
    guard.watch(at(4.0, state(z=0.0), flying=False))
    assert guard.stage is Stage.OFF
    guard.rearm(10.0)
    assert guard.stage is Stage.NOMINAL
    assert guard.admit(HOVER, at(10.0)) == (RateThrust(0.28, (0.0, 0.0, 0.0)),)


def test_a_hold_without_a_state_holds_where_the_drone_was_last_seen():
    guard = FlightGuard(LIMITS)
    guard.watch(at(1.0, state(0.3, 0.4, 0.9)))
    orders = guard.watch(at(1.01, np.full(13, np.nan, np.float32)))
    assert orders[1].p_WB == pytest.approx((0.3, 0.4, 0.9))


def test_limits_that_guard_nothing_are_refused_with_all_their_faults():
    with pytest.raises(GuardSettingsError) as refused:
        dataclasses.replace(LIMITS, thrust_n=(0.5, 0.4), stale_s=0.0, box_low_m=(3, 0, 0))
    sentence = str(refused.value)
    assert all(word in sentence for word in ("thrust_n", "stale_s", "box"))


def test_a_drone_that_is_not_heard_is_held_and_found_again():
    guard = FlightGuard(LIMITS)
    assert guard.watch(dataclasses.replace(at(0.0), age_s=0.24)) == ()
    orders = guard.watch(dataclasses.replace(at(0.1), age_s=0.26))
    assert isinstance(orders[1], GoTo)
    assert guard.reason == "lost state: age = 0.26 s, allowed 0 to 0.25"
    silent = dataclasses.replace(at(1.0, streaming=False), age_s=0.9)
    assert guard.watch(silent) == ()
    for k in range(60):
        guard.watch(at(1.1 + 0.01 * k, streaming=False))
    assert guard.stage is Stage.NOMINAL


def test_a_drone_on_the_ground_may_be_silent():
    guard = FlightGuard(LIMITS)
    away = dataclasses.replace(at(0.0, flying=False, streaming=False), age_s=9.0)
    assert guard.watch(away) == ()
    assert guard.stage is Stage.NOMINAL
