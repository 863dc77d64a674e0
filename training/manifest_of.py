# SPDX-License-Identifier: Apache-2.0
"""What a trained policy says about itself."""

import dataclasses
import subprocess
from pathlib import Path
from typing import Any

from policy_export.manifest import ActionSpec, Manifest, ObservationField, Training
from sim_core import _core
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
    low, high = environment.command_limits()
    return Manifest(
        observation=tuple(
            ObservationField(f["name"], f["size"], f["unit"], f["frame"])
            for f in _core.TASKS[environment.task]["observation"]
        ),
        control_rate_hz=1.0 / _core.CONTROL_STEP_S,
        action=ActionSpec(
            kind="rate_thrust",
            thrust_n=(float(low[0]), float(high[0])),
            body_rates_rad_s=(float(high[1]), float(high[2]), float(high[3])),
        ),
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
