# SPDX-License-Identifier: Apache-2.0
"""What can fail in flight: what it does to a world and a policy, and what flies meanwhile."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from martlet_nodes.policy import Answer

from .flight import Flight

TASK = "lemniscate"
STRIKES_S = 5.0
"""Into the task: the figure eight is being flown, at 1.6 m/s at its fastest."""

HOVER = "kind = 'hover'\nposition_m = [0.0, 0.0, 1.0]\nduration_s = 90.0"

JUMP_M = (1.5, 0.0, -0.4)
DRIFT_M_S2 = 0.1
"""Of an estimate without external pose: 0.6 degrees of attitude error. # guess"""


@dataclass(frozen=True)
class Fault:
    """One thing that fails.

    Attributes:
        name: In the table.
        strike: Lets it happen.
        during: Called at every tick after that, with the time since [s].
        drones: How many fly.
        task: What is flown.
        small_battery: Whether the batteries last a minute.
        says: What the guard of the first drone says first, where it can say one thing only: a
            flight where it says another was spoiled.
    """

    name: str
    strike: Callable[[Flight], None]
    during: Callable[[Flight, float], None] = lambda *_: None
    drones: int = 1
    task: str = TASK
    strikes_s: float = STRIKES_S
    small_battery: bool = False
    says: str = ""


def _not_a_number(answer: Answer) -> Answer:
    return dataclasses.replace(answer, commands=np.full_like(answer.commands, np.nan))


def _nan_policy(flight: Flight) -> None:
    flight.policy.change = lambda a: _not_a_number(a) if any(a.engaged) else a


def _silent_policy(flight: Flight) -> None:
    flight.policy.change = lambda _: None


def _stuck_policy(flight: Flight) -> None:
    """The policy's last command, said again and again with fresh stamps, whoever takes over."""
    last: list[Any] = []

    def change(answer: Answer) -> Answer:
        if not last and any(answer.engaged):
            last.append(answer.commands)
        everybody = [True] * len(answer.engaged)
        return dataclasses.replace(answer, commands=last[0], engaged=everybody)

    flight.policy.change = change


def _jump(flight: Flight) -> None:
    flight.world.bent.offset_m = np.array(JUMP_M)


def _lose_pose(flight: Flight) -> None:
    flight.world.link.pose_lost_s = flight.world.now_s


def _drift(flight: Flight, since_s: float) -> None:
    flight.world.bent.offset_m = np.array([0.5 * DRIFT_M_S2 * since_s**2, 0.0, 0.0])


FAULTS = (
    Fault("policy says NaN", _nan_policy, says="command not finite"),
    Fault("policy frozen: says nothing more", _silent_policy, says="stale command"),
    Fault("policy frozen: repeats its last command", _stuck_policy),
    Fault("30 % packet loss", lambda flight: flight.world.lose(0.3)),
    Fault("100 % packet loss", lambda flight: flight.world.cut(0), says="lost state"),
    Fault("200 ms of latency, 100 each way", lambda flight: flight.world.delay(0.1)),
    Fault("motion capture lost", _lose_pose, _drift, says="lost external pose"),
    Fault("motion capture jumped by 1.6 m", _jump, says="estimate jumped"),
    Fault(
        "battery runs out",
        lambda _: None,
        task=HOVER,
        strikes_s=1.0,
        small_battery=True,
        says="low battery",
    ),
    Fault("one drone of two unplugged", lambda flight: flight.world.unplug(1), drones=2),
)
