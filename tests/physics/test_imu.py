# SPDX-License-Identifier: Apache-2.0
"""Gyro and accelerometer behind the firmware's filters: at rest, in flight, and how they lag."""

import numpy as np
import pytest
from paper_drone import HOVER_N, parameters32

from sim_core import _core


def drone(**changes):
    sim = _core.FirmwareSim(parameters32(**changes)[None], _core.EstimateNoise(), 1)
    sim.place(0, [0.0, 0.0, 0.0])
    return sim


def test_at_rest_the_accelerometer_reads_one_g_up():
    sim = drone()
    sim.step(50)
    assert sim.imu[0] == pytest.approx([0, 0, 0, 0, 0, 9.81], abs=1e-4)


def test_in_free_fall_it_reads_nothing():
    sim = drone()
    sim.place(0, [0.0, 0.0, 100.0])
    sim.step(200)  # 0.4 s: the 30 Hz filter has long forgotten the floor
    assert sim.imu[0, 3:] == pytest.approx([0, 0, 0], abs=1e-2)


def test_thrust_alone_is_felt_along_z():
    sim = drone()
    sim.set_rate_thrust(0, 1.5 * HOVER_N, [0.0, 0.0, 0.0])
    sim.step(500)
    assert sim.imu[0, 3:] == pytest.approx([0, 0, 1.5 * 9.81], abs=1e-2)


def test_the_gyro_lags_a_rate_that_rises():
    # On a ramp a second-order Butterworth is late by sqrt(2) over its cut-off's angular frequency;
    # at 500 Hz, prewarped, that is 2 * 500 tan(pi 80 / 500) = 550 rad/s: 2.57 ms.
    sim = drone(trim_torque_x_n_m=1e-4)  # over 2e-5 kg m^2: 5 rad/s^2
    sim.place(0, [0.0, 0.0, 100.0])
    sim.step(100)
    assert sim.truth[0, 10] == pytest.approx(1.0, rel=1e-3)
    late_s = (sim.truth[0, 10] - sim.imu[0, 0]) / 5.0
    assert late_s == pytest.approx(0.00257, abs=5e-5)
    assert np.abs(sim.imu[0, 1:3]).max() < 1e-5
