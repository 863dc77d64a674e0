# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in training. Each message is one sentence: what, got, expected, where."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.faults import Fault  # imports torch, which whoever only catches errors need not


class TrainingError(Exception):
    """Base of all errors raised by training."""


class DivergenceError(TrainingError, ArithmeticError):
    """A number that is none; the learner stands as before the update that met it.

    Attributes:
        fault: What was no number, and who made it.
    """

    def __init__(self, fault: Fault, steps: int) -> None:
        """Say it, `steps` environment steps into the run."""
        super().__init__(fault.sentence(steps))
        self.fault = fault


class CheckpointError(TrainingError, ValueError):
    """A checkpoint that cannot be read, or that belongs to another run."""


class TrainingSettingsError(TrainingError, ValueError):
    """A run that cannot be set so."""
