# SPDX-License-Identifier: Apache-2.0
"""A user's formation: ranges to draw from, slots, or a path file for each drone."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim_core.errors import SettingsError
from sim_core.formation_settings import FormationSettings, settings_faults
from sim_core.references import spline
from sim_core.settings_file import build, read_toml_file
from sim_core.task_files import read_path


def formation_file(path: Path) -> tuple[FormationSettings, Path]:
    """Settings of a file, and the folder that its own `files` are in.

    Args:
        path: A .toml file with the section `[formation]`, or a folder of path files (.csv), which
            drones fly in the order of their names.

    Raises:
        SettingsError: No such file, or one with faults: all of them in one sentence.
    """
    if path.is_dir():
        files = sorted(file.name for file in path.glob("*.csv"))
        if not files:
            raise SettingsError(f"{path}: expected .csv files, one for each drone, found none.")
        return FormationSettings(files=tuple(files)), path
    table = read_toml_file(path)
    section = table.pop("formation", None)
    if not isinstance(section, dict) or table:
        got = ", ".join(table) or "none"
        raise SettingsError(f"{path}: expected the section [formation] alone, got {got}.")
    settings = build(FormationSettings, section, str(path))
    faults = list(settings_faults(settings))
    if faults:
        raise SettingsError(f"{path}: {'; '.join(faults)}.")
    return settings, path.parent


def flown_slots(files: tuple[str, ...], folder: Path) -> NDArray[np.float32]:
    """Slots along recorded paths, one for each drone, shape (N, M, 4).

    All begin together; a path that ends before the others is held where it ends.

    Raises:
        SettingsError: With the file and the line at fault.
    """
    paths = []
    for name in files:
        rows = read_path(folder / name)
        rows[:, 4] = np.unwrap(rows[:, 4])
        paths.append(spline(rows[:, 0], rows[:, 1:]).astype(np.float32))
    longest = max(len(path) for path in paths)
    return np.stack(
        [np.concatenate([p, np.repeat(p[-1:], longest - len(p), axis=0)]) for p in paths]
    )
