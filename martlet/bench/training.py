# SPDX-License-Identifier: Apache-2.0
"""Environment steps a second of training, end to end, with the settings of `make fly`."""

import os
import time
from typing import Any, Literal

from sim_core.environment import load_environment
from sim_core.vec_env import VecEnv
from training import native, ppo
from training.run import choose_learner
from training.settings import PPOSettings

PHASES = ("physics", "inference", "rollout", "update")
FLY_STEPS = 256
REPEATS = 8


def measure(quick: bool) -> dict[str, Any]:
    """Speeds of both learners, where their time goes, and what a second thread adds.

    `train_env_steps_per_s`: with the learner that `make fly` takes. `train_learners`: by learner
    and threads, steps a second and shares of physics, inference (both in rollout) and update; of
    a share that a learner does not tell apart there is none. `rollout_env_steps_per_s`: by threads,
    environment and actor alone, nothing written for learning.
    """
    chosen = choose_learner(PPOSettings())
    threads = sorted({1, os.cpu_count() or 1})
    learners: dict[str, Any] = {"torch": {str(os.cpu_count()): _learning("torch", 0, quick)}}
    figures: dict[str, Any] = {}
    if native.refusal(PPOSettings()) is None:
        learners["native"] = {str(n): _learning("native", n, quick) for n in threads}
        figures["rollout_env_steps_per_s"] = {str(n): _rollout(n, quick) for n in threads}
    settings = PPOSettings()
    return {
        "train_env_steps_per_s": learners[chosen][str(os.cpu_count())]["env_steps_per_s"],
        "train_learner": chosen,
        "train_learners": learners,
        **figures,
        "train_settings": {
            name: getattr(settings, name)
            for name in ("num_envs", "horizon", "epochs", "minibatch", "hidden")
        },
    }


def _learning(name: Literal["native", "torch"], threads: int, quick: bool) -> dict[str, Any]:
    settings = PPOSettings(steps=100_000 if quick else 2_000_000, threads=threads, learner=name)
    environment = load_environment("track")
    learner = ppo.new_learner(environment, settings)
    env = VecEnv(settings.num_envs, environment, threads=settings.threads or None)
    updates: list[dict[str, float]] = []
    train = native.train if name == "native" else ppo.train
    train(learner, env, lambda _, figures: updates.append(figures))
    counted = updates[1:] or updates  # the first update warms torch up
    seconds = {
        phase: sum(figures.get(f"seconds/{phase}", 0.0) for figures in counted) for phase in PHASES
    }
    total = seconds["rollout"] + seconds["update"]
    return {
        "env_steps_per_s": round(settings.num_envs * settings.horizon * len(counted) / total),
        "shares": {phase: round(s / total, 3) for phase, s in seconds.items() if s},
    }


def _rollout(threads: int, quick: bool) -> int:
    """Best of a few: what disturbs a run only makes it slower."""
    settings = PPOSettings(steps=1)
    environment = load_environment("track")
    env = VecEnv(settings.num_envs, environment, threads=threads)
    env.reset(seed=0, options={"staggered": True})
    flying = native.NativeLearner(ppo.new_learner(environment, settings), env)
    taken = []
    for _ in range(1 if quick else REPEATS):
        began = time.perf_counter()
        flying.core.fly(FLY_STEPS)
        taken.append(time.perf_counter() - began)
    return round(settings.num_envs * FLY_STEPS / min(taken))
