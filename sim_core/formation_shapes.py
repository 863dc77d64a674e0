# SPDX-License-Identifier: Apache-2.0
"""Shapes of formations: line, circle, grid, wall, cube, sphere, spread until nobody is too near.

The kinds are those that quad-swarm-rl (circle, grid, sphere, cube; upright grids too) and
PufferLib's drone swarm (sphere, cube, an upright flag, a line) fly; sizes and code are ours. A
shape is a plan, to be spread horizontally, and heights in metres, which stay: wakes set them.
"""

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Shape = Literal["line", "circle", "grid", "wall", "cube", "sphere"]
SHAPES: tuple[Shape, ...] = get_args(Shape)

LAYER_M = 0.5
"""Slots above each other are at least this far apart: there a CF2.1+'s wake weighs 6.7 g, by
12 g·m² / (dz + 0.83 m)² (evaluation/validation/downwash.py), a quarter of the drone below. Of more
than two layers every other one stands off by half a place: three wakes would sum to 13 g, more than
a drone of thrust to weight 1.3 has to spare."""

WAKE_RADIUS_M = 0.2
"""Nearer than this to a drone's axis is below it: three widths of the wake half a metre down
(0.03 m + 0.08 dz, the same fit)."""

TALLEST_M = 1.5
"""Four layers: from 0.5 m to 2.0 m, the guard's ceiling."""

_RING_HOLDS = 32  # more drones stand on rings within: one of 64 would be 3.3 m in radius
_RANK_HOLDS = 10  # likewise: a rank of 10 is 2.9 m long
_RING_GAP = 1.1  # between rings, in what is between neighbours on one
_RANK_GAP = 1.1
_GOLDEN_ANGLE = np.pi * (3.0 - np.sqrt(5.0))

Made = tuple[Array, Array]
"""A plan (N, 2) of any scale about its middle, and heights about theirs [m], (N,)."""


def shape_slots(shape: Shape, drones: int, spacing_m: float) -> Array:
    """Slots about the origin, as near to each other as the rules allow.

    Args:
        shape: One of `SHAPES`.
        drones: How many slots.
        spacing_m: Least distance between two slots of which neither is below the other.

    Returns:
        Shape (N, 3). Two slots are `spacing_m` apart and `WAKE_RADIUS_M` horizontally, or one is
        `LAYER_M` above the other. Spreading them horizontally keeps that.
    """
    plan, height = _MAKERS[shape](drones, spacing_m)
    height = height - (height.min() + height.max()) / 2.0
    one, two = np.triu_indices(drones, 1)
    across = np.linalg.norm(plan[one] - plan[two], axis=1)
    up = np.abs(height[one] - height[two])
    needed = np.maximum(np.sqrt(np.maximum(spacing_m**2 - up**2, 0.0)), WAKE_RADIUS_M)
    beside = up < LAYER_M - 1e-9
    spread = float((needed[beside] / across[beside]).max(initial=0.0)) or spacing_m
    return np.column_stack([plan * spread, height])


def reach(slots: Array) -> float:
    """Farthest slot from the middle, horizontally [m]."""
    return float(np.linalg.norm(slots[:, :2], axis=1).max())


def _line(drones: int, spacing: float) -> Made:  # noqa: ARG001  # as the others
    return _ranks(np.arange(drones)), np.zeros(drones)


def _circle(drones: int, spacing: float) -> Made:  # noqa: ARG001  # as the others
    rings, left = [], drones
    radius = _ring_radius(min(drones, _RING_HOLDS))
    while left > 0:
        holds = int(np.pi / np.arcsin(min(0.5 / radius, 1.0)) + 1e-9)
        count = min(left, holds)
        angle = 2.0 * np.pi * np.arange(count) / count
        rings.append(radius * np.column_stack([np.cos(angle), np.sin(angle)]))
        left, radius = left - count, radius - _RING_GAP
    return np.concatenate(rings), np.zeros(drones)


def _ring_radius(drones: int) -> float:
    """Of a ring whose neighbours are 1 apart."""
    return float(0.5 / np.sin(np.pi / drones))


def _grid(drones: int, spacing: float) -> Made:  # noqa: ARG001  # as the others
    return _centred(_rows_of(np.arange(drones), drones)), np.zeros(drones)


def _wall(drones: int, spacing: float) -> Made:  # noqa: ARG001  # as the others
    """An upright grid, two to four layers."""
    layers = int(np.clip(np.sqrt(drones / 2.0), 2, _most_layers()))
    column, layer = np.divmod(np.arange(drones), layers)
    plan = _ranks(column)
    plan[:, 0] += _staggered(layer, layers)
    return _centred(plan), LAYER_M * layer


def _cube(drones: int, spacing: float) -> Made:  # noqa: ARG001  # as the others
    layers = int(np.clip(round(np.cbrt(drones)), 2, _most_layers()))
    each = -(-drones // layers)
    layer, place = np.divmod(np.arange(drones), each)
    plan = _rows_of(place, each) + _staggered(layer, layers)[:, None]
    return _centred(plan), LAYER_M * layer


def _staggered(layer: NDArray[np.int64], layers: int) -> Array:
    """By how much a slot's layer stands off the one below, in places."""
    return (layer % 2).astype(np.float64) * (0.5 if layers > 2 else 0.0)


def _sphere(drones: int, spacing: float) -> Made:
    """Golden spiral (Swinbank and Purser 2006); flattened where it would be too tall."""
    i = np.arange(drones)
    up = 1.0 - (2.0 * i + 1.0) / drones
    radius, angle = np.sqrt(1.0 - up**2), _GOLDEN_ANGLE * i
    # n points on a sphere of radius r are at best some 3.1 r / √n apart.
    height = min(TALLEST_M / 2.0, spacing * np.sqrt(drones) / 3.1)
    return radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]), height * up


def _most_layers() -> int:
    return round(TALLEST_M / LAYER_M) + 1


def _ranks(place: NDArray[np.int64]) -> Array:
    """Places in a line, in as few ranks as hold them."""
    count = int(place.max()) + 1
    rank, place = np.divmod(place, -(-count // -(-count // _RANK_HOLDS)))
    return _centred(np.column_stack([place, _RANK_GAP * rank]))


def _rows_of(place: NDArray[np.int64], count: int) -> Array:
    """Places of a grid as square as `count` allows."""
    row, column = np.divmod(place, int(np.ceil(np.sqrt(count))))
    return np.column_stack([column, row]).astype(np.float64)


def _centred(plan: NDArray[np.float64]) -> Array:
    out: Array = plan - (plan.min(axis=0) + plan.max(axis=0)) / 2.0
    return out


_MAKERS: dict[Shape, Callable[[int, float], Made]] = {
    "line": _line,
    "circle": _circle,
    "grid": _grid,
    "wall": _wall,
    "cube": _cube,
    "sphere": _sphere,
}
