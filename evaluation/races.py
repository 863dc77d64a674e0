# SPDX-License-Identifier: Apache-2.0
"""Fly a policy through courses that it has never seen, and let the race referee judge.

Courses are drawn from seeds by sim_core/track_draws.py, drones from the environment's
randomisation; commands come from PolicyRunner alone, what is reported from the referee alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import EpisodeError
from evaluation.evaluate import CHUNK, WORST, Drones, Flight, tame
from evaluation.joined import joined
from evaluation.race_course import race_course
from evaluation.race_figures import race_figures
from evaluation.race_referee import RaceScore, score_race
from sim_core import _core
from sim_core.course_library import flown_courses
from sim_core.environment import Environment
from sim_core.races import RaceTask, load_race
from sim_core.tasks import CONTROL_DT

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]


class RacePilot(Protocol):
    """Who commands: a PolicyRunner, or what a training run watches its actor with."""

    def start(self, task: Sequence[RaceTask], controlled: Sequence[int]) -> Flight:
        """Begin a flight; see `PolicyRunner.start`."""


@dataclass(frozen=True)
class RaceTrial:
    """Which courses are flown: those of seeds that training never draws."""

    track: str
    level: int

    def tasks(self, count: int, seed: int) -> list[RaceTask]:
        """One for each drone, from consecutive seeds."""
        return [load_race(self.track, self.level, seed + i) for i in range(count)]


@dataclass(frozen=True, eq=False)
class RaceRecording:
    """Drones that raced at the same time.

    Attributes:
        tasks: What each flew.
        times_s: Shape (T,).
        truth: p_WB q_WB v_WB w_WB_B, float32, shape (T, N, 13).
        parameters: Each drone's, shape (N, P).
        seed: Of the first drone's course, and of drones and noise.
        score: The referee's findings.
    """

    tasks: list[RaceTask]
    times_s: Array
    truth: Float32
    parameters: Float32
    seed: int
    score: RaceScore


@dataclass(frozen=True, eq=False)
class Race:
    """One drone's flight out of a recording."""

    task: RaceTask
    times_s: Array
    truth: Float32
    parameters: Float32
    seed: int
    passed: int
    end_s: float
    finished: bool


@dataclass(frozen=True, eq=False)
class FlownRaces:
    """An evaluation that was flown.

    Attributes:
        pilot: Who flew.
        trial: What.
        figures: See `race_figures`.
        score: The referee's findings on all.
        worst: The worst races, the worst first.
        middle: One of middling time.
    """

    pilot: str
    trial: RaceTrial
    figures: dict[str, Any]
    score: RaceScore
    worst: list[Race]
    middle: Race


def fly_races(
    pilot: RacePilot,
    name: str,
    trial: RaceTrial,
    environment: Environment,
    episodes: int,
    seed: int,
    threads: int = 1,
) -> FlownRaces:
    """Fly `episodes` drones, once each, each through a course of its own.

    Raises:
        EpisodeError: Fewer than one.
        SettingsError: No such track or level.
    """
    if episodes < 1:
        raise EpisodeError(f"episodes: expected at least 1, got {episodes}.")
    scores, worst, middles = [], [], []
    for begun in range(0, episodes, CHUNK):
        tasks = trial.tasks(min(CHUNK, episodes - begun), seed + begun)
        recording = fly_together(pilot, tasks, environment, seed + begun, threads)
        order = worst_first(recording.score)
        worst += [race_of(recording, int(i)) for i in order[:WORST]]
        middles.append(race_of(recording, int(order[len(order) // 2])))
        scores.append(recording.score)
    score = joined(scores)
    worst.sort(key=lambda race: (race.passed, race.end_s))
    figures = {
        "task": "race", "track": trial.track, "level": trial.level, "episodes": episodes,
        **race_figures(score, middles[0].task.gates), "seed": seed,
    }  # fmt: skip
    return FlownRaces(name, trial, figures, score, worst[:WORST], middles[len(middles) // 2])


def fly_together(
    pilot: RacePilot, tasks: list[RaceTask], environment: Environment, seed: int, threads: int = 1
) -> RaceRecording:
    """Fly a drone for each task, all at once; the referee's findings."""
    return race_these(pilot, tasks, drawn_racers(tasks, environment, seed, threads), seed)


def drawn_racers(
    tasks: list[RaceTask], environment: Environment, seed: int, threads: int = 1
) -> _core.VecSim:
    """The drones of a seed, each where its course begins."""
    courses = flown_courses([task.course for task in tasks])
    drones = _core.VecSim(len(tasks), _settings(environment), threads=threads, courses=courses)
    drones.start(seed % 2**32)
    return drones


def race_these(pilot: RacePilot, tasks: list[RaceTask], drones: Drones, seed: int) -> RaceRecording:
    """Fly drones from where they are, each through its task's course."""
    session = pilot.start(tasks, controlled=range(len(tasks)))
    steps = round(max(task.longest_s for task in tasks) / CONTROL_DT)
    truth = np.empty((steps + 1, len(tasks), 13), np.float32)
    truth[0] = drones.truth
    parameters = drones.parameters.copy()
    lost = np.zeros(len(tasks), bool)
    for tick in range(steps):
        lost |= gone(drones.truth, tasks[0])
        seen = tame(drones.estimate, lost)
        drones.fly(session.command(seen, CONTROL_DT if tick else 0.0))
        truth[tick + 1] = drones.truth
        if tick % 20 == 19 and (lost | through(session, tasks)).all():
            truth = truth[: tick + 2]
            break
    times = np.arange(len(truth), dtype=np.float64) * CONTROL_DT
    score = score_race(times, truth, race_course([task.course.true for task in tasks]))
    return RaceRecording(tasks, times, truth, parameters, seed, score)


def through(session: Flight, tasks: list[RaceTask]) -> NDArray[np.bool_]:
    """Drones that have passed all their gates, as far as their pilot tells."""
    progress = getattr(session, "progress", None)
    gates = tasks[0].gates
    if not gates or progress is None:
        return np.zeros(len(tasks), bool)
    return np.asarray(progress.passed >= gates, dtype=np.bool_)


def gone(truth: Float32, task: RaceTask) -> NDArray[np.bool_]:
    """Drones that are over a metre out of the room, or no number: nobody has to fly them on."""
    room = task.course.true.room
    p = truth[:, :3]
    inside = (p > np.subtract(room.low_m, 1.0)) & (p < np.add(room.high_m, 1.0))
    whole = (np.abs(truth) < 1e3).all(axis=1)
    return np.asarray(~(inside.all(axis=1) & whole), dtype=np.bool_)


def worst_first(score: RaceScore) -> NDArray[np.intp]:
    """Drones from the worst on: fewest gates first, of those the soonest over."""
    ended = np.where(score.crashed, score.crash_time_s, np.inf)
    ended = np.where(score.finished, score.finish_time_s, ended)
    slow = np.where(score.finished, -score.finish_time_s, 0.0)
    return np.lexsort((slow, np.where(score.finished, 0.0, ended), score.gates_passed))


def race_of(recording: RaceRecording, drone: int) -> Race:
    """One drone's flight, up to where it ended."""
    score = recording.score
    end = float(recording.times_s[-1])
    if score.finished[drone]:
        end = float(score.finish_time_s[drone])
    elif score.crashed[drone]:
        end = float(score.crash_time_s[drone])
    return Race(
        recording.tasks[drone],
        recording.times_s,
        recording.truth[:, drone].copy(),
        recording.parameters[drone].copy(),
        recording.seed + drone,
        int(score.gates_passed[drone]),
        end,
        bool(score.finished[drone]),
    )


def _settings(environment: Environment) -> _core.VecSettings:
    """The environment's, with every drone where its course begins."""
    settings = environment.core_settings()
    settings["start.ground"], settings["start.hover"], settings["start.known"] = 1.0, 0.0, 0.0
    settings.max_steps = 1_000_000
    return settings
