# SPDX-License-Identifier: Apache-2.0
"""How a Crazyflie's own controllers fly the set-points between body rates and positions.

The core flies rates and positions; velocities, hovering and attitudes are made of these two, with
the stock controller's gains.
"""

import math

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.orders import Attitude, Hover, RateThrust, Velocity
from sim_core.frames import yaw_of

POSITION_KP = 2.0
"""Stock controller [1/s]: it flies at v towards a point v / kp away."""

ATTITUDE_KP = 6.0  # firmware, PID_ROLL_KP and PID_PITCH_KP [1/s]
LEASH_M = 0.5
"""A height that rises faster than the drone climbs waits for it."""

# Height under a commanded tilt, by acceleration.  # guess: settles as the stock loop does
HEIGHT_KP, HEIGHT_KI, HEIGHT_KD = 6.0, 2.0, 4.5
GRAVITY_M_S2 = 9.81

Target = tuple[tuple[float, float, float], float]


class Steering:
    """What the drone's firmware remembers while it flies such set-points."""

    def __init__(self, state: NDArray[np.float32], mass_kg: float) -> None:
        """Begin from an estimate, shape (13,)."""
        self._yaw, self._height_m = yaw_of(state[3:7]), float(state[2])
        self._mass_kg = mass_kg
        self._height_sum = 0.0

    def target(self, order: Velocity | Hover, state: NDArray[np.float32], dt: float) -> Target:
        """Position [m; W] and heading [rad] for the position controller; call every `dt`."""
        self._yaw += order.yaw_rate_rad_s * dt
        if isinstance(order, Hover):
            c, s = math.cos(self._yaw), math.sin(self._yaw)
            ahead, left = order.ahead_m_s, order.left_m_s
            velocity = (c * ahead - s * left, s * ahead + c * left)
            height = order.height_m
        else:
            velocity = order.v_WB[:2]
            # The controller's height has an integral: the height rises, rather than lead.
            height = self._height_m + order.v_WB[2] * dt
            height = min(max(height, float(state[2]) - LEASH_M), float(state[2]) + LEASH_M)
        self._height_m = height
        x, y = (float(p) + v / POSITION_KP for p, v in zip(state[:2], velocity, strict=True))
        return (x, y, height), self._yaw

    def lift_n(self, height_m: float, state: NDArray[np.float32], dt: float) -> float:
        """Collective thrust that keeps a height under any tilt [N]; call every `dt`."""
        error = height_m - float(state[2])
        self._height_sum = min(max(self._height_sum + error * dt, -2.0), 2.0)
        climb = HEIGHT_KP * error + HEIGHT_KI * self._height_sum - HEIGHT_KD * float(state[9])
        x, y = state[3:5].tolist()
        upright = max(1.0 - 2.0 * (x * x + y * y), 0.5)
        return float(max(self._mass_kg * (GRAVITY_M_S2 + climb) / upright, 0.0))


def lean(order: Attitude, thrust_n: float, q_WB: NDArray[np.float32]) -> RateThrust:
    """The body rates that bring roll and pitch to what is asked, as the stock controller asks them.

    Args:
        order: The angles.
        thrust_n: Collective thrust [N].
        q_WB: Attitude x y z w, shape (4,).
    """
    x, y, z, w = q_WB.astype(np.float64).tolist()
    roll = math.atan2(2.0 * (w * x + y * z), 1.0 - 2.0 * (x * x + y * y))
    pitch = math.asin(min(max(2.0 * (w * y - z * x), -1.0), 1.0))
    p, q = ATTITUDE_KP * (order.roll_rad - roll), ATTITUDE_KP * (order.pitch_rad - pitch)
    return RateThrust(thrust_n, (p, q, order.yaw_rate_rad_s))
