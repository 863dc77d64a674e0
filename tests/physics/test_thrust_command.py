# SPDX-License-Identifier: Apache-2.0
"""Older firmware: a count is a share of the battery's volts; a thrust goes through its curve."""

import numpy as np
import pytest
from paper_drone import HOVER_N, parameters32

from sim_core import _core
from sim_core.airframe import load_airframe
from sim_core.randomization import nominal_box

SHARE = 0.5
CURVE_N = 4.0 * (0.0915 * SHARE**2 + 0.0677 * SHARE)  # 0.2269 N: what asks for half the volts


def settled_n(command_n, **changes):
    """Thrust of each rotor long after a command, without rates to hold."""
    thrust = _core.rate_step(parameters32(**changes), command_n, [0.0, 0.0, 0.0], 400)
    return thrust[-1, 3:]


def test_a_share_of_the_volts_turns_the_rotor():
    # Half of 4 V through 0.1 N/V.
    assert settled_n(CURVE_N, pwm_firmware=1.0) == pytest.approx([0.2] * 4, rel=1e-5)
    # A weaker battery turns it less; linear firmware makes up for that.
    weak = {"battery_volts_0": 3.0}
    assert settled_n(CURVE_N, pwm_firmware=1.0, **weak) == pytest.approx([0.15] * 4, rel=1e-5)
    assert settled_n(CURVE_N, **weak) == pytest.approx([CURVE_N / 4] * 4, rel=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.49])
def test_newer_firmware_is_linear(share):
    assert settled_n(HOVER_N, pwm_firmware=share) == pytest.approx([HOVER_N / 4] * 4, rel=1e-5)


def test_gains_act_on_either():
    changes = {"thrust_gain": 0.9, "motor_gain_2": 1.1, "rate_pitch_roll_kp": 0.0,
               "rate_pitch_roll_ki": 0.0, "rate_pitch_roll_kd": 0.0, "rate_yaw_kp": 0.0,
               "rate_yaw_ki": 0.0}  # fmt: skip
    expected = np.array([1.0, 1.1, 1.0, 1.0]) * 0.9 * 0.2
    assert settled_n(CURVE_N, pwm_firmware=1.0, **changes) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("generation", [0.0, 1.0])
def test_the_stock_controller_hovers_on_either(generation):
    drone = nominal_box(load_airframe("cf21_plus"), pwm_firmware=generation).low
    sim = _core.FirmwareSim(drone[None], _core.EstimateNoise(), 1)
    sim.set_position(0, [0.0, 0.0, 1.0], 0.0)
    sim.step(5000)
    assert sim.truth[0, :3] == pytest.approx([0.0, 0.0, 1.0], abs=0.05)
