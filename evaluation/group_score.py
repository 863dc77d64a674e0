# SPDX-License-Identifier: Apache-2.0
"""The referees' word on drones that flew together: a swarm, or a formation whose drones race.

The referee of swarms judges the whole of it; slot errors are those of the task proper. Where drones
race, the referee of races judges each from when it leaves until its time for the race is over, and
all of them, all the time, for what they touch.
"""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.race_course import race_course
from evaluation.race_referee import CRASH_REASONS as TOUCHES
from evaluation.race_referee import Course, RaceScore, score_race
from evaluation.swarm_referee import CRASH_REASONS, RULES, Rules, SwarmScore, score_swarm
from sim_core.group_flights import GroupFlight
from sim_core.mixed import RACE_S, MixedTask

Array = NDArray[np.float64]

AFTER_S = 0.1
"""Races are judged a little beyond their end: a policy ends one by its estimate of where it is, and
may do so a hair before the gate."""


@dataclass(frozen=True, eq=False)
class GroupScore:
    """What the referees found.

    Attributes:
        swarm: Separation, collisions and crashes of the one world that flew.
        slot_error_m: Of each drone in the task proper, shape (N,); as in `SwarmScore`.
        races: Of each drone of a mixed flight; None of one that did not come to it.
        touches: Of all drones of a mixed flight, at any time; None of a swarm.
    """

    swarm: SwarmScore
    slot_error_m: Array
    races: tuple[RaceScore | None, ...] = ()
    touches: RaceScore | None = None

    def faults(self, names: Sequence[str]) -> list[str]:
        """All that was not as it should be, a phrase each; empty of a good flight."""
        return [*self._collisions(names), *self.crashes(names), *self._unfinished(names)]

    def crashes(self, names: Sequence[str]) -> Iterator[str]:
        """Who crashed, how and when."""
        for number, name in enumerate(names):
            when, why = self.crash_of(number)
            if why is not None:
                yield f"{name} crashed: {why} at {when:.2f} s"

    def crash_of(self, number: int) -> tuple[float, str | None]:
        """When a drone crashed first, on the recording's clock, and why; NaN and None if never."""
        found = []
        if self.swarm.crashed[0, number]:
            reason = CRASH_REASONS[int(self.swarm.crash_reason[0, number])]
            found.append((float(self.swarm.crash_time_s[0, number]), reason))
        if self.touches is not None and self.touches.crashed[number]:
            reason = TOUCHES[int(self.touches.crash_reason[number])]
            found.append((float(self.touches.crash_time_s[number]), reason))
        return min(found) if found else (math.nan, None)

    def finished(self, number: int) -> bool:
        """Whether a drone of a mixed flight came through all gates of its race."""
        race = self.races[number]
        return race is not None and bool(race.finished[0])

    def lap_time_s(self, number: int) -> float:
        """From when it left to its last gate; not a number unless it finished."""
        race = self.races[number]
        return math.nan if race is None else float(race.finish_time_s[0])

    def _collisions(self, names: Sequence[str]) -> Iterator[str]:
        if self.swarm.collided[0]:
            one, two = (names[int(i)] for i in self.swarm.separation_pair[0])
            count = int(self.swarm.collisions[0])
            yield (
                f"{count} collision{'s' if count > 1 else ''}, the first at"
                f" {self.swarm.collision_time_s[0]:.2f} s; nearest were {one} and {two},"
                f" {self.swarm.separation_m[0]:.2f} m"
            )

    def _unfinished(self, names: Sequence[str]) -> Iterator[str]:
        for number, (name, race) in enumerate(zip(names, self.races, strict=False)):
            if race is None:
                yield f"{name} did not come to its race"
            elif not race.finished[0] and self.crash_of(number)[1] is None:
                yield f"{name} passed {int(race.gates_passed[0])} gates of its race"


def score_group(
    times_s: ArrayLike, states: ArrayLike, flight: GroupFlight, first_s: float
) -> GroupScore:
    """Judge drones that flew together.

    Args:
        times_s: When the states were taken, rising, shape (T ≥ 2,).
        states: Rows that begin with p_WB [m; W], shape (T, N, 3 or more).
        flight: What they were to fly.
        first_s: Its time 0, on the same clock.

    Raises:
        ValueError: Shapes that disagree, or times that do not rise.
    """
    times, state = np.asarray(times_s, np.float64), np.asarray(states)
    slots = flight.formation.goals(times - first_s)
    rules = RULES
    if isinstance(flight.task, MixedTask):  # a racer may be far from its slot; walls are judged
        rules = dataclasses.replace(RULES, lost_m=math.inf)
    settle_s = flight.formation.settle_s
    swarm = score_swarm(times, state[:, None], slots[:, None], settle_s, rules)
    proper = _rows(times, *(first_s + at for at in flight.proper_s))
    error = _slot_errors(times[proper], state[proper], slots[proper], settle_s, rules)
    if not isinstance(flight.task, MixedTask):
        return GroupScore(swarm, error)
    lap = dataclasses.replace(race_course(flight.task.course.true), laps=1)
    races = tuple(
        _race(times, state[:, [number]], lap, first_s + leaves_s)
        for number, leaves_s in enumerate(flight.task.leaves_s)
    )
    return GroupScore(
        swarm, error, races, score_race(times, state, dataclasses.replace(lap, laps=0))
    )


def _rows(times: Array, begin_s: float, end_s: float) -> slice:
    begin, end = np.searchsorted(times, [begin_s - 1e-6, end_s + 1e-6])
    return slice(int(begin), int(end))


def _slot_errors(
    times: Array, state: NDArray[np.floating], slots: Array, settle_s: float, rules: Rules
) -> Array:
    if len(times) < 2:
        return np.full(state.shape[1], np.nan)
    error: Array = score_swarm(times, state[:, None], slots[:, None], settle_s, rules).slot_error_m[
        0
    ]
    return error


def _race(
    times: Array, state: NDArray[np.floating], course: Course, leaves_s: float
) -> RaceScore | None:
    rows = _rows(times, leaves_s, leaves_s + RACE_S + AFTER_S)
    if rows.stop - rows.start < 2:
        return None
    return score_race(times[rows], state[rows], course)
