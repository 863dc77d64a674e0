# SPDX-License-Identifier: Apache-2.0
"""What a Crazyflie's high-level commander makes of a command, and its watchdog of a silence."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.orders import (
    Attitude,
    Follow,
    GoTo,
    HighLevelOrder,
    Hover,
    RateThrust,
    Spiral,
    Streamed,
    Velocity,
)
from firmware_bridge.planner import Trajectory, Turning, Way, plan_line, plan_trajectory, plan_way

Flown = Way | Trajectory | Turning


def way_of(
    order: HighLevelOrder,
    now_s: float,
    begin: Sequence[float],
    velocity: NDArray[np.float64],
    shortest_s: float,
) -> Flown:
    """The way that a command is flown on.

    Args:
        order: The command.
        now_s: When it is taken on.
        begin: x, y, z [m; W] and yaw [rad] where the drone is, or is to be.
        velocity: Of these, shape (4,).
        shortest_s: A way takes so long at least.
    """
    x, y, z, yaw = (float(number) for number in begin)
    if isinstance(order, Follow):
        return plan_trajectory(now_s, order, (x, y, z, yaw))
    if isinstance(order, Spiral):
        return Turning(now_s, order, np.array((x, y, z, yaw)))
    if isinstance(order, GoTo):
        end = (*order.p_WB, order.yaw_rad)
    else:
        end = (x, y, order.height_m, yaw if order.yaw_rad is None else order.yaw_rad)
    duration_s = max(order.duration_s, shortest_s)
    if isinstance(order, GoTo) and order.linear:
        return plan_line(now_s, duration_s, (x, y, z, yaw), end)
    return plan_way(now_s, duration_s, (x, y, z, yaw), velocity, end)


def levelled(order: Streamed) -> Streamed:
    """What is flown for a set-point that is half a second old.

    Roll and pitch go to zero; thrust and height stay, a position is held.
    """
    if isinstance(order, RateThrust):
        return Attitude(0.0, 0.0, 0.0, thrust_n=order.thrust_n)
    if isinstance(order, Attitude):
        return Attitude(0.0, 0.0, 0.0, order.thrust_n, order.height_m)
    if isinstance(order, Velocity):
        return Velocity((0.0, 0.0, 0.0), 0.0)
    if isinstance(order, Hover):
        return Hover(order.height_m, 0.0, 0.0, 0.0)
    return order
