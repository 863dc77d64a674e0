# SPDX-License-Identifier: Apache-2.0
"""What `martlet eval` was asked for, and who judges it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from martlet.errors import UsageError
from martlet.places import check_file, check_folder
from sim_core import _core
from sim_core.environment import load_environment
from sim_core.environment_files import environment_names, read_environment
from sim_core.formation_settings import SCENARIOS
from sim_core.settings_file import read_toml_file
from sim_core.tasks import task_names

MOST_SEED = 2**32 - 1
"""The core takes 32 bits."""

MIXED = "mixed"
"""A formation whose drones leave to race; as in `martlet fly`."""


@dataclass(frozen=True)
class Order:
    """See `martlet eval --help`.

    `track` and `level` are of races, `scenario` and `drones` of swarms, all but `scenario` of mixed
    flights; None: as the task has it.
    """

    policy: Path | None
    task: str
    episodes: int
    seed: int
    baselines: tuple[str, ...] = ()
    out: Path | None = None
    render: Path | None = None
    changes: tuple[str, ...] = ()
    track: str | None = None
    level: int | None = None
    scenario: str | None = None
    drones: int | None = None

    @property
    def folder(self) -> Path | None:
        """Where the worst episodes go; None: nowhere, of baselines alone."""
        return self.out or (self.policy.parent if self.policy else None)

    def check(self) -> None:
        """Refuse what no judge could do or keep, before anything flies.

        Raises:
            UsageError: An unknown task; a seed out of bounds; a place that cannot be written to.
        """
        names = sorted({*task_names(), *environment_names(), *SCENARIOS, "mix", MIXED})
        known = self.task in names or self.task in _core.TASKS or "=" in self.task
        if not known and not Path(self.task).is_file():
            raise UsageError(
                f"eval: --task: expected one of {', '.join(names)}, or a .csv or .toml file,"
                f" got {self.task!r}, which is neither."
            )
        most = MOST_SEED - max(self.episodes, 1) + 1  # each episode has a seed of its own
        if not 0 <= self.seed <= most:
            raise UsageError(f"eval: --seed: expected 0 to {most}, got {self.seed}.")
        if self.folder is not None:
            check_folder(self.folder, "--out")
        if self.render is not None:
            check_file(self.render, "--render")

    def refuse_course(self) -> None:
        """For judges of anything but races.

        Raises:
            UsageError: A track or a level was named.
        """
        if self.track is not None or self.level is not None:
            raise UsageError(
                f"eval: expected neither --track nor --level for task {self.task!r},"
                " which is no race."
            )

    def refuse_formation(self) -> None:
        """For judges of anything but swarms.

        Raises:
            UsageError: A scenario or a number of drones was named.
        """
        if self.scenario is not None or self.drones is not None:
            raise UsageError(
                f"eval: expected neither --scenario nor --drones for task {self.task!r},"
                " which is no swarm."
            )


Judge = Literal["paths", "races", "swarms", "mixed", "rewards"]


def judge_of(task: str) -> Judge:
    """Who judges a task: referees of paths, races, swarms or both of these; else its own rewards.

    Args:
        task: The name or file of a path, of a formation or of an environment.

    Raises:
        SettingsError: An environment's file with faults.
    """
    if task == MIXED:
        return "mixed"
    if names_formation(task):
        return "swarms"
    if task == "track" or not _names_environment(task):
        return "paths"
    core_task = load_environment(task).task
    if core_task in ("all", "swarm"):
        return "swarms"
    return "races" if _core.TASKS[core_task]["flies_courses"] else "rewards"


def names_formation(task: str) -> bool:
    """Whether a task is a scenario's name, "mix", or a formation's file."""
    if Path(task).suffix == ".toml" and Path(task).exists():
        return "formation" in read_toml_file(Path(task)) and not _names_environment(task)
    return task in (*SCENARIOS, "mix")


def _names_environment(task: str) -> bool:
    if Path(task).suffix == ".toml" and Path(task).exists():
        return "task" in read_environment(Path(task))
    return task in environment_names() or task in _core.TASKS
