# SPDX-License-Identifier: Apache-2.0
"""How to learn a task: the sections [ppo] and [[stages]] of its environment file.

A stage is a share of the run with a few values changed, in the file's own words: what crashes cost,
how many drones fly, how fast to learn. Learning rates fall within each stage. What the command line
sets holds in all of them.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sim_core.environment import (
    TRAINING_SECTIONS,
    Environment,
    load_environment,
)
from sim_core.environment_files import environment_file, read_environment
from sim_core.errors import SettingsError
from sim_core.settings_file import build, is_finite_number, override
from training import native
from training.settings import PPOSettings, check

ENOUGH_STEPS = {"native": 11_000_000, "torch": 6_000_000}
"""Of a run that is not told how long to be: benchmarks/training_quality.py; torch is slower."""


@dataclass(frozen=True)
class Stage:
    """A stretch of a run; `settings.steps` is where it ends, `began` where it begins."""

    environment: Environment
    settings: PPOSettings
    began: int = 0


Recipe = tuple[Stage, ...]


def plain(environment: Environment, settings: PPOSettings) -> Recipe:
    """One stage."""
    return (Stage(environment, replace(settings, steps=settings.steps or enough(settings))),)


def load_recipe(
    name_or_path: str | Path, changes: Iterable[str] = (), ppo: dict[str, Any] | None = None
) -> Recipe:
    """Load how to learn a task.

    Args:
        name_or_path: As `load_environment` takes it.
        changes: Texts like `reward.crash=4` or `ppo.steps=1_000_000`, applied in all stages.
        ppo: Fields of `PPOSettings`, likewise; what is None is left as the file has it.

    Raises:
        SettingsError, TrainingSettingsError: Every fault of a section in one sentence.
    """
    path = environment_file(name_or_path)
    changes = tuple(changes)
    table, where = read_environment(path, changes), str(path)
    override(table, [c for c in changes if _section_of(c) == "stages"], where)
    given = {name: value for name, value in (ppo or {}).items() if value is not None}
    whole = _settings(table, changes, given, where)
    total = whole.steps or enough(whole)
    stages, began = [], 0.0
    for share, sets in _stages(table, where):
        # The task's own changes first: the last word is the user's.
        all_changes = (*sets, *changes)
        settings = _settings(table, all_changes, given, where)
        ended = began + share * total
        stages.append(
            Stage(
                load_environment(
                    path, [c for c in all_changes if _section_of(c) not in TRAINING_SECTIONS]
                ),
                replace(settings, steps=round(ended)),
                round(began),
            )
        )
        began = ended
    return tuple(stages)


def enough(settings: PPOSettings) -> int:
    """Environment steps of a run that is not told how long to be."""
    serves = settings.learner != "torch" and native.refusal(settings) is None
    return ENOUGH_STEPS["native" if serves else "torch"]


def stage_at(recipe: Recipe, steps: int) -> Stage:
    """The stage that a run of so many steps is in; the last one where it is done."""
    return next((stage for stage in recipe if steps < stage.settings.steps), recipe[-1])


def _settings(
    table: dict[str, Any], changes: Sequence[str], given: dict[str, Any], where: str
) -> PPOSettings:
    section = table.get("ppo", {})
    if not isinstance(section, dict):
        raise SettingsError(f"{where}: ppo: expected a section, got {section!r}.")
    values = {"ppo": {**dataclasses.asdict(PPOSettings()), **section}}
    override(values, [c for c in changes if _section_of(c) == "ppo"], where)
    settings = build(PPOSettings, values["ppo"] | given, f"{where}: [ppo]")
    check(settings, f"{where}: [ppo]")
    chosen = {_key_of(change) for change in changes} | {f"ppo.{name}" for name in given}
    if settings.discounts and "ppo.discount" in chosen and "ppo.discounts" not in chosen:
        raise SettingsError(
            f"{where}: ppo.discount: would be set beside one for each kind of work,"
            f" {list(settings.discounts)}, which goes before it: set ppo.discounts to as many, or"
            " to [] as well."
        )
    return settings


def _section_of(change: str) -> str:
    """The section that a text like `reward.crash=4` changes."""
    return _key_of(change).partition(".")[0]


def _key_of(change: str) -> str:
    return change.partition("=")[0].strip()


def _stages(table: dict[str, Any], where: str) -> list[tuple[float, list[str]]]:
    """Share of the run, and what is set, of each."""
    rows = table.get("stages", [{"share": 1.0, "set": []}])
    faults = []
    if not isinstance(rows, list) or not rows:
        raise SettingsError(f"{where}: stages: expected a list of sections, got {rows!r}.")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict) or set(row) != {"share", "set"}:
            faults.append(f"stage {number}: expected share and set, got {row!r}")
        elif not is_finite_number(row["share"]) or row["share"] <= 0.0:
            faults.append(f"stage {number}: share: expected more than 0, got {row['share']!r}")
        elif not isinstance(row["set"], list) or not all(isinstance(s, str) for s in row["set"]):
            faults.append(f"stage {number}: set: expected a list of texts, got {row['set']!r}")
    if not faults and abs(sum(row["share"] for row in rows) - 1.0) > 1e-6:
        faults.append(f"expected shares that sum to 1, got {[row['share'] for row in rows]}")
    if faults:
        raise SettingsError(f"{where}: stages: {'; '.join(faults)}.")
    return [(float(row["share"]), row["set"]) for row in rows]
