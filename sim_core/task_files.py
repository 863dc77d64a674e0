# SPDX-License-Identifier: Apache-2.0
"""Task files: TOML that says which curve to fly, and CSV that holds a flown one.

Every fault of a TOML file is named at once; a CSV file is refused at its first bad line.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim_core.errors import SettingsError
from sim_core.settings_file import decode_text, parse_toml

CSV_COLUMNS = ("t_s", "x_m", "y_m", "z_m", "yaw_rad")
"""Columns of a path file: time, position in W, and (if given) yaw; t, x, y, z, yaw will do too."""

_SHORT_COLUMNS = tuple(name.split("_")[0] for name in CSV_COLUMNS)

LONGEST_S = 600.0
"""A reference may not last longer: a Crazyflie's battery is empty before."""

_REQUIRED = object()


@dataclass(frozen=True)
class Key:
    """What one key of a task file may hold: a text, one number (whole or not), `size` numbers."""

    size: int = 1
    default: Any = _REQUIRED
    low: float = -math.inf
    high: float = math.inf
    text: bool = False
    whole: bool = False
    rising: bool = False

    def expected(self) -> str:
        """The expectation, in words."""
        if self.text:
            return "a text"
        noun = "a whole number" if self.whole else "a number"
        if self.size > 1:
            noun = f"{self.size} numbers, low to high," if self.rising else f"{self.size} numbers"
        if math.isinf(self.low) and math.isinf(self.high):
            return noun
        return f"{noun} from {self.low:g} to {self.high:g}"

    def accepts(self, value: Any) -> bool:
        """Whether `value` is of this key's type, size and range."""
        if self.text:
            return isinstance(value, str)
        values = value if self.size > 1 and isinstance(value, list) else [value]
        kind = int if self.whole else int | float
        fits = len(values) == self.size and all(
            isinstance(v, kind) and not isinstance(v, bool) and self.low <= v <= self.high
            for v in values
        )
        return fits and (not self.rising or values == sorted(values))


_LENGTH = 50.0  # [m] an indoor flight's room, and then some  # guess
_YAW = Key(default=0.0, low=-2 * math.pi, high=2 * math.pi)
_ANY_KIND = {
    "lead_in_s": Key(default=2.0, low=0.5, high=60.0),
    "run_out_s": Key(default=1.0, low=0.5, high=60.0),
    # The room that the path may not leave: the flight guard's geofence, unless a file knows better.
    "room_low_m": Key(size=3, default=[-2.5, -2.5, 0.0], low=-_LENGTH, high=_LENGTH),
    "room_high_m": Key(size=3, default=[2.5, 2.5, 2.0], low=-_LENGTH, high=_LENGTH),
}
_HEIGHT = Key(default=1.0, low=0.0, high=_LENGTH)
_LEGS = Key(default=12, low=1, high=1000, whole=True)
_SEED = Key(default=0, low=0, high=2**32 - 1, whole=True)

KINDS: dict[str, dict[str, Key]] = {
    "hover": {
        "position_m": Key(size=3, low=-_LENGTH, high=_LENGTH),
        "yaw_rad": _YAW,
        "duration_s": Key(default=5.0, low=0.1, high=LONGEST_S),
        **_ANY_KIND,
    },
    "lemniscate": {
        "period_s": Key(low=0.5, high=LONGEST_S),
        "laps": Key(default=3.0, low=0.1, high=1000.0),
        "amplitude_m": Key(default=1.0, low=0.01, high=_LENGTH),
        "height_m": _HEIGHT,
        "yaw_rad": _YAW,
        **_ANY_KIND,
    },
    "pentagram": {
        "radius_m": Key(default=0.7, low=0.01, high=_LENGTH),
        "speed_m_s": Key(default=1.0, low=0.01, high=_LENGTH),
        "laps": Key(default=2.0, low=0.1, high=1000.0),
        "height_m": _HEIGHT,
        "yaw_rad": _YAW,
        **_ANY_KIND,
    },
    "zigzag": {
        "reach_m": Key(default=1.0, low=0.01, high=_LENGTH),
        "leg_s": Key(size=2, default=[1.0, 1.5], low=0.1, high=LONGEST_S, rising=True),
        "legs": _LEGS,
        "seed": _SEED,
        "height_m": _HEIGHT,
        "yaw_rad": _YAW,
        **_ANY_KIND,
    },
    "polynomial": {
        "reach_m": Key(size=3, default=[1.0, 1.0, 0.3], low=0.01, high=_LENGTH),
        "leg_s": Key(size=2, default=[1.5, 2.5], low=0.1, high=LONGEST_S, rising=True),
        "legs": Key(default=8, low=1, high=1000, whole=True),
        "max_acceleration_m_s2": Key(default=4.5, low=0.1, high=50.0),
        "seed": _SEED,
        "height_m": _HEIGHT,
        "yaw_rad": _YAW,
        **_ANY_KIND,
    },
    "path": {
        "file": Key(text=True),
        "offset_m": Key(size=3, default=[0.0, 0.0, 0.0], low=-_LENGTH, high=_LENGTH),
        **_ANY_KIND,
    },
}
"""What each kind of task is told in its file."""


def read_toml(raw: bytes, where: str) -> dict[str, Any]:
    """Read and check the text of a task file.

    Args:
        raw: The file's bytes.
        where: What to call the file in a refusal.

    Returns:
        The settings, defaults filled in, with the key `kind`.

    Raises:
        SettingsError: The text is no TOML (line and column), or keys are at fault (all of them).
    """
    table = parse_toml(raw, where)
    kind = table.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        raise SettingsError(f"{where}: kind: expected one of {', '.join(KINDS)}, got {kind!r}.")
    faults = _faults(table, KINDS[kind])
    if faults:
        raise SettingsError(f"{where}: {'; '.join(faults)}.")
    defaults = {name: key.default for name, key in KINDS[kind].items()}
    return {"kind": kind, **defaults, **table}


def _faults(table: dict[str, Any], keys: dict[str, Key]) -> list[str]:
    unknown = sorted(set(table) - set(keys))
    faults = []
    if unknown:
        names = ", ".join(map(repr, unknown))
        faults.append(f"unknown keys {names} (known: {', '.join(keys)})")
    for name, key in keys.items():
        if name not in table and key.default is _REQUIRED:
            faults.append(f"{name}: missing, expected {key.expected()}")
        elif name in table and not key.accepts(table[name]):
            faults.append(f"{name}: expected {key.expected()}, got {table[name]!r}")
    return faults


def read_path(path: Path) -> NDArray[np.float64]:
    """Read a path file: comments (#), a header, then rows of time, position and maybe yaw.

    Returns:
        Rows of time [s], position [m; W] and yaw [rad], shape (K, 5); yaw is 0 where none is given.

    Raises:
        SettingsError: With the line at fault.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}.") from None
    lines = [
        (number, line.strip())
        for number, line in enumerate(decode_text(raw, str(path)).splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    columns = _header(lines[0] if lines else (1, ""), path)
    rows = np.zeros((len(lines) - 1, len(CSV_COLUMNS)))
    for row, (number, line) in zip(rows, lines[1:], strict=True):
        row[:columns] = _row(line, columns, f"{path}, line {number}")
    _check_times(rows[:, 0], [number for number, _ in lines[1:]], path)
    return rows


def _header(line: tuple[int, str], path: Path) -> int:
    number, text = line
    names = tuple(name.strip() for name in text.split(","))
    if names not in (CSV_COLUMNS, CSV_COLUMNS[:4], _SHORT_COLUMNS, _SHORT_COLUMNS[:4]):
        wanted = " or ".join(
            f"{','.join(columns[:4])}[,{columns[4]}]" for columns in (_SHORT_COLUMNS, CSV_COLUMNS)
        )
        raise SettingsError(f"{path}, line {number}: expected the header {wanted}, got {text!r}.")
    return len(names)


def _row(line: str, columns: int, where: str) -> list[float]:
    cells = line.split(",")
    if len(cells) != columns:
        raise SettingsError(f"{where}: expected {columns} numbers, got {len(cells)}.")
    values = []
    for name, cell in zip(CSV_COLUMNS, cells, strict=False):
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if not abs(value) < 1e6:
            raise SettingsError(f"{where}: {name}: expected a finite number, got {cell.strip()!r}.")
        values.append(value)
    return values


def _check_times(times: NDArray[np.float64], numbers: list[int], path: Path) -> None:
    if len(times) < 2:
        raise SettingsError(f"{path}: expected at least 2 rows of a path, got {len(times)}.")
    backwards = np.flatnonzero(np.diff(times) <= 0.0)
    if len(backwards):
        i = int(backwards[0]) + 1
        raise SettingsError(
            f"{path}, line {numbers[i]}: t_s: expected more than the line before it,"
            f" {times[i - 1]:g}, got {times[i]:g}."
        )
    if times[-1] - times[0] > LONGEST_S:
        raise SettingsError(
            f"{path}: expected a path of at most {LONGEST_S:g} s, got {times[-1] - times[0]:g} s."
        )
