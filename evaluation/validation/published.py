# SPDX-License-Identifier: Apache-2.0
"""Parameter sets that others publish for the same drones, put into this project's own model.

What differs is the numbers alone; a model that others have and this one lacks is not judged here.
Thrust from volts is theirs where they have one, and otherwise linear in the PWM or in its square,
as their documentation says.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.validation.predict import Drone

Array = NDArray[np.float64]

_NOMINAL_VOLTS = 3.7
"""Sets that know no battery command a share of full thrust; full is at a cell's nominal volts."""


@dataclass(frozen=True)
class PublishedSet:
    """Numbers of one source.

    Attributes:
        name: Whose.
        source: Where they are published.
        values: By the core's parameter names.
        mass_kg: Theirs.
    """

    name: str
    source: str
    values: dict[str, float]
    mass_kg: float


def _thrust(square_n: float, linear_n: float) -> dict[str, float]:
    """Thrust per motor over the PWM fraction u as square u² + linear u, told in motor volts."""
    volts = _NOMINAL_VOLTS
    cubic = (0.0, linear_n / volts, square_n / volts**2, 0.0)
    return {f"motor_volts_to_n_{i}": c for i, c in enumerate(cubic)}


PUBLISHED = (
    PublishedSet(
        "gym-pybullet",
        "gym-pybullet-drones, assets/cf2x.urdf: thrust to weight 2.25, no motor lag",
        {
            "inertia_x_kg_m2": 1.4e-5,
            "inertia_y_kg_m2": 1.4e-5,
            "inertia_z_kg_m2": 2.17e-5,
            "arm_component_m": 0.0397 / np.sqrt(2.0),
            "torque_per_thrust_m": 7.94e-12 / 3.16e-10,
            "drag_across_n_s_m": 0.0,
            "drag_along_n_s_m": 0.0,
            "rotor_lag_up_s": 1e-4,
            "rotor_lag_down_s": 1e-4,
            "rotor_dead_time_s": 0.0,
        }
        | _thrust(2.25 * 0.027 * 9.8 / 4.0, 0.0),
        0.027,
    ),
    PublishedSet(
        "L2F",
        "Learning to Fly in Seconds, arXiv:2311.13081: 3.16e-10 N per rpm², lag 150 ms",
        {
            "inertia_x_kg_m2": 3.85e-6,
            "inertia_y_kg_m2": 3.85e-6,
            "inertia_z_kg_m2": 5.9675e-6,
            "arm_component_m": 0.028,
            "torque_per_thrust_m": 0.025126582278481014,
            "drag_across_n_s_m": 0.0,
            "drag_along_n_s_m": 0.0,
            "rotor_lag_up_s": 0.15,
            "rotor_lag_down_s": 0.15,
            "rotor_dead_time_s": 0.0,
        }
        | _thrust(3.16e-10 * 21702.0**2, 0.0),
        0.027,
    ),
    PublishedSet(
        "firmware 2015",
        "Crazyflie firmware: F = 0.0915 u² + 0.0677 u at any battery; inertia of Förster (2015)",
        {
            "inertia_x_kg_m2": 1.6571710e-5,
            "inertia_y_kg_m2": 1.6655602e-5,
            "inertia_z_kg_m2": 2.9261652e-5,
            "arm_component_m": 0.0325,
            "torque_per_thrust_m": 0.005964552,
            "drag_across_n_s_m": 0.0,
            "drag_along_n_s_m": 0.0,
            "rotor_lag_up_s": 1e-4,
            "rotor_lag_down_s": 1e-4,
            "rotor_dead_time_s": 0.0,
        }
        | _thrust(0.0915, 0.0677),
        0.027,
    ),
)
"""The sets that the table shows beside ours; their masses give way to the one that was flown."""


def with_published(drone: Drone, published: PublishedSet) -> Drone:
    """The recorded drone, of the mass as flown, with somebody else's numbers."""
    return drone.but(**published.values)


def told_by_fraction(motor_volts: Array, battery_volts: Array) -> Array:
    """Motor volts as a set sees them that knows no battery: the PWM share of the nominal."""
    out: Array = motor_volts / battery_volts[:, None] * _NOMINAL_VOLTS
    return out


def pybullet_downwash_g(relative_m: Array) -> Array:
    """Downwash of gym-pybullet-drones (BaseAviary, DW_COEFF_1 to 3 of cf2x) [gram-force], (N,)."""
    dz, lat = relative_m[:, 2], np.hypot(relative_m[:, 0], relative_m[:, 1])
    strength = 2267.18 * (2.31348e-2 / (4.0 * dz)) ** 2
    width = 0.16 * dz - 0.11
    newton: Array = -strength * np.exp(-0.5 * (lat / width) ** 2)
    return newton / 9.80665e-3
