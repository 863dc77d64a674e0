# SPDX-License-Identifier: Apache-2.0
"""Fly a policy in formations that it has never seen, and let the swarm referee judge.

Formations are drawn from seeds by sim_core/formations.py, drones from the environment's
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
from evaluation.swarm_figures import swarm_figures
from evaluation.swarm_referee import SwarmScore, score_swarm
from evaluation.swarm_worlds import drawn_swarm
from sim_core.environment import Environment
from sim_core.formations import SCENARIOS, FormationTask, draw_formation, load_formation
from sim_core.references import CONTROL_DT

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]

LONGEST_S = 600.0
"""As any task: a Crazyflie's battery is empty before."""


class SwarmPilot(Protocol):
    """Who commands: a PolicyRunner, or what a training run watches its actor with."""

    def start(self, task: Sequence[FormationTask], controlled: Sequence[int]) -> Flight:
        """Begin a flight of all tasks' drones, task by task; see `PolicyRunner.start`."""


@dataclass(frozen=True)
class SwarmTrial:
    """Which formations are flown: those of seeds that training never draws.

    Attributes:
        scenario: One of `SCENARIOS`, "mix", or a user's formation as `load_formation` takes it.
        drones: Of each world.
        seconds: Of each world; a user's own formation says for itself how long it lasts.
    """

    scenario: str = "mix"
    drones: int = 8
    seconds: float = 15.0

    def tasks(self, count: int, seed: int) -> list[FormationTask]:
        """One for each world, from consecutive seeds.

        Raises:
            SettingsError: No such formation, or one that cannot be flown.
        """
        if self.scenario in (*SCENARIOS, "mix"):
            return [
                draw_formation(self.scenario, self.drones, seed + i, self.seconds)
                for i in range(count)
            ]
        return [load_formation(self.scenario, self.drones, seed + i) for i in range(count)]


@dataclass(frozen=True, eq=False)
class SwarmRecording:
    """Worlds that flew at the same time.

    Attributes:
        tasks: What each flew.
        times_s: Shape (T,).
        truth: p_WB q_WB v_WB w_WB_B, float32, shape (T, W, N, 13).
        parameters: Each drone's, shape (W, N, P).
        seed: Of the first world's formation, and of drones and noise.
        score: The referee's findings.
    """

    tasks: list[FormationTask]
    times_s: Array
    truth: Float32
    parameters: Float32
    seed: int
    score: SwarmScore


@dataclass(frozen=True, eq=False)
class SwarmFlight:
    """One world's flight out of a recording.

    Attributes:
        task: What was flown.
        times_s: Shape (T,).
        truth: Shape (T, N, 13).
        parameters: Shape (N, P).
        seed: Of the formation.
        score: The referee's findings on this world alone.
    """

    task: FormationTask
    times_s: Array
    truth: Float32
    parameters: Float32
    seed: int
    score: SwarmScore


@dataclass(frozen=True, eq=False)
class FlownSwarms:
    """An evaluation that was flown.

    Attributes:
        pilot: Who flew.
        trial: What.
        figures: See `swarm_figures`.
        score: The referee's findings on all.
        worst: The worst worlds, the worst first.
        middle: A middling one.
    """

    pilot: str
    trial: SwarmTrial
    figures: dict[str, Any]
    score: SwarmScore
    worst: list[SwarmFlight]
    middle: SwarmFlight


def fly_swarms(
    pilot: SwarmPilot,
    name: str,
    trial: SwarmTrial,
    environment: Environment,
    episodes: int,
    seed: int,
    threads: int = 1,
) -> FlownSwarms:
    """Fly `episodes` worlds, once each, each a formation of its own.

    Raises:
        EpisodeError: Fewer than one.
        SettingsError: No such formation, or one that cannot be flown.
    """
    if episodes < 1:
        raise EpisodeError(f"episodes: expected at least 1, got {episodes}.")
    if not CONTROL_DT <= trial.seconds <= LONGEST_S:
        raise EpisodeError(
            f"seconds: expected {CONTROL_DT:g} to {LONGEST_S:g}, got {trial.seconds:g}."
        )
    together = max(1, CHUNK // max(trial.drones, 1))
    scores, names, kept, middles = [], [], [], []
    for begun in range(0, episodes, together):
        tasks = trial.tasks(min(together, episodes - begun), seed + begun)
        recording = fly_together(pilot, tasks, environment, seed + begun, threads)
        order = worst_first(recording.score)
        kept += [flight_of(recording, int(i)) for i in order[:WORST]]
        middles.append(flight_of(recording, int(order[len(order) // 2])))
        scores.append(recording.score)
        names += [task.name for task in tasks]
    score, seconds = joined(scores), middles[0].task.duration_s
    figures = {
        "task": "swarm", "scenario": trial.scenario, "drones": trial.drones, "episodes": episodes,
        "seconds": seconds, **swarm_figures(score, names, seconds), "seed": seed,
    }  # fmt: skip
    worst = worst_first(joined([flight.score for flight in kept]))[:WORST]
    return FlownSwarms(
        name, trial, figures, score, [kept[i] for i in worst], middles[len(middles) // 2]
    )


def fly_together(
    pilot: SwarmPilot,
    tasks: list[FormationTask],
    environment: Environment,
    seed: int,
    threads: int = 1,
) -> SwarmRecording:
    """Fly a world for each task, all at once; the referee's findings."""
    return swarm_these(pilot, tasks, drawn_swarm(tasks, environment, seed, threads), seed)


def swarm_these(
    pilot: SwarmPilot, tasks: list[FormationTask], drones: Drones, seed: int
) -> SwarmRecording:
    """Fly drones from where they are, world by world, each world its task's formation."""
    worlds, size = len(tasks), tasks[0].drones
    count = worlds * size
    session = pilot.start(tasks, controlled=range(count))
    steps = round(max(task.duration_s for task in tasks) / CONTROL_DT)
    truth = np.empty((steps + 1, count, 13), np.float32)
    truth[0] = drones.truth
    parameters = drones.parameters.copy()
    lost = np.zeros(count, bool)
    for tick in range(steps):
        lost |= ~(np.abs(drones.estimate) < 1e3).all(axis=1)
        seen = tame(drones.estimate, lost)
        drones.fly(session.command(seen, CONTROL_DT if tick else 0.0))
        truth[tick + 1] = drones.truth
    times = np.arange(steps + 1, dtype=np.float64) * CONTROL_DT
    whole = truth.reshape(steps + 1, worlds, size, 13)
    settle = [task.settle_s for task in tasks]
    score = score_swarm(times, whole, slots_over(tasks, steps + 1), settle)
    return SwarmRecording(tasks, times, whole, parameters.reshape(worlds, size, -1), seed, score)


def slots_over(tasks: Sequence[FormationTask], rows: int) -> Float32:
    """Where drones should be [m; W], held after a formation's end, shape (rows, W, N, 3)."""
    parts = []
    for task in tasks:
        p = task.slots[:, :rows, :3]
        held = np.repeat(p[:, -1:], rows - p.shape[1], axis=1)
        parts.append(np.concatenate([p, held], axis=1))
    return np.ascontiguousarray(np.stack(parts).transpose(2, 0, 1, 3))


def worst_first(score: SwarmScore) -> NDArray[np.intp]:
    """Worlds from the worst on: most crashes, most collisions, smallest separation."""
    return np.lexsort((score.separation_m, -score.collisions, -score.crashed.sum(axis=1)))


def flight_of(recording: SwarmRecording, world: int) -> SwarmFlight:
    """One world's flight."""
    alone = {name: value[world : world + 1] for name, value in vars(recording.score).items()}
    return SwarmFlight(
        recording.tasks[world],
        recording.times_s,
        recording.truth[:, world].copy(),
        recording.parameters[world].copy(),
        recording.seed + world,
        SwarmScore(**alone),
    )
