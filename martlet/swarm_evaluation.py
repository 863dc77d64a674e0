# SPDX-License-Identifier: Apache-2.0
"""What `martlet eval` does of swarms: a policy in formations it has never seen."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from martlet.errors import UsageError
from martlet.eval_environment import judged_in
from martlet.eval_order import Order, names_formation
from sim_core.environment import Environment

if TYPE_CHECKING:
    from evaluation.swarms import SwarmTrial

ENVIRONMENT = "swarm"
"""Whose drones fly where the task names a formation and no environment."""

_DRONES = 8  # as environments/swarm.toml has it


def fly_swarm_order(order: Order) -> dict[str, Any]:
    """Fly, save, draw.

    Returns:
        The figures, with `pilot`, `worst` (file of the worst worlds) and `picture` (if one was
        drawn).

    Raises:
        UsageError: Nobody to fly, or baselines, who know no neighbours; two formations named.
    """
    order.refuse_course()
    if order.policy is None:
        raise UsageError("eval: expected a policy file to fly in a swarm, got none.")
    if order.baselines:
        raise UsageError("eval: expected no --baseline in a swarm: none of them knows another.")
    from evaluation.rendering import check_kind
    from evaluation.swarm_picture import render
    from evaluation.swarm_replay import save_swarms
    from evaluation.swarms import fly_swarms
    from policy_export.runtime import PolicyRunner

    check_kind(order.render)
    named = names_formation(order.task)
    environment = judged_in(ENVIRONMENT if named else order.task, order.changes, order.policy)
    trial = _trial(order, environment, named=named)
    trial.tasks(1, order.seed)  # refuse a formation before a policy is read
    pilot = PolicyRunner(order.policy, airframe=environment.airframe)
    flown = fly_swarms(
        pilot, str(order.policy), trial, environment, order.episodes, order.seed, threads=2
    )
    folder = order.out or order.policy.parent
    worst = folder / f"{order.policy.stem}-{Path(order.task).stem}-worst.npz"
    save_swarms(flown.worst, worst, {"pilot": flown.pilot, "scenario": trial.scenario})
    told = {"pilot": flown.pilot, **flown.figures, "worst": str(worst)}
    if order.render:
        render(flown, order.render)
        told["picture"] = str(order.render)
    return told


def _trial(order: Order, environment: Environment, *, named: bool) -> "SwarmTrial":
    """What is flown: the formation that is named, or a mix; as many drones as the task learns."""
    from evaluation.swarms import SwarmTrial

    if named and order.scenario is not None:
        raise UsageError(
            f"eval: expected one formation, got --task {order.task} and --scenario"
            f" {order.scenario}."
        )
    drones = order.drones
    if drones is None:
        drones = int(environment.numbers.get("world.drones", _DRONES))
    return SwarmTrial(order.task if named else order.scenario or "mix", drones)
