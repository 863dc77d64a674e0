# SPDX-License-Identifier: Apache-2.0
"""Thrust stands: CSV files of motor command, battery volts, rotor speeds and total thrust."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import LogError, NothingToScoreError

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

GRAM_FORCE_N = 9.80665e-3
COUNTS_FULL = 65535.0

_STREAM_ROWS = 500
"""A file with more rows than this is a stream in time; one with fewer, a table of readings."""

_SETTLED_ROWS = 8
"""Of a stream, rows on either side over which command, speeds and thrust must stand still."""


_FEWEST = 10


@dataclass(frozen=True, eq=False)
class BenchLog:
    """One stand's readings, the settled ones.

    Attributes:
        name: Of the file.
        volts: That each motor sees: PWM fraction times battery, shape (N,).
        battery_volts: Under load, shape (N,).
        thrust_n: Per motor, a quarter of the stand's, shape (N,).
        rpm: Mean of the four rotors, shape (N,).
    """

    name: str
    volts: Array
    battery_volts: Array
    thrust_n: Array
    rpm: Array


def read_bench_log(path: Path) -> BenchLog:
    """Read a stand's file and keep what had settled.

    Raises:
        LogError: Not such a file, or nothing in it from which thrust can be told.
    """
    columns = _table(path)
    thrust = next((columns[k] for k in ("weight", "thrust") if k in columns), None)
    needed = ["pwm", "vbat", "rpm1", "rpm2", "rpm3", "rpm4"]
    missing = [key for key in needed if key not in columns]
    if thrust is None or missing:
        lacks = ", ".join([*missing, *([] if thrust is not None else ["weight or thrust"])])
        raise NothingToScoreError(
            f"{path.name}: expected a thrust stand's columns pwm, vbat, rpm1 to rpm4 and weight or"
            f" thrust, found no {lacks}."
        )
    _check_units(path.name, columns, thrust)
    rpm = np.mean([columns[f"rpm{i}"] for i in range(1, 5)], axis=0)
    resting = (columns["pwm"] == 0.0) & (rpm < 1000.0)
    grams = thrust - (float(np.median(thrust[resting])) if resting.any() else 0.0)
    pwm = columns["pwm"]
    keep = _settled(pwm, rpm, grams) if len(pwm) > _STREAM_ROWS else pwm > 0.0
    if keep.sum() < _FEWEST:
        raise NothingToScoreError(
            f"{path.name}: expected {_FEWEST} settled readings, got {int(keep.sum())}: a ramp?"
        )
    volts = pwm / COUNTS_FULL * columns["vbat"]
    return BenchLog(
        path.name, volts[keep], columns["vbat"][keep], grams[keep] * GRAM_FORCE_N / 4.0, rpm[keep]
    )


def _table(path: Path) -> dict[str, Array]:
    try:
        lines = [line.strip() for line in path.read_text().splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError):
        raise LogError(f"{path}: expected a CSV file with a header, got none.") from None
    heads = [head.split("[")[0].strip() for head in lines[0].split(",")] if lines else []
    try:
        rows = np.array([[float(v) for v in line.split(",")] for line in lines[1:]])
    except ValueError:
        raise LogError(f"{path.name}: expected numbers under the header, got other text.") from None
    if rows.ndim != 2 or rows.shape[1] != len(heads) or len(rows) < 10:
        raise LogError(f"{path.name}: expected ten rows or more, each as long as the header.")
    if not np.isfinite(rows).all():
        at = int(np.argmax(~np.isfinite(rows).all(axis=1)))
        raise LogError(f"{path.name}: expected numbers, got NaN or infinity in row {at + 2}.")
    return {head: rows[:, i] for i, head in enumerate(heads)}


def _check_units(name: str, columns: dict[str, Array], thrust: Array) -> None:
    if columns["pwm"].max() <= 100.0:
        raise LogError(
            f"{name}: pwm: expected counts, got up to {columns['pwm'].max():g}: a fraction?"
        )
    if not 2.0 <= float(np.median(columns["vbat"])) <= 4.6:
        raise LogError(
            f"{name}: vbat: expected the volts of one cell, got {np.median(columns['vbat']):g}."
        )
    if thrust.max() < 2.0:
        raise NothingToScoreError(
            f"{name}: weight: expected the grams of four motors, got at most {thrust.max():g}:"
            " no thrust was measured, or in N."
        )


def _settled(pwm: Array, rpm: Array, grams: Array) -> Flags:
    """Where command stands still and speed and thrust stay within 3 % over the rows around."""
    half = _SETTLED_ROWS
    keep = np.zeros(len(pwm), dtype=bool)
    if len(pwm) <= 2 * half:
        return keep

    def spread(values: Array) -> Array:
        windows = np.lib.stride_tricks.sliding_window_view(values, 2 * half)
        out: Array = np.ptp(windows, axis=1)
        return out

    middle = slice(half, len(pwm) - half + 1)
    still = (spread(pwm) == 0.0) & (spread(rpm) < 0.03 * rpm[middle])
    still &= spread(grams) < np.maximum(0.03 * grams[middle], 0.3)
    keep[middle] = still & (pwm[middle] > 0.0)
    return keep
