# SPDX-License-Identifier: Apache-2.0
"""A run that met a number that is none leaves a file that shows it again.

`fault.pt` is a checkpoint of learner and drones as they stood before the update that failed,
so that one more update, which draws the same noise, ends the same way. `fault.json` beside it says
the same to people.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any, Literal

from sim_core.vec_env import VecEnv
from training import native, ppo
from training.checkpoint import load_run, read_checkpoint, save_checkpoint
from training.errors import DivergenceError, TrainingError
from training.ppo import Learner

TRAIN = {"native": native.train, "torch": ppo.train}
"""Both learners' loops."""


def save_reproducer(
    folder: Path, learner: Learner, error: DivergenceError, name: Literal["native", "torch"]
) -> Path:
    """Write `fault.pt` and `fault.json`.

    Args:
        folder: Of the run.
        learner: As `train` left it.
        error: What it ended with.
        name: Which learner it was.

    Returns:
        The reproducer.
    """
    path = folder / "fault.pt"
    save_checkpoint(learner, path, {"fault": dataclasses.asdict(error.fault), "learner": name})
    content = {
        "sentence": str(error),
        "show_again": f"martlet train --reproduce {path}",
        "learner": name,
        "seed": learner.settings.seed,
        "steps": learner.steps,
        "fault": dataclasses.asdict(error.fault),
    }
    (folder / "fault.json").write_text(json.dumps(content, indent=2) + "\n")
    return path


def reproduce(path: Path) -> DivergenceError:
    """Make the update again that a reproducer holds; returns what it ended with.

    Raises:
        TrainingError: All numbers were finite this time, or it is no reproducer.
    """
    content: dict[str, Any] = read_checkpoint(path)
    if "fault" not in content:
        raise TrainingError(f"{path}: expected a reproducer, got a checkpoint without a fault.")
    learner = load_run(path)
    settings = learner.settings
    env = VecEnv(
        settings.num_envs, learner.environment, threads=settings.threads or None, seed=settings.seed
    )

    def passed(*_: Any) -> None:
        sentence = content["fault"]["what"]
        raise TrainingError(
            f"{path}: expected a {sentence} that is none, got an update of finite numbers."
        )

    try:
        TRAIN[content["learner"]](learner, env, passed)
    except DivergenceError as error:
        return error
    raise TrainingError(f"{path}: expected an update to make, got a run that is done.")
