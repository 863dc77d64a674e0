# SPDX-License-Identifier: Apache-2.0
"""Environment files: which there are, and what one says together with those it is laid over."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sim_core.action_kinds import MOTORS, RATE_THRUST
from sim_core.errors import SettingsError
from sim_core.settings_file import override, read_toml_file

_FOLDER = Path(__file__).parent / "environments"

_OF_MOTORS = _FOLDER / "motors"
"""What is otherwise in an environment whose policies command motors, in a file of the same name."""


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


def read_environment(path: Path, changes: Iterable[str] = ()) -> dict[str, Any]:
    """An environment file's table; where it names a `base`, laid over that one's.

    Sections are merged key by key; [randomization] and what is no section replace the base's.
    Where policies command motors, what comes with Martlet for that lies between the lowest file and
    all others.

    Args:
        path: The file.
        changes: Texts like `action.kind="motors"`; of them, this one alone counts here.

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
    kind = _kind_of(tables, changes, path)
    merged = tables.pop()
    if kind == MOTORS and (_OF_MOTORS / seen[-1].name).exists() and seen[-1].parent == _FOLDER:
        for key, value in read_toml_file(_OF_MOTORS / seen[-1].name).items():
            merged[key] = merged[key] | value if isinstance(value, dict) else value
    while tables:
        for key, value in tables.pop().items():
            both = isinstance(value, dict) and isinstance(merged.get(key), dict)
            merged[key] = merged[key] | value if both and key != "randomization" else value
    if isinstance(merged.get("action"), dict):
        merged["action"].setdefault("kind", RATE_THRUST)
    return merged


def _kind_of(tables: list[dict[str, Any]], changes: Iterable[str], path: Path) -> Any:
    """What policies command: as changed, or as the uppermost file says that says it."""
    kinds = [t["action"]["kind"] for t in tables
             if isinstance(t.get("action"), dict) and "kind" in t["action"]]  # fmt: skip
    chosen = {"action": {"kind": kinds[0] if kinds else RATE_THRUST}}
    named = [c for c in changes if c.partition("=")[0].strip() == "action.kind"]
    override(chosen, named, str(path))
    return chosen["action"]["kind"]
