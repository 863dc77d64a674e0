# SPDX-License-Identifier: Apache-2.0
"""How far a drone's estimate is off that hangs on external poses, and how fast it goes astray.

What the firmware's Kalman filter makes of positions, one axis like the other: it predicts by an
accelerometer that is a little wrong and corrects by poses. While they come, the estimate is where
they say; when they stop, it drifts away, ever faster. The drone's attitude is taken to be right.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ACCELERATION_VARIANCE = 0.5**2
"""Of the accelerometer's word, (m/s²)².  # firmware, kalman.procNoiseAcc_xy"""

BEGIN_POSITION_M2, BEGIN_VELOCITY_M2_S2 = 100.0**2, 0.01**2
"""Variances after a reset.  # firmware, kalman.stdDevInitialPosition_xy and ...Velocity"""

FELT_WRONG_M_S2 = 0.1
"""Spread of what the accelerometer adds to the truth: an attitude off by 0.6 degrees.  # guess"""


class PoseAid:
    """The estimate of one drone, less the truth.

    Attributes:
        position_m: By how much its position is off [m; W], shape (3,).
        velocity_m_s: And its velocity [m/s; W], shape (3,).
        variance_m2: What the filter believes of that, of each axis' position.
    """

    def __init__(self, seed: int) -> None:
        """Begin without an idea of the place; `seed` draws how wrong the accelerometer is."""
        self._wrong = FELT_WRONG_M_S2 * np.random.default_rng(seed).standard_normal(3)
        self.reset(np.zeros(3))

    def reset(self, position_m: Array) -> None:
        """Begin anew, off by so much, and ready to believe the next pose."""
        self.position_m, self.velocity_m_s = position_m.copy(), np.zeros(3)
        self.variance_m2, self._cross, self._speed = BEGIN_POSITION_M2, 0.0, BEGIN_VELOCITY_M2_S2

    def pass_time(self, dt: float) -> None:
        """Predict."""
        self.position_m += dt * self.velocity_m_s + 0.5 * dt**2 * self._wrong
        self.velocity_m_s += dt * self._wrong
        noise = ACCELERATION_VARIANCE * dt**2
        self.variance_m2 += dt * (2.0 * self._cross + dt * self._speed) + 0.25 * noise * dt**2
        self._cross += dt * self._speed + 0.5 * noise * dt
        self._speed += noise

    def see(self, off_m: Array, std_m: float) -> None:
        """Correct by a pose.

        Args:
            off_m: Where it says that the drone is, less the truth [m; W], shape (3,).
            std_m: How far off the filter takes poses to be, locSrv.extPosStdDev.
        """
        total = self.variance_m2 + max(std_m, 1e-6) ** 2
        gain, push = self.variance_m2 / total, self._cross / total
        innovation = off_m - self.position_m
        self.position_m += gain * innovation
        self.velocity_m_s += push * innovation
        self._speed -= push * self._cross
        self._cross *= 1.0 - gain
        self.variance_m2 *= 1.0 - gain
