# SPDX-License-Identifier: Apache-2.0
"""What a dead link would cost: how near a path comes to the fence, against how fast it is flown.

A drone that hears nothing levels itself after half a second and switches off after two: meanwhile
no guard reaches it, and it flies on about as fast as it was.
"""

import numpy as np
from numpy.typing import NDArray

from martlet.flight.programme import Programme
from sim_core.formation_model import JUMP_ACCELERATION_M_S2, JUMP_M
from sim_core.tasks import CONTROL_DT, load_task

DEAD_S = 2.0
"""From the last word that a drone has heard to its motors off: firmware,
COMMANDER_WDT_TIMEOUT_SHUTDOWN."""


def margin_warnings(planned: Programme) -> list[str]:
    """A sentence for each path along which the fence is nearer than speed times `DEAD_S`.

    Races are left out: where they are flown, nobody is hurt.
    """
    if planned.race is not None:
        return []
    sentences = []
    for name, paths in _paths(planned):
        margin_m, speed_m_s = _worst(paths, planned)
        if margin_m < DEAD_S * speed_m_s:
            sentences.append(
                f"{name} is flown at {speed_m_s:.1f} m/s {margin_m:.1f} m from the fence, and a"
                f" drone whose link dies there flies on by up to {DEAD_S * speed_m_s:.1f} m"
            )
    return sentences


def _paths(planned: Programme) -> list[tuple[str, NDArray[np.float64]]]:
    """Where the drones are to be at each control instant, x, y, z [m; W], shape (T, n, 3)."""
    if planned.group is not None:
        slots = planned.group.formation.slots[..., :3].astype(np.float64)
        return [(planned.flown[0].name, np.swapaxes(slots, 0, 1))]
    offsets = np.array(planned.offsets_m or [(0.0, 0.0, 0.0)])
    found = []
    for flown in planned.flown:
        reference = load_task(flown.task).reference
        times = np.arange(0.0, reference.duration_s, CONTROL_DT)
        found.append((flown.name, reference.position(times)[:, None] + offsets))
    return found


def _worst(paths: NDArray[np.float64], planned: Programme) -> tuple[float, float]:
    """Distance from the fence's walls [m] and speed [m/s] where the one is worst for the other.

    A slot that jumps is no path that is flown: its drone is fastest half-way, at √(a d) after a
    jump d, as `settle_time` has it.
    """
    steps = np.diff(paths, axis=0)
    far = np.linalg.norm(steps, axis=2, keepdims=True)
    jumped = far > JUMP_M
    per_s = np.where(
        jumped, np.sqrt(JUMP_ACCELERATION_M_S2 / np.maximum(far, JUMP_M)), 1 / CONTROL_DT
    )
    speed = np.linalg.norm((steps * per_s)[..., :2], axis=2)
    low, high = (np.array(box[:2]) for box in (planned.box_low_m, planned.box_high_m))
    flat = np.where(jumped, paths[1:] - 0.5 * steps, paths[1:])[..., :2]
    margin = np.minimum(flat - low, high - flat).min(axis=2)
    at = np.unravel_index(np.argmin(margin - DEAD_S * speed), margin.shape)
    return float(margin[at]), float(speed[at])
