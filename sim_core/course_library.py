# SPDX-License-Identifier: Apache-2.0
"""Race courses as the compiled core flies them: many to train on, or one a drone to be judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim_core import _core
from sim_core.environment import CourseChoice
from sim_core.errors import SettingsError
from sim_core.track_draws import Course, draw_course
from sim_core.track_model import Level, Track
from sim_core.tracks import load_track

Float32 = NDArray[np.float32]

TRAINING_SEEDS = 1_000_000_000
"""Courses of training are drawn from seeds above this one, those of the referee below it."""


@dataclass(frozen=True, eq=False)
class CourseNumbers:
    """C courses of G gates and P poles as sim_core/course_table.hpp has them.

    Attributes:
        rules: What is the same in all of them, by the names of `_core.CourseRules`.
        told_gates: As a drone is told them, shape (C, G, 12).
        true_gates: As they stand, shape (C, G, 12).
        told_poles: Shape (C, P, 4).
        true_poles: Shape (C, P, 4).
        starts: Shape (C, 5).
    """

    rules: dict[str, Any]
    told_gates: Float32
    true_gates: Float32
    told_poles: Float32
    true_poles: Float32
    starts: Float32

    def courses(self) -> _core.Courses:
        """The same for the core."""
        rules = _core.CourseRules(**self.rules)
        gates = self.told_gates, self.true_gates
        return _core.Courses(rules, *gates, self.told_poles, self.true_poles, self.starts)


def training_courses(choice: CourseChoice, seed: int) -> _core.Courses:
    """The courses that drones race in training, `choice.count` of them.

    What the level moves about a course is drawn by the core, anew in each episode; courses that are
    another from every seed (ring courses, levels that draw the whole track) are drawn here.

    Args:
        choice: Track, level and number.
        seed: Of the run.

    Raises:
        SettingsError: No such track or level, or one too large for the core.
    """
    first = load_track(choice.track, seed=_nth(seed, 0))
    level = level_of(first, choice.level)
    tracks = []
    for number in range(choice.count):
        track = load_track(choice.track, seed=_nth(seed, number))
        if level.whole_track:
            track = draw_course(track, choice.level, _nth(seed, number)).told
        tracks.append(track)
    return _numbers(tracks, tracks, level, in_order=False).courses()


def flown_courses(courses: Sequence[Course]) -> _core.Courses:
    """One course a drone, in their order: nothing is drawn any more.

    Raises:
        SettingsError: Courses of different shapes, or too large for the core.
    """
    return flown_numbers(courses).courses()


def flown_numbers(courses: Sequence[Course]) -> CourseNumbers:
    """The same as numbers; raises as `flown_courses` does."""
    still = Level(sensing_range_m=courses[0].sensing_range_m)
    told, true = [c.told for c in courses], [c.true for c in courses]
    return _numbers(told, true, still, in_order=True)


def level_of(track: Track, level: int) -> Level:
    """One of a track's levels.

    Raises:
        SettingsError: It has no such level.
    """
    if not 0 <= level < len(track.levels):
        raise SettingsError(
            f"track {track.name!r}: level: expected 0 to {len(track.levels) - 1}, got {level}."
        )
    return track.levels[level]


def _numbers(
    told: Sequence[Track], true: Sequence[Track], level: Level, *, in_order: bool
) -> CourseNumbers:
    first = true[0]
    if any((len(t.gates), len(t.obstacles)) != (len(first.gates), len(first.obstacles))
           for t in (*told, *true)):  # fmt: skip
        raise SettingsError(
            f"track {first.name!r}: expected as many gates and poles in all courses of a run."
        )
    numbers = CourseNumbers(
        rules={
            "room_low_m": first.room.low_m,
            "room_high_m": first.room.high_m,
            "laps": first.laps,
            "closed": first.closed,
            "in_order": in_order,
            "sensing_range_m": level.sensing_range_m,
            "start_m": level.start_m,
            "start_yaw_rad": level.start_yaw_rad,
            "gate_m": level.gate_m,
            "gate_yaw_rad": level.gate_yaw_rad,
            "pole_m": level.obstacle_m,
        },
        told_gates=_gates(told),
        true_gates=_gates(true),
        told_poles=_poles(told),
        true_poles=_poles(true),
        starts=np.array(
            [(*t.start.position_m, t.start.yaw_rad, t.start.first_gate) for t in true], np.float32
        ),
    )
    try:
        numbers.courses()  # the core checks them
    except ValueError as error:
        raise SettingsError(f"track {first.name!r}: {error}.") from None
    return numbers


def _gates(tracks: Sequence[Track]) -> Float32:
    return np.ascontiguousarray([track.gate_table() for track in tracks], np.float32)


def _poles(tracks: Sequence[Track]) -> Float32:
    return np.ascontiguousarray([track.obstacle_table() for track in tracks], np.float32)


def _nth(seed: int, number: int) -> int:
    return TRAINING_SEEDS + seed * 100_003 + number
