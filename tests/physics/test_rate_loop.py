# SPDX-License-Identifier: Apache-2.0
"""The firmware's rate loop and mixer: first steps by hand, then against a second writing of it."""

import numpy as np
import pytest
from paper_drone import HOVER_N, STEP_S, body, parameters, parameters32
from paper_firmware import Firmware

from sim_core import _core

# 2 rad/s are 114.5916 deg/s, and 0.2291831 deg in the integral after the first step. Roll, pitch:
# 250 * 114.5916 + 500 * 0.2291831 = 28762.48 counts, half of them a motor: 14381.24, which are
# 0.0438888 N of 0.2. Yaw: 120 * 114.5916 + 16.7 * 0.2291831 = 13754.81 counts, all of them a
# motor: 0.0419770 N. Motors that rise close 0.0487706 of the gap in a step, others 0.0246901.
UP, DOWN = 0.0487706, 0.0246901
FIRST_STEP = [
    (0, 0.0438888, [-1, -1, +1, +1]),
    (1, 0.0438888, [-1, +1, +1, -1]),
    (2, 0.0419770, [-1, +1, -1, +1]),
]
IMMOVABLE = {f"inertia_{axis}_kg_m2": 1e9 for axis in "xyz"}
"""A drone that never turns: what the loop asks for stands still, and can be read off the rotors."""


@pytest.mark.parametrize(("axis", "gap_n", "signs"), FIRST_STEP)
def test_first_step_of_one_axis(axis, gap_n, signs):
    target = np.zeros(3)
    target[axis] = 2.0
    row = _core.rate_step(parameters32(), HOVER_N, target, 1)[0]
    expected = [HOVER_N / 4 + s * gap_n * (UP if s > 0 else DOWN) for s in signs]
    assert row[3:] == pytest.approx(expected, rel=2e-6)


def test_first_step_of_roll_turns_the_body_as_worked_out():
    row = _core.rate_step(parameters32(), HOVER_N, [2.0, 0.0, 0.0], 1)[0]
    # Mean over the step: left + 0.0438888 * 0.0487706 / 2, right - 0.0438888 * 0.0246901 / 2;
    # two motors a side at 0.03 m: 9.67229e-5 N m; over 2e-5 kg m^2, for 2 ms.
    assert row[:3] == pytest.approx([9.67229e-3, 0.0, 0.0], rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("axis", range(3))
def test_negative_target_mirrors_the_positive(axis):
    target = np.zeros(3)
    target[axis] = 1.0
    there = _core.rate_step(parameters32(), HOVER_N, target, 100)[:, axis]
    back = _core.rate_step(parameters32(), HOVER_N, -target, 100)[:, axis]
    assert there[-1] > 0.1
    np.testing.assert_array_equal(there, -back)


@pytest.mark.parametrize(
    ("target", "changes"),
    [
        ((2.0, 0.0, 0.0), {}),
        ((0.0, -3.0, 0.0), {"rotor_dead_time_s": 0.006}),
        ((0.0, 0.0, 2.0), {"rotor_dead_time_s": 0.010, "rate_yaw_kd": 0.5}),
        ((1.5, -1.0, 0.7), {"rotor_dead_time_s": 0.008, "motor_gain_2": 0.95,
                            "trim_torque_y_n_m": 3e-4, "thrust_gain": 1.1}),
        ((20.0, 5.0, -10.0), {"rotor_dead_time_s": 0.004}),
    ],
)  # fmt: skip
def test_half_a_second_against_a_second_writing(target, changes):
    values = parameters(**changes)
    firmware = Firmware(values, body())
    gains = values[[_core.PARAMETER_NAMES.index(f"motor_gain_{i}") for i in range(1, 5)]]
    firmware.state[13:] = HOVER_N / 4 * gains * firmware["thrust_gain"]
    firmware.__post_init__()
    rows = _core.rate_step(values.astype(np.float32), HOVER_N, target, 250)
    for row in rows:
        firmware.step(HOVER_N, target)
        assert row[:3] == pytest.approx(firmware.state[10:13], abs=2e-3)
        assert row[3:] == pytest.approx(firmware.state[13:17], abs=2e-5)


def test_integral_stops_at_its_limit():
    # ki alone, and an error of 1000 deg/s that stays: 33.3 deg are reached after 17 steps of 2 ms.
    gains = {"rate_pitch_roll_kp": 0.0, "rate_pitch_roll_ki": 300.0, "rate_pitch_roll_kd": 0.0}
    target = [np.radians(1000.0), 0.0, 0.0]
    thrust = _core.rate_step(parameters32(**IMMOVABLE, **gains), HOVER_N, target, 2000)[-1, 3:]
    side = 300.0 * 33.3 / 2.0 / 65535.0 * 0.2
    assert thrust == pytest.approx(HOVER_N / 4 + side * np.array([-1, -1, 1, 1]), rel=1e-5)


def test_yaw_integral_stops_at_a_limit_of_its_own():
    gains = {"rate_yaw_kp": 0.0, "rate_yaw_ki": 100.0}
    target = [0.0, 0.0, np.radians(1000.0)]
    thrust = _core.rate_step(parameters32(**IMMOVABLE, **gains), HOVER_N, target, 2000)[-1, 3:]
    turn = 100.0 * 166.7 / 65535.0 * 0.2
    assert thrust == pytest.approx(HOVER_N / 4 + turn * np.array([-1, 1, -1, 1]), rel=1e-5)


def test_torque_demand_is_a_signed_16_bit_number():
    gains = {"rate_pitch_roll_kp": 1e4, "rate_pitch_roll_ki": 0.0}
    drone = parameters32(**IMMOVABLE, **gains)
    thrust = _core.rate_step(drone, HOVER_N, [0.0, 50.0, 0.0], 2000)[-1, 3:]
    side = 32767.0 / 2.0 / 65535.0 * 0.2
    assert thrust == pytest.approx(HOVER_N / 4 + side * np.array([-1, 1, 1, -1]), rel=1e-5)


def test_what_exceeds_full_scale_is_taken_from_all_motors():
    # 90 % of full thrust and 16383.5 counts either side: 75365 are 9830 too many for the left.
    drone = parameters32(**IMMOVABLE, rate_pitch_roll_kp=1e4, rate_pitch_roll_ki=0.0)
    thrust = _core.rate_step(drone, 0.9 * 0.8, [50.0, 0.0, 0.0], 3000)[-1, 3:]
    assert thrust == pytest.approx([32768 / 65535 * 0.2] * 2 + [0.2] * 2, rel=1e-5)


def test_a_motor_never_pulls_down():
    drone = parameters32(**IMMOVABLE, rate_pitch_roll_kp=1e4, rate_pitch_roll_ki=0.0)
    thrust = _core.rate_step(drone, 0.1 * 0.8, [50.0, 0.0, 0.0], 3000)[-1, 3:]
    # 6553.5 counts each and 16383.5 either side.
    assert thrust == pytest.approx([0, 0] + [22937 / 65535 * 0.2] * 2, rel=1e-5, abs=1e-7)


def test_derivative_acts_on_the_measurement_alone():
    # A step of the target is no rise of the measured rate: with kd alone nothing happens.
    gains = {"rate_pitch_roll_kp": 0.0, "rate_pitch_roll_ki": 0.0, "rate_pitch_roll_kd": 2.5}
    rows = _core.rate_step(parameters32(**gains), HOVER_N, [5.0, 0.0, 0.0], 50)
    np.testing.assert_array_equal(rows[:, :3], 0.0)


def test_derivative_damps():
    # Under a constant torque and kd alone, roll speeds up less than without it.
    trim = {"trim_torque_x_n_m": 1e-4, "rate_pitch_roll_kp": 0.0, "rate_pitch_roll_ki": 0.0}
    free, damped = (
        _core.rate_step(parameters32(**trim, rate_pitch_roll_kd=kd), HOVER_N, [0.0] * 3, 100)[-1, 0]
        for kd in (0.0, 2.5)
    )
    assert free == pytest.approx(1e-4 / 2e-5 * 100 * STEP_S, rel=1e-5)
    assert 0.1 < damped < 0.9 * free


def test_battery_limits_what_the_rotors_give_not_what_the_mixer_asks():
    # 0.05 N/V at 2 V: 0.1 N a motor of the 0.15 N asked for.
    drone = parameters32(battery_volts_0=2.0, motor_volts_to_n_1=0.05)
    thrust = _core.rate_step(drone, 0.6, [0.0, 0.0, 0.0], 1000)[-1, 3:]
    assert thrust == pytest.approx([0.1] * 4, rel=1e-5)
