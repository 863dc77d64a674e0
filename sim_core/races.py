# SPDX-License-Identifier: Apache-2.0
"""A race as a task: one drone's course, told and true."""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from sim_core.settings_file import build
from sim_core.track_draws import Course, draw_course
from sim_core.track_model import Track
from sim_core.tracks import load_track

LONGEST_S = 20.48
"""A race without end is flown this long: PufferLib's 2048 steps of 10 ms."""

SLOWEST_S_PER_GATE = 3.0
"""A race that has an end is given up after this for each of its gates.  # guess: ten times as slow
as it is flown"""


@dataclass(frozen=True, eq=False)
class RaceTask:
    """Fly a course's gates in order."""

    name: str
    course: Course

    @property
    def gates(self) -> int:
        """How many have to be passed; 0: as many as can be."""
        track = self.course.told
        return track.laps * len(track.gates)

    @property
    def longest_s(self) -> float:
        """When it is over at the latest."""
        return self.gates * SLOWEST_S_PER_GATE if self.gates else LONGEST_S


def load_race(track: str | Path = "lsy", level: int = 0, seed: int = 0) -> RaceTask:
    """Load a race.

    Args:
        track: Name or file of the track.
        level: Which of its levels is drawn.
        seed: Of the draw, and of the track itself where it is drawn ("rings").

    Raises:
        SettingsError: No such track or level, or one that cannot be flown.
    """
    loaded: Track = load_track(track, seed=seed)
    return RaceTask(loaded.name, draw_course(loaded, level, seed))


@dataclass(frozen=True)
class RaceText:
    """A race as a text, to be sent over a wire: `kind = 'race'` and what differs from here."""

    track: str = "lsy"
    level: int = 0
    seed: int = 0

    def text(self) -> str:
        """The text, TOML: a name is quoted as in JSON, which TOML reads alike."""
        track = json.dumps(self.track)
        return f"kind = 'race'\ntrack = {track}\nlevel = {self.level}\nseed = {self.seed}"


def race_of(task: str) -> RaceTask | None:
    """The race that a task is: "race", or a text as `RaceText` writes it; None of any other task.

    Raises:
        SettingsError: A race that cannot be loaded.
    """
    if task == "race":
        return load_race()
    try:
        table = tomllib.loads(task)
    except tomllib.TOMLDecodeError:
        return None
    if table.pop("kind", None) != "race":
        return None
    told = build(RaceText, table, "race")
    return load_race(told.track, told.level, told.seed)
