# SPDX-License-Identifier: Apache-2.0
"""Forces and torques, one at a time, each against a value worked out by hand."""

import numpy as np
import pytest
from paper_drone import (
    HOVER_N,
    INERTIA,
    LEVEL,
    P,
    Q,
    V,
    W,
    accelerations,
    body,
    coast,
    parameters,
)
from scipy.spatial.transform import Rotation

from sim_core import _core

HALF = np.sqrt(0.5)


@pytest.mark.parametrize(
    ("motor", "roll", "pitch", "yaw"),
    [
        (0, -1, -1, -1),  # M1 front right, turns counter-clockwise: its torque on B is clockwise
        (1, -1, +1, +1),  # M2 rear right, clockwise
        (2, +1, +1, -1),  # M3 rear left, counter-clockwise
        (3, +1, -1, +1),  # M4 front left, clockwise
    ],
)
def test_one_motor_alone_turns_the_body_away_from_itself(motor, roll, pitch, yaw):
    thrust = np.zeros(4)
    thrust[motor] = 0.1
    linear, angular = accelerations(body(thrust_n=thrust))
    # 0.1 N at 0.03 m is 3 mN m; over 2e-5, 4e-5 kg m^2 that is 150, 75 rad/s^2.
    # 0.1 N times 5 mm is 0.5 mN m of reaction; over 5e-5 kg m^2 that is 10 rad/s^2.
    assert angular == pytest.approx([150.0 * roll, 75.0 * pitch, 10.0 * yaw], rel=1e-3)
    assert linear == pytest.approx([0.0, 0.0, 0.1 / 0.04 - 9.81], abs=1e-3)


def test_four_equal_motors_turn_nothing():
    _, angular = accelerations(body(thrust_n=[0.1] * 4))
    assert angular == pytest.approx([0.0, 0.0, 0.0], abs=1e-9)


@pytest.mark.parametrize("axis", range(3))
def test_trim_torque_turns_its_own_axis(axis):
    _, angular = accelerations(body(), **{f"trim_torque_{'xyz'[axis]}_n_m": 1e-4})
    expected = np.zeros(3)
    expected[axis] = 1e-4 / INERTIA[axis]
    assert angular == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("w", "expected"),
    [
        # J dw/dt = -w x J w: dw_x = (J_y - J_z) w_y w_z / J_x = (4 - 5) / 2 * 6, and so on round.
        ((0.0, 2.0, 3.0), (-3.0, 0.0, 0.0)),
        ((2.0, 0.0, 3.0), (0.0, 4.5, 0.0)),  # (J_z - J_x) / J_y * 6
        ((2.0, 3.0, 0.0), (0.0, 0.0, -2.4)),  # (J_x - J_y) / J_z * 6
        ((5.0, 0.0, 0.0), (0.0, 0.0, 0.0)),  # about one principal axis: nothing
    ],
)
def test_gyroscopic_torque(w, expected):
    _, angular = accelerations(body(w=w))
    assert angular == pytest.approx(expected, abs=1e-3)


def test_free_tumbling_keeps_momentum_and_energy():
    start = body(q=Rotation.from_rotvec([0.3, -0.5, 0.2]).as_quat(), w=[6.0, 1.0, -4.0])
    after = coast(start, 1.0, 0.0005)
    J = np.array(INERTIA)
    for state in (start, after):
        assert state[Q] @ state[Q] == pytest.approx(1.0, abs=1e-12)
    momentum = [Rotation.from_quat(s[Q]).apply(J * s[W]) for s in (start, after)]
    assert momentum[1] == pytest.approx(momentum[0], abs=2e-5 * np.linalg.norm(momentum[0]))
    assert after[W] @ (J * after[W]) == pytest.approx(start[W] @ (J * start[W]), rel=1e-5)
    assert np.linalg.norm(after[W] - start[W]) > 1.0  # it did tumble


def test_free_fall():
    after = coast(body(v=[1.0, 0.0, 0.0]), 1.0)
    assert after[P] == pytest.approx([1.0, 0.0, -4.905], abs=1e-6)
    assert after[V] == pytest.approx([1.0, 0.0, -9.81], abs=1e-6)


def test_hover_thrust_carries_the_drone():
    after = coast(body(p=[0, 0, 1], thrust_n=[HOVER_N / 4] * 4), 2.0)
    assert after == pytest.approx(body(p=[0, 0, 1], thrust_n=[HOVER_N / 4] * 4), abs=1e-5)


@pytest.mark.parametrize(
    ("q", "push"),
    [
        (LEVEL, (0, 0, 1)),
        ((HALF, 0, 0, HALF), (0, -1, 0)),  # rolled by +90 deg, left side up: thrust to the right
        ((0, HALF, 0, HALF), (1, 0, 0)),  # pitched by +90 deg, nose down: thrust ahead
        ((0, 0, HALF, HALF), (0, 0, 1)),  # yaw does not turn the thrust
        ((1, 0, 0, 0), (0, 0, -1)),  # upside down
    ],
)
def test_thrust_acts_along_the_bodys_z_axis(q, push):
    linear, _ = accelerations(body(q=q, thrust_n=[0.1] * 4))
    # 0.4 N on 0.04 kg: 10 m/s^2.
    assert linear - [0, 0, -9.81] == pytest.approx(10.0 * np.array(push, float), abs=1e-3)


@pytest.mark.parametrize("axis", range(3))
def test_a_body_rate_turns_the_attitude_about_the_bodys_own_axis(axis):
    tilted = Rotation.from_euler("xyz", [0.4, -0.3, 1.0])
    w = np.zeros(3)
    w[axis] = 2.0
    after = coast(body(q=tilted.as_quat(), w=w), 0.5)
    expected = tilted * Rotation.from_rotvec(0.5 * w)
    assert (expected.inv() * Rotation.from_quat(after[Q])).magnitude() < 1e-7


def test_position_follows_the_velocity_in_the_world():
    q = Rotation.from_euler("z", 90, degrees=True).as_quat()
    after = _core.integrate(parameters(), body(q=q, v=[1.0, 2.0, 3.0]), np.zeros(4), 0.001, 1)
    assert after[P] == pytest.approx([0.001, 0.002, 0.003 - 0.5 * 9.81e-6], abs=1e-9)
