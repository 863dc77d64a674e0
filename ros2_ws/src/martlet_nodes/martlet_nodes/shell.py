# SPDX-License-Identifier: Apache-2.0
"""What every node's main does around it: parameters in, one sentence out when all is not well."""

import gc
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import rclpy
from rcl_interfaces.msg import SetParametersResult
from rclpy.executors import Executor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions

from firmware_bridge.errors import FirmwareBridgeError
from martlet_nodes.errors import NodeError
from martlet_nodes.parameters import build_all, changed, set_or_refuse
from policy_export.errors import PolicyExportError
from sim_core.errors import SimCoreError

T = TypeVar("T")

ONE_SENTENCE = (NodeError, PolicyExportError, SimCoreError, FirmwareBridgeError)
"""Our own errors: their message says it all."""

ROS_PARAMETERS = ("use_sim_time", "start_type_description_service", "qos_overrides")
"""What ROS itself declares on a node."""

FAILED, REFUSED = 1, 2
"""Exit codes: something went wrong in flight; the node would not even begin."""


_told_to_end = threading.Event()


def told_to_end() -> bool:
    """Whether SIGINT or SIGTERM has come, or ROS was shut down: loops look here."""
    return _told_to_end.is_set() or not rclpy.ok()


class Flying(Protocol):
    """A node with its work."""

    node: Node
    executor: Executor

    def fly(self) -> None:
        """Work until told to end."""


def run(make: Callable[[], Flying]) -> int:
    """Make a node and let it work until somebody ends it.

    Args:
        make: Makes the node; refuses bad parameters with one of our errors.

    Returns:
        The exit code.
    """
    # rclpy's own handlers shut ROS down under the feet of whoever is at work.
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _told_to_end.set())
    code = REFUSED
    try:
        flying = make()
        gc.collect()
        gc.freeze()  # what is there now stays: the collector need not look at it in flight
        code = FAILED
        flying.fly()
        code = 0
        flying.executor.shutdown()
        flying.node.destroy_node()
    except ONE_SENTENCE as error:
        sys.stderr.write(f"{error}\n")
    finally:
        rclpy.try_shutdown()
    return code


def read_parameters(node: Node, cls: type[T]) -> T:
    """A node's parameters as a frozen dataclass; unknown, missing and ill-typed ones are errors.

    Args:
        node: Made with `automatically_declare_parameters_from_overrides=True`.
        cls: What to make; dots in names are sections.

    Raises:
        ParameterError: All faults in one sentence.
    """
    return build_all(cls, _table(node), node.get_name())


def watch_parameters(
    node: Node, cls: type[T], live: Sequence[str], apply: Callable[[T], str]
) -> None:
    """Let some parameters be set while the node works, held to the same rules; no others.

    Args:
        node: As for `read_parameters`.
        cls: Likewise.
        live: What the names of those begin with.
        apply: Takes the new ones; tells why it does not.
    """

    def take(parameters: list[Parameter]) -> SetParametersResult:
        changes = [(p.name, _plain(p.value)) for p in parameters if not _is_ros(p.name)]
        why = set_or_refuse(cls, node.get_name(), _table(node), changes, live, apply)
        return SetParametersResult(successful=not why, reason=why)

    node.add_on_set_parameters_callback(take)


def _table(node: Node) -> dict[str, Any]:
    """A node's parameters by name, sections as tables."""
    found = node.get_parameters_by_prefix("").items()
    return changed({}, [(name, _plain(p.value)) for name, p in found if not _is_ros(name)])


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | bool | int | float | None) else list(value)


def _is_ros(name: str) -> bool:
    return name.partition(".")[0] in ROS_PARAMETERS
