# SPDX-License-Identifier: Apache-2.0
"""The paths that a tracking policy is trained on, drawn from a seed."""

import numpy as np
from numpy.typing import NDArray

from sim_core import _core
from sim_core.environment import References

_TAU = 2.0 * np.pi
_HEIGHT_M = 1.0


def draw_references(settings: References, length_s: float, seed: int) -> list[NDArray[np.float32]]:
    """Draw `settings.count` paths, every one of them a function of (seed, its number).

    Args:
        settings: Shares and shapes.
        length_s: Duration of a path that moves [s]; a hover is a single row.
        seed: Of the run.

    Returns:
        Rows x, y, z [m; W] and yaw [rad] every control step, float32, each of shape (M, 4).
    """
    kinds = np.cumsum([settings.hover, settings.lemniscate, settings.lissajous])
    times = np.arange(0.0, length_s, _core.CONTROL_STEP_S)
    paths = []
    for number in range(settings.count):
        rng = np.random.default_rng((seed, number))
        yaw = rng.uniform(-settings.yaw_rad, settings.yaw_rad)
        # Kinds by number, not by chance: the shares hold for any count.
        kind = int(np.searchsorted(kinds, (number + 0.5) / settings.count))
        if kind == 0:
            positions = np.zeros((1, 3))
        elif kind == 1:
            positions = _lemniscate(times, settings, rng)
        else:
            positions = _lissajous(times, settings, rng)
        positions[:, 2] += _HEIGHT_M
        paths.append(np.column_stack([positions, np.full(len(positions), yaw)]).astype(np.float32))
    return paths


def _lemniscate(
    times: NDArray[np.float64], settings: References, rng: np.random.Generator
) -> NDArray[np.float64]:
    """The curve x = cos, y = sin cos at 1 m (SimpleFlight); either way round, any phase."""
    phase = rng.uniform(0.0, _TAU) + rng.choice([-1.0, 1.0]) * _TAU * times / rng.uniform(
        *settings.period_s
    )
    return np.column_stack([np.cos(phase), np.sin(phase) * np.cos(phase), np.zeros_like(times)])


def _lissajous(
    times: NDArray[np.float64], settings: References, rng: np.random.Generator
) -> NDArray[np.float64]:
    """One sine an axis, slowed down where it would ask for more than the acceleration limit."""
    amplitude = rng.uniform([0.2, 0.2, 0.0], [1.2, 1.2, 0.4])
    rate = _TAU / rng.uniform(*settings.period_s, size=3)
    peak = float(np.linalg.norm(amplitude * rate**2))
    rate *= min(1.0, np.sqrt(settings.max_acceleration_m_s2 / peak))
    phase = rng.uniform(0.0, _TAU, size=3)
    return np.asarray(amplitude * np.sin(times[:, None] * rate + phase))
