# SPDX-License-Identifier: Apache-2.0
"""The firmware's rate loop, mixer and what follows, written anew in float64 from their description.

Gains act on degrees per second and give motor counts, 65535 of which are a motor's full thrust.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim_core import _core

FULL, TORQUE_LIMIT = 65535.0, 32767.0
INTEGRAL_LIMIT_DEG = np.array([33.3, 33.3, 166.7])
# Counts of M1 to M4 for one count of roll, pitch and yaw: half the roll, half the pitch, all yaw.
SHARES = np.array([[-0.5, -0.5, -1.0], [-0.5, 0.5, 1.0], [0.5, 0.5, -1.0], [0.5, -0.5, 1.0]])


@dataclass
class Firmware:
    """One drone's inner loop, dead time and body; `values` as `_core.PARAMETER_NAMES` orders."""

    values: NDArray[np.float64]
    state: NDArray[np.float64]
    integral: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    waiting: list[NDArray[np.float64]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.previous = np.degrees(self.state[10:13])
        dead_steps = round(self["rotor_dead_time_s"] / 0.002)
        self.waiting = [self.state[13:17].copy() for _ in range(dead_steps)]

    def __getitem__(self, name: str) -> float:
        return float(self.values[_core.PARAMETER_NAMES.index(name)])

    def torque_counts(self, target: NDArray[np.float64]) -> NDArray[np.float64]:
        measured = np.degrees(self.state[10:13])
        error = np.degrees(target) - measured
        self.integral = np.clip(
            self.integral + error * 0.002, -INTEGRAL_LIMIT_DEG, INTEGRAL_LIMIT_DEG
        )
        kp, ki, kd = (
            np.array([self[f"rate_{axes}_{k}"] for axes in ("pitch_roll", "pitch_roll", "yaw")])
            for k in ("kp", "ki", "kd")
        )
        out = kp * error + ki * self.integral - kd * (measured - self.previous) / 0.002
        self.previous = measured
        return np.clip(out, -TORQUE_LIMIT, TORQUE_LIMIT)

    def motor_counts(self, thrust_n: float, torque: NDArray[np.float64]) -> NDArray[np.float64]:
        counts = thrust_n / 4.0 / self["thrust_max_n"] * FULL + SHARES @ torque
        return np.maximum(counts - max(counts.max() - FULL, 0.0), 0.0)

    def step(self, thrust_n: float, w_B: NDArray[np.float64]) -> None:
        """2 ms towards a command."""
        counts = self.motor_counts(thrust_n, self.torque_counts(np.asarray(w_B, float)))
        gains = self["thrust_gain"] * np.array([self[f"motor_gain_{i}"] for i in range(1, 5)])
        self.waiting.append(counts / FULL * self["thrust_max_n"] * gains)
        self.state = _core.integrate(self.values, self.state, self.waiting.pop(0), 0.002, 1)
