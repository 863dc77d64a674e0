# SPDX-License-Identifier: Apache-2.0
"""Environment steps a second of training, end to end, with the settings of `make fly`."""

from typing import Any

from sim_core.environment import load_environment
from sim_core.vec_env import VecEnv
from training.ppo import Learner, new_learner, train
from training.settings import PPOSettings


def measure(quick: bool) -> dict[str, Any]:
    """`train_env_steps_per_s`, and the shares of rollout and update in it."""
    settings = PPOSettings(steps=100_000 if quick else 2_000_000)
    environment = load_environment("track")
    learner = new_learner(environment, settings)
    env = VecEnv(settings.num_envs, environment, threads=settings.threads or None)
    seconds: list[tuple[float, float]] = []

    def note(_: Learner, figures: dict[str, float]) -> None:
        seconds.append((figures["seconds/rollout"], figures["seconds/update"]))

    train(learner, env, note)
    counted = seconds[1:] or seconds  # the first update warms torch up
    rollout, update = (sum(column) for column in zip(*counted, strict=True))
    batch = settings.num_envs * settings.horizon
    return {
        "train_env_steps_per_s": round(batch * len(counted) / (rollout + update)),
        "train_share": {
            "rollout": round(rollout / (rollout + update), 3),
            "update": round(update / (rollout + update), 3),
        },
        "train_settings": {
            "num_envs": settings.num_envs,
            "horizon": settings.horizon,
            "epochs": settings.epochs,
            "minibatch": settings.minibatch,
            "hidden": settings.hidden,
        },
    }
