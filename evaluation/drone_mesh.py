# SPDX-License-Identifier: Apache-2.0
"""A low-poly Crazyflie for pictures, made here from numbers: triangles in the body frame (FLU).

The origin is the middle of the board, midway between the motors; x points forward. Motors are M1
front-right, then clockwise seen from above.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import PictureError
from evaluation.picture import BLUE

Array = NDArray[np.float64]
Kind = Literal["brushed", "brushless"]


@dataclass(frozen=True)
class Size:
    """Dimensions of an airframe [m].

    Attributes:
        arm_m: Centre to motor.
        propeller_m: Diameter.
        motor_m: Diameter and length.
        feet_m: Height of the feet's lower end in B.
        top_m: Height of the propeller hubs' upper end in B.
    """

    arm_m: float
    propeller_m: float
    motor_m: tuple[float, float]
    feet_m: float
    top_m: float


SIZES: dict[str, Size] = {
    # 92 mm from motor to motor and 29 mm high with feet: Crazyflie 2.1 data sheet. Propellers of
    # 46 mm, motors of 7 x 16 mm: Bitcraze's store. How the 29 mm lie about the board: guess
    "brushed": Size(0.046, 0.046, (0.007, 0.016), -0.013, 0.016),
    # arm: firmware, ARM_LENGTH. Propellers of 55 mm and 08028 motors (8 mm stators in 10 mm bells):
    # Bitcraze's blog. Heights: guess
    "brushless": Size(0.050, 0.055, (0.010, 0.008), -0.013, 0.014),
}

_BOARD_M = (0.030, 0.0016)  # side, thickness of usual FR4  # guess: side
_ARM_WIDTH_M = 0.009  # guess
_BATTERY_M = (0.030, 0.020, 0.007)  # 250 mAh cell  # guess: to a millimetre
_DECK_M = (0.026, 0.021, 0.0035)  # what is seen of headers and parts under the board  # guess
_FOOT_M = (0.0035, 0.0016)  # radius at the motor and at the floor  # guess
_BLADE_M = 0.0009  # thickness  # guess

# Colours of no meaning: those of the thing
_BOARD, _CELL, _LABEL, _PARTS = "#2f343b", "#c9ced6", "#f4f5f7", "#41474f"
_MOTOR, _FOOT, _DARK, _LAMP = "#aab0b8", "#24282d", "#4a5058", "#7fd1ff"

MOTOR_SIDES = ((1.0, -1.0), (-1.0, -1.0), (-1.0, 1.0), (1.0, 1.0))
"""Signs of x and y of M1 to M4 in B."""

SPINS = (1.0, -1.0, 1.0, -1.0)
"""M1 to M4 about z: M1 and M3 counterclockwise seen from above."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """Closed solids made of triangles, counterclockwise seen from outside.

    Attributes:
        vertices_m: In B, shape (V, 3).
        faces: Rows of three vertices, shape (F, 3).
        colours: Red, green, blue of each face, 0 to 255, shape (F, 3).
        parts: Which convex solid each face belongs to, counted from 0, shape (F,).
        middles_m: Of those solids, in B, shape (P, 3).
        discs_m: The circles that the propellers sweep, in B, shape (4, K, 3).
    """

    vertices_m: Array
    faces: NDArray[np.int64]
    colours: Array
    parts: NDArray[np.int64]
    middles_m: Array
    discs_m: Array


@lru_cache(maxsize=256)
def drone_mesh(
    kind: Kind = "brushless", scale: float = 1.0, turn_rad: float = 0.0, colour: str = BLUE
) -> Mesh:
    """A Crazyflie.

    Args:
        kind: Which one: "brushed" or "brushless".
        scale: Times its true size.
        turn_rad: How far the propellers have turned.
        colour: Of the front propellers and of the stripe on the battery.

    Raises:
        PictureError: Another kind, or a scale that is not positive.
    """
    if kind not in SIZES:
        raise PictureError(f"drone mesh: kind: expected 'brushed' or 'brushless', got {kind!r}.")
    if not 0.0 < scale < np.inf:
        raise PictureError(f"drone mesh: scale: expected more than 0, got {scale}.")
    size = SIZES[kind]
    solids = [*_body(colour), *_arms(size, turn_rad, colour)]
    points, faces, colours, parts, first = [], [], [], [], 0
    for part, (corners, paint) in enumerate(solids):
        triangles = _hull_of_prism(len(corners) // 2)
        points.append(corners)
        faces.append(triangles + first)
        colours.append(np.tile(rgb(paint), (len(triangles), 1)))
        parts.append(np.full(len(triangles), part))
        first += len(corners)
    return Mesh(
        scale * np.concatenate(points),
        np.concatenate(faces),
        np.concatenate(colours),
        np.concatenate(parts),
        scale * np.array([corners.mean(axis=0) for corners in points]),
        scale * np.array([_disc(size, motor) for motor in range(4)]),
    )


def rgb(colour: str) -> Array:
    """Red, green, blue of "#rrggbb", 0 to 255."""
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.float64)


Solid = tuple[Array, str]
"""Lower and upper outline of a prism, shape (2 K, 3), and its colour."""


def _body(colour: str) -> list[Solid]:
    side, thick = _BOARD_M
    half, cut = side / 2.0, side / 5.0
    octagon = [(half, -cut), (half, cut), (cut, half), (-cut, half)]
    octagon += [(-x, -y) for x, y in octagon]
    long, wide, high = _BATTERY_M
    parts_long, parts_wide, parts_high = _DECK_M
    above = thick / 2.0 + 0.001  # the cell lies on its pad  # guess
    return [
        (_prism(octagon, -thick / 2.0, thick / 2.0), _BOARD),
        (_box((0.0, 0.0), (parts_long, parts_wide), -thick / 2 - parts_high, -thick / 2), _PARTS),
        (_box((0.0, 0.0), (long, wide), above, above + high), _CELL),
        (_box((0.004, 0.0), (0.007, wide + 6e-4), above + 3e-4, above + high + 4e-4), colour),
        (_box((-0.006, 0.0), (0.009, wide + 4e-4), above + 3e-4, above + high + 2e-4), _LABEL),
        (_box((half - 0.002, 0.0), (0.003, 0.005), thick / 2.0, thick / 2.0 + 0.002), _LAMP),
    ]


def _arms(size: Size, turn_rad: float, colour: str) -> Iterable[Solid]:
    thick = _BOARD_M[1]
    radius, length = size.motor_m[0] / 2.0, size.motor_m[1]
    for motor in range(4):
        centre = _motor(size, motor)
        out = centre / size.arm_m
        aside = np.array([-out[1], out[0]]) * _ARM_WIDTH_M / 2.0
        root = 0.010 * out  # inside the board
        arm = [root - aside, centre - 0.7 * aside, centre + 0.7 * aside, root + aside]
        top = size.top_m - 0.004
        yield _prism(arm, -thick / 2.0, thick / 2.0), _BOARD
        foot = [_circle(centre, r, 6) for r in (_FOOT_M[1], _FOOT_M[0])]
        yield _between(foot[0], size.feet_m, foot[1], min(-0.0008, top - length)), _FOOT
        yield _prism(_circle(centre, radius, 8), top - length, top), _MOTOR
        yield _prism(_circle(centre, 0.0022, 6), top, size.top_m), _DARK
        paint = colour if MOTOR_SIDES[motor][0] > 0.0 else _DARK
        for half_turn in (0.0, np.pi):
            angle = SPINS[motor] * turn_rad + half_turn + 0.6
            blade = centre + _blade(size.propeller_m / 2.0) @ _turned(angle).T
            yield _prism(blade, top + 0.001, top + 0.001 + _BLADE_M), paint


def _motor(size: Size, motor: int) -> Array:
    out: Array = np.array(MOTOR_SIDES[motor]) * size.arm_m / np.sqrt(2.0)
    return out


def _disc(size: Size, motor: int) -> Array:
    ring = _circle(_motor(size, motor), size.propeller_m / 2.0, 20)
    return np.column_stack([ring, np.full(len(ring), size.top_m - 0.0025)])


def _blade(radius: float) -> Array:
    """A blade along x, counterclockwise."""
    return radius * np.array([(0.05, -0.05), (0.35, -0.13), (0.97, -0.07), (1.0, 0.02),
                              (0.5, 0.10), (0.05, 0.05)])  # fmt: skip


def _turned(angle: float) -> Array:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _circle(centre: Array, radius: float, corners: int) -> Array:
    angle = 2.0 * np.pi * np.arange(corners) / corners
    out: Array = centre + radius * np.column_stack([np.cos(angle), np.sin(angle)])
    return out


def _box(centre: tuple[float, float], sides: tuple[float, float], low: float, high: float) -> Array:
    half = np.array(sides) / 2.0
    signs = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    return _prism(np.array(centre) + signs * half, low, high)


def _prism(
    outline: Array | list[tuple[float, float]] | list[Array], low: float, high: float
) -> Array:
    return _between(np.array(outline), low, np.array(outline), high)


def _between(lower: Array, low: float, upper: Array, high: float) -> Array:
    """Corners of a solid between two convex outlines, each counterclockwise seen from above."""
    return np.concatenate(
        [np.column_stack([lower, np.full(len(lower), low)]),
         np.column_stack([upper, np.full(len(upper), high)])]
    )  # fmt: skip


def _hull_of_prism(corners: int) -> NDArray[np.int64]:
    """Triangles around the corners of `_between`, counterclockwise seen from outside."""
    k, faces = corners, []
    for i in range(k):
        j = (i + 1) % k
        faces += [(i, j, k + j), (i, k + j, k + i)]
    for i in range(1, k - 1):
        faces += [(0, i + 1, i), (k, k + i, k + i + 1)]
    return np.array(faces)
