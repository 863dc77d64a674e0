# SPDX-License-Identifier: Apache-2.0
"""What a trained policy says about itself."""

import dataclasses
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from policy_export.manifest import (
    ActionSpec,
    Manifest,
    MotorActionSpec,
    ObservationField,
    Training,
)
from policy_export.manifest_fields import FULL_SCALE
from sim_core import _core
from sim_core.action_kinds import MOTORS
from sim_core.environment import Environment
from training.settings import PPOSettings

_FLIES = {"track": ("hover", "track"), "all": ("all", "hover", "track", "race", "swarm")}
"""What policies of a task are good for, where it is more than the task."""


def manifest_of(
    environment: Environment,
    settings: PPOSettings,
    steps: int,
    evaluation: dict[str, Any] | None = None,
) -> Manifest:
    """The manifest of a policy trained in `environment` for `steps` environment steps."""
    return Manifest(
        observation=observation_of(environment.about),
        control_rate_hz=1.0 / environment.about["control_step_s"],
        action=_action(environment),
        airframes=(environment.airframe,),
        tasks=_FLIES.get(environment.task, (environment.task,)),
        history_length=_core.HISTORY_LENGTH,
        hover_thrust_n=environment.load_airframe().hover_thrust_n,
        training=Training(
            commit=_commit(),
            seed=settings.seed,
            steps=steps,
            settings={
                "ppo": dataclasses.asdict(settings),
                "environment": dataclasses.asdict(environment),
            },
        ),
        evaluation=evaluation or {},
    )


def observation_of(about: Mapping[str, Any]) -> tuple[ObservationField, ...]:
    """What a task shows, as the core tells of it, field by field."""
    return tuple(
        ObservationField(f["name"], f["size"], f["unit"], f["frame"]) for f in about["observation"]
    )


def _action(environment: Environment) -> ActionSpec | MotorActionSpec:
    low, high = (limit.tolist() for limit in environment.command_limits())
    kind, hover = environment.action.kind, environment.hover_command()
    if kind == MOTORS:
        return MotorActionSpec(kind, FULL_SCALE, (low[0], high[0]), float(hover[0]))
    return ActionSpec(kind, (low[0], high[0]), (high[1], high[2], high[3]))


def _commit() -> str:
    """The commit of the source, with a mark where the tree was changed; "unknown" outside git."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
            timeout=5,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return found.stdout.strip()
