# SPDX-License-Identifier: Apache-2.0
"""What `martlet eval` was asked for, and who judges it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from martlet.errors import UsageError
from sim_core import _core
from sim_core.environment import environment_names, load_environment, read_environment


@dataclass(frozen=True)
class Order:
    """See `martlet eval --help`. `track` and `level` are of races; None: as the task has it."""

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


def judge_of(task: str) -> Literal["paths", "races", "rewards"]:
    """Who judges a task: a referee of paths or of races; where there is none, its own rewards.

    Args:
        task: The name or file of a path or of an environment.

    Raises:
        SettingsError: An environment's file with faults.
    """
    if task == "track" or not _names_environment(task):
        return "paths"
    return "races" if _core.TASKS[load_environment(task).task]["flies_courses"] else "rewards"


def _names_environment(task: str) -> bool:
    if Path(task).suffix == ".toml" and Path(task).exists():
        return "task" in read_environment(Path(task))
    return task in environment_names() or task in _core.TASKS
