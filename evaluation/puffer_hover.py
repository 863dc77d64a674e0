# SPDX-License-Identifier: Apache-2.0
"""PufferLib's hover, flown by its own definition, so that its score can be compared.

A drone begins at rest and level, anywhere in a ball of 5 m radius about its goal, and has 1024
control steps of 10 ms; one that strays farther than 6 m from the goal is done there. The numbers
are those of `config/drone.ini` and `ocean/drone/task_hover.h` in PufferLib, whose run of 89 M steps
claims a hover perf of 0.877. Drones, noise and delays are ours: PufferLib's varies by ±5 % and has
neither.
"""

import numpy as np
from numpy.typing import NDArray

from evaluation.evaluate import CHUNK, Pilot, Trial, drawn_drones, flown_states
from evaluation.figures import WEAK
from evaluation.puffer_scores import hover_perf
from evaluation.recording import thrust_to_weight
from evaluation.referee import HOVERING
from sim_core.environment import Environment
from sim_core.tasks import Reference, TrackTask, Window

STEPS = 1024
"""hover_horizon."""

BALL_M = 5.0
"""hover_target_dist: radius of the ball that drones begin in."""

STRAY_M = BALL_M + 1.0
"""hover_done: a drone farther away than this is done."""

_BEGIN_M = np.array([0.0, 0.0, 10.0])
"""So high that a goal 5 m below is far from the floor, as theirs are."""


def fly_puffer_hover(
    pilot: Pilot, environment: Environment, episodes: int, seed: int, threads: int = 1
) -> dict[str, float | None]:
    """Fly `episodes` drones, once each.

    Returns:
        `hover_perf`, the mean, and `hover_strayed`, the share that was farther than `STRAY_M` away:
        of drones with a thrust to weight of `WEAK` or more, as all figures; None of no drone.
    """
    perfs, strayed = [], []
    for begun in range(0, episodes, CHUNK):
        count, chunk_seed = min(CHUNK, episodes - begun), seed + begun
        start = Trial(_still(_BEGIN_M), (0.0,) * 5, (0.0, 0.0), HOVERING)
        drones = drawn_drones(start, environment, count, chunk_seed, threads)
        able = thrust_to_weight(drones.parameters) >= WEAK
        goals = _BEGIN_M + in_ball(count, chunk_seed)
        tasks, control_s = [_still(goal) for goal in goals], environment.about["control_step_s"]
        truth = flown_states(pilot, tasks, drones, STEPS, control_s)
        perfs.append(hover_perf(truth, goals, STRAY_M)[able])
        far = np.linalg.norm(truth[:, :, :3] - goals, axis=2) > STRAY_M
        strayed.append(far.any(axis=0)[able])
    perf, away = np.concatenate(perfs), np.concatenate(strayed)
    return {
        "hover_perf": float(perf.mean()) if len(perf) else None,
        "hover_strayed": float(away.mean()) if len(away) else None,
    }


def in_ball(count: int, seed: int) -> NDArray[np.float64]:
    """Points drawn evenly in a ball of `BALL_M` about the origin, shape (count, 3)."""
    rng = np.random.default_rng((seed, 0x50))  # a stream of its own
    way = rng.standard_normal((count, 3))
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    return BALL_M * np.cbrt(rng.random((count, 1))) * way


def _still(position_m: NDArray[np.float64]) -> TrackTask:
    """Stand at a point: the path's last row holds for ever."""
    samples = np.tile(np.append(position_m, 0.0).astype(np.float32), (2, 1))
    return TrackTask("hover", Reference("hover", samples, Window(0.0, 0.01)))
