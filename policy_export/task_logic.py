# SPDX-License-Identifier: Apache-2.0
"""The core's observation and decoding for the tasks of a flight, drone by drone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from policy_export.errors import PolicyFileError
from policy_export.manifest import Manifest, MotorActionSpec
from sim_core import _core
from sim_core.action_kinds import MOTORS, tasks_of
from sim_core.course_library import flown_courses
from sim_core.formations import FormationTask
from sim_core.mixed import RACE_S, MixedTask
from sim_core.races import RaceTask, load_race
from sim_core.tasks import CONTROL_DT, TrackTask

AnyTask = TrackTask | RaceTask | FormationTask | MixedTask

EVERYTHING = "all"
"""What a manifest calls a policy that flies any task, and any mixture of them."""

_WAITING = np.array([[0.0, 0.0, 1.0, 0.0]], np.float32)  # the path of a drone that races


@dataclass(frozen=True)
class Part:
    """What one drone has to do: a task of its own, or a place in one.

    Attributes:
        task: The task.
        number: Of the drone in it.
    """

    task: AnyTask
    number: int = 0

    @property
    def kind(self) -> str:
        """As a manifest calls it."""
        if isinstance(self.task, FormationTask):
            return "swarm"
        if isinstance(self.task, MixedTask):
            return EVERYTHING
        return "race" if isinstance(self.task, RaceTask) else "track"

    @property
    def path(self) -> NDArray[np.float32]:
        """Where it should be at every control step, shape (M, 4)."""
        if isinstance(self.task, FormationTask):
            return np.ascontiguousarray(self.task.slots[self.number])
        if isinstance(self.task, MixedTask):
            return np.ascontiguousarray(self.task.formation.slots[self.number])
        return self.task.reference.samples if isinstance(self.task, TrackTask) else _WAITING

    def standing(
        self, time_s: float, place: NDArray[np.int32]
    ) -> tuple[NDArray[np.float64], bool, int]:
        """Goal [m; W], whether it is over, gates passed."""
        task = self.task
        if isinstance(task, TrackTask):
            over = time_s > task.reference.duration_s - CONTROL_DT / 2.0
            return task.reference.position(time_s), over, 0
        if isinstance(task, FormationTask | MixedTask):
            formation = task if isinstance(task, FormationTask) else task.formation
            over = time_s > task.duration_s - CONTROL_DT / 2.0
            return formation.goal(time_s)[self.number], over, 0
        gate, passed = (int(number) for number in place)
        goal = np.array(task.course.told.gates[gate].position_m)
        flown = task.gates > 0 and passed >= task.gates
        return goal, flown or time_s > task.longest_s - CONTROL_DT / 2.0, passed


def drones_of(task: AnyTask) -> int:
    """How many drones a task takes."""
    return task.drones if isinstance(task, FormationTask | MixedTask) else 1


def parts_of(tasks: Sequence[AnyTask]) -> list[Part]:
    """One for each drone, in the order of the tasks."""
    return [Part(task, number) for task in tasks for number in range(drones_of(task))]


def task_logic(manifest: Manifest, tasks: Sequence[AnyTask]) -> _core.TaskSession:
    """The core's observation and decoding for these tasks, within the manifest's limits.

    Raises:
        PolicyFileError: Tasks that the policy was not made for, or of two kinds that it cannot
            fly at the same time.
    """
    parts = parts_of(tasks)
    if EVERYTHING not in manifest.tasks and len({part.kind == "race" for part in parts}) > 1:
        raise PolicyFileError("tasks: expected races alone or none, got some of each.")
    for part in parts:
        if part.kind not in manifest.tasks:
            got = "everything at once" if part.kind == EVERYTHING else f"a {part.kind}"
            raise PolicyFileError(
                f"task {part.task.name!r}: expected one that this policy flies"
                f" ({', '.join(manifest.tasks)}), got {got}."
            )
    action = manifest.action
    if isinstance(action, MotorActionSpec):
        about = tasks_of(MOTORS)["track"]
        logic = _core.TaskSession(
            about["name"],
            _core.CommandLimits.motors(*action.motors),
            references=[part.path for part in parts],
        )
        logic.reset(action.hover)
        return logic
    limits = _core.CommandLimits(*action.thrust_n, action.body_rates_rad_s)
    if EVERYTHING not in manifest.tasks:
        logic = _alike(limits, parts)
        logic.reset(manifest.hover_thrust_n)
        return logic
    logic = _mixed(limits, tasks, parts)
    logic.reset(manifest.hover_thrust_n)
    for number, part in enumerate(parts):
        if part.kind == "race":
            logic.take_role(number, 1)
    return logic


def _alike(limits: _core.CommandLimits, parts: Sequence[Part]) -> _core.TaskSession:
    courses = [part.task.course for part in parts if isinstance(part.task, RaceTask)]
    if courses:
        return _core.TaskSession("race", limits, courses=flown_courses(courses))
    return _core.TaskSession("track", limits, references=[part.path for part in parts])


def _mixed(
    limits: _core.CommandLimits, tasks: Sequence[AnyTask], parts: Sequence[Part]
) -> _core.TaskSession:
    courses = [p.task.course for p in parts if isinstance(p.task, RaceTask | MixedTask)]
    unused = courses[0] if courses else load_race().course
    return _core.TaskSession(
        EVERYTHING,
        limits,
        references=[part.path for part in parts],
        courses=flown_courses([getattr(part.task, "course", unused) for part in parts]),
        groups=[drones_of(task) for task in tasks],
    )


class Roles:
    """Who of a mixed task's drones races when: each once, from leaving till it is through."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._waiting = {
            number: part for number, part in enumerate(parts) if isinstance(part.task, MixedTask)
        }
        self._racing: dict[int, Part] = {}

    def keep(self, logic: _core.TaskSession, time_s: float) -> None:
        """Give drones the roles that they have from now on."""
        for number, part in list(self._racing.items()):
            through = logic.places[number, 1] >= _mixed_task(part).gates
            if through or time_s > _left(part) + RACE_S:
                logic.take_role(number, 0)
                del self._racing[number]
        for number, part in list(self._waiting.items()):
            if time_s >= _left(part):
                logic.take_role(number, 1)
                self._racing[number] = self._waiting.pop(number)


def _mixed_task(part: Part) -> MixedTask:
    assert isinstance(part.task, MixedTask)
    return part.task


def _left(part: Part) -> float:
    return _mixed_task(part).leaves_s[part.number]
