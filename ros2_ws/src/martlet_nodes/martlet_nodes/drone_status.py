# SPDX-License-Identifier: Apache-2.0
"""How a drone stands, as its backend tells it: who commands it, and what its guard does."""

from dataclasses import dataclass, field
from enum import IntEnum

from firmware_bridge.flight_guard import Stage


class Commander(IntEnum):
    """Who commands a drone; the numbers are those of martlet_msgs/DroneStatus."""

    NONE = 0
    STREAM = 1
    ACTION = 2
    GUARD = 3
    OPERATOR = 4


@dataclass(frozen=True)
class Status:
    """What martlet_msgs/DroneStatus says, but for the header and the latencies.

    Two are equal where a drone stands as before, however old its state is: over a radio age and
    quality are others at every tick.
    """

    name: str
    armed: bool
    flying: bool
    commander: Commander
    stage: Stage
    reason: str
    quality: float = field(compare=False)
    age_s: float = field(compare=False)
    interventions: int
