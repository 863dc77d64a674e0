# SPDX-License-Identifier: Apache-2.0
"""Whence a scene is best looked at."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.camera import View, around
from evaluation.scene import Scene
from sim_core.track_model import Gate

Array = NDArray[np.float64]

UP_DEG = 24.0
"""Height of the eye over the middle."""

_TURN_DEG = 40.0  # at most, in a whole film, and 6°/s


def side_view(scene: Scene, begin: float, end: float, size: tuple[int, int]) -> View:
    """A camera that sees all that is shown, and slowly goes around it by at most 40°.

    Args:
        scene: What is shown.
        begin: First instant [s].
        end: Last one [s].
        size: Of the picture [pixels].
    """
    aspect = size[0] / size[1] if min(size) > 0 else 1.0
    turn = min(6.0, _TURN_DEG / max(end - begin, 1e-9))
    middle = _best_side(scene, begin, end)
    return around(
        scene.bounds(), from_deg=middle - turn * (end - begin) / 2.0, turn_deg_s=turn,
        up_deg=UP_DEG, begin_s=begin, end_s=end, aspect=aspect, fill=0.81,
    )  # fmt: skip


def _best_side(scene: Scene, begin: float, end: float) -> float:
    """Whence frames are seen open and hide little of the flights [deg about z from x]."""
    if scene.track is None or not scene.track.gates:
        return -110.0
    rows = np.unique(np.linspace(scene.row(begin), scene.row(end), 60).astype(int))
    points = np.asarray(scene.states[rows, :, :3], np.float64).reshape(-1, 3)
    sides = np.deg2rad(np.arange(-180.0, 180.0, 5.0))
    worth = [_worth(scene.track.gates, points, float(side)) for side in sides]
    return float(np.rad2deg(sides[int(np.argmax(worth))]))


def _worth(gates: Sequence[Gate], points: Array, side: float) -> float:
    """How well a side is to look from: openness of frames, less what they hide, from afar."""
    eye = np.array([np.cos(side), np.sin(side), np.tan(np.deg2rad(UP_DEG))])
    open_to, hidden = [], np.zeros(len(points), bool)
    for gate in gates:
        n = np.array([np.cos(gate.yaw_rad), np.sin(gate.yaw_rad), 0.0])
        open_to.append(abs(float(eye @ n)))
        way = (np.array(gate.position_m) - points) @ n / (eye @ n + 1e-9)
        off = points + way[:, None] * eye - gate.position_m
        across = np.maximum(np.abs(off @ (-n[1], n[0], 0.0)), np.abs(off[:, 2]))
        hidden |= (way > 0) & (across > gate.opening_m / 2.0) & (across < gate.outer_m / 2.0)
    return min(open_to) + float(np.mean(open_to)) - 4.0 * float(hidden.mean())
