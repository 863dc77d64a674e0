# SPDX-License-Identifier: Apache-2.0
"""Fly a policy on many drones that it has never seen, and let the referee judge.

The drones are drawn from the environment's randomisation and flown in the core with its noise and
delays; commands come from PolicyRunner alone, and what is reported from the referee alone. The live
baselines (baselines.py) fly the same drones, drawn from the same seeds.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import EpisodeError
from evaluation.figures import tracking_figures
from evaluation.joined import joined
from evaluation.recording import (
    Episode,
    Recording,
    badness,
    episode_of,
    save_episodes,
    thrust_to_weight,
)
from evaluation.referee import HOVERING, TRACKING, Rules, Score, score_tracking
from policy_export.manifest import Manifest
from policy_export.policy_file import check_use
from policy_export.runtime import PolicyRunner
from sim_core import _core
from sim_core.environment import Environment, load_environment
from sim_core.tasks import CONTROL_DT, Reference, TrackTask, Window, load_task

Float32 = NDArray[np.float32]


class Flight(Protocol):
    """One flight of several drones under one policy."""

    def command(self, state: Float32, dt: float) -> Float32:
        """Commands (n, 4) for states (n, 13); see `PolicyRunner`."""


class Drones(Protocol):
    """Drones in a simulator: the core's, or another's."""

    @property
    def truth(self) -> Float32:
        """p_WB q_WB v_WB w_WB_B, shape (N, 13)."""

    @property
    def estimate(self) -> Float32:
        """The same as the drones tell it."""

    @property
    def parameters(self) -> Float32:
        """In the order of `_core.PARAMETER_NAMES`, shape (N, P)."""

    def fly(self, commands: Float32) -> None:
        """One control step of the policy's under its commands, shape (N, 4)."""


class Pilot(Protocol):
    """Who commands: a PolicyRunner, or what a training run watches its actor with."""

    def start(self, task: Sequence[TrackTask], controlled: Sequence[int]) -> Flight:
        """Begin a flight; see `PolicyRunner.start`."""


TRACK = "lemniscate_fast"
"""The task that "track" stands for: the lemniscate of T = 3.5 s."""

WORST = 5
"""Episodes kept for replay."""

CHUNK = 1024
"""Drones flown at once: a recording of 10,000 would be gigabytes in the referee's float64."""

HOVER_HEIGHT_M = 2.0
"""Hover is judged this high: a drone that starts 1 m low, tilted by 60° and sinking must be able to
fall a while, or the floor is what is measured."""


@dataclass(frozen=True)
class Trial:
    """One kind of episode: where drones begin, what they follow, and how it is judged.

    Attributes:
        task: The task, its lead-in included.
        start: Half-widths of the uniform draws about the reference's first row: position [m],
            velocity [m/s], tilt [rad], yaw [rad], body rates [rad/s].
        window_s: What the errors are taken over.
        rules: The referee's.
    """

    task: TrackTask
    start: tuple[float, float, float, float, float]
    window_s: tuple[float, float]
    rules: Rules


def trial_of(name_or_path: str | Path) -> Trial:
    """The episodes that stand for a task.

    hover: 5 s from ±1 m, a tilt up to 60°, ±1 m/s, ±2 rad/s and ±0.5 rad of yaw; success is to be
        near and steady for the last 2 s, which are also what the errors are taken over.
    track: the lemniscate of T = 3.5 s, or any other task by its name or file: from rest within
        ±0.3 m of where the lead-in begins; the errors are taken over the path proper.
    """
    name = TRACK if str(name_or_path) == "track" else name_or_path
    task = load_task(name)
    if len(np.unique(task.reference.samples, axis=0)) == 1:  # stands still
        duration = task.reference.duration_s
        lifted = _moved(task, HOVER_HEIGHT_M - float(task.reference.samples[0, 2]))
        window = (max(0.0, duration - HOVERING.steady_s), duration)
        return Trial(lifted, (1.0, 1.0, np.pi / 3.0, 0.5, 2.0), window, HOVERING)
    first = task.reference.samples[0]
    begin = (0.0, 0.0, float(first[2]), float(first[3]))
    task = load_task(name, start=begin)
    return Trial(task, (0.3, 0.0, 0.0, 0.0, 0.0), task.reference.scored, TRACKING)


@dataclass(frozen=True, eq=False)
class Flown:
    """An evaluation that was flown.

    Attributes:
        pilot: Who flew: a policy file's name, or a baseline.
        task: What.
        figures: See `evaluate`.
        trial: The kind of episode.
        worst: The worst episodes, the worst first.
        middle: An episode with an error near the median.
        errors_m: Distance to the goal of every drone over time, float32, shape (T, N).
        rmse_m: The referee's, shape (N,).
        thrust_to_weight: Of each drone, shape (N,).
    """

    pilot: str
    task: str
    figures: dict[str, Any]
    trial: Trial
    worst: list[Episode]
    middle: Episode
    errors_m: Float32
    rmse_m: NDArray[np.float64]
    thrust_to_weight: NDArray[np.float64]

    def save_worst(self, folder: Path) -> Path:
        """Write the worst episodes as an .npz (see `save_episodes`), and say where."""
        names = (Path(self.pilot).stem, Path(self.task).stem or "task")
        path = folder / f"{'-'.join(names)}-worst.npz"
        folder.mkdir(parents=True, exist_ok=True)
        save_episodes(self.worst, path, {"pilot": self.pilot, "task": self.task})
        return path


def evaluate(
    policy_path: str | Path,
    task: str | Path = "hover",
    episodes: int = 1000,
    seed: int = 1,
    *,
    environment: Environment | None = None,
    threads: int = 1,
) -> dict[str, Any]:
    """Evaluate a policy file.

    Args:
        policy_path: The file.
        task: "hover", "track" (the lemniscate of T = 3.5 s), or any task's name or file.
        episodes: How many drones fly, once each.
        seed: Of drones, starts and noise.
        environment: What drones are drawn from, and their noise; training's own by default.
        threads: Of the core.

    Returns:
        `task`, `episodes`, `seed` and the figures of `tracking_figures`.
    """
    flown = fly_policy(policy_path, task, episodes, seed, environment=environment, threads=threads)
    return flown.figures


def fly_policy(
    policy_path: str | Path,
    task: str | Path = "hover",
    episodes: int = 1000,
    seed: int = 1,
    *,
    environment: Environment | None = None,
    threads: int = 1,
) -> Flown:
    """The same, with what there is to draw and to replay."""
    runner = PolicyRunner(policy_path)
    environment = environment or commanded_as("track", runner.manifest)
    check_use(runner.manifest, environment.airframe, str(policy_path))

    def fly(trial: Trial, count: int, chunk_seed: int) -> Recording:
        return fly_drones(runner, trial, environment, count, chunk_seed, threads)

    return fly_episodes(Path(policy_path).name, fly, task, episodes, seed)


def commanded_as(name: str | Path, manifest: Manifest, changes: Sequence[str] = ()) -> Environment:
    """An environment in which drones take what a policy commands."""
    return load_environment(name, [f'action.kind="{manifest.action.kind}"', *changes])


def fly_episodes(
    pilot: str,
    fly: Callable[[Trial, int, int], Recording],
    task: str | Path,
    episodes: int,
    seed: int,
) -> Flown:
    """Fly a task's trial in chunks.

    Args:
        pilot: What reports call who flies.
        fly: Flies so many drones of a seed through a trial.
        task: As `evaluate` has it.
        episodes: How many drones fly.
        seed: Of the first chunk; another has its own.
    """
    if episodes < 1:
        raise EpisodeError(f"episodes: expected at least 1, got {episodes}.")
    trial = trial_of(task)
    scores, errors, ratios, worst, middles = [], [], [], [], []
    for recording in _chunks(fly, trial, episodes, seed):
        order = badness(recording.score)
        worst += [episode_of(recording, int(i)) for i in order[:WORST]]
        middles.append(episode_of(recording, int(order[len(order) // 2])))
        scores.append(recording.score)
        errors.append(recording.errors_m())
        ratios.append(thrust_to_weight(recording.parameters))
    score, ratio = joined(scores), np.concatenate(ratios)
    worst.sort(key=lambda e: (e.crash_time_s, 0.0) if np.isinf(e.rmse_m) else (np.inf, -e.rmse_m))
    middles.sort(key=lambda e: e.rmse_m)
    figures = {"task": str(task), "episodes": episodes, **tracking_figures(score, ratio)}
    return Flown(
        pilot, str(task), {**figures, "seed": seed}, trial, worst[:WORST],
        middles[len(middles) // 2], np.concatenate(errors, axis=1), score.rmse_m, ratio,
    )  # fmt: skip


def _chunks(
    fly: Callable[[Trial, int, int], Recording], trial: Trial, episodes: int, seed: int
) -> Iterator[Recording]:
    for begun in range(0, episodes, CHUNK):
        yield fly(trial, min(CHUNK, episodes - begun), seed + begun)


def fly_chunk(
    pilot: Pilot,
    trial: Trial,
    environment: Environment,
    count: int,
    seed: int,
    threads: int = 1,
) -> Score:
    """Fly `count` drones through a trial at once; the referee's findings."""
    return fly_drones(pilot, trial, environment, count, seed, threads).score


def fly_drones(
    pilot: Pilot,
    trial: Trial,
    environment: Environment,
    count: int,
    seed: int,
    threads: int = 1,
) -> Recording:
    """Fly `count` drones through a trial at once."""
    drones = drawn_drones(trial, environment, count, seed, threads)
    return fly_these(pilot, trial, drones, seed, environment.about["control_step_s"])


def fly_these(
    pilot: Pilot, trial: Trial, drones: Drones, seed: int, control_s: float = CONTROL_DT
) -> Recording:
    """Fly drones from where they are through a trial; `seed` is what they were drawn from."""
    parameters = drones.parameters.copy()
    steps = round(trial.task.reference.duration_s / CONTROL_DT)
    truth = flown_states(pilot, [trial.task] * len(parameters), drones, steps, control_s)
    return judged(trial, truth, parameters, seed)


def flown_states(
    pilot: Pilot,
    tasks: Sequence[TrackTask],
    drones: Drones,
    steps: int,
    control_s: float = CONTROL_DT,
) -> Float32:
    """Fly drones from where they are, each along its task.

    Args:
        pilot: Who commands.
        tasks: One for each drone.
        drones: The drones.
        steps: Of 10 ms.
        control_s: How often the pilot is asked, once a control step of the drones.

    Returns:
        The truth every 10 ms, shape (steps + 1, N, 13).
    """
    session = pilot.start(tasks, controlled=range(len(tasks)))
    asked = round(CONTROL_DT / control_s)
    truth = np.empty((steps + 1, len(tasks), 13), dtype=np.float32)
    truth[0] = drones.truth
    lost = np.zeros(len(tasks), dtype=bool)
    for tick in range(steps * asked):
        lost |= ~(np.abs(drones.estimate) < 1e6).all(axis=1)
        seen = tame(drones.estimate, lost)
        drones.fly(session.command(seen, control_s if tick else 0.0))
        if (tick + 1) % asked == 0:
            truth[(tick + 1) // asked] = drones.truth
    return truth


def drawn_drones(
    trial: Trial, environment: Environment, count: int, seed: int, threads: int = 1
) -> _core.VecSim:
    """The drones of a seed where a trial begins."""
    settings = _core_settings(environment, trial)
    drones = _core.VecSim(count, settings, [trial.task.reference.samples], threads=threads)
    drones.start(seed)
    return drones


def judged(trial: Trial, truth: Float32, parameters: Float32, seed: int) -> Recording:
    """A recording with the referee's findings; `truth` holds every control instant."""
    times = np.arange(len(truth), dtype=np.float64) * CONTROL_DT
    goal = trial.task.reference.position(times)
    score = score_tracking(times, truth, goal[:, None, :], trial.window_s, trial.rules)
    return Recording(times, truth, goal, parameters, seed, trial.window_s, score)


def tame(estimate: Float32, lost: NDArray[np.bool_]) -> Float32:
    """The estimates; of a drone that is lost, a hover, so that the others fly on.

    Its recorded truth says that it crashed; PolicyRunner would rightly refuse the whole state.
    """
    if not lost.any():
        return estimate
    seen = estimate.copy()
    seen[lost] = 0.0
    seen[lost, 6] = 1.0
    return seen


def _core_settings(environment: Environment, trial: Trial) -> _core.VecSettings:
    settings = environment.core_settings()
    names = ("position_m", "velocity_m_s", "tilt_rad", "yaw_rad", "body_rate_rad_s")
    for name, value in zip(names, trial.start, strict=True):
        settings[f"start.{name}"] = value
    rows = len(trial.task.reference.samples) + 1000  # so that all begin at its start
    settings.max_steps = round(rows * CONTROL_DT / environment.about["control_step_s"])
    return settings


def _moved(task: TrackTask, up_m: float) -> TrackTask:
    samples = task.reference.samples + np.array([0.0, 0.0, up_m, 0.0], dtype=np.float32)
    reference = Reference(task.reference.name, samples, Window(*task.reference.scored))
    return TrackTask(task.name, reference)
