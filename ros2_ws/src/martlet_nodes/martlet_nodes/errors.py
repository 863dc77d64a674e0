# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in a node. Each message is one sentence."""


class NodeError(Exception):
    """Base of all errors raised by martlet_nodes."""


class ParameterError(NodeError, ValueError):
    """Parameters that make no flight, all faults of them at once."""


class ListenersError(NodeError, TimeoutError):
    """Those who were promised to listen to a flight did not come."""


class LockstepError(NodeError, TimeoutError):
    """Nobody answered the simulator, which waits for its answers."""
