# SPDX-License-Identifier: Apache-2.0
"""What a policy is given to fly: the text of a goal as tasks, from where the drones hover."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.optimize  # noqa: F401  # formations need it in flight, and it is slow to import
from numpy.typing import NDArray

from policy_export.task_logic import AnyTask
from sim_core.errors import SettingsError
from sim_core.formation_rules import nearness
from sim_core.frames import yaw_of
from sim_core.group_flights import GroupFlight, group_flight, hovers
from sim_core.races import RaceTask, race_of
from sim_core.tasks import TrackTask, load_task

Float32 = NDArray[np.float32]
FlownTask = TrackTask | RaceTask | GroupFlight


Place = tuple[float, float, float, float]
"""x, y, z [m; W] and yaw [rad]."""


def place_of(numbers: Sequence[float]) -> Place | None:
    """A place from a node's parameter; None where it is empty."""
    if not numbers:
        return None
    x, y, z, yaw = (float(number) for number in numbers)
    return x, y, z, yaw


def end_of(task: FlownTask, begin: Place) -> Place:
    """Where a drone is to be after a task that began in a place: of a race nobody knows."""
    if not isinstance(task, TrackTask):
        return begin
    x, y, z, yaw = task.reference.samples[-1].tolist()
    return x, y, z, yaw


def load_tasks(
    text: str,
    states: Float32,
    rows: Sequence[int],
    offsets: NDArray[np.float64],
    planned: Place | None = None,
) -> list[FlownTask]:
    """The task for each controlled drone, or the one for all, from where they hover now.

    Args:
        text: A built-in's name, a file's path, a task file's text; a race's, or a group's.
        states: Of the whole fleet, shape (N, 13).
        rows: The controlled drones.
        offsets: How far each one's path is moved [m; W], shape (n, 3).
        planned: Where paths begin, in the place of where drones hover.

    Raises:
        SettingsError: A task that cannot be loaded, or not be flown; paths on which drones would
            come too near to each other.
    """
    if race := race_of(text):
        if len(rows) > 1:
            raise SettingsError(
                f"race {race.name!r}: expected one drone, got {len(rows)}: fly several by a task of"
                " kind 'mixed', which sends them through the course one after the other."
            )
        return [race]
    if group := group_flight(text, hovers(states[list(rows)])):
        return [group]
    tasks: list[FlownTask] = []
    for row, offset in zip(rows, offsets, strict=True):
        state = states[row].astype(np.float64)
        here = (*(state[:3] - offset), yaw_of(state[3:7]))
        task = load_task(text, start=planned or here)
        samples = task.reference.samples + np.append(offset, 0.0).astype(np.float32)
        tasks.append(replace(task, reference=replace(task.reference, samples=samples)))
    _check_apart(text, [task.reference.samples for task in tasks if isinstance(task, TrackTask)])
    return tasks


def _check_apart(text: str, paths: list[Float32]) -> None:
    """Refuse paths on which drones come too near to each other; one at its end stays there."""
    longest = max(map(len, paths))
    p = [np.pad(path[:, :3], ((0, longest - len(path)), (0, 0)), mode="edge") for path in paths]
    if told := nearness(np.stack(p)):
        raise SettingsError(
            f"task {text!r}: expected paths at least {told}: move them by the policy's offsets_m."
        )


def runner_tasks(tasks: Sequence[FlownTask]) -> list[AnyTask]:
    """The same as a `PolicyRunner` takes them."""
    return [task.task if isinstance(task, GroupFlight) else task for task in tasks]


def duration_s_of(task: FlownTask) -> float:
    """How long a task lasts at most."""
    if isinstance(task, RaceTask):
        return task.longest_s
    return (task.task if isinstance(task, GroupFlight) else task.reference).duration_s
