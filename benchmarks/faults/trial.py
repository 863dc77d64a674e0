# SPDX-License-Identifier: Apache-2.0
"""One fault in one world, from the takeoff to where it ends."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from policy_export.runtime import PolicyRunner

from .catalogue import Fault
from .ending import SpoiledError, ending
from .flight import LONGEST_S, Flight
from .world import SimWorld, twin_world

TRIES = 4


def fly_fault(fault: Fault, where: str, runner: PolicyRunner) -> list[dict[str, Any]]:
    """Fly it; again, where the flight was spoiled before the fault.

    Args:
        fault: What fails.
        where: "sim" or "twin".
        runner: The policy.

    Returns:
        Of each drone its `ending`, and what its guard and its backend said.

    Raises:
        SpoiledError: It was spoiled every time.
    """
    for _ in range(TRIES - 1):
        try:
            return _fly_fault(fault, where, runner)
        except SpoiledError:
            continue
    return _fly_fault(fault, where, runner)


def _fly_fault(fault: Fault, where: str, runner: PolicyRunner) -> list[dict[str, Any]]:
    kind: dict[str, Any] = {"small_battery": fault.small_battery}
    worlds: AbstractContextManager[Any] = (
        nullcontext(SimWorld(fault.drones, **kind))
        if where == "sim"
        else twin_world(fault.drones, **kind)
    )
    with worlds as world:
        flight = Flight(world, runner, fault.task)
        flight.fly_to(fault.strikes_s)
        struck = len(flight.times_s)
        struck_s = world.now_s
        fault.strike(flight)
        longest_s = LONGEST_S + (60.0 if fault.small_battery else 0.0)

        def over() -> bool:
            since_s = world.now_s - struck_s
            fault.during(flight, since_s)
            return since_s > 0.1 and (flight.down() or since_s > longest_s)

        flight.fly(over)
        events = world.backend.guard_events(0)
        if fault.says and not (events and events[0].cause.startswith(fault.says)):
            raise SpoiledError(events[0].cause if events else "the guard said nothing")
        return [_told(world, flight, row, struck) for row in flight.rows]


def _told(world: Any, flight: Flight, row: int, struck: int) -> dict[str, Any]:
    box = world.limits.box_low_m, world.limits.box_high_m
    places = np.array(flight.truth[struck:])[:, row]
    end = ending(flight.times_s[struck:], places, box, turning=world.turning(row))
    events = world.backend.guard_events(row)
    said = [f"{event.after.name.lower()}: {event.cause}" for event in events]
    return {"drone": world.names[row], **end, "guard": said}
