# SPDX-License-Identifier: Apache-2.0
"""What a drone flies by itself: tasks with their paths and courses, as tables for its flash."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_export.errors import FirmwareError
from policy_export.manifest import Manifest
from policy_export.task_logic import EVERYTHING, Part, task_logic
from sim_core import _core
from sim_core.course_library import CourseNumbers, flown_numbers
from sim_core.races import RaceTask, race_of
from sim_core.tasks import TrackTask, load_task

Float32 = NDArray[np.float32]

MOST_TASKS = 32
"""So many numbers may the parameter choose from.  # guess: a menu, not a library"""


@dataclass(frozen=True, eq=False)
class Board:
    """Tasks on board.

    Attributes:
        names: Of the tasks, in the order of the parameter's numbers.
        tasks: The tasks.
        paths: The core's tables of the paths, empty where the policy follows none.
        courses: The same of the courses; None where nothing is raced.
    """

    names: tuple[str, ...]
    tasks: tuple[TrackTask | RaceTask, ...]
    paths: dict[str, NDArray[Any]]
    courses: CourseNumbers | None

    @property
    def bytes(self) -> int:
        """Flash that the tables take."""
        courses = vars(self.courses).values() if self.courses else ()
        tables = (*self.paths.values(), *courses)
        return sum(table.nbytes for table in tables if isinstance(table, np.ndarray))

    def starts_m(self) -> list[tuple[float, ...]]:
        """Where each task begins [m; W]: the first row of its path, or the course's start."""
        return [
            tuple(map(float, task.course.told.start.position_m))
            if isinstance(task, RaceTask)
            else tuple(map(float, task.reference.samples[0, :3]))
            for task in self.tasks
        ]


def default_tasks(manifest: Manifest) -> tuple[str, ...]:
    """What a policy flies on board where nothing is asked for."""
    return ("hover", "lemniscate") if "track" in manifest.tasks else ("race",)


def load_board(
    manifest: Manifest,
    about: "_core.TaskDescription",
    wanted: Sequence[str | TrackTask | RaceTask],
    where: str,
) -> Board:
    """Lay out the tasks of a policy.

    A path is led into from a hover over its first point, and out of, as `load_task` does from where
    a drone hovers.

    Args:
        manifest: The policy's.
        about: The core's task that it was trained in.
        wanted: Tasks, or their names or files, a race's text among them.
        where: The policy file, for messages.

    Raises:
        FirmwareError: Too many tasks, none, or one that has no form on board.
        SettingsError: A task that cannot be loaded.
        PolicyFileError: A task that the policy was not made for.
    """
    if not 0 < len(wanted) <= MOST_TASKS:
        raise FirmwareError(f"tasks: expected 1 to {MOST_TASKS} tasks on board, got {len(wanted)}.")
    tasks = tuple(_loaded(task, where) for task in wanted)
    for task in tasks:
        task_logic(manifest, [task])
    if not (about["follows_paths"] or about["flies_courses"]):
        raise FirmwareError(
            f"{where}: task {about['name']!r} has no form on board: it follows no path and no"
            " course."
        )
    parts = [Part(task) for task in tasks]
    paths = _core.path_table([part.path for part in parts]) if about["follows_paths"] else {}
    courses = _courses(tasks) if about["flies_courses"] else None
    return Board(_distinct([task.name for task in tasks]), tasks, paths, courses)


def _loaded(task: str | TrackTask | RaceTask, where: str) -> TrackTask | RaceTask:
    if isinstance(task, TrackTask | RaceTask):
        return task
    if task in ("swarm", "mixed", EVERYTHING):
        raise FirmwareError(
            f"{where}: task {task!r} has no form on board: a drone there hears of no others."
        )
    if race := race_of(task):
        return race
    x, y, z, yaw = load_task(Path(task) if Path(task).suffix else task).reference.samples[0]
    return load_task(task, start=(float(x), float(y), float(z), float(yaw)))


def _courses(tasks: Sequence[TrackTask | RaceTask]) -> CourseNumbers | None:
    """A course for each task: of a path the first one there is, which it does not look at."""
    raced = [task.course for task in tasks if isinstance(task, RaceTask)]
    if not raced:
        return None
    return flown_numbers([t.course if isinstance(t, RaceTask) else raced[0] for t in tasks])


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """The names, each with its number where one occurs twice."""
    return tuple(
        name if list(names).count(name) == 1 else f"{name}_{number}"
        for number, name in enumerate(names)
    )
