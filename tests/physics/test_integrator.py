# SPDX-License-Identifier: Apache-2.0
"""The integrator against equations of motion written anew and solved by SciPy in float64."""

import numpy as np
import pytest
from paper_drone import (
    ARM_M,
    GRAVITY,
    INERTIA,
    LAG_DOWN_S,
    LAG_UP_S,
    MASS_KG,
    TORQUE_PER_THRUST_M,
    body,
    parameters,
)
from scipy.integrate import solve_ivp
from scipy.spatial.transform import Rotation

from sim_core import _core

ACROSS, ALONG = 0.02, 0.05
TRIM = np.array([1e-4, -2e-4, 5e-5])
DRONE = parameters(
    drag_across_n_s_m=ACROSS,
    drag_along_n_s_m=ALONG,
    trim_torque_x_n_m=TRIM[0],
    trim_torque_y_n_m=TRIM[1],
    trim_torque_z_n_m=TRIM[2],
)
START = body(
    p=[0.3, -0.2, 1.0],
    q=Rotation.from_euler("xyz", [0.4, -0.6, 2.0]).as_quat(),
    v=[1.0, -2.0, 0.5],
    w=[3.0, -1.0, 2.0],
    thrust_n=[0.08, 0.12, 0.10, 0.05],
)
TARGET = np.array([0.10, 0.09, 0.13, 0.06])
END_S = 0.24

# Where the rotors sit, front-right and on clockwise, and which way their reaction turns the body.
ARMS = ARM_M * np.array([[1, -1, 0], [-1, -1, 0], [-1, 1, 0], [1, 1, 0]])
REACTION = np.array([-1, 1, -1, 1])


def derivative(_t, state):
    q, v, w, thrust = state[3:7], state[7:10], state[10:13], state[13:17]
    R_WB = Rotation.from_quat(q / np.linalg.norm(q)).as_matrix()
    forces = np.outer(thrust, [0.0, 0.0, 1.0])
    torque = np.cross(ARMS, forces).sum(axis=0) + TRIM
    torque[2] += TORQUE_PER_THRUST_M * REACTION @ thrust
    v_B = R_WB.T @ v
    force_B = forces.sum(axis=0) - np.array([ACROSS, ACROSS, ALONG]) * v_B
    J = np.diag(INERTIA)
    x, y, z, s = q
    turning = np.array([[s, -z, y], [z, s, -x], [-y, x, s], [-x, -y, -z]])
    gap = TARGET - thrust
    return np.concatenate(
        [
            v,
            0.5 * turning @ w,
            R_WB @ force_B / MASS_KG - [0.0, 0.0, GRAVITY],
            np.linalg.solve(J, torque - np.cross(w, J @ w)),
            gap / np.where(gap > 0.0, LAG_UP_S, LAG_DOWN_S),
        ]
    )


@pytest.fixture(scope="module")
def oracle():
    solved = solve_ivp(derivative, (0.0, END_S), START, method="DOP853", rtol=1e-12, atol=1e-13)
    end = solved.y[:, -1]
    end[3:7] /= np.linalg.norm(end[3:7])
    return end


def error(steps, oracle):
    end = _core.integrate(DRONE, START, TARGET, END_S / steps, steps)
    return np.abs(end - oracle)


def test_body_and_rotors_follow_the_oracle(oracle):
    assert np.abs(oracle[:13] - START[:13]).max() > 1.0  # a real manoeuvre
    off = error(4000, oracle)
    assert off[:10].max() < 1e-6  # the core's gravity is 9.81 in float32, 4e-8 too much
    assert off[10:13].max() < 1e-6
    assert off[13:].max() < 1e-12


def test_a_2_ms_step_is_close_enough(oracle):
    off = error(120, oracle)
    assert off[0:3].max() < 2e-4  # m
    assert off[3:7].max() < 2e-4
    assert off[7:10].max() < 2e-3  # m/s
    assert off[10:13].max() < 2e-3  # rad/s


@pytest.mark.parametrize("part", [slice(0, 3), slice(3, 7), slice(7, 10), slice(10, 13)])
def test_error_falls_with_the_square_of_the_step(part, oracle):
    errors = [np.linalg.norm(error(steps, oracle)[part]) for steps in (60, 120, 240)]
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert orders == pytest.approx([2.0, 2.0], abs=0.15)
