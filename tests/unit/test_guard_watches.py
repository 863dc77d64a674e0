# SPDX-License-Identifier: Apache-2.0
"""The guard's rules on attitude, speed, walls, estimate, battery and operator, and who it lands."""

import dataclasses
import math

import numpy as np
import pytest

from firmware_bridge.battery_watch import BatteryWatch
from firmware_bridge.braking import sinking_m
from firmware_bridge.errors import GuardSettingsError
from firmware_bridge.estimate_watch import EstimateWatch
from firmware_bridge.flight_guard import BRAKING_S, FlightGuard, Situation, Stage
from firmware_bridge.guard_rules import GuardLimits, Rule
from firmware_bridge.orders import GoTo, HandBack, Land, Stop
from firmware_bridge.state_rules import state_violation, wall_violation

LIMITS = GuardLimits(
    thrust_n=(0.0, 0.48), box_low_m=(-2, -2, -0.2), box_high_m=(2, 2, 2), operator_s=0.5
)
HOVER = (0.28, 0.0, 0.0, 0.0)


def state(x=0.0, y=0.0, z=1.0, v=(0.0, 0.0, 0.0), roll_deg=0.0, pitch_deg=0.0):
    out = np.zeros(13, np.float32)
    half = math.radians(roll_deg + pitch_deg) / 2.0
    out[:3], out[7:10] = (x, y, z), v
    out[3 if roll_deg else 4], out[6] = math.sin(half), math.cos(half)
    return out


def at(time_s, seen=None, **other):
    """A streamed drone in the air that hears and is heard well, but for what is given."""
    well = {"flying": True, "streaming": True, "answered_s": time_s}
    return Situation(time_s, state() if seen is None else seen, **(well | other))


@pytest.mark.parametrize("turn", [{"roll_deg": 80}, {"pitch_deg": -80}, {"roll_deg": 180}])
def test_a_drone_that_leans_too_far_is_held(turn):
    broken = state_violation(state(**turn), LIMITS)
    assert broken.rule is Rule.TILT
    assert broken.value == pytest.approx(abs(sum(turn.values())), abs=0.01)
    assert state_violation(state(roll_deg=74), LIMITS) is None


def test_a_drone_that_turns_about_its_axis_does_not_lean():
    spun = state()
    spun[5], spun[6] = math.sin(1.3), math.cos(1.3)
    assert state_violation(spun, LIMITS) is None


def test_speed_counts_in_all_directions():
    assert state_violation(state(v=(2.9, 2.9, 2.9)), LIMITS).sentence() == (
        "speed: speed = 5.023 m/s, allowed 0 to 5"
    )
    assert state_violation(state(v=(2.8, 2.8, 2.8)), LIMITS) is None


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("way", [-1.0, 1.0])
def test_a_wall_is_seen_from_as_far_as_the_drone_needs_to_stop(axis, way):
    box = dataclasses.replace(LIMITS, box_low_m=(-2, -2, -2))
    speed = np.zeros(3)
    speed[axis] = way * 2.0  # it takes 0.68 s · 2 m/s + 0.045 s²/m · 4 m²/s² = 1.54 m
    for place, beyond in ((0.45, False), (0.47, True)):
        point = np.zeros(3)
        point[axis] = way * place
        broken = wall_violation(state(*point, v=speed), 0.0, box)
        assert (broken is not None) == beyond
    assert broken.rule is Rule.WALL
    assert "xyz"[axis] in broken.sentence()


def test_an_old_state_and_a_lean_bring_the_wall_nearer():
    assert wall_violation(state(0.4, v=(2, 0, 0)), 0.0, LIMITS) is None
    assert wall_violation(state(0.4, v=(2, 0, 0)), 0.1, LIMITS) is not None
    assert wall_violation(state(0.4, v=(2, 0, 0), pitch_deg=20), 0.0, LIMITS) is not None
    assert wall_violation(state(0.6, v=(2, 0, 0), pitch_deg=-20), 0.0, LIMITS) is None


def test_thrust_brings_the_ceiling_nearer():
    limits = dataclasses.replace(LIMITS, weight_n=0.28)
    rising = state(z=LIMITS.box_high_m[2] - 0.9, v=(0, 0, 1.0))  # stops within 0.73 m
    assert wall_violation(rising, 0.02, limits) is None
    assert wall_violation(rising, 0.02, limits, 0.28) is None
    # Half as much again: 4.9 m/s2 for 0.1 s more, and 0.37 m of way to stop.
    broken = wall_violation(rising, 0.02, limits, 0.42)
    assert broken.value == pytest.approx(LIMITS.box_high_m[2] - 0.9 + 0.02 + 1.49 * 0.747, abs=0.01)
    assert wall_violation(rising, 0.02, LIMITS, 0.42) is None  # nobody knows what it weighs


def test_a_drone_with_little_thrust_to_spare_is_caught_higher():
    sinking = state(z=1.9, v=(0, 0, -2.0))  # 0.68 s · 2 m/s + 0.045 s²/m · 4 m²/s² = 1.54 m
    weak_m = 0.35 * 2.0 + 4.0 / (2.0 * 9.81 * (0.48 / 0.43 - 1.0))
    for weight_n, caught_m in ((0.28, 1.54), (0.43, weak_m)):
        limits = dataclasses.replace(LIMITS, weight_n=weight_n)
        assert sinking_m(2.0, 0.48 / weight_n) == pytest.approx(caught_m, abs=1e-3)
        broken = wall_violation(sinking, 0.0, limits)
        assert (broken is not None) == (caught_m > 2.1)


def test_the_guard_counts_the_thrust_that_was_streamed_last():
    limits = dataclasses.replace(LIMITS, weight_n=0.28)
    rising = state(z=LIMITS.box_high_m[2] - 0.9, v=(0, 0, 1.0))
    for thrust, stage in ((0.28, Stage.NOMINAL), (0.42, Stage.HOLD)):
        guard = FlightGuard(limits)
        guard.admit((thrust, 0.0, 0.0, 0.0), at(0.0, rising, age_s=0.02))
        guard.watch(at(0.01, rising, answered_s=0.0, age_s=0.02))
        assert guard.stage is stage


def test_only_who_is_streamed_is_kept_from_walls():
    near = state(1.9, v=(0.8, 0.0, 0.0))
    guard = FlightGuard(LIMITS)
    assert guard.watch(at(1.0, near, streaming=False)) == ()
    assert isinstance(guard.watch(at(1.01, near))[1], GoTo)
    assert guard.reason.startswith("wall ahead: x where it would stop, from 1.90 m at 0.80 m/s")


def moved(watch, points, *, dt=0.01, v=(0.0, 0.0, 0.0)):
    """What an estimate watch says of each of some places, one after the other."""
    return [watch.look(dt * k, state(*point, v=v)) for k, point in enumerate(points)]


def test_a_jump_counts_whether_it_takes_one_state_or_some():
    assert moved(EstimateWatch(LIMITS), [(0, 0, 1), (0.31, 0, 1)])[1].rule is Rule.JUMP
    smeared = [(0.051 * k, 0, 1) for k in range(9)]
    assert [k for k, said in enumerate(moved(EstimateWatch(LIMITS), smeared)) if said] == [6]
    slowly = [(0.01 * k, 0, 1) for k in range(90)]
    assert not any(moved(EstimateWatch(LIMITS), slowly))


def test_an_estimate_that_moves_as_it_says_does_not_jump():
    fast = [(0.04 * k, 0, 1) for k in range(90)]
    assert not any(moved(EstimateWatch(LIMITS), fast, v=(4.0, 0.0, 0.0)))


def test_an_estimate_that_stands_still_at_speed_is_told():
    said = moved(EstimateWatch(LIMITS), [(0, 0, 1)] * 40, v=(2.0, 0.0, 0.0))
    assert next(k for k, one in enumerate(said) if one) == 16  # 0.3 m at 2 m/s


def test_after_a_gap_the_way_flown_in_it_counts_as_flown_or_not():
    for place in (
        0.0,
        0.8,
    ):  # at 4 m/s it flies 0.4 m in 0.1 s; the laptop's clock may have stalled
        watch = EstimateWatch(LIMITS)
        assert not any(moved(watch, [(0, 0, 1), (place, 0, 1)], dt=0.1, v=(4.0, 0.0, 0.0)))
    watch = EstimateWatch(LIMITS)
    assert moved(watch, [(0, 0, 1), (1.2, 0, 1)], dt=0.1, v=(4.0, 0.0, 0.0))[1] is not None


def test_a_state_twice_heard_is_no_state():
    watch = EstimateWatch(LIMITS)
    watch.look(1.0, state())
    assert watch.look(1.0, state(3.0)) is None
    assert watch.look(1.01, state()) is None


def test_a_battery_counts_as_low_when_it_has_been_so_for_a_while():
    watch = BatteryWatch(LIMITS)
    said = [watch.look(0.1 * k, 3.1 if k != 5 else 3.3) for k in range(30)]
    assert [k for k, one in enumerate(said) if one] == [26, 27, 28, 29]
    assert said[-1].sentence() == "low battery: volts for 2.3 s = 3.1 V, allowed 3.2 and more"
    assert not any(BatteryWatch(LIMITS).look(0.1 * k, math.nan) for k in range(99))


ENDS = [
    ({"operator_age_s": 0.51}, "operator's key: last held ago = 0.51 s, allowed 0 to 0.5"),
    ({"pose_age_s": 0.51}, "lost external pose: age = 0.51 s, allowed 0 to 0.5"),
]


@pytest.mark.parametrize(("other", "cause"), ENDS)
def test_what_waiting_does_not_mend_is_landed_once_it_is_slow_and_nothing_brings_it_back(
    other, cause
):
    guard = FlightGuard(LIMITS)
    orders = guard.watch(at(1.0, state(v=(1.0, 0.0, 0.0)), **other))
    assert isinstance(orders[1], GoTo)
    assert guard.reason == cause
    assert guard.watch(at(1.1, state(0.1, v=(0.5, 0.0, 0.0)))) == ()  # it holds the key again
    orders = guard.watch(at(1.2, state(0.1, v=(0.2, 0.0, 0.0)), streaming=False))
    assert isinstance(orders[1], Land)
    assert guard.reason == cause
    for k in range(100):
        assert guard.watch(at(1.3 + 0.01 * k, state(0.1), streaming=False)) == ()
    assert guard.stage is Stage.LAND


def test_a_drone_that_does_not_get_slow_is_landed_all_the_same():
    guard = FlightGuard(LIMITS)
    guard.watch(at(1.0, state(v=(1.0, 0.0, 0.0)), pose_age_s=9.0))
    late = at(1.0 + BRAKING_S, state(0.2, v=(1.0, 0.0, 0.0)), pose_age_s=9.0)
    assert isinstance(guard.watch(late)[1], Land)


def test_a_battery_that_gets_low_during_a_hold_ends_it():
    guard = FlightGuard(LIMITS)
    guard.watch(at(1.0, answered_s=0.0))
    for k in range(201):
        orders = guard.watch(at(1.0 + 0.01 * k, streaming=False, battery_v=3.0))
        if guard.stage is not Stage.HOLD:
            break
    assert guard.stage is Stage.NOMINAL  # it had settled before the battery counted
    guard = FlightGuard(LIMITS)
    guard.watch(at(1.0, answered_s=0.0))
    for k in range(201):
        orders = guard.watch(at(1.0 + 0.01 * k, answered_s=0.0, battery_v=3.0))
    assert isinstance(orders[1], Land)
    assert "stale command" in guard.reason
    assert "low battery: volts for 2.0 s = 3 V" in guard.reason


def step_in_and_let_go(guard, start_s):
    """A command too large, then a hold that settles."""
    guard.admit((9.0, 0, 0, 0), at(start_s))
    for k in range(60):
        guard.watch(at(start_s + 0.01 * (k + 1), streaming=False))


def test_who_makes_the_guard_step_in_again_and_again_is_landed():
    guard = FlightGuard(LIMITS)
    for start_s in (1.0, 3.0):
        step_in_and_let_go(guard, start_s)
        assert guard.stage is Stage.NOMINAL
    step_in_and_let_go(guard, 5.0)
    assert guard.stage is Stage.LAND
    assert guard.reason.endswith("stepped in 3 times in 4.0 s")


def test_who_does_so_rarely_is_not():
    guard = FlightGuard(LIMITS)
    for start_s in (1.0, 30.0, 60.0, 90.0):
        step_in_and_let_go(guard, start_s)
        assert guard.stage is Stage.NOMINAL


def test_after_silence_the_drone_is_told_again_what_it_may_not_have_heard():
    guard = FlightGuard(LIMITS)
    guard.watch(at(1.0, streaming=False, age_s=0.3))
    assert guard.watch(at(1.5, streaming=False, age_s=0.8)) == ()
    back = guard.watch(at(1.6, state(0.7), streaming=False))
    assert [type(order) for order in back] == [HandBack, GoTo]
    assert back[1].p_WB == pytest.approx((0.7, 0.0, 1.0))
    guard.land(at(1.7, state(0.7)), "asked to land")
    assert guard.watch(at(2.2, state(0.7), age_s=0.5)) == ()
    assert isinstance(guard.watch(at(2.3, state(0.7, z=0.8)))[1], Land)


@pytest.mark.parametrize(("lift_m", "ground_m"), [(-0.6, -0.6), (0.6, 0.0)])
def test_after_a_jump_it_lands_to_where_the_ground_is_at_the_lowest(lift_m, ground_m):
    guard = FlightGuard(LIMITS)
    guard.watch(at(1.0))
    guard.watch(at(1.01, state(z=1.0 + lift_m)))
    assert guard.reason.startswith("estimate jumped: away from where it was flying = 0.6 m")
    orders = guard.watch(at(1.02, state(z=1.0 + lift_m)))
    assert orders[1].height_m == pytest.approx(ground_m - 0.1, abs=1e-6)
    assert orders[1].duration_s == pytest.approx((1.0 + lift_m - ground_m) / 0.4, abs=1e-4)


def test_a_jump_while_landing_lands_it_from_there():
    guard = FlightGuard(LIMITS)
    guard.watch(at(1.0))
    guard.land(at(1.0), "asked to land")
    guard.watch(at(1.01))
    assert isinstance(guard.watch(at(1.02, state(0.9)))[1], Land)


def test_what_a_drone_says_just_after_the_order_does_not_switch_it_off():
    guard = FlightGuard(LIMITS)
    guard.watch(at(1.0, pose_age_s=9.0))
    guard.watch(at(1.01, pose_age_s=9.0))
    assert guard.stage is Stage.LAND
    assert guard.watch(at(1.02, flying=False, streaming=False)) == ()  # thrust 0 was streamed
    assert guard.watch(at(1.6, state(z=0.0), flying=False, streaming=False)) == (Stop(),)


def test_motors_that_are_off_stay_off():
    guard = FlightGuard(LIMITS)
    guard.land(at(1.0), "asked to land")
    guard.watch(at(2.0, flying=False))
    assert guard.stage is Stage.OFF
    assert guard.land(at(2.1), "asked to land") == ()
    assert guard.stage is Stage.OFF


def test_numbers_that_make_no_rule_are_refused():
    faults = {"max_tilt_deg": 0.0, "jump_m": -1.0, "battery_low_v": -0.1, "overrides": 0}
    with pytest.raises(GuardSettingsError) as refused:
        dataclasses.replace(LIMITS, **faults)
    assert all(name in str(refused.value) for name in faults)
    with pytest.raises(GuardSettingsError, match="max_speed_m_s"):
        dataclasses.replace(LIMITS, max_speed_m_s=math.nan)
