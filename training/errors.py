# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in training. Each message is one sentence: what, got, expected, where."""


class TrainingError(Exception):
    """Base of all errors raised by training."""


class DivergenceError(TrainingError, ArithmeticError):
    """A loss or a gradient that is not finite; the last good checkpoint stands."""


class CheckpointError(TrainingError, ValueError):
    """A checkpoint that cannot be read, or that belongs to another run."""
