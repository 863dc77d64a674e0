# SPDX-License-Identifier: Apache-2.0
"""How a moving drone is brought to rest by a high-level command."""

import math

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.orders import GoTo, Vector
from sim_core.frames import yaw_of

DECELERATION_M_S2 = 3.0  # 17 degrees of tilt: inside the stock controller's 20
SHORTEST_S = 0.5
MARGIN_M = 0.2
"""How far inside a fence a drone comes to rest."""

ABOVE_FLOOR_M = 0.5
"""The same of its lower face, which lies 0.2 m under the floor: who sinks is caught before it."""

SINK_M = 0.1
"""How far below the ground a landing's way ends: the stock controller lags behind by about as much,
and would drop the drone from there."""


def brake(state: NDArray[np.float32], low: Vector, high: Vector) -> GoTo:
    """The way to rest of a drone in motion.

    The speed falls as 1 - 3 s² + 2 s³ of the share s of the time T: the quintic from a velocity v
    to rest over v T / 2, which decelerates by 1.5 v / T at most.

    Args:
        state: Finite, shape (13,).
        low: Corner of the box to come to rest in, `MARGIN_M` inside [m; W]; above its lower face
            `ABOVE_FLOOR_M`, unless the drone is lower already.
        high: The opposite corner.
    """
    position, velocity = state[:3].astype(np.float64), state[7:10].astype(np.float64)
    duration = max(1.5 * math.hypot(*velocity) / DECELERATION_M_S2, SHORTEST_S)
    rest = position + 0.5 * duration * velocity
    rest[2] = max(rest[2], min(position[2], low[2] + ABOVE_FLOOR_M))
    x, y, z = (
        float(min(max(p, a + MARGIN_M), b - MARGIN_M))
        for p, a, b in zip(rest, low, high, strict=True)
    )
    return GoTo((x, y, z), yaw_of(state[3:7]), duration)
