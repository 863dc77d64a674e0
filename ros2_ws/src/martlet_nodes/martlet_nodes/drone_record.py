# SPDX-License-Identifier: Apache-2.0
"""One drone, as its backend knows it."""

import math
from dataclasses import dataclass, field

from firmware_bridge.flight_guard import FlightGuard
from martlet_nodes.manoeuvre import Manoeuvre


@dataclass
class DroneRecord:
    """What a backend remembers of one drone.

    Attributes:
        name: As in its topics.
        guard: Its own.
        armed: Whether it was told to arm, at `armed_s`.
        stopped: By the operator.
        streaming: Whether somebody streams, and has not let go.
        aimed: Whether what is streamed is a point, rather than a motion.
        barred: Whether whoever streamed lost command, and has not let go.
        answered_s: Stamp of the state that the newest streamed command answers.
        heard_s: When the newest one came.
        coming_to_rest: Whether whoever streamed has let go of it at speed.
        moved_s: When it last moved, since then.
        ground_m: Height at which it was armed [m; W].
        manoeuvre: What it is about by itself.
        latencies_s: Receipt minus stamp of streamed commands.
    """

    name: str
    guard: FlightGuard
    armed: bool = False
    armed_s: float = -math.inf
    stopped: bool = False
    streaming: bool = False
    aimed: bool = False
    barred: bool = False
    answered_s: float = -math.inf
    heard_s: float = -math.inf
    coming_to_rest: bool = False
    moved_s: float = -math.inf
    ground_m: float = 0.0
    manoeuvre: Manoeuvre | None = None
    latencies_s: list[float] = field(default_factory=list)
