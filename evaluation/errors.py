# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a recording or an evaluation."""


class EvaluationError(Exception):
    """Base of this package's errors; each message is one sentence."""


class RecordingError(EvaluationError, ValueError):
    """A recording that cannot be judged: shapes that disagree, times that run backwards."""


class EpisodeError(EvaluationError, ValueError):
    """An evaluation asked for in a way that makes no sense."""


class LogError(EvaluationError, ValueError):
    """A flight log that cannot be validated against: which file and column, what was expected."""


class NothingToScoreError(LogError):
    """A file of a known form that holds nothing to judge by; its set is judged without it."""


class BaselineError(EvaluationError, LookupError):
    """A baseline that is not there, or not installed."""


class PictureError(EvaluationError, ValueError):
    """A picture of a kind that cannot be drawn."""
