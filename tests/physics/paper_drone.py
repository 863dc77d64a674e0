# SPDX-License-Identifier: Apache-2.0
"""A drone of round numbers, so that expected values can be worked out on paper."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim_core import _core

GRAVITY = 9.81
STEP_S = 0.002
BRIEF_S = 1e-5

MASS_KG = 0.04
INERTIA = (2e-5, 4e-5, 5e-5)
ARM_M = 0.03
TORQUE_PER_THRUST_M = 0.005
THRUST_MAX_N = 0.2
LAG_UP_S, LAG_DOWN_S = 0.04, 0.08
HOVER_N = MASS_KG * GRAVITY  # 0.3924, 0.0981 a motor

LEVEL = (0.0, 0.0, 0.0, 1.0)

_VALUES = {
    "mass_kg": MASS_KG,
    "inertia_x_kg_m2": INERTIA[0],
    "inertia_y_kg_m2": INERTIA[1],
    "inertia_z_kg_m2": INERTIA[2],
    "arm_component_m": ARM_M,
    "torque_per_thrust_m": TORQUE_PER_THRUST_M,
    "thrust_max_n": THRUST_MAX_N,
    "thrust_gain": 1.0,
    "motor_gain_1": 1.0,
    "motor_gain_2": 1.0,
    "motor_gain_3": 1.0,
    "motor_gain_4": 1.0,
    "rotor_lag_up_s": LAG_UP_S,
    "rotor_lag_down_s": LAG_DOWN_S,
    "battery_charge": 1.0,
    "battery_capacity_c": 900.0,
    "battery_volts_0": 4.0,
    "motor_volts_to_n_1": 0.1,  # 0.4 N at 4 V: never in the way unless a test makes it so
    "rate_pitch_roll_kp": 250.0,
    "rate_pitch_roll_ki": 500.0,
    "rate_pitch_roll_kd": 2.5,
    "rate_yaw_kp": 120.0,
    "rate_yaw_ki": 16.7,
}
"""What is not named is zero: no drag, dead time, trim, link delay, load on the battery."""


def parameters(**changes: float) -> NDArray[np.float64]:
    """The core's parameters of the drone of round numbers, some of them changed."""
    values = _VALUES | changes
    unknown = set(values) - set(_core.PARAMETER_NAMES)
    if unknown:
        raise KeyError(f"no such parameters: {sorted(unknown)}")
    return np.array([values.get(name, 0.0) for name in _core.PARAMETER_NAMES])


def parameters32(**changes: float) -> NDArray[np.float32]:
    return parameters(**changes).astype(np.float32)


def body(
    p: ArrayLike = (0, 0, 0),
    q: ArrayLike = LEVEL,
    v: ArrayLike = (0, 0, 0),
    w: ArrayLike = (0, 0, 0),
    thrust_n: ArrayLike = (0, 0, 0, 0),
) -> NDArray[np.float64]:
    """The 17 numbers that `integrate` moves."""
    return np.concatenate([np.asarray(part, np.float64) for part in (p, q, v, w, thrust_n)])


P, Q, V, W, THRUST = slice(0, 3), slice(3, 7), slice(7, 10), slice(10, 13), slice(13, 17)


def coast(
    state: NDArray[np.float64], duration_s: float, step_s: float = STEP_S, **changes: float
) -> NDArray[np.float64]:
    """The body after `duration_s`, every rotor holding the thrust that it has."""
    steps = round(duration_s / step_s)
    return _core.integrate(parameters(**changes), state, state[THRUST], step_s, steps)


def accelerations(
    state: NDArray[np.float64], **changes: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Linear [m/s^2, W] and angular [rad/s^2, B], from one very short step."""
    after = coast(state, BRIEF_S, BRIEF_S, **changes)
    return (after[V] - state[V]) / BRIEF_S, (after[W] - state[W]) / BRIEF_S


def settings(
    box: NDArray[np.float32], *, high_n: float = 4 * THRUST_MAX_N, rate_rad_s: float = 100.0
) -> _core.VecSettings:
    """Drones of `box` alone, at rest on their reference, nothing noisy, commands hardly limited."""
    settings = _core.VecSettings()
    settings.set_box(box.tolist(), box.tolist())
    settings.limits = _core.CommandLimits(0.0, high_n, [rate_rad_s] * 3)
    return settings


def hover_path(x: float = 0.0, y: float = 0.0, z: float = 1.0, yaw: float = 0.0) -> NDArray:
    return np.array([[x, y, z, yaw]], np.float32)
