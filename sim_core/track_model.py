# SPDX-License-Identifier: Apache-2.0
"""A race track as a frozen model: gates, poles, a room, where to begin, what each level draws anew.

Gate frame: at the gate's centre, n = (cos yaw, sin yaw, 0) points the way a drone has to pass,
l = (−sin yaw, cos yaw, 0) to the left, and up is up: gates stand upright.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Two = tuple[float, float]
Three = tuple[float, float, float]

GATE_COLUMNS = (
    "x_m", "y_m", "z_m", "cos_yaw", "sin_yaw", "half_opening_m", "round", "half_outer_m",
    "half_depth_m", "solid", "post_radius_m", "counted_share",
)  # fmt: skip
"""Columns of `Track.gate_table`.

x, y, z: centre [m; W]. cos_yaw, sin_yaw: the passing direction n. half_opening: half the side of a
square opening, or the radius of a round one; half_outer: the same of the frame's outer edge.
round: 1 for a ring, 0 for a square. half_depth: half the frame's depth along n. solid: 1 where the
frame ends a flight that touches it. post_radius: of the post that carries the frame, 0 for none; it
stands at x, y from the floor to z − half_outer. counted_share: a crossing counts within this share
of half_opening.
"""

OBSTACLE_COLUMNS = ("x_m", "y_m", "radius_m", "height_m")
"""Columns of `Track.obstacle_table`: poles from the floor up."""


@dataclass(frozen=True)
class Gate:
    """An upright frame around an opening, to be passed along its yaw.

    Attributes:
        position_m: Centre of the opening [m; W].
        yaw_rad: Direction in which it is to be passed.
        shape: Of opening and frame alike.
        opening_m: Side of the square opening, or diameter of the round one.
        outer_m: Side or diameter of the frame's outer edge.
        depth_m: Of the frame, along the passing direction.
        solid: Whether touching the frame ends a flight; rings that are only counted are not.
        post_radius_m: Of the post under the frame, which is as solid as the frame; 0 for none.
        counted_share: A crossing counts within this share of the opening, about its centre.
    """

    position_m: Three
    yaw_rad: float
    shape: Literal["square", "round"]
    opening_m: float
    outer_m: float
    depth_m: float
    solid: bool
    post_radius_m: float = 0.0
    counted_share: float = 1.0


@dataclass(frozen=True)
class Obstacle:
    """A pole: a vertical cylinder from the floor up."""

    x_m: float
    y_m: float
    radius_m: float
    height_m: float


@dataclass(frozen=True)
class Room:
    """The box that the drone's centre may not leave [m; W]."""

    low_m: Three
    high_m: Three


@dataclass(frozen=True)
class Start:
    """Where the drone stands before it flies; `first_gate` is the gate that it passes first."""

    position_m: Three
    yaw_rad: float = 0.0
    first_gate: int = 0


@dataclass(frozen=True)
class Level:
    """Half-widths of the uniform draws of one level, about the track as it is written.

    Attributes:
        mass_kg: Added to the drone's mass.
        start_m: Of the start, by axis.
        start_yaw_rad: Of its heading.
        gate_m: Of each gate's centre, by axis.
        gate_yaw_rad: Of each gate's yaw.
        obstacle_m: Of each pole's foot, in x and in y.
        sensing_range_m: How near, horizontally, a drone has to come to a gate or pole to know where
            it truly stands; before that it knows where it should stand. 0: known from the start.
        whole_track: Whether the track itself is drawn first, anew from every seed.
    """

    mass_kg: float = 0.0
    start_m: Three = (0.0, 0.0, 0.0)
    start_yaw_rad: float = 0.0
    gate_m: Three = (0.0, 0.0, 0.0)
    gate_yaw_rad: float = 0.0
    obstacle_m: float = 0.0
    sensing_range_m: float = 0.0
    whole_track: bool = False


@dataclass(frozen=True)
class Track:
    """A track.

    Attributes:
        name: What reports call it.
        laps: How many have to be flown; 0 for laps without end.
        closed: Whether the last gate is followed by the first.
        room: The box to stay in.
        start: Where to begin.
        gates: In the order in which they are passed.
        obstacles: The poles.
        levels: What level 0, 1, … draws; a track without any has level 0, which draws nothing.
    """

    name: str
    laps: int
    closed: bool
    room: Room
    start: Start
    gates: tuple[Gate, ...]
    obstacles: tuple[Obstacle, ...] = ()
    levels: tuple[Level, ...] = (Level(),)

    def gate_table(self) -> NDArray[np.float32]:
        """The gates as numbers, C-contiguous, shape (G, 12); see `GATE_COLUMNS`."""
        return np.array([_gate_row(gate) for gate in self.gates], np.float32)

    def obstacle_table(self) -> NDArray[np.float32]:
        """The poles as numbers, C-contiguous, shape (O, 4); see `OBSTACLE_COLUMNS`."""
        rows = [(o.x_m, o.y_m, o.radius_m, o.height_m) for o in self.obstacles]
        return np.array(rows, np.float32).reshape(-1, len(OBSTACLE_COLUMNS))


def _gate_row(gate: Gate) -> tuple[float, ...]:
    half = gate.opening_m / 2.0
    return (
        *gate.position_m, np.cos(gate.yaw_rad), np.sin(gate.yaw_rad), half,
        float(gate.shape == "round"), gate.outer_m / 2.0, gate.depth_m / 2.0, float(gate.solid),
        gate.post_radius_m, gate.counted_share,
    )  # fmt: skip
