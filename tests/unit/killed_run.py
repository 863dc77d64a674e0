# SPDX-License-Identifier: Apache-2.0
"""A small run in a process of its own, which a SIGKILL may end in any call of what it names."""

import multiprocessing
import os
import signal
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from sim_core.environment import load_environment
from training import checkpoint, metrics, native, ppo, run
from training.recipe import plain
from training.settings import PPOSettings

_FORKS = multiprocessing.get_context("forkserver")
# PyTorch is imported once for all of them: torch._dynamo comes in with the first optimizer.
_FORKS.set_forkserver_preload(["training.run", "torch._dynamo"])


def start(folder: Path, learner: str, steps: int, place: str, call: int) -> ForkServerProcess:
    """Start a run that dies at the given call of `place`."""
    process = _FORKS.Process(target=_train, args=(folder, learner, steps, place, call))
    process.start()
    return process


def _train(folder: Path, learner: str, steps: int, place: str, call: int) -> None:
    run.CHECKPOINT_EVERY_S, run.VERDICTS, run.export_run = 0.0, 1, lambda *_: None
    owners = {
        "begin": (native, "begin") if learner == "native" else (ppo, "begin"),
        "collect": (ppo, "collect"),
        "update": (ppo, "update"),
        "push": (native.NativeLearner, "push"),
        "write": (metrics.MetricsLog, "write"),
        "fsync": (checkpoint.os, "fsync"),
        "replace": (Path, "replace"),
    }
    if place in owners:
        _make_deadly(*owners[place], call)
    settings = PPOSettings(
        steps=steps, num_envs=32, horizon=16, minibatch=128, hidden=16, threads=2, device="cpu",
        learner=learner, final_learning_rate=3e-3,
    )  # fmt: skip
    recipe = plain(load_environment("track"), settings)
    run.train_run(folder, recipe, quiet=True, tensorboard=False)


def _make_deadly(owner: object, name: str, call: int) -> None:
    whole, calls = getattr(owner, name), []

    def dying(*arguments, **options):
        calls.append(name)
        if len(calls) == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*arguments, **options)

    setattr(owner, name, dying)
