# SPDX-License-Identifier: Apache-2.0
"""Checkpoints that survive a kill: written aside, flushed to the disk, then renamed."""

import dataclasses
import os
from pathlib import Path
from typing import Any

import torch

from sim_core.environment import Environment
from training.errors import CheckpointError
from training.ppo import Learner, new_learner
from training.settings import PPOSettings

_FORMAT = 1


def save_checkpoint(learner: Learner, path: Path) -> None:
    """Write all that a run needs to go on."""
    content = {
        "format": _FORMAT,
        "steps": learner.steps,
        "settings": dataclasses.asdict(learner.settings),
        "environment": dataclasses.asdict(learner.environment),
        "actor": learner.actor.state_dict(),
        "critic": learner.critic.state_dict(),
        "actor_optimizer": learner.actor_optimizer.state_dict(),
        "critic_optimizer": learner.critic_optimizer.state_dict(),
        "generator": learner.generator.get_state(),
    }
    aside = path.with_suffix(".part")
    with aside.open("wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def load_checkpoint(path: Path, environment: Environment, settings: PPOSettings) -> Learner:
    """Read a checkpoint into a learner of the same shapes.

    Args:
        path: Of the checkpoint.
        environment: Of the run that goes on.
        settings: Of the run that goes on; only its shapes must be the checkpoint's.

    Raises:
        CheckpointError: No checkpoint, or one of other shapes.
    """
    content = read_checkpoint(path)
    learner = new_learner(environment, settings)
    try:
        learner.actor.load_state_dict(content["actor"])
        learner.critic.load_state_dict(content["critic"])
        learner.actor_optimizer.load_state_dict(content["actor_optimizer"])
        learner.critic_optimizer.load_state_dict(content["critic_optimizer"])
        learner.generator.set_state(content["generator"])
        learner.steps = int(content["steps"])
    except KeyError as error:
        raise CheckpointError(
            f"{path}: expected a whole checkpoint, got one without {error}."
        ) from None
    except (RuntimeError, ValueError) as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise CheckpointError(f"{path}: expected networks of this run's shapes: {first}") from None
    return learner


def read_checkpoint(path: Path) -> dict[str, Any]:
    """The content of a checkpoint file, which holds tensors and plain values only."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: expected a checkpoint, got no file.") from None
    except Exception as error:  # torch raises many kinds for a file that is none of its own
        kind = type(error).__name__
        raise CheckpointError(f"{path}: expected a checkpoint, got {kind} on reading.") from None
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise CheckpointError(f"{path}: expected a checkpoint of format {_FORMAT}.")
    return content
