# SPDX-License-Identifier: Apache-2.0
"""Formations: drawn from a scenario and a seed, or a user's own.

A formation that cannot be flown is refused before anything runs, with one sentence.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from sim_core.errors import SettingsError
from sim_core.formation_draws import draw_slots
from sim_core.formation_files import flown_slots, formation_file
from sim_core.formation_model import FormationTask, settle_time
from sim_core.formation_rules import check_clear, formation_faults
from sim_core.formation_settings import (
    SCENARIOS,
    FormationSettings,
    Scenario,
    count_fault,
    settings_faults,
)
from sim_core.formation_ways import led_in

__all__ = [
    "SCENARIOS",
    "FormationSettings",
    "FormationTask",
    "check_clear",
    "draw_formation",
    "formation_groups",
    "load_formation",
]

TRAINING_SEEDS = 1_000_000_000
"""Formations of training are drawn from seeds above this one, those of the referee below it."""

_DEFAULT = FormationSettings()


def draw_formation(
    scenario: str,
    drones: int,
    seed: int,
    duration_s: float | None = None,
    settings: FormationSettings = _DEFAULT,
) -> FormationTask:
    """Draw a formation.

    Args:
        scenario: One of `SCENARIOS`, or "mix": one after the other by seed, evenly.
        drones: 2 to 64.
        seed: All is a function of (scenario, drones, seed) and the settings.
        duration_s: How long it is flown; the settings' where not given.
        settings: What is drawn from.

    Raises:
        SettingsError: No such scenario, too few or many drones, or ranges at fault.
    """
    faults = [fault for fault in [count_fault(drones, settings)] if fault]
    if scenario not in (*SCENARIOS, "mix"):
        faults.append(f"expected one of {', '.join(SCENARIOS)} or mix, got {scenario!r}")
    own = settings != _DEFAULT
    if duration_s is not None:
        settings = replace(settings, duration_s=duration_s)
    faults += settings_faults(settings)
    if faults:
        raise SettingsError(f"formation {scenario!r}: {'; '.join(faults)}.")
    kind = _scenario(scenario, seed)
    slots = draw_slots(kind, drones, seed, settings)
    task = FormationTask(kind, slots, settle_time(slots))
    if own:
        _refuse(task, settings, f"formation {scenario!r}")
    return task


def load_formation(
    name_or_path: str | Path, drones: int, seed: int, start: ArrayLike | None = None
) -> FormationTask:
    """Load a formation: a scenario by its name, or a user's own.

    Args:
        name_or_path: One of `SCENARIOS`; "mix"; a .toml file with the section `[formation]`, whose
            keys are those of `FormationSettings`; or a folder of path files (.csv), one a drone.
        drones: 2 to 64.
        seed: Of what is drawn.
        start: Where the drones hover now, x, y, z [m; W] and maybe yaw [rad], shape (drones, ≥ 3).
            Given, straight ways into the first slots come before the formation. Slots that were
            drawn go to the drones that are nearest, by the squares of the ways: such ways, flown
            together, never bring drones nearer than 1/√2 of what slots or starts are apart (Turpin,
            Michael and Kumar 2014, CAPT).

    Raises:
        SettingsError: No such formation, or one that cannot be flown: with one sentence.
    """
    name = str(name_or_path)
    if name in (*SCENARIOS, "mix"):
        task, theirs = draw_formation(name, drones, seed), False
    else:
        task, theirs = _users(Path(name_or_path), drones, seed)
    return task if start is None else led_in(task, start, keep_order=theirs)


def formation_groups(
    count: int,
    drones: int,
    seed: int,
    duration_s: float | None = None,
    shares: Mapping[str, float] | None = None,
    settings: FormationSettings = _DEFAULT,
) -> list[FormationTask]:
    """The formations of a training run, each a function of (seed, its number).

    Args:
        count: How many.
        drones: Of each.
        seed: Of the run.
        duration_s: Of each; the settings' where not given.
        shares: Of the scenarios, of any sum; even where not given. By number, not by chance: they
            hold for any count.
        settings: What is drawn from.

    Raises:
        SettingsError: As `draw_formation`; shares of unknown scenarios, or of nothing.
    """
    shares = dict.fromkeys(SCENARIOS, 1.0) if shares is None else dict(shares)
    unknown = [name for name in shares if name not in SCENARIOS]
    if unknown or min(shares.values(), default=0.0) < 0.0 or sum(shares.values()) <= 0.0:
        raise SettingsError(
            f"formation shares: expected 0 or more of {', '.join(SCENARIOS)}, not all 0,"
            f" got {shares}."
        )
    names, ends = list(shares), np.cumsum(list(shares.values()))
    kinds = np.searchsorted(ends / ends[-1], (np.arange(count) + 0.5) / max(count, 1))
    return [
        draw_formation(names[kind], drones, _nth(seed, number), duration_s, settings)
        for number, kind in enumerate(kinds)
    ]


def _nth(seed: int, number: int) -> int:
    return TRAINING_SEEDS + seed * 100_003 + number


def _scenario(scenario: str, seed: int) -> Scenario:
    if scenario == "mix":
        return SCENARIOS[seed % len(SCENARIOS)]
    return next(known for known in SCENARIOS if known == scenario)


def _users(path: Path, drones: int, seed: int) -> tuple[FormationTask, bool]:
    """A user's formation, and whether it says who flies which slot."""
    if not path.is_dir() and path.suffix != ".toml":
        raise SettingsError(
            f"formation {str(path)!r}: expected {', '.join(SCENARIOS)}, mix, a .toml file or a"
            " folder of .csv files, found none of them."
        )
    settings, folder = formation_file(path)
    fault = count_fault(drones, settings)
    if fault:
        raise SettingsError(f"{path}: {fault}.")
    if settings.files:
        slots = flown_slots(settings.files, folder)
    else:
        slots = draw_slots(_scenario(settings.scenario, seed), drones, seed, settings)
    task = FormationTask(path.stem, slots, settle_time(slots))
    _refuse(task, settings, str(path))
    return task, bool(settings.files or settings.slots_m)


def _refuse(task: FormationTask, settings: FormationSettings, where: str) -> None:
    faults = formation_faults(task, settings.room_low_m, settings.room_high_m)
    if faults:
        raise SettingsError(f"{where}: {'; '.join(faults)}.")
