# SPDX-License-Identifier: Apache-2.0
"""What `martlet eval` does: a policy and baselines on the same drones; replays and a picture."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from evaluation.evaluate import Flown, fly_policy
from evaluation.puffer_hover import fly_puffer_hover
from evaluation.referee import HOVERING
from martlet.errors import UsageError
from martlet.eval_environment import judged_in
from martlet.eval_order import Order
from policy_export.runtime import PolicyRunner
from sim_core.environment import Environment


def fly_order(order: Order) -> dict[str, Any]:
    """Fly, save, draw.

    Returns:
        The figures of the policy, or of the first baseline where there is none, with `pilot`,
        `worst` (file of the worst episodes, where there is a place for it), `picture` (if one was
        drawn) and, under `baselines`, the same of the others.

    Raises:
        UsageError: Nobody to fly; a track to race on; a formation.
    """
    from evaluation.evaluation_picture import render
    from evaluation.rendering import check_kind

    check_kind(order.render)
    order.refuse_course()
    order.refuse_formation()
    pilots = _pilots(order, judged_in("track", order.changes, order.policy))
    if not pilots:
        raise UsageError("eval: expected a policy file, --baseline stock or raptor, got neither.")
    flown = [fly() for fly in pilots]
    told = [_told(each, order) for each in flown]
    if len(told) > 1:
        told[0]["baselines"] = {each.pilot: t for each, t in zip(flown[1:], told[1:], strict=True)}
    if order.render:
        render(flown[0], order.render)
        told[0]["picture"] = str(order.render)
    return told[0]


def _pilots(order: Order, environment: Environment) -> list[Callable[[], Flown]]:
    from evaluation.baselines import fly_baseline

    asked = (order.task, order.episodes, order.seed)
    pilots: list[Callable[[], Flown]] = []
    if order.policy:
        policy = order.policy
        pilots.append(lambda: _policy(policy, order, environment))
    for name in order.baselines:
        pilots.append(lambda name=name: fly_baseline(name, *asked, environment=environment))  # type: ignore[misc]
    return pilots


def _policy(policy: Path, order: Order, environment: Environment) -> Flown:
    """The policy's flights; of hovering, PufferLib's too."""
    flown = fly_policy(policy, order.task, order.episodes, order.seed, environment=environment)
    if flown.trial.rules is HOVERING:
        runner = PolicyRunner(policy, airframe=environment.airframe)
        flown.figures.update(fly_puffer_hover(runner, environment, order.episodes, order.seed))
    return flown


def _told(flown: Flown, order: Order) -> dict[str, Any]:
    told = {"pilot": flown.pilot, **flown.figures}
    if order.folder is not None:
        told["worst"] = str(flown.save_worst(order.folder))
    return told
