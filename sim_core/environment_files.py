# SPDX-License-Identifier: Apache-2.0
"""Environment files: which there are, and what one says together with those it is laid over."""

from pathlib import Path
from typing import Any

from sim_core.errors import SettingsError
from sim_core.settings_file import read_toml_file

_FOLDER = Path(__file__).parent / "environments"


def environment_names() -> list[str]:
    """What comes with Martlet."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def environment_file(name_or_path: str | Path) -> Path:
    """The file of an environment.

    Raises:
        SettingsError: There is none of that name.
    """
    path = Path(name_or_path)
    if path.suffix == ".toml":
        return path
    path = _FOLDER / f"{name_or_path}.toml"
    if not path.exists():
        known = ", ".join(environment_names())
        raise SettingsError(
            f"environment: expected one of {known} or a .toml file, got {str(name_or_path)!r}."
        )
    return path


def read_environment(path: Path) -> dict[str, Any]:
    """An environment file's table; where it names a `base`, laid over that one's.

    Sections are merged key by key; [randomization] and what is no section replace the base's.

    Raises:
        SettingsError: A file that cannot be read, or bases that go round in a circle.
    """
    seen = [path]
    tables = [read_toml_file(path)]
    while (base := tables[-1].pop("base", None)) is not None:
        seen.append(environment_file(base))
        if seen[-1] in seen[:-1]:
            raise SettingsError(
                f"{path}: base: expected one that is not built on it, got {base!r}."
            )
        tables.append(read_toml_file(seen[-1]))
    merged = tables.pop()
    while tables:
        for key, value in tables.pop().items():
            both = isinstance(value, dict) and isinstance(merged.get(key), dict)
            merged[key] = merged[key] | value if both and key != "randomization" else value
    return merged
