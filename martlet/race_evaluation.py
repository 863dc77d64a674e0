# SPDX-License-Identifier: Apache-2.0
"""What `martlet eval` does of races: a policy through courses it has never seen."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from martlet.errors import UsageError
from martlet.eval_environment import judged_in
from martlet.eval_order import Order
from sim_core.environment import Environment

if TYPE_CHECKING:
    from evaluation.races import RaceTrial


def fly_race_order(order: Order) -> dict[str, Any]:
    """Fly, save, draw.

    Returns:
        The figures, with `pilot`, `worst` (file of the worst races) and `picture` (if one was
        drawn).

    Raises:
        UsageError: Nobody to fly, or baselines, who do not race; a formation.
    """
    order.refuse_formation()
    if order.policy is None:
        raise UsageError("eval: expected a policy file to race with, got none.")
    if order.baselines:
        raise UsageError("eval: expected no --baseline in a race: none of them flies gates.")
    from evaluation.race_picture import render
    from evaluation.race_replay import save_races
    from evaluation.races import fly_races
    from evaluation.rendering import check_kind
    from policy_export.runtime import PolicyRunner

    check_kind(order.render)
    environment = judged_in(order.task, order.changes, order.policy)
    trial = _trial(order, environment)
    pilot = PolicyRunner(order.policy, airframe=environment.airframe)
    flown = fly_races(
        pilot, str(order.policy), trial, environment, order.episodes, order.seed, threads=2
    )
    folder = order.out or order.policy.parent
    worst = folder / f"{order.policy.stem}-{Path(order.task).stem}-worst.npz"
    save_races(flown.worst, worst, {"pilot": flown.pilot, "track": trial.track})
    told = {"pilot": flown.pilot, **flown.figures, "worst": str(worst)}
    if order.render:
        render(flown, order.render)
        told["picture"] = str(order.render)
    return told


def _trial(order: Order, environment: Environment) -> "RaceTrial":
    """What is raced on: as ordered; else as the task learns, or another track as it is drawn."""
    from evaluation.races import RaceTrial

    course = environment.course
    assert course is not None, "a task that flies courses"
    track = order.track or course.track
    level = order.level
    if level is None:
        level = course.level if track == course.track else 0
    return RaceTrial(track, level)
