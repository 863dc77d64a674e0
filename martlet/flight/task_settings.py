# SPDX-License-Identifier: Apache-2.0
"""What of a flight's settings does not go with what it flies, or by how many."""

import dataclasses
from typing import TYPE_CHECKING

from sim_core.formation_model import FEWEST_DRONES

if TYPE_CHECKING:
    from martlet.flight.settings import FlySettings

TASKS = ("lemniscate", "recorded")
"""What is flown unless something else is asked for."""

MOST_DRONES = 16  # guess: two cores carry no more topics at 100 Hz

TASKS_OF = {
    "scenario": ("swarm",),
    "track": ("race", "mixed"),
    "level": ("race", "mixed"),
    "course_seed": ("race", "swarm", "mixed"),
}
"""Which tasks take these settings."""

_TOGETHER = ("swarm", "mixed")


def task_faults(settings: "FlySettings") -> list[str]:
    """What is wrong with what is to be flown, and by how many."""
    faults = []
    race = settings.task == "race"
    if not 1 <= settings.drones <= MOST_DRONES:
        faults.append(f"--drones: expected 1 to {MOST_DRONES}, got {settings.drones}")
    if settings.task is not None and settings.tasks != TASKS:
        faults.append("expected --task or --tasks, got both")
    if race and settings.backend == "hardware":
        faults.append("--task race is for backends sim and twin: real gates are not looked for")
    if race and settings.drones > 1:
        faults.append(f"a race is flown by one drone, got --drones {settings.drones}")
    if settings.task in _TOGETHER and settings.drones < FEWEST_DRONES:
        faults.append(
            f"--task {settings.task} is flown by {FEWEST_DRONES} to {MOST_DRONES} drones,"
            f" got --drones {settings.drones}"
        )
    if settings.train and (race or settings.task in _TOGETHER):
        faults.append(
            f"--train learns hover and paths: expected --policy with --task {settings.task}"
        )
    defaults = {field.name: field.default for field in dataclasses.fields(settings)}
    faults += [
        f"--{name.replace('_', '-')} is for --task {' and '.join(tasks)}"
        for name, tasks in TASKS_OF.items()
        if settings.task not in tasks and getattr(settings, name) != defaults[name]
    ]
    if settings.course_seed < 0:
        faults.append(f"--course-seed: expected at least 0, got {settings.course_seed}")
    return faults
