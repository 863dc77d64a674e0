# SPDX-License-Identifier: Apache-2.0
"""Straight ways into a formation's first slots, and out of its last ones.

All drones fly theirs in the same time, and go where the squares of the ways are least: such ways
never bring drones nearer than 1/√2 of what the places or the slots are apart (Turpin, Michael and
Kumar 2014, CAPT).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim_core.errors import SettingsError
from sim_core.formation_model import FormationTask
from sim_core.formation_rules import too_near
from sim_core.references import CONTROL_DT, accelerations, end_state, quintic, sample_times

Array = NDArray[np.float64]

_ACCELERATION_M_S2 = 2.0  # as formations that move
_SHORTEST_S = 2.0  # guess: as tasks'
_LONGER = 1.15


def nearest_order(begin: ArrayLike, end: ArrayLike) -> NDArray[np.intp]:
    """Which end each begin should fly to, both x, y, z [m; W] of shape (N, 3): a permutation."""
    from scipy.optimize import linear_sum_assignment  # slow to import, and seldom needed

    one, two = np.asarray(begin, np.float64), np.asarray(end, np.float64)
    cost = ((one[:, None] - two[None]) ** 2).sum(axis=2)
    order: NDArray[np.intp] = linear_sum_assignment(cost)[1]
    return order


def led_in(task: FormationTask, start: ArrayLike, *, keep_order: bool) -> FormationTask:
    """The task with ways from where drones hover before it.

    Args:
        task: The formation.
        start: x, y, z [m; W] and maybe yaw [rad], shape (N, ≥ 3).
        keep_order: Whether drone i flies slot i; or the one that is nearest.

    Raises:
        SettingsError: Not so many places, or ways on which drones come too near to each other.
    """
    begin = _places(task, start, "start")
    slots = task.slots
    if not keep_order:
        slots = slots[nearest_order(begin[:, :3], slots[:, 0, :3])]
    slots = np.concatenate([_ways_in(begin, slots), slots], axis=1)
    return _checked(FormationTask(task.name, slots, task.settle_s), "from its start")


def led_out(task: FormationTask, home: ArrayLike) -> FormationTask:
    """The task with its last slots held till all are there, and ways to places after it.

    Args:
        task: The formation.
        home: Places x, y, z [m; W], shape (N, ≥ 3); each goes to the drone that is nearest.

    Raises:
        SettingsError: Not so many places, or ways on which drones come too near to each other.
    """
    places = _places(task, home, "home")[:, :3]
    held = np.repeat(task.slots[:, -1:], round(task.settle_s / CONTROL_DT), axis=1)
    last = task.slots[:, -1].astype(np.float64)
    there = last.copy()
    there[:, :3] = places[nearest_order(last[:, :3], places)]
    still = np.zeros(last.size)
    ways = _slow_enough((last.ravel(), still, still), (there.ravel(), still, still))
    slots = np.concatenate([task.slots, held, ways], axis=1)
    return _checked(FormationTask(task.name, slots, task.settle_s), "on its ways home")


def _places(task: FormationTask, given: ArrayLike, what: str) -> Array:
    places = np.asarray(given, np.float64)
    if places.ndim != 2 or len(places) != task.drones or places.shape[1] < 3:
        raise SettingsError(
            f"formation {task.name!r}: {what}: expected ({task.drones}, 3 or more) numbers,"
            f" got shape {places.shape}."
        )
    if not np.isfinite(places).all():
        raise SettingsError(
            f"formation {task.name!r}: {what}: expected finite numbers, got others."
        )
    return places


def _checked(task: FormationTask, where: str) -> FormationTask:
    faults = list(too_near(task))
    if faults:
        raise SettingsError(f"formation {task.name!r}, {where}: {'; '.join(faults)}.")
    return task


def _ways_in(begin: Array, slots: NDArray[np.float32]) -> NDArray[np.float32]:
    """From rest into the slots' first state, all in the same time, shape (N, K, 4)."""
    path = np.moveaxis(slots[:, :5].astype(np.float64), 0, 1)  # (5, N, 4)
    first = path[0].copy()
    if begin.shape[1] > 3:  # the short way round
        first[:, 3] += (begin[:, 3] - first[:, 3] + np.pi) % (2.0 * np.pi) - np.pi
    first[:, :3] = begin[:, :3]
    still = np.zeros(first.size)
    end = end_state(path.reshape(len(path), -1))
    return _slow_enough((first.ravel(), still, still), end)[:, :-1]


def _slow_enough(
    begin: tuple[Array, Array, Array], end: tuple[Array, Array, Array]
) -> NDArray[np.float32]:
    """Quintics between two states of all drones, in as much time as they need, (N, K, 4)."""
    seconds = _SHORTEST_S
    while True:
        at = sample_times(seconds)
        rows = quintic(begin, end, at[-1], at).reshape(len(at), -1, 4)
        asked = [np.linalg.norm(accelerations(p[:, :3]), axis=1).max() for p in rows.swapaxes(0, 1)]
        if max(asked) <= _ACCELERATION_M_S2:
            return np.ascontiguousarray(np.moveaxis(rows, 0, 1).astype(np.float32))
        seconds *= _LONGER
