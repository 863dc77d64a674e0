# SPDX-License-Identifier: Apache-2.0
"""Fly a policy on many drones that it has never seen, and let the referee judge.

The drones are drawn from the environment's randomisation and flown in the core with its noise and
delays; commands come from PolicyRunner alone, and what is reported from the referee alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import EpisodeError
from evaluation.referee import HOVERING, TRACKING, Rules, Score, score_tracking
from policy_export.runtime import PolicyRunner
from sim_core import _core
from sim_core.environment import TrackEnvironment, load_environment
from sim_core.tasks import CONTROL_DT, Reference, TrackTask, Window, load_task

Float32 = NDArray[np.float32]


class Flight(Protocol):
    """One flight of several drones under one policy."""

    def command(self, state: Float32, dt: float) -> Float32:
        """Commands (n, 4) for states (n, 13); see `PolicyRunner`."""


class Pilot(Protocol):
    """Who commands: a PolicyRunner, or what a training run watches its actor with."""

    def start(self, task: Sequence[TrackTask], controlled: Sequence[int]) -> Flight:
        """Begin a flight; see `PolicyRunner.start`."""


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
    track: the lemniscate of T = 5.5 s, or any other task by its name or file: from rest within
        ±0.3 m of where the lead-in begins; the errors are taken over the path proper.
    """
    name = "lemniscate" if str(name_or_path) == "track" else name_or_path
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


def evaluate(
    policy_path: str | Path,
    task: str | Path = "hover",
    episodes: int = 1000,
    seed: int = 1,
    *,
    environment: TrackEnvironment | None = None,
    threads: int = 1,
) -> dict[str, Any]:
    """Evaluate a policy file.

    Args:
        policy_path: The file.
        task: "hover", "track" (the lemniscate), or any task's name or file.
        episodes: How many drones fly, once each.
        seed: Of drones, starts and noise.
        environment: What drones are drawn from, and their noise; training's own by default.
        threads: Of the core.

    Returns:
        `task`, `episodes`, `success_rate`, `crash_rate`, `rmse_m` (median over episodes),
        `settled_error_m` (`median`, `p95`), `crashes` (by reason) and `seed`. A drone that crashed
        has an infinite error; a figure that is infinite is None.
    """
    if episodes < 1:
        raise EpisodeError(f"episodes: expected at least 1, got {episodes}.")
    environment = environment or load_environment("track")
    runner = PolicyRunner(policy_path, airframe=environment.airframe)
    trial = trial_of(task)
    scores = [
        fly_chunk(runner, trial, environment, min(CHUNK, episodes - begun), seed + begun, threads)
        for begun in range(0, episodes, CHUNK)
    ]
    return {"task": str(task), "episodes": episodes, **_figures(scores), "seed": seed}


def fly_chunk(
    pilot: Pilot,
    trial: Trial,
    environment: TrackEnvironment,
    count: int,
    seed: int,
    threads: int = 1,
) -> Score:
    """Fly `count` drones through a trial at once; the referee's findings."""
    reference = trial.task.reference
    drones = _core.VecSim(
        count, _core_settings(environment, trial), [reference.samples], threads=threads
    )
    drones.start(seed)
    session = pilot.start([trial.task] * count, controlled=range(count))
    steps = round(reference.duration_s / CONTROL_DT)
    truth = np.empty((steps + 1, count, 13), dtype=np.float32)
    truth[0] = drones.truth
    lost = np.zeros(count, dtype=bool)
    for tick in range(steps):
        seen = _seen(drones.estimate, lost)
        drones.fly(session.command(seen, CONTROL_DT if tick else 0.0))
        truth[tick + 1] = drones.truth
    times = np.arange(steps + 1) * CONTROL_DT
    goal = reference.position(times)[:, None, :]
    return score_tracking(times, truth, goal, trial.window_s, trial.rules)


def _seen(estimate: Float32, lost: NDArray[np.bool_]) -> Float32:
    """The estimates; of a drone whose numbers ran away, a hover, so that the others fly on.

    Its recorded truth says that it crashed; PolicyRunner would rightly refuse the whole state.
    """
    lost |= ~(np.abs(estimate) < 1e6).all(axis=1)
    if not lost.any():
        return estimate
    seen = estimate.copy()
    seen[lost] = 0.0
    seen[lost, 6] = 1.0
    return seen


def _core_settings(environment: TrackEnvironment, trial: Trial) -> _core.VecSettings:
    settings = environment.core_settings()
    start = _core.StartRanges()
    names = ("position_m", "velocity_m_s", "tilt_rad", "yaw_rad", "body_rate_rad_s")
    for name, value in zip(names, trial.start, strict=True):
        setattr(start, name, value)
    settings.start = start
    episode = settings.episode
    episode.max_steps = len(trial.task.reference.samples) + 1000  # so that all begin at its start
    settings.episode = episode
    return settings


def _moved(task: TrackTask, up_m: float) -> TrackTask:
    samples = task.reference.samples + np.array([0.0, 0.0, up_m, 0.0], dtype=np.float32)
    reference = Reference(task.reference.name, samples, Window(*task.reference.scored))
    return TrackTask(task.name, reference)


def _figures(scores: list[Score]) -> dict[str, Any]:
    def joined(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(score, name) for score in scores])

    settled, reasons = joined("settled_error_m"), joined("crash_reason")
    return {
        "success_rate": float(joined("success").mean()),
        "crash_rate": float(joined("crashed").mean()),
        "rmse_m": _quantile(joined("rmse_m"), 50),
        "settled_error_m": {"median": _quantile(settled, 50), "p95": _quantile(settled, 95)},
        "crashes": {
            reason: int((reasons == i).sum())
            for i, reason in enumerate(("none", "not_finite", "floor", "lost", "upset"))
            if i
        },
    }


def _quantile(values: NDArray[np.float64], percent: float) -> float | None:
    """A percentile by rank, so that infinities do not spoil their neighbours; None if infinite."""
    found = float(np.percentile(values, percent, method="lower" if percent == 50 else "higher"))
    return found if np.isfinite(found) else None
