# SPDX-License-Identifier: Apache-2.0
"""What `martlet eval` does of mixed flights: from a formation to a race and home."""

from typing import Any

from martlet.errors import UsageError
from martlet.eval_environment import judged_in
from martlet.eval_order import Order

ENVIRONMENT = "all"
"""Whose drones fly."""


def fly_mixed_order(order: Order) -> dict[str, Any]:
    """Fly, save, draw.

    Returns:
        The figures, with `pilot`, `worst` (file of the worst flights) and `picture` (if one was
        drawn).

    Raises:
        UsageError: Nobody to fly, baselines, who know neither gates nor neighbours, or a scenario.
    """
    if order.policy is None:
        raise UsageError("eval: expected a policy file to fly a mixed task, got none.")
    if order.baselines:
        raise UsageError("eval: expected no --baseline in a mixed task: none of them races.")
    if order.scenario is not None:
        raise UsageError("eval: expected no --scenario in a mixed task: its formation is a line.")
    from evaluation.mixed_film import render
    from evaluation.mixed_flights import MixedTrial, fly_mixed
    from evaluation.rendering import check_kind
    from evaluation.swarm_replay import save_swarms
    from policy_export.runtime import PolicyRunner

    check_kind(order.render)
    usual = MixedTrial()
    trial = MixedTrial(
        usual.track if order.track is None else order.track,
        usual.level if order.level is None else order.level,
        usual.drones if order.drones is None else order.drones,
    )
    trial.tasks(1, order.seed)  # refuse a track before a policy is read
    environment = judged_in(ENVIRONMENT, order.changes, order.policy)
    pilot = PolicyRunner(order.policy, airframe=environment.airframe)
    flown = fly_mixed(
        pilot, str(order.policy), trial, environment, order.episodes, order.seed, threads=2
    )
    folder = order.out or order.policy.parent
    worst = folder / f"{order.policy.stem}-mixed-worst.npz"
    save_swarms([each.flown for each in flown.worst], worst, {"pilot": flown.pilot})
    told = {"pilot": flown.pilot, **flown.figures, "worst": str(worst)}
    if order.render:
        render(flown, order.render)
        told["picture"] = str(order.render)
    return told
