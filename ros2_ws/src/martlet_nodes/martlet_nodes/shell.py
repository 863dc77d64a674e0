# SPDX-License-Identifier: Apache-2.0
"""What every node's main does around it: parameters in, one sentence out when all is not well."""

import gc
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import rclpy
from rclpy.executors import Executor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from firmware_bridge.errors import FirmwareBridgeError
from martlet_nodes.errors import NodeError
from policy_export.errors import PolicyExportError
from sim_core.errors import SimCoreError
from sim_core.settings_file import build

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
        SettingsError: All faults in one sentence.
    """
    table: dict[str, Any] = {}
    for name, parameter in node.get_parameters_by_prefix("").items():
        *sections, last = name.split(".")
        if (sections or [last])[0] in ROS_PARAMETERS:
            continue
        inner = table
        for section in sections:
            inner = inner.setdefault(section, {})
        value = parameter.value
        inner[last] = value if isinstance(value, str | bool | int | float) else list(value)
    return build(cls, table, node.get_name())
