# SPDX-License-Identifier: Apache-2.0
"""Nodes beside a flight: motion capture, and a joystick. It imports the standard library alone."""

from dataclasses import dataclass

from martlet_bringup.stack import NodeSpec


@dataclass(frozen=True)
class MocapSettings:
    """Each is an argument of mocap.launch.py; config/mocap.param.yaml says what it is for."""

    drones: tuple[str, ...] = ("cf1",)
    bodies: tuple[str, ...] = ()
    source: str = "poses"
    topic: str = ""
    frame: str = "world"
    rate_hz: float = 100.0
    lost_s: float = 0.5


@dataclass(frozen=True)
class TeleopSettings:
    """Each is an argument of teleop.launch.py; config/teleop.param.yaml says what it is for.

    `joystick` is the number of the joystick to open with joy's joy_node; -1: somebody else does.
    """

    drones: tuple[str, ...] = ("cf1",)
    joystick: int = 0
    topic: str = "/joy"
    speed_m_s: float = 0.5
    climb_m_s: float = 0.4
    turn_rad_s: float = 1.5
    takeoff_m: float = 0.7
    highest_m: float = 1.8


SOURCES = ("pose", "poses", "tf")


def mocap(settings: MocapSettings) -> NodeSpec:
    """The node that takes motion capture to drones."""
    values = {name: value for name, value in vars(settings).items() if name not in _LISTS}
    names = {name: list(getattr(settings, name)) for name in _LISTS if getattr(settings, name)}
    return NodeSpec("martlet_nodes", "mocap", "mocap", "mocap.param.yaml", names | values)


def teleop(settings: TeleopSettings) -> NodeSpec:
    """The node that takes a joystick to drones."""
    values = {n: v for n, v in vars(settings).items() if n not in ("drones", "joystick")}
    names = {"drones": list(settings.drones)}
    return NodeSpec("martlet_nodes", "teleop", "teleop", "teleop.param.yaml", names | values)


_LISTS = ("drones", "bodies")  # to ROS an empty list has no type
