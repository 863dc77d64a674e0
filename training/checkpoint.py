# SPDX-License-Identifier: Apache-2.0
"""Checkpoints that survive a kill: written aside, flushed to the disk, then renamed."""

import dataclasses
import os
from pathlib import Path
from typing import Any

import torch

from sim_core.environment import Environment
from sim_core.settings_file import build
from training.errors import CheckpointError
from training.ppo import Learner, new_learner
from training.settings import PPOSettings

_FORMAT = 1


def save_checkpoint(learner: Learner, path: Path, more: dict[str, Any] | None = None) -> None:
    """Write all that a run needs to go on, and `more` beside it."""
    world = learner.world
    content = {
        "format": _FORMAT,
        "settings": dataclasses.asdict(learner.settings),
        "environment": dataclasses.asdict(learner.environment),
        "world": None if world is None else torch.from_numpy(world),
        **learner.state(),
        **(more or {}),
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
        learner.restore(content)
    except KeyError as error:
        raise CheckpointError(
            f"{path}: expected a whole checkpoint, got one without {error}."
        ) from None
    except (RuntimeError, ValueError) as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise CheckpointError(f"{path}: expected networks of this run's shapes: {first}") from None
    # Drones of another environment are drawn anew.
    if content.get("world") is not None and content["environment"] == dataclasses.asdict(
        environment
    ):
        learner.world = content["world"].numpy()
    return learner


def steps_of(path: Path) -> int:
    """Environment steps that a checkpoint's run has done.

    Raises:
        CheckpointError: No checkpoint.
    """
    return int(read_checkpoint(path)["steps"])


def load_run(path: Path) -> Learner:
    """Read a checkpoint into a learner set as it was.

    Raises:
        CheckpointError: No checkpoint, or not a whole one.
        SettingsError: Of settings that this version does not know.
    """
    content = read_checkpoint(path)
    environment = build(Environment, _listed(content["environment"]), str(path))
    return load_checkpoint(path, environment, build(PPOSettings, content["settings"], str(path)))


def _listed(table: Any) -> Any:
    """The same with tuples as lists, as a file has them."""
    if isinstance(table, dict):
        return {name: _listed(value) for name, value in table.items()}
    return [_listed(value) for value in table] if isinstance(table, list | tuple) else table


def read_checkpoint(path: Path) -> dict[str, Any]:
    """The content of a checkpoint file, which holds tensors and plain values only."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: expected a checkpoint, got no file.") from None
    except (IsADirectoryError, NotADirectoryError, PermissionError) as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror}.") from None
    except Exception:  # torch raises many kinds for a file that is none of its own, or is cut off
        raise CheckpointError(f"{path}: expected a checkpoint, got no whole one.") from None
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise CheckpointError(f"{path}: expected a checkpoint of format {_FORMAT}.")
    return content
