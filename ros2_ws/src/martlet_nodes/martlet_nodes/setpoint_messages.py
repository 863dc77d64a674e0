# SPDX-License-Identifier: Apache-2.0
"""Streamed set-points as messages: what each of Crazyswarm2's asks of a drone, in SI units."""

from collections.abc import Callable
from typing import Any

from firmware_bridge.orders import Hover, Position, Velocity
from firmware_bridge.setpoint_rules import Setpoint
from sim_core.frames import yaw_of


def full_state(message: Any) -> Setpoint:
    """Position and heading: the stock controller looks at no more of a full state."""
    p, q = message.pose.position, message.pose.orientation
    return Position((p.x, p.y, p.z), yaw_of((q.x, q.y, q.z, q.w)))


def position(message: Any) -> Setpoint:
    """A point [m; W] and a heading [rad]."""
    return Position((message.x, message.y, message.z), message.yaw)


def velocity_world(message: Any) -> Setpoint:
    """A velocity [m/s; W] and a yaw rate [rad/s]."""
    v = message.vel
    return Velocity((v.x, v.y, v.z), message.yaw_rate)


def hover(message: Any) -> Setpoint:
    """A height [m; W], velocities along the heading and to its left [m/s], a yaw rate [rad/s]."""
    return Hover(message.z_distance, message.vx, message.vy, message.yaw_rate)


ORDER_OF: dict[str, tuple[str, Callable[[Any], Setpoint]]] = {
    "cmd_full_state": ("FullState", full_state),
    "cmd_position": ("Position", position),
    "cmd_velocity_world": ("VelocityWorld", velocity_world),
    "cmd_hover": ("Hover", hover),
}
"""Topic below a drone's name: its type, and what it asks."""
