# SPDX-License-Identifier: Apache-2.0
"""In what a policy is judged: the environment of the task, with the drone that it was made for."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from evaluation.evaluate import commanded_as
from policy_export.policy_file import open_policy
from policy_export.task_logic import EVERYTHING
from sim_core.environment import Environment, load_environment

_EVERYTHING = ("all", "all_plus")
"""Environments of policies that fly any task, one for each airframe."""

_OF_DRONES = ("airframe", "randomization", "action")


def judged_in(name: str | Path, changes: Sequence[str], policy: Path | None) -> Environment:
    """The environment of a task.

    A policy that flies any task is judged in each with its own limits and, where the task is of
    another airframe, with its own drone and what is drawn of it.

    Args:
        name: Of the environment, or its file.
        changes: As `load_environment` takes them.
        policy: The file; None: nobody's in particular.

    Raises:
        PolicyFileError, ManifestError: No policy.
        SettingsError: Faults of the environment.
    """
    if policy is None:
        return load_environment(name, changes)
    manifest = open_policy(policy)[1]
    environment = commanded_as(name, manifest, changes)
    if EVERYTHING not in manifest.tasks:
        return environment
    of_drones = [c for c in changes if c.strip().startswith(_OF_DRONES)]
    for own in (load_environment(each, of_drones) for each in _EVERYTHING):
        if own.airframe not in manifest.airframes:
            continue
        if environment.airframe in manifest.airframes:
            return replace(environment, action=own.action)
        return replace(environment, **{name: getattr(own, name) for name in _OF_DRONES})
    return environment
