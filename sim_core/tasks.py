# SPDX-License-Identifier: Apache-2.0
"""What a drone is asked to do: a reference over time, and which part of it counts.

The built-in tasks are TOML files under tasks/; a user's own file, or a bare path file (CSV), is
loaded by the same function.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim_core import references, shapes
from sim_core.errors import SettingsError
from sim_core.references import CONTROL_DT, LIFT_LIMITS
from sim_core.task_files import LONGEST_S, read_path, read_toml

__all__ = ["CONTROL_DT", "Reference", "TrackTask", "Window", "load_task", "task_names"]

_BUILT_IN = Path(__file__).parent / "tasks"
_CORNERED = ("pentagram", "zigzag")  # their corners ask for any thrust; their straights for none
_LOWEST_M = 0.1  # a reference nearer to the floor than a drone is wide is a mistake in its file


class Window(NamedTuple):
    """A stretch of a reference's own time [s]."""

    start_s: float
    end_s: float


@dataclass(frozen=True, eq=False)
class Reference:
    """Where a drone should be, at every control instant from the task's start on.

    Attributes:
        name: What reports call it.
        samples: Rows x, y, z [m; W] and yaw [rad], one per `CONTROL_DT`, float32, shape (M, 4).
        scored: The path proper, without lead-in and run-out.
    """

    name: str
    samples: NDArray[np.float32]
    scored: Window

    @property
    def duration_s(self) -> float:
        """Time from the first row to the last."""
        return (len(self.samples) - 1) * CONTROL_DT

    def position(self, t: ArrayLike) -> NDArray[np.float64]:
        """Position in W [m] at `t` seconds, shape (..., 3): straight between rows, then held."""
        row = np.clip(np.asarray(t, dtype=np.float64) / CONTROL_DT, 0, len(self.samples) - 1)
        below = np.floor(row).astype(np.int64)
        above = np.minimum(below + 1, len(self.samples) - 1)
        share = (row - below)[..., None]
        p = self.samples[:, :3].astype(np.float64)
        out: NDArray[np.float64] = p[below] * (1.0 - share) + p[above] * share
        return out


@dataclass(frozen=True, eq=False)
class TrackTask:
    """Follow one reference."""

    name: str
    reference: Reference


def task_names() -> list[str]:
    """Names of the built-in tasks."""
    return sorted(path.stem for path in _BUILT_IN.glob("*.toml"))


def load_task(name_or_path: str | Path, *, start: Sequence[float] | None = None) -> TrackTask:
    """Load a built-in task by its name, a task file (.toml), a path file (.csv), or TOML text.

    Args:
        name_or_path: For instance "hover", "my/circle.toml", "my/flight.csv" or "kind = 'hover'…".
        start: Where the drone hovers now, x, y, z [m; W] and yaw [rad]. Given, a smooth lead-in
            from there is put before the path, and a run-out that brakes to rest after it.

    Returns:
        The task; `reference.scored` marks the path proper.

    Raises:
        SettingsError: With one sentence that says what is wrong, and where.
    """
    name, settings = _settings(name_or_path)
    path = _path(settings, name)
    return TrackTask(name, _reference(name, path, settings, start))


def _settings(name_or_path: str | Path) -> tuple[str, dict[str, Any]]:
    """The task's name and its checked settings; `file` of a path is made absolute."""
    text = str(name_or_path)
    if text in task_names():
        return text, _from_toml(_BUILT_IN / f"{text}.toml")
    if "=" in text and not _is_file(text):
        settings = read_toml(text.encode(), "task text")
        return "inline", {**settings, "folder": Path()}
    path = Path(text)
    if not _is_file(text):
        raise SettingsError(
            f"task {text!r}: expected a built-in ({', '.join(task_names())}) or a file,"
            " found neither."
        )
    if path.suffix == ".csv":
        settings = read_toml(f"kind = 'path'\nfile = {json.dumps(path.name)}".encode(), text)
        return path.stem, {**settings, "folder": path.parent}
    return path.stem, _from_toml(path)


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # too long for a path, or a byte no path has
        return False


def _from_toml(path: Path) -> dict[str, Any]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}.") from None
    return {**read_toml(raw, str(path)), "folder": path.parent}


def _path(settings: dict[str, Any], name: str) -> references.Array:
    """The path proper, shape (M, 4)."""
    make = {"hover": _hover, "lemniscate": _lemniscate, "path": _recorded}
    make |= {"pentagram": _pentagram, "zigzag": _zigzag, "polynomial": _polynomial}
    return make[settings["kind"]](settings, name)


def _hover(settings: dict[str, Any], name: str) -> references.Array:  # noqa: ARG001  # as the others
    position = np.asarray(settings["position_m"], dtype=np.float64)
    return references.still(position, settings["yaw_rad"], settings["duration_s"])


def _lemniscate(settings: dict[str, Any], name: str) -> references.Array:
    _refuse_long(name, "period_s × laps", settings["period_s"] * settings["laps"])
    return references.lemniscate(
        settings["amplitude_m"],
        settings["height_m"],
        settings["yaw_rad"],
        settings["period_s"],
        settings["laps"],
    )


def _pentagram(settings: dict[str, Any], name: str) -> references.Array:
    radius, speed, laps = settings["radius_m"], settings["speed_m_s"], settings["laps"]
    _refuse_long(name, "laps at this speed", 10.0 * radius * laps / speed)
    made = shapes.pentagram(radius, settings["height_m"], settings["yaw_rad"], speed, laps)
    return _slow_enough(name, *made)


def _zigzag(settings: dict[str, Any], name: str) -> references.Array:
    leg_s, legs = settings["leg_s"], settings["legs"]
    _refuse_long(name, "legs × leg_s", legs * leg_s[1])
    reach, height, yaw = settings["reach_m"], settings["height_m"], settings["yaw_rad"]
    return _slow_enough(name, *shapes.zigzag(reach, height, yaw, leg_s, legs, settings["seed"]))


def _polynomial(settings: dict[str, Any], name: str) -> references.Array:
    leg_s, legs = settings["leg_s"], settings["legs"]
    _refuse_long(name, "legs × leg_s", legs * leg_s[1])
    return shapes.polynomials(
        settings["reach_m"],
        settings["height_m"],
        settings["yaw_rad"],
        leg_s,
        legs,
        settings["max_acceleration_m_s2"],
        settings["seed"],
    )


def _recorded(settings: dict[str, Any], name: str) -> references.Array:  # noqa: ARG001
    rows = read_path(Path(settings["folder"]) / settings["file"])
    rows[:, 1:4] += np.asarray(settings["offset_m"], dtype=np.float64)
    rows[:, 4] = np.unwrap(rows[:, 4])
    return references.spline(rows[:, 0], rows[:, 1:])


def _refuse_long(name: str, what: str, seconds: float) -> None:
    if seconds > LONGEST_S:
        raise SettingsError(
            f"task {name!r}: expected {what} of at most {LONGEST_S:g} s, got {seconds:g} s."
        )


def _slow_enough(name: str, rows: references.Array, speed_m_s: float) -> references.Array:
    if speed_m_s > shapes.FASTEST_M_S:
        raise SettingsError(
            f"task {name!r}: expected straights of at most {shapes.FASTEST_M_S:g} m/s,"
            f" got {speed_m_s:.2f} m/s."
        )
    return rows


def _reference(
    name: str, path: references.Array, settings: dict[str, Any], start: Sequence[float] | None
) -> Reference:
    rows, before = path, 0
    if start is not None:
        begin = np.asarray(start, dtype=np.float64)
        if begin.shape != (4,) or not np.isfinite(begin).all():
            raise SettingsError(
                f"task {name!r}: start: expected 4 finite numbers (x, y, z, yaw), got {start!r}."
            )
        lead_in = references.lead_in(begin, path, settings["lead_in_s"])
        rows = np.concatenate([lead_in, path, references.run_out(path, settings["run_out_s"])])
        before = len(lead_in)
    _check(rows, before, settings, name)
    samples = rows.astype(np.float32)
    samples.flags.writeable = False
    end = before + len(path) - 1
    scored = Window(round(before * CONTROL_DT, 6), round(end * CONTROL_DT, 6))
    return Reference(name, samples, scored)


def _check(rows: references.Array, before: int, settings: dict[str, Any], name: str) -> None:
    """Refuse what no Crazyflie can fly, or what leaves the room that it began in."""
    smooth = settings["kind"] not in _CORNERED
    faults = [
        *_too_low(rows),
        *(_too_much_thrust(rows) if smooth else []),
        *_outside(rows, before, settings),
    ]
    if faults:
        raise SettingsError(f"task {name!r}: {'; '.join(faults)}.")


def _too_low(rows: references.Array) -> list[str]:
    lowest = int(np.argmin(rows[:, 2]))
    if rows[lowest, 2] >= _LOWEST_M:
        return []
    return [
        f"expected a height of at least {_LOWEST_M} m all along,"
        f" got {rows[lowest, 2]:.2f} m at {lowest * CONTROL_DT:.2f} s"
    ]


def _too_much_thrust(rows: references.Array) -> list[str]:
    low, high = LIFT_LIMITS
    lift = references.lift_asked(rows[:, :3])
    worst = int(np.argmax(np.maximum(lift - high, low - lift))) if len(lift) else 0
    if not len(lift) or low <= lift[worst] <= high:
        return []
    return [
        f"expected a path that asks for {low:g} to {high:g} times the weight in thrust"
        f" (CF2.1+ has 1.69), got {lift[worst]:.2f} at {(worst + 1) * CONTROL_DT:.2f} s"
    ]


def _outside(rows: references.Array, before: int, settings: dict[str, Any]) -> list[str]:
    low, high = np.array(settings["room_low_m"]), np.array(settings["room_high_m"])
    over = np.maximum(rows[:, :3] - high, low - rows[:, :3])
    if (over[0] > 0.0).any():
        over[:before] = -np.inf
    row, axis = np.unravel_index(np.argmax(over), over.shape)
    if over[row, axis] <= 1e-9:
        return []
    return [
        f"expected a path within the room, {'xyz'[axis]} from {low[axis]:g} to {high[axis]:g} m"
        f" (room_low_m, room_high_m), got {rows[row, axis]:.2f} m at {row * CONTROL_DT:.2f} s"
    ]
