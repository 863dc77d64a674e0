# SPDX-License-Identifier: Apache-2.0
"""What `martlet eval` does for a task without a referee: its own word on drones never seen."""

from typing import Any

import torch

from martlet.errors import UsageError
from martlet.eval_order import Order
from policy_export.runtime import PolicyRunner
from sim_core.environment import load_environment
from training.judge import TaskJudge


def fly_task_order(order: Order) -> dict[str, Any]:
    """Fly each drone's first episode.

    Returns:
        `pilot`, `task`, `episode_return`, `failed_rate`, `episodes`.

    Raises:
        UsageError: No policy, one of another task, less than one episode, or what only a referee
            makes.
    """
    order.refuse_course()
    order.refuse_formation()
    if order.policy is None:
        raise UsageError(f"eval: expected a policy file for task {order.task!r}, got none.")
    if order.baselines or order.render:
        raise UsageError(
            f"eval: expected neither --baseline nor --render for task {order.task!r},"
            " which has no referee."
        )
    if order.episodes < 1:
        raise UsageError(f"eval: episodes: expected at least 1, got {order.episodes}.")
    runner = PolicyRunner(order.policy)
    if order.task not in runner.manifest.tasks:
        raise UsageError(
            f"{order.policy}: expected a policy for task {order.task!r},"
            f" got one for {', '.join(runner.manifest.tasks)}."
        )
    judge = TaskJudge(load_environment(order.task, order.changes), order.episodes, order.seed)
    verdict = judge(lambda seen: torch.from_numpy(runner.infer(seen.numpy())))
    return {"pilot": str(order.policy), "task": order.task, **verdict.figures()}
