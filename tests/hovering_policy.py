# SPDX-License-Identifier: Apache-2.0
"""Policies that hover without training, of rates and of motors: a network without hidden layers."""

from pathlib import Path

import numpy as np
from motor_policy import MOTOR_MANIFEST
from sample_policy import ENVIRONMENT, MANIFEST
from small_policy import write_policy

from policy_export.manifest import Manifest


def write_hovering(path: Path, law: str) -> Path:
    """A policy file that hovers by a proportional law; which, says `LAWS`."""
    manifest, gains = LAWS[law]
    return write_policy(path, manifest, (), weights=gains())


def hover_law() -> np.ndarray:
    """Gains (4, OBS) in half ranges of thrust and body rates, over the observation as it is."""
    (low, high), rates = MANIFEST.action.thrust_n, MANIFEST.action.body_rates_rad_s
    gains = wanted(MANIFEST)
    gains[0] *= ENVIRONMENT.load_airframe().hover_thrust_n
    return gains / np.array([(high - low) / 2.0, *rates])[:, None]


def motor_law() -> np.ndarray:
    """The same of motors: their shares follow the body rates' errors, mixed."""
    low, high = MOTOR_MANIFEST.action.limits()
    gains = wanted(MOTOR_MANIFEST)
    gains[0] *= MOTOR_MANIFEST.action.hover
    for axis, gain in enumerate((0.02, 0.02, 0.05)):
        gains[1 + axis, column(MOTOR_MANIFEST, f"body_rates[{axis}]")] = -1.0
        gains[1 + axis] *= gain
    signs = np.array([(1, -1, -1, -1), (1, -1, 1, 1), (1, 1, 1, -1), (1, 1, -1, 1)])
    return signs @ gains / ((high - low) / 2.0)[:, None]


def wanted(manifest: Manifest) -> np.ndarray:
    """Thrust beside the hover's [weights] and body rates [rad/s], by gains (4, OBS)."""
    gains = np.zeros((4, manifest.observation_size))
    for row, name, gain in (
        *((0, "reference_now[2]", 6.0 / 9.81), (0, "velocity[2]", -4.0 / 9.81)),
        # R_HB row by row: body z leans by its third column.
        *((1, "reference_now[1]", -3.0), (1, "velocity[1]", 2.5), (1, "rotation_HB[5]", 8.0)),
        *((2, "reference_now[0]", 3.0), (2, "velocity[0]", -2.5), (2, "rotation_HB[2]", -8.0)),
        (3, "rotation_HB[3]", -3.0),
    ):
        gains[row, column(manifest, name)] = gain
    return gains


def column(manifest: Manifest, name: str) -> int:
    return [f"{f.name}[{i}]" for f in manifest.observation for i in range(f.size)].index(name)


LAWS = {"rates": (MANIFEST, hover_law), "motors": (MOTOR_MANIFEST, motor_law)}
"""By what they command: what the file says of itself, and its gains."""
