# SPDX-License-Identifier: Apache-2.0
"""The stock controller on recorded set-points: does the simulated drone err as the real one did."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluation.validation.flight import STEP_S, Flight
from evaluation.validation.predict import Drone
from sim_core import _core

Array = NDArray[np.float64]

_NANOBENCH = Path(__file__).parent / "nanobench" / "setpoints.npz"
_NANOBENCH_START_S, _NANOBENCH_EVERY_S = 5.3, 0.05

TICK = round(_core.CONTROL_STEP_S / STEP_S)
_SETTLE_TICKS = 400
_LONGEST_LAG_TICKS = 150


@dataclass(frozen=True)
class ClosedLoop:
    """One flight, and its replay.

    Attributes:
        apart_m: Root mean square distance between the two paths: what the replay gets wrong.
        recorded_error_m: Root mean square distance of the recorded path to its set-points.
        replayed_error_m: The same of the replayed path.
        recorded_lag_s: By how much the set-points must wait to fit the recorded path best.
        replayed_lag_s: The same of the replayed path.
    """

    apart_m: float
    recorded_error_m: float
    replayed_error_m: float
    recorded_lag_s: float
    replayed_lag_s: float


def setpoints_of(flight: Flight) -> Array | None:
    """x, y, z [m; W] at every control step of a flight, not a number where none is known; (M, 3).

    The log's own; else, for a NanoBench flight, those its public file has; else those of another
    flight of the same shape and speed: they began 5.5 s after the file in all of them.
    """
    times = flight.t[::TICK]
    if flight.setpoint is not None:
        return flight.setpoint[::TICK, :3]
    stem = Path(flight.name).stem
    with np.load(_NANOBENCH) as archive:
        shape = stem.rsplit("_rep", 1)[0]
        like = [name for name in archive.files if name.rsplit("_rep", 1)[0] == shape]
        if not like:
            return None
        rows = archive[stem if stem in like else max(like, key=lambda n: len(archive[n]))] * 1e-3
    since = times - flight.t[0] - _NANOBENCH_START_S
    known = np.arange(len(rows)) * _NANOBENCH_EVERY_S
    return np.stack(
        [np.interp(since, known, column, left=np.nan, right=np.nan) for column in rows.T], axis=1
    )


def replay_closed_loop(flight: Flight, drone: Drone, setpoints: Array) -> ClosedLoop | None:
    """Fly the set-points with the firmware's cascade; None where the flight has too few of them."""
    flown = np.isfinite(setpoints).all(axis=1) & flight.ok[::TICK][: len(setpoints)]
    if flown.sum() < 3 * _LONGEST_LAG_TICKS:
        return None
    first, last = np.flatnonzero(flown)[[0, -1]]
    wanted, path = setpoints[first : last + 1], flight.p_WB[::TICK][first : last + 1]
    wanted = np.where(np.isfinite(wanted), wanted, path)
    replayed = _fly(drone, path[0], wanted)
    return ClosedLoop(
        _apart(replayed, path), _apart(path, wanted), _apart(replayed, wanted),
        _lag(path, wanted), _lag(replayed, wanted),
    )  # fmt: skip


def _fly(drone: Drone, start: Array, wanted: Array) -> Array:
    """Where the drone is at each set-point, told a control step ahead, from a hover at `start`."""
    parameters = np.ascontiguousarray(drone.parameters[None], dtype=np.float32)
    sim = _core.FirmwareSim(parameters, _core.EstimateNoise(), 1)
    sim.place(0, [float(x) for x in start], 0.0)
    for _ in range(_SETTLE_TICKS):
        sim.set_position(0, [float(x) for x in start], 0.0)
        sim.step(TICK)
    path = np.empty_like(wanted)
    for i, row in enumerate(wanted):
        path[i] = sim.truth[0, :3]
        sim.set_position(0, [float(x) for x in row], 0.0)
        sim.step(TICK)
    return path


def _apart(a: Array, b: Array) -> float:
    return float(np.sqrt(((a - b) ** 2).sum(axis=1).mean()))


def _lag(path: Array, wanted: Array) -> float:
    shifts = range(_LONGEST_LAG_TICKS)
    later = path[_LONGEST_LAG_TICKS:]
    costs = [
        _apart(later[:, :2], wanted[_LONGEST_LAG_TICKS - k : len(wanted) - k, :2]) for k in shifts
    ]
    return float(np.argmin(costs)) * _core.CONTROL_STEP_S
