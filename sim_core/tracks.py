# SPDX-License-Identifier: Apache-2.0
"""Race tracks by their names: TOML files under tracks/, or a user's own.

A file's keys are the attributes of `track_model.Track`, and `[frame]` holds what is the same in all
gates. A track that cannot be flown is refused, all its faults in one sentence. What stands in one
episode says `track_draws.draw_course`.
"""

from pathlib import Path
from typing import Any

from sim_core.errors import SettingsError
from sim_core.ring_courses import RingCourse, draw_ring_course, ring_settings
from sim_core.settings_file import build, parse_toml
from sim_core.track_draws import Course, draw_course
from sim_core.track_model import (
    GATE_COLUMNS,
    OBSTACLE_COLUMNS,
    Gate,
    Level,
    Obstacle,
    Room,
    Start,
    Track,
)
from sim_core.track_rules import faults_of

__all__ = [
    "GATE_COLUMNS",
    "OBSTACLE_COLUMNS",
    "Course",
    "Gate",
    "Level",
    "Obstacle",
    "Room",
    "Start",
    "Track",
    "draw_course",
    "load_rings",
    "load_track",
    "track_names",
]

_FOLDER = Path(__file__).parent / "tracks"


def track_names() -> list[str]:
    """Names of the tracks that ship with the project."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def load_track(name_or_path: str | Path, *, seed: int = 0) -> Track:
    """Load a track by its name, or from a file of one's own.

    Args:
        name_or_path: For instance "lsy", or "my/track.toml".
        seed: Of the course, where the file holds ranges to draw one from ("rings").

    Raises:
        SettingsError: No such track, or one that cannot be flown: every fault in one sentence.
    """
    table, where = _read(name_or_path)
    if table.get("kind") == "rings":
        return draw_ring_course(seed, ring_settings(table, where))
    return _track_of(table, where)


def load_rings(name_or_path: str | Path = "rings") -> RingCourse:
    """The ranges that `ring_courses.draw_ring_course` draws from.

    Raises:
        SettingsError: No such file, or one that is none of rings: every fault in one sentence.
    """
    return ring_settings(*_read(name_or_path))


def _read(name_or_path: str | Path) -> tuple[dict[str, Any], str]:
    """A track file's table, and what to call the file in a refusal."""
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = _FOLDER / f"{name_or_path}.toml"
        if str(name_or_path) not in track_names():
            raise SettingsError(
                f"track {str(name_or_path)!r}: expected one of {', '.join(track_names())} or a"
                " .toml file, found neither."
            )
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}.") from None
    return {"name": path.stem, **parse_toml(raw, str(path))}, str(path)


def _track_of(table: dict[str, Any], where: str) -> Track:
    """A track from the table of its file.

    Raises:
        SettingsError: Keys of the wrong type, or a track that cannot be flown.
    """
    table = dict(table)
    frame = table.pop("frame", {})
    gates = table.get("gates")
    if isinstance(frame, dict) and isinstance(gates, list):
        table["gates"] = [{**frame, **g} if isinstance(g, dict) else g for g in gates]
    elif not isinstance(frame, dict):
        raise SettingsError(f"{where}: frame: expected a section, got {frame!r}.")
    track = build(Track, table, where)
    faults = faults_of(track)
    if faults:
        raise SettingsError(f"{where}: {'; '.join(faults)}.")
    return track
