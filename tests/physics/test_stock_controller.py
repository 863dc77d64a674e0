# SPDX-License-Identifier: Apache-2.0
"""The firmware's cascade over the rate loop: signs, steps, limits, control handed to and fro."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sim_core import _core
from sim_core.airframe import load_airframe

AIRFRAME = load_airframe("cf21_plus")


def drone(p=(0.0, 0.0, 1.0), yaw=0.0):
    sim = _core.FirmwareSim(AIRFRAME.parameters[None], _core.EstimateNoise(), 3)
    sim.place(0, list(p), yaw)
    return sim


def hovering(p=(0.0, 0.0, 1.0), yaw=0.0, seconds=8.0):
    sim = drone(p, yaw)
    sim.set_position(0, list(p), yaw)
    sim.step(round(seconds * 500))
    return sim


def yaw_of(sim):
    return Rotation.from_quat(sim.truth[0, 3:7]).as_euler("ZYX")[0]


@pytest.mark.parametrize("yaw", [0.0, 1.0, -2.5])
def test_holds_its_place_and_heading(yaw):
    sim = hovering((0.5, -0.3, 1.2), yaw)
    assert sim.truth[0, :3] == pytest.approx([0.5, -0.3, 1.2], abs=0.01)
    assert yaw_of(sim) == pytest.approx(yaw, abs=0.01)
    assert sim.commanded_thrust_n(0) == pytest.approx(AIRFRAME.hover_thrust_n, rel=0.01)


@pytest.mark.parametrize("yaw", [0.0, np.pi / 2, -3.0])
@pytest.mark.parametrize("goal", [(0.4, 0.0), (0.0, 0.4), (-0.3, -0.3)])
def test_goes_where_it_is_told_whatever_its_heading(goal, yaw):
    sim = hovering(yaw=yaw, seconds=3.0)
    sim.set_position(0, [*goal, 1.0], yaw)
    sim.step(150)
    moved = sim.truth[0, :2]
    # After 0.3 s it is on its way there, and hardly any other way (no speed limit this near).
    along = moved @ goal / np.linalg.norm(goal)
    aside = moved[0] * goal[1] - moved[1] * goal[0]
    assert along > 0.01
    assert abs(aside) < 0.1 * along
    sim.step(3000)
    assert sim.truth[0, :2] == pytest.approx(goal, abs=0.03)


def test_first_tilt_is_towards_the_goal():
    sim = hovering(seconds=3.0)
    sim.set_position(0, [1.0, 0.0, 1.0], 0.0)
    sim.step(50)
    assert sim.truth[0, 4] > 0.02  # pitched right-handed: nose down, thrust ahead
    sim = hovering(seconds=3.0)
    sim.set_position(0, [0.0, 1.0, 1.0], 0.0)
    sim.step(50)
    assert sim.truth[0, 3] < -0.02  # rolled left-handed: left side down, thrust to the left


def test_speed_and_tilt_stay_within_the_firmwares_limits():
    sim = hovering(seconds=3.0)
    sim.set_position(0, [8.0, 0.0, 1.0], 0.0)
    speeds, tilts = [], []
    for _ in range(400):
        sim.step(10)
        speeds.append(np.linalg.norm(sim.truth[0, 7:9]))
        z_B = Rotation.from_quat(sim.truth[0, 3:7]).apply([0, 0, 1])
        tilts.append(np.degrees(np.arccos(z_B[2])))
    # 1.0 m/s and 10 % overhead, 20 degrees; each loop below may overshoot a little.
    assert max(speeds[100:]) == pytest.approx(1.1, abs=0.2)
    assert max(speeds) < 1.6
    assert 15.0 < max(tilts) < 26.0


def test_turns_to_a_heading_the_short_way():
    sim = hovering(yaw=3.0, seconds=3.0)
    sim.set_position(0, [0.0, 0.0, 1.0], -3.0)  # 0.28 rad further on, through half a turn
    seen = []
    for _ in range(60):
        sim.step(10)
        seen.append(abs(yaw_of(sim)))
    assert min(seen) > 2.9
    sim.step(2500)
    assert yaw_of(sim) == pytest.approx(-3.0, abs=0.02)


def test_takes_off_from_the_floor():
    sim = drone((0.0, 0.0, 0.0))
    sim.set_position(0, [0.0, 0.0, 0.5], 0.0)
    sim.step(6000)
    assert sim.truth[0, 2] == pytest.approx(0.5, abs=0.02)


def test_control_comes_back_without_a_jump():
    sim = hovering()
    thrust_n = sim.commanded_thrust_n(0)
    sim.set_rate_thrust(0, AIRFRAME.hover_thrust_n, [0.0, 0.0, 0.0])
    sim.step(500)  # a second of somebody else's hover
    sim.set_position(0, [float(x) for x in sim.truth[0, :3]], 0.0)
    sim.step(1)
    assert sim.commanded_thrust_n(0) == pytest.approx(thrust_n, rel=0.05)
    sim.step(249)
    assert np.abs(sim.truth[0, 10:13]).max() < 0.3
    assert sim.truth[0, 2] == pytest.approx(1.0, abs=0.05)


def test_rates_are_flown_as_commanded():
    sim = hovering()
    sim.set_rate_thrust(0, AIRFRAME.hover_thrust_n, [0.0, 0.0, 1.0])
    sim.step(500)
    assert sim.truth[0, 12] == pytest.approx(1.0, abs=0.05)
    assert sim.commanded_thrust_n(0) == pytest.approx(AIRFRAME.hover_thrust_n)


def test_switched_off_it_falls_and_lies_level_on_the_floor():
    sim = hovering(yaw=0.7)
    sim.set_rate_thrust(0, AIRFRAME.hover_thrust_n, [2.0, 0.0, 0.0])
    sim.step(100)
    sim.set_off(0)
    sim.step(1000)
    state = sim.truth[0]
    assert state[2] == 0.0
    assert (state[7:13] == 0.0).all()
    assert Rotation.from_quat(state[3:7]).apply([0, 0, 1]) == pytest.approx([0, 0, 1])
    assert yaw_of(sim) == pytest.approx(0.7, abs=0.05)
    assert sim.commanded_thrust_n(0) == 0.0


def test_a_drone_that_was_off_asks_for_nothing_until_it_flies():
    sim = hovering()
    sim.set_off(0)
    sim.step(10)
    sim.set_position(0, [0.0, 0.0, 1.0], 0.0)
    assert sim.commanded_thrust_n(0) == 0.0  # not what it asked for before


def test_the_floor_carries_what_is_too_weak_to_lift():
    sim = drone((0.0, 0.0, 0.0))
    sim.set_rate_thrust(
        0, 0.6 * AIRFRAME.hover_thrust_n, [0.0, 0.0, 0.0]
    )  # near the floor it counts for more
    sim.step(500)
    assert (sim.truth[0, :3] == 0.0).all()
    sim.set_rate_thrust(0, 1.2 * AIRFRAME.hover_thrust_n, [0.0, 0.0, 0.0])
    sim.step(500)
    assert sim.truth[0, 2] > 0.3


def test_stepping_in_pieces_flies_the_same():
    whole, pieces = hovering(seconds=2.0), drone()
    pieces.set_position(0, [0.0, 0.0, 1.0], 0.0)
    for steps in (1, 2, 3, 4, 90, 400, 500):
        pieces.step(steps)
    np.testing.assert_array_equal(whole.truth, pieces.truth)
    np.testing.assert_array_equal(whole.estimate, pieces.estimate)
    assert pieces.time_s == pytest.approx(2.0)


def test_drones_do_not_disturb_one_another():
    noise = _core.EstimateNoise()
    noise.position_m = 0.002
    alone = _core.FirmwareSim(AIRFRAME.parameters[None], noise, 3)
    three = _core.FirmwareSim(np.tile(AIRFRAME.parameters, (3, 1)), noise, 3)
    for sim in (alone, three):
        for i in range(sim.count):
            sim.place(i, [float(i), 0.0, 1.0])
            sim.set_position(i, [float(i), 0.0, 1.5], 0.0)
        sim.step(500)
    np.testing.assert_array_equal(alone.truth[0], three.truth[0])
    assert not np.array_equal(three.truth[0, 1:], three.truth[1, 1:])  # its own noise


@pytest.mark.parametrize("call", ["set_off", "battery_volts", "commanded_thrust_n"])
@pytest.mark.parametrize("index", [-1, 1])
def test_a_drone_that_is_not_there_is_refused(call, index):
    with pytest.raises(IndexError, match=f"drone: expected 0 to 0, got {index}"):
        getattr(drone(), call)(index)
