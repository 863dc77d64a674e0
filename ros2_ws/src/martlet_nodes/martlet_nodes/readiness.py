# SPDX-License-Identifier: Apache-2.0
"""Why a drone cannot do now what it is asked to do: one sentence, empty where it can."""

import math

from firmware_bridge.flight_guard import Stage
from firmware_bridge.guard_rules import GuardLimits, operator_violation
from firmware_bridge.link import Telemetry
from martlet_nodes.drone_record import DroneRecord
from martlet_nodes.manoeuvre import Kind, Manoeuvre


def age_s(heard: Telemetry, number: int, now_s: float) -> float:
    """How old the newest state of a drone is by now [s]."""
    return float(heard.age_s[number]) + now_s - heard.stamp_s


def ready(drone: DroneRecord, heard: Telemetry, number: int) -> bool:
    """Whether a drone is armed, by its own word too."""
    return bool(drone.armed and heard.armed[number] and not heard.locked[number])


def unheard(name: str, old_s: float, limits: GuardLimits) -> str:
    """Why a drone cannot be reckoned with, whose newest state is so old."""
    if math.isinf(old_s):
        return f"{name} has not been heard yet"
    if old_s > limits.lost_s:
        return f"{name} was last heard {old_s:.2f} s ago"
    return ""


def unfit(name: str, volts: float, operator_age_s: float, limits: GuardLimits) -> str:
    """Why the guard would land a drone as soon as it flies."""
    if broken := operator_violation(operator_age_s, limits):
        return f"{name} stays on the ground: {broken.sentence()}"
    if volts < limits.battery_low_v:
        return (
            f"{name} stays on the ground: its battery has {volts:.2f} V at rest, and is landed"
            f" below {limits.battery_low_v:g} V"
        )
    return ""


def obstacle(
    drone: DroneRecord, heard: Telemetry, number: int, kind: Kind, *, replacing: bool
) -> str:
    """Why a drone that is heard can begin no action of a kind, or put it in another's place."""
    if drone.stopped or heard.locked[number]:
        return f"{drone.name} was stopped and is locked: switch it off and on again"
    if not ready(drone, heard, number):
        return f"{drone.name} is not armed"
    if drone.manoeuvre is not None and not (replacing or _lands(drone.manoeuvre, kind)):
        return f"{drone.name} is busy with {drone.manoeuvre.goal.kind.value}"
    if drone.guard.stage is not Stage.NOMINAL and kind is not Kind.LAND:
        return f"the guard has {drone.name}: {drone.guard.reason}"
    if kind is Kind.TAKEOFF and heard.flying[number]:
        return f"{drone.name} flies already"
    if kind is not Kind.TAKEOFF and not heard.flying[number]:
        return f"{drone.name} does not fly"
    return ""


def _lands(under_way: Manoeuvre, kind: Kind) -> bool:
    """Whether a landing takes the place of something else."""
    return kind is Kind.LAND and under_way.goal.kind is not Kind.LAND
