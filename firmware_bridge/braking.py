# SPDX-License-Identifier: Apache-2.0
"""How a moving drone is brought to rest by a high-level command."""

import math

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.orders import GoTo, Vector
from sim_core.frames import yaw_of

GRAVITY_M_S2 = 9.81
DECELERATION_M_S2 = 3.0  # 17 degrees of tilt: inside the stock controller's 20
SHORTEST_S = 0.5
MARGIN_M = 0.2
"""How far inside a fence a drone comes to rest."""

ABOVE_GROUND_M = 0.3
"""Who sinks is caught so far above the ground, unless the drone is lower already."""

SINK_M = 0.1
"""How far below the ground a landing's way ends: the stock controller lags behind by about as much,
and would drop the drone from there."""

STOPPING_S, STOPPING_S2_M = 0.68, 0.045
"""Way on which the stock controller brings a drone to rest: 0.68 s · v + 0.045 s²/m · v², the
longest of CF2.1+ and Brushless from 0.5 to 8 m/s, tilted 40 degrees the wrong way; measured with
the firmware double."""

CATCHING_S = 0.35
"""Before full thrust holds a drone that sinks: the stock controller's lag and the rotors'.
# guess: half of `STOPPING_S`, of which the rest is the brake's own gentle end"""

LEAST_SPARE = 0.05
"""Of its weight, what the thrust of a drone that cannot be caught is taken to have left."""

SUDDEN_S = 0.1


def stopping_m(speed_m_s: float) -> float:
    """How far a drone at this speed flies on when it is braked as hard as it can."""
    return (STOPPING_S + STOPPING_S2_M * speed_m_s) * speed_m_s


def sinking_m(speed_m_s: float, thrust_to_weight: float) -> float:
    """How far a drone that sinks at this speed goes on sinking, all its thrust against that.

    Args:
        speed_m_s: Downwards.
        thrust_to_weight: What thrust it has, in weights; infinite where that is not known.
    """
    spare = max(thrust_to_weight - 1.0, LEAST_SPARE)
    caught = CATCHING_S * speed_m_s + speed_m_s**2 / (2.0 * GRAVITY_M_S2 * spare)
    return max(stopping_m(speed_m_s), caught)


def brake(state: NDArray[np.float32], low: Vector, high: Vector, ground_m: float = 0.0) -> GoTo:
    """The way to rest of a drone in motion.

    The speed falls as 1 - 3 s² + 2 s³ of the share s of the time T: the quintic from a velocity v
    to rest over v T / 2, which decelerates by 1.5 v / T at most. Where the box ends before that, T
    is as much shorter: the drone brakes as hard as it can, and no way leads out of the box.

    Args:
        state: Finite, shape (13,).
        low: Corner of the box to come to rest in, `MARGIN_M` inside [m; W].
        high: The opposite corner.
        ground_m: Height of the ground [m; W].
    """
    position, velocity = state[:3].astype(np.float64), state[7:10].astype(np.float64)
    duration = max(1.5 * math.hypot(*velocity) / DECELERATION_M_S2, SHORTEST_S)
    inner_low, inner_high = np.array(low) + MARGIN_M, np.array(high) - MARGIN_M
    inner_low[2] = max(inner_low[2], min(position[2], ground_m + ABOVE_GROUND_M))
    way = 0.5 * duration * velocity
    free = np.clip(position + way, inner_low, inner_high) - position
    moving = np.abs(way) > 1e-6
    share = max(float(np.min(free[moving] / way[moving], initial=1.0)), 0.0)
    x, y, z = np.clip(position + share * way, inner_low, inner_high).tolist()
    return GoTo((x, y, z), yaw_of(state[3:7]), max(share * duration, SUDDEN_S))
