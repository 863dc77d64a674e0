# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a policy, its file, or what it is fed."""


class PolicyExportError(Exception):
    """Base of this package's errors; each message is one sentence."""


class ManifestError(PolicyExportError, ValueError):
    """A manifest with faults, all of them named."""


class PolicyFileError(PolicyExportError, ValueError):
    """A file that is no policy, or none for what was asked."""


class ParityError(PolicyExportError, ArithmeticError):
    """Two ways of running one policy that disagree."""


class ShapeError(PolicyExportError, ValueError):
    """An array of another shape or type."""


class ObservationError(PolicyExportError, ValueError):
    """A number in a state or an observation that is not finite."""


class FirmwareError(PolicyExportError, ValueError):
    """A policy that has no form on board, or does not fit there."""
