# SPDX-License-Identifier: Apache-2.0
"""What makes a formation one that can be flown: every fault of it, a phrase each."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sim_core.errors import SettingsError
from sim_core.formation_model import FormationTask
from sim_core.references import CONTROL_DT
from sim_core.track_model import Gate, Three, Track

Array = NDArray[np.float64]

NEAREST_M = 0.2
"""Slots may not be nearer to each other: two collision distances."""

CLEAR_M = 0.25
"""Slots may not be nearer to a gate's frame or a pole: a drone's 0.05 m, and what it swerves.
# guess"""


def formation_faults(task: FormationTask, low_m: Three, high_m: Three) -> list[str]:
    """All that is wrong with a formation in a room; empty for a good one."""
    return [*outside(task, low_m, high_m), *too_near(task)]


def outside(task: FormationTask, low_m: Three, high_m: Three) -> Iterator[str]:
    """Slots that leave the room: the one that is farthest out."""
    p = task.slots[..., :3].astype(np.float64)
    over = np.maximum(p - np.array(high_m), np.array(low_m) - p)
    drone, row, axis = np.unravel_index(int(np.argmax(over)), over.shape)
    if over[drone, row, axis] > 1e-6:
        yield (
            f"expected slots with {'xyz'[axis]} from {low_m[axis]:g} to {high_m[axis]:g} m,"
            f" got {p[drone, row, axis]:.2f} m for drone {drone} at {row * CONTROL_DT:.2f} s"
        )


def too_near(task: FormationTask) -> Iterator[str]:
    """Slots that are too near to each other: the two that are nearest."""
    if told := nearness(task.slots[..., :3]):
        yield f"expected slots at least {told}"


def nearness(p: NDArray[np.floating]) -> str:
    """Which two of several come nearest where that is too near; "" where none do.

    Args:
        p: Where each is to be at each control step, shape (N, T, 3) [m].
    """
    best, where = np.inf, (0, 0, 0)
    for i in range(len(p) - 1):
        apart = np.linalg.norm(p[i + 1 :] - p[i], axis=2)
        other, row = divmod(int(np.argmin(apart)), apart.shape[1])
        if apart[other, row] < best:
            best, where = float(apart[other, row]), (i, i + 1 + other, row)
    if best >= NEAREST_M - 1e-6:
        return ""
    one, two, row = where
    return (
        f"{NEAREST_M:g} m apart, got {best:.3f} m between drones {one} and {two}"
        f" at {row * CONTROL_DT:.2f} s"
    )


def check_clear(task: FormationTask, track: Track) -> None:
    """Refuse a formation whose slots come too near to what stands on a track.

    Raises:
        SettingsError: A slot within `CLEAR_M` of a gate's frame or post, or of a pole.
    """
    p = task.slots[..., :3].astype(np.float64)
    things = [(f"gate {i}", _from_gate(p, gate)) for i, gate in enumerate(track.gates)]
    things += [
        (f"pole {i}", _from_cylinder(p, (pole.x_m, pole.y_m), pole.radius_m, pole.height_m))
        for i, pole in enumerate(track.obstacles)
    ]
    for name, apart in things:
        drone, row = np.unravel_index(int(np.argmin(apart)), apart.shape)
        if apart[drone, row] < CLEAR_M:
            raise SettingsError(
                f"formation {task.name!r}: expected slots {CLEAR_M:g} m clear of what stands on"
                f" track {track.name!r}, got {apart[drone, row]:.2f} m from {name} for drone"
                f" {drone} at {row * CONTROL_DT:.2f} s."
            )


def _from_gate(p: Array, gate: Gate) -> Array:
    """Distance to a gate's frame and post."""
    c, s = np.cos(gate.yaw_rad), np.sin(gate.yaw_rad)
    x, y, z = np.moveaxis(p - np.array(gate.position_m), -1, 0)
    along, left = c * x + s * y, c * y - s * x
    inner, outer = gate.opening_m / 2.0, gate.outer_m / 2.0
    if gate.shape == "round":
        radius = np.hypot(left, z)
        across = np.maximum(np.maximum(radius - outer, inner - radius), 0.0)
    else:
        aside, above = np.abs(left), np.abs(z)
        beyond = np.hypot(np.maximum(aside - outer, 0.0), np.maximum(above - outer, 0.0))
        across = np.maximum(beyond, inner - np.maximum(aside, above))
    frame: Array = np.hypot(across, np.maximum(np.abs(along) - gate.depth_m / 2.0, 0.0))
    if gate.post_radius_m == 0.0:
        return frame
    top = gate.position_m[2] - outer
    post = _from_cylinder(p, gate.position_m[:2], gate.post_radius_m, top)
    return np.minimum(frame, post)


def _from_cylinder(p: Array, foot: tuple[float, ...], radius: float, top: float) -> Array:
    aside = np.hypot(p[..., 0] - foot[0], p[..., 1] - foot[1]) - radius
    out: Array = np.hypot(np.maximum(aside, 0.0), np.maximum(p[..., 2] - top, 0.0))
    return out
