# SPDX-License-Identifier: Apache-2.0
"""What a picture in three dimensions is made of, before any viewer knows of it.

Paths are those of the viewer's tree, "world/drones/cf1" for one; all that is under a path with a
pose moves with it. Lengths are in metres, in W but for what moves.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""


@dataclass(frozen=True, eq=False)
class Pose:
    """Where a thing is: p_WB, shape (3,), and q_WB (xyzw), shape (4,)."""

    path: str
    position_m: Array
    q_WB: Array


@dataclass(frozen=True, eq=False)
class Lines:
    """Strips of lines, each of shape (K, 3), all of one colour and radius; with labels or none."""

    path: str
    strips_m: tuple[Array, ...]
    colour: Colour
    radius_m: float
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Solid:
    """Triangles in the frame of what carries them: corners (3 F, 3), a colour each (3 F, 3)."""

    path: str
    corners_m: Array
    colours: Array


@dataclass(frozen=True)
class Label:
    """A word at the origin of what carries it."""

    path: str
    text: str
    colour: Colour


@dataclass(frozen=True)
class Number:
    """A value of a curve."""

    path: str
    value: float


@dataclass(frozen=True)
class Remark:
    """A line of the log; a warning or not."""

    path: str
    text: str
    warning: bool


Entry = Pose | Lines | Solid | Label | Number | Remark
