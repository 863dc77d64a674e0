# SPDX-License-Identifier: Apache-2.0
"""Episodes as they were flown: what the referee judged, kept for figures, pictures and replay."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.kept import keep
from evaluation.referee import Score
from sim_core import _core

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Recording:
    """Drones that flew one trial at the same time.

    Attributes:
        times_s: Shape (T,).
        truth: p_WB q_WB v_WB w_WB_B, float32, shape (T, N, 13).
        goal_m: Where all should have been [m; W], shape (T, 3).
        parameters: Each drone's, in the order of `_core.PARAMETER_NAMES`, shape (N, P).
        seed: Of this recording's drones, starts and noise.
        window_s: What the errors were taken over.
        score: The referee's findings.
    """

    times_s: Array
    truth: Float32
    goal_m: Array
    parameters: Float32
    seed: int
    window_s: tuple[float, float]
    score: Score

    def errors_m(self) -> Float32:
        """Distance to the goal at every sample, float32, shape (T, N)."""
        out: Float32 = np.linalg.norm(
            self.truth[:, :, :3] - self.goal_m[:, None].astype(np.float32), axis=2
        )
        return out


@dataclass(frozen=True, eq=False)
class Episode:
    """One drone's flight out of a recording; `drone` is its row there."""

    times_s: Array
    truth: Float32
    goal_m: Array
    parameters: Float32
    seed: int
    drone: int
    rmse_m: float
    crash_time_s: float

    def thrust_to_weight(self) -> float:
        """See `thrust_to_weight`."""
        return float(thrust_to_weight(self.parameters[None])[0])

    def error_m(self) -> Array:
        """Distance to the goal at every sample, shape (T,)."""
        out: Array = np.linalg.norm(self.truth[:, :3].astype(np.float64) - self.goal_m, axis=1)
        return out


def episode_of(recording: Recording, drone: int) -> Episode:
    """One drone's flight."""
    return Episode(
        recording.times_s,
        recording.truth[:, drone].copy(),
        recording.goal_m,
        recording.parameters[drone].copy(),
        recording.seed,
        drone,
        float(recording.score.rmse_m[drone]),
        float(recording.score.crash_time_s[drone]),
    )


def badness(score: Score) -> NDArray[np.intp]:
    """Drones from the worst on: crashes first, the earliest of them, then the largest errors."""
    early = np.where(score.crashed, -score.crash_time_s, -np.inf)
    error = np.where(score.crashed, np.inf, score.rmse_m)
    return np.lexsort((-error, -early))


def thrust_to_weight(parameters: Float32) -> Array:
    """Thrust at full command over weight, on a fresh battery, shape (N,)."""
    names = _core.PARAMETER_NAMES
    column = {name: parameters[:, i].astype(np.float64) for i, name in enumerate(names)}
    motors = sum(column[f"motor_gain_{i}"] for i in range(1, 5))
    thrust = column["thrust_max_n"] * column["thrust_gain"] * motors
    out: Array = thrust / (column["mass_kg"] * _core.GRAVITY_M_S2)
    return out


def save_episodes(episodes: list[Episode], path: Path, about: dict[str, Any]) -> None:
    """Write episodes of one trial for replay, beside the place first, then renamed.

    The file is an .npz: `times_s` (T,), `states` (T, K, 13), `reference_m` (T, 3), `parameters`
    (K, P) with their `parameter_names`, `seeds` and `drones` (K,), from which the same evaluation
    flies them again, `rmse_m` and `crash_time_s` (K,), and a text for each key of `about`.
    """
    arrays: dict[str, Any] = {
        "times_s": episodes[0].times_s,
        "states": np.stack([e.truth for e in episodes], axis=1),
        "reference_m": episodes[0].goal_m,
        "seeds": np.array([e.seed for e in episodes]),
        "drones": np.array([e.drone for e in episodes]),
        "rmse_m": np.array([e.rmse_m for e in episodes]),
        "crash_time_s": np.array([e.crash_time_s for e in episodes]),
    }
    keep(path, arrays, [e.parameters for e in episodes], about)
