# SPDX-License-Identifier: Apache-2.0
"""Rotors: linear command, gains, dead time, and a lag that differs up and down."""

import numpy as np
import pytest
from paper_drone import HOVER_N, STEP_S, THRUST, body, parameters, parameters32

from sim_core import _core

M1, M2, M3, M4 = range(3, 7)  # columns of rate_step


def test_one_step_closes_its_share_of_the_gap_faster_up_than_down():
    start = body(thrust_n=[0.05, 0.10, 0.07, 0.00])
    after = _core.integrate(parameters(), start, np.array([0.10, 0.05, 0.07, 0.08]), STEP_S, 1)
    # 1 - exp(-2/40) = 0.04877058 of the gap up, 1 - exp(-2/80) = 0.02469009 of it down.
    expected = [0.05 + 0.05 * 0.04877058, 0.10 - 0.05 * 0.02469009, 0.07, 0.08 * 0.04877058]
    assert after[THRUST] == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("steps", [1, 7, 50])
def test_lag_is_exact_for_any_step(steps):
    start = body(thrust_n=[0.05, 0.10, 0.0, 0.0])
    after = _core.integrate(parameters(), start, np.array([0.10, 0.05, 0, 0]), 0.1 / steps, steps)
    # After 100 ms: 2.5 time constants up, 1.25 down.
    assert after[13] == pytest.approx(0.10 - 0.05 * np.exp(-2.5), rel=1e-9)
    assert after[14] == pytest.approx(0.05 + 0.05 * np.exp(-1.25), rel=1e-9)


@pytest.mark.parametrize("steps", range(6))
def test_dead_time_holds_the_command_back_by_whole_steps(steps):
    drone = parameters32(rotor_dead_time_s=steps * STEP_S)
    thrust = _core.rate_step(drone, HOVER_N, [2.0, 0.0, 0.0], 8)[:, 3:]
    moved = np.abs(thrust - HOVER_N / 4).max(axis=1) > 1e-5
    assert moved.tolist() == [row >= steps for row in range(8)]


def test_thrust_is_linear_in_the_command():
    for share in (0.1, 0.25, 0.5, 1.0):
        thrust = _core.rate_step(parameters32(), share * 0.8, [0.0, 0.0, 0.0], 20)[-1, 3:]
        assert thrust == pytest.approx([share * 0.2] * 4, rel=1e-6)


@pytest.mark.parametrize("motor", range(4))
def test_motor_gain_acts_on_its_own_motor(motor):
    drone = parameters32(**{f"motor_gain_{motor + 1}": 1.1})
    thrust = _core.rate_step(drone, HOVER_N, [0.0, 0.0, 0.0], 1)[0, 3:]
    expected = np.full(4, HOVER_N / 4)
    expected[motor] *= 1.1
    assert thrust == pytest.approx(expected, rel=1e-6)


def test_thrust_gain_acts_on_all_motors():
    thrust = _core.rate_step(parameters32(thrust_gain=0.9), HOVER_N, [0.0, 0.0, 0.0], 1)[0, 3:]
    assert thrust == pytest.approx([0.9 * HOVER_N / 4] * 4, rel=1e-6)
