# SPDX-License-Identifier: Apache-2.0
"""What can go wrong between the rooms. Each message is one sentence: what, got, expected, where."""


class MartletError(Exception):
    """Base of all errors raised by the command line's own rooms."""


class UsageError(MartletError, ValueError):
    """Something was asked for that cannot be."""


class FlightError(MartletError, RuntimeError):
    """A flight that did not come about, or did not end as it should."""
