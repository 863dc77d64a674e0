# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in sim_core. Each message is one sentence: what, got, expected, where."""


class SimCoreError(Exception):
    """Base of all errors raised by sim_core."""


class SettingsError(SimCoreError, ValueError):
    """A settings file, an airframe or a task that cannot be: every fault of it at once."""


class ShapeError(SimCoreError, ValueError):
    """An array of another shape or type than the contract says."""
