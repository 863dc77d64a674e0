# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in a node. Each message is one sentence."""

from collections.abc import Sequence


class NodeError(Exception):
    """Base of all errors raised by martlet_nodes."""


class ParameterError(NodeError, ValueError):
    """Parameters that make no flight, all faults of them at once.

    Attributes:
        faults: Each by the name of its parameter.
    """

    faults: tuple[str, ...] = ()

    @classmethod
    def of(cls, node: str, faults: Sequence[str]) -> "ParameterError":
        """The error that tells the faults of a node's parameters."""
        error = cls(f"{node}: {'; '.join(faults)}.")
        error.faults = tuple(faults)
        return error


class ListenersError(NodeError, TimeoutError):
    """Those who were promised to listen to a flight did not come."""


class LockstepError(NodeError, TimeoutError):
    """Nobody answered the simulator, which waits for its answers."""
