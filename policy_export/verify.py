# SPDX-License-Identifier: Apache-2.0
"""Parity, or no export: torch, onnxruntime and PolicyRunner have to give the same commands.

The limit is absolute, in the command's own units [N; rad/s], on commands as they are flown: within
the manifest's limits. float32 resolves 3e-8 N at hover and 5e-7 rad/s at 6 rad/s, and onnxruntime's
tanh and order of summation differ from torch's: 2e-6 to 4e-6 for a 64-64 network of ordinary
weights. 1e-5 is a millionth of what the actuators can do; a wrong scale or entry is far above it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from policy_export.errors import ParityError, ShapeError
from policy_export.export import export_policy
from policy_export.manifest import Manifest
from policy_export.runtime import PolicyRunner
from policy_export.task_logic import AnyTask, task_logic

Float32 = NDArray[np.float32]

LIMIT = 1e-5
"""Largest difference that passes, in N and rad/s, or of motors in shares of full scale."""


@dataclass(frozen=True)
class RecordedFlight:
    """What drones went through while they flew, as PolicyRunner is fed it.

    Attributes:
        states: One for each control step, float32, shape (T, n, 13).
        tasks: One for each drone.
    """

    states: Float32
    tasks: Sequence[AnyTask]


@dataclass(frozen=True)
class VerifyReport:
    """Largest absolute differences from torch's commands, in N and rad/s or in shares.

    Attributes:
        onnxruntime: The file's network, all observations in one batch.
        policy_runner: PolicyRunner: one observation at a time, and (if given) over the flight,
            with observation, memory and limits.
        samples: Commands compared.
    """

    onnxruntime: float
    policy_runner: float
    samples: int

    @property
    def largest(self) -> float:
        """The larger of the two."""
        return max(self.onnxruntime, self.policy_runner)


def verify_policy(
    actor: torch.nn.Module,
    path: str | Path,
    observations: Float32,
    flight: RecordedFlight | None = None,
) -> VerifyReport:
    """Hold a policy file against the actor that it was made from.

    Args:
        actor: The actor, in SI units, as it was exported.
        path: The policy file.
        observations: Recorded observations, float32, shape (K, OBS).
        flight: A recorded flight for PolicyRunner to go through.

    Raises:
        ParityError: A difference above `LIMIT`, or one that is no number.
        ShapeError: Observations of another shape or type, or none.
    """
    runner = PolicyRunner(path)
    _check_observations(observations, runner.manifest.observation_size)
    expected = _torch_commands(actor, observations)
    network = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    in_one = network.run(["command"], {"observation": observations})[0]
    one_by_one = np.concatenate([runner.infer(row[None]) for row in observations])
    low, high = runner.manifest.action.limits()
    expected, in_one, one_by_one = (
        np.clip(commands, low, high) for commands in (expected, in_one, one_by_one)
    )
    differences = [_largest(one_by_one, expected)]
    samples = len(observations)
    if flight is not None:
        differences.append(_flight_difference(actor, runner, flight))
        samples += flight.states.shape[0] * flight.states.shape[1]
    report = VerifyReport(_largest(in_one, expected), _worst(differences), samples)
    _check_limit(report, path)
    return report


def export_verified(
    actor: torch.nn.Module,
    manifest: Manifest,
    path: str | Path,
    observations: Float32,
    flight: RecordedFlight | None = None,
) -> VerifyReport:
    """Export a policy; its file appears under `path` once it has passed `verify_policy`.

    Raises:
        ParityError: It did not pass; what was at `path` before is still there.
        ShapeError: The actor, or the observations, do not fit the manifest.
    """
    path = Path(path)
    aside = path.with_name(f"unverified-{path.name}")
    try:
        export_policy(actor, manifest, aside)
        report = verify_policy(actor, aside, observations, flight)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return report


def _torch_commands(actor: torch.nn.Module, observations: Float32) -> Float32:
    was_training = actor.training
    actor.eval()
    with torch.no_grad():
        commands: Float32 = actor(torch.from_numpy(observations)).cpu().numpy()
    actor.train(was_training)
    return commands


def _flight_difference(
    actor: torch.nn.Module, runner: PolicyRunner, flight: RecordedFlight
) -> float:
    """PolicyRunner against the core's task logic with torch between observing and decoding."""
    count = flight.states.shape[1]
    session = runner.start(flight.tasks, controlled=range(count))
    logic = task_logic(runner.manifest, flight.tasks)
    observation = np.empty((count, runner.manifest.observation_size), dtype=np.float32)
    expected = np.empty((count, 4), dtype=np.float32)
    differences = []
    for tick, state in enumerate(flight.states):
        logic.observe(state, tick, observation)
        logic.decode(_torch_commands(actor, observation), expected)
        found = session.command(state, session.control_dt if tick else 0.0)
        differences.append(_largest(found, expected))
    return _worst(differences)


def _largest(found: Float32, expected: Float32) -> float:
    return float(np.abs(found.astype(np.float64) - expected).max())


def _worst(differences: Sequence[float]) -> float:
    """The largest; not a number if one of them is none (max would lose it)."""
    return float(np.max(np.asarray(differences)))


def _check_observations(observations: Float32, size: int) -> None:
    if observations.dtype != np.float32 or observations.shape != (max(len(observations), 1), size):
        raise ShapeError(
            f"observations: expected float32 (K ≥ 1, {size}),"
            f" got {observations.dtype} {observations.shape}."
        )


def _check_limit(report: VerifyReport, path: str | Path) -> None:
    for name in ("onnxruntime", "policy_runner"):
        difference = getattr(report, name)
        if not difference <= LIMIT:
            raise ParityError(
                f"{path}: {name} differs from torch by {difference:.1e} N or rad/s,"
                f" expected at most {LIMIT:.0e}."
            )
