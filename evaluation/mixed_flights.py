# SPDX-License-Identifier: Apache-2.0
"""Fly a policy in formations whose drones leave one by one, race, and come home; referees judge.

Drones are drawn from the environment's randomisation, courses from seeds that training never draws;
commands come from PolicyRunner alone, what is reported from the referees of swarms and races alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import EpisodeError
from evaluation.evaluate import CHUNK, WORST, Flight
from evaluation.group_score import GroupScore, score_group
from evaluation.mixed_figures import mixed_figures
from evaluation.swarm_worlds import drawn_swarm
from evaluation.swarms import SwarmFlight, flight_of, swarm_these
from sim_core.environment import Environment
from sim_core.formation_model import FormationTask
from sim_core.group_flights import GroupFlight
from sim_core.mixed import MixedTask, load_mixed
from sim_core.references import CONTROL_DT

Float32 = NDArray[np.float32]


class MixedPilot(Protocol):
    """Who commands: a PolicyRunner, or a test's."""

    def start(self, task: Sequence[MixedTask], controlled: Sequence[int]) -> Flight:
        """Begin a flight of all tasks' drones, task by task; see `PolicyRunner.start`."""


@dataclass(frozen=True)
class MixedTrial:
    """What is flown: as `load_mixed` takes it.

    Attributes:
        track: Name or file of the track.
        level: Which of its levels is drawn, of a seed for each flight.
        drones: Of each flight.
    """

    track: str = "lsy"
    level: int = 0
    drones: int = 4

    def tasks(self, count: int, seed: int) -> list[MixedTask]:
        """One for each flight, from consecutive seeds.

        Raises:
            SettingsError: No such track or level, a room too narrow or too low for the formation.
        """
        return [load_mixed(self.drones, self.track, self.level, seed + i) for i in range(count)]


@dataclass(frozen=True, eq=False)
class MixedFlight:
    """One flight.

    Attributes:
        task: What was flown.
        flown: States, drones and seed; its score is that of the swarm.
        score: The referees' findings.
    """

    task: MixedTask
    flown: SwarmFlight
    score: GroupScore


@dataclass(frozen=True, eq=False)
class FlownMixed:
    """An evaluation that was flown.

    Attributes:
        pilot: Who flew.
        trial: What.
        figures: See `mixed_figures`.
        worst: The worst flights, the worst first.
        middle: A middling one.
    """

    pilot: str
    trial: MixedTrial
    figures: dict[str, Any]
    worst: list[MixedFlight]
    middle: MixedFlight


def fly_mixed(
    pilot: MixedPilot,
    name: str,
    trial: MixedTrial,
    environment: Environment,
    episodes: int,
    seed: int,
    threads: int = 1,
) -> FlownMixed:
    """Fly `episodes` formations, once each.

    Raises:
        EpisodeError: Fewer than one.
        SettingsError: No such track or level, or no room for the formation.
    """
    if episodes < 1:
        raise EpisodeError(f"episodes: expected at least 1, got {episodes}.")
    together = max(1, CHUNK // max(trial.drones, 1))
    scores: list[tuple[MixedTask, GroupScore]] = []
    worst: list[MixedFlight] = []
    middles = []
    for begun in range(0, episodes, together):
        tasks = trial.tasks(min(together, episodes - begun), seed + begun)
        flights = _fly(pilot, tasks, environment, seed + begun, threads)
        flights.sort(key=_how_good)
        worst = sorted([*worst, *flights[:WORST]], key=_how_good)[:WORST]
        middles.append(flights[len(flights) // 2])
        scores += [(flight.task, flight.score) for flight in flights]
    figures = {
        "task": "mixed", "track": trial.track, "level": trial.level, "drones": trial.drones,
        "episodes": episodes, **mixed_figures(scores), "seed": seed,
    }  # fmt: skip
    return FlownMixed(name, trial, figures, worst, middles[len(middles) // 2])


def _fly(
    pilot: MixedPilot, tasks: list[MixedTask], environment: Environment, seed: int, threads: int
) -> list[MixedFlight]:
    """All at once."""
    formations = _of_one_length([task.formation for task in tasks])
    drones = drawn_swarm(formations, environment, seed, threads)
    recording = swarm_these(_Leaving(pilot, tasks), formations, drones, seed)
    flights = []
    for number, task in enumerate(tasks):
        flown = flight_of(recording, number)
        rows = round(task.duration_s / CONTROL_DT) + 1
        flight = GroupFlight(task, (0.0, task.duration_s))
        score = score_group(flown.times_s[:rows], flown.truth[:rows], flight, 0.0)
        flights.append(MixedFlight(task, flown, score))
    return flights


def _of_one_length(formations: list[FormationTask]) -> list[FormationTask]:
    """Ways differ as courses do; who is home waits there for the others."""
    rows = max(formation.slots.shape[1] for formation in formations)
    out = []
    for each in formations:
        waits = np.repeat(each.slots[:, -1:], rows - each.slots.shape[1], axis=1)
        out.append(replace(each, slots=np.concatenate([each.slots, waits], axis=1)))
    return out


class _Leaving:
    """Flies mixed tasks where their formations are asked for."""

    def __init__(self, pilot: MixedPilot, tasks: list[MixedTask]) -> None:
        self._pilot, self._tasks = pilot, tasks

    def start(self, _formations: Sequence[FormationTask], controlled: Sequence[int]) -> Flight:
        """See `PolicyRunner.start`."""
        return self._pilot.start(self._tasks, controlled)


def _how_good(flight: MixedFlight) -> tuple[float, float]:
    """Rises from the worst on: the fewest that came through, the smallest separation."""
    score, drones = flight.score, range(flight.task.drones)
    well = sum(score.finished(number) and score.crash_of(number)[1] is None for number in drones)
    return well, float(score.swarm.separation_m[0])
