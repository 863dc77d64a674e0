# SPDX-License-Identifier: Apache-2.0
"""One form for a recorded flight, whether simulated or flown: an .npz of plain arrays in SI units.

| key | shape | what |
|---|---|---|
| `t` | (T,) | s, rising |
| `pos`, `vel` | (T, 3) | p_WB [m; W], v_WB [m/s; W] |
| `mocap` | (T, 3) | p_WB [m; W] as motion capture saw it, where `pos` is an estimate |
| `quat_xyzw` | (T, 4) | q_WB, B to W |
| `gyro` | (T, 3) | w_WB_B [rad/s; B] |
| `acc` | (T, 3) | specific force [m/s²; B] |
| `pwm01` | (T, 4) | motor PWM as a fraction of full scale |
| `rpm` | (T, 4) | measured rotor speeds [1/min] |
| `vbat` | (T,) | battery [V] |
| `ok` | (T,) bool | airborne, and no gap |
| `setpoint` | (T, 4) | what the position controller was told: x, y, z [m; W], yaw [rad] |
| `command` | (T, 4) | thrust [N], body rates [rad/s; B] |

`t` and `gyro` are always there; what else is, the log says by having it.
"""

import zipfile
import zlib
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim_core.errors import SimCoreError

Array = NDArray[np.float64]

WIDTHS = {
    "t": 0, "pos": 3, "vel": 3, "quat_xyzw": 4, "gyro": 3, "acc": 3, "pwm01": 4, "rpm": 4,
    "vbat": 0, "ok": 0, "setpoint": 4, "command": 4, "mocap": 3,
}  # fmt: skip
"""Columns of each key; 0 stands for one number a row."""


class LogFormError(SimCoreError, ValueError):
    """A file that is no flight log: which one, what was expected."""


@dataclass(frozen=True, eq=False)
class FlightLog:
    """A flight as it was recorded; see the module for the arrays, None where there is none.

    Attributes:
        name: Of the file, for messages.
    """

    name: str
    t: Array
    gyro: Array
    pos: Array | None = None
    vel: Array | None = None
    quat_xyzw: Array | None = None
    acc: Array | None = None
    pwm01: Array | None = None
    rpm: Array | None = None
    vbat: Array | None = None
    setpoint: Array | None = None
    command: Array | None = None
    mocap: Array | None = None
    ok: NDArray[np.bool_] | None = field(default=None)

    def columns(self) -> dict[str, Array]:
        """The arrays that are there, by key, `ok` apart."""
        found = {f.name: getattr(self, f.name) for f in fields(self) if f.name in WIDTHS}
        return {k: v for k, v in found.items() if v is not None and k != "ok"}


def read_flight_log(path: str | Path) -> FlightLog:
    """Read a log; its form is checked, its numbers are not.

    Raises:
        LogFormError: No .npz of this form.
    """
    path = Path(path)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {key: np.asarray(archive[key]) for key in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error):
        raise LogFormError(
            f"{path}: expected a flight log, an .npz of arrays, got a file that is none."
        ) from None
    return flight_log(path.name, arrays)


def flight_log(name: str, arrays: dict[str, NDArray[np.generic]]) -> FlightLog:
    """Make a log of arrays by key; keys that are not in the form are left out.

    Raises:
        LogFormError: A key that must be there is not, or has another shape.
    """
    missing = [key for key in ("t", "gyro") if key not in arrays]
    if missing:
        raise LogFormError(
            f"{name}: expected a flight log with the columns t and gyro, and no"
            f" {' and no '.join(missing)} is in it."
        )
    rows = len(np.atleast_1d(arrays["t"]))
    taken: dict[str, NDArray[np.float64]] = {}
    for key, width in WIDTHS.items():
        if key not in arrays:
            continue
        shape = (rows, width) if width else (rows,)
        found = arrays[key]
        if found.shape != shape or found.dtype.kind not in "fiub":
            raise LogFormError(
                f"{name}: {key}: expected numbers of shape {shape}, got {found.dtype}"
                f" {found.shape}."
            )
        taken[key] = found.astype(np.float64)
    ok = taken.pop("ok", None)
    return FlightLog(name=name, **taken, ok=None if ok is None else ok != 0.0)


def write_flight_log(path: str | Path, log: FlightLog) -> None:
    """Write a log, beside its place first, then renamed."""
    path = Path(path)
    arrays: dict[str, NDArray[np.generic]] = dict(log.columns())
    if log.ok is not None:
        arrays["ok"] = log.ok
    aside = path.with_name(path.name + ".part")
    with aside.open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    aside.replace(path)
