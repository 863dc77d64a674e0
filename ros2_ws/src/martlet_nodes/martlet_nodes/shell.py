# SPDX-License-Identifier: Apache-2.0
"""What every node's main does around it: parameters in, one sentence out when all is not well."""

import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import rclpy
from rcl_interfaces.msg import SetParametersResult
from rclpy.executors import Executor, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions

from martlet_nodes.managed import AUTOSTART, ONE_SENTENCE, Flying, Managed
from martlet_nodes.parameters import build_all, changed, set_or_refuse

T = TypeVar("T")

ROS_PARAMETERS = ("use_sim_time", "start_type_description_service", "qos_overrides", AUTOSTART)
"""What ROS itself declares on a node, and what every node has."""

IDLE_S = 0.1
"""Between two looks whether a node at rest is told to end."""

LONGEST_S = 0.5
"""So late may a node at work to which nothing comes see that it is told to end."""

FAILED, REFUSED = 1, 2
"""Exit codes: something went wrong in flight; the node would not even begin."""


_told_to_end = threading.Event()
_nodes: list[Managed] = []
"""The node of this process."""


def told_to_end() -> bool:
    """Whether the work is to end: loops look here.

    SIGINT or SIGTERM has come, ROS was shut down, or the node was told to rest.
    """
    return _ended() or any(node.rests for node in _nodes)


def _ended() -> bool:
    return _told_to_end.is_set() or not rclpy.ok() or any(node.ends for node in _nodes)


def work_on(executor: Executor) -> None:
    """Do what comes until told to end."""
    while not told_to_end():
        executor.spin_once(timeout_sec=LONGEST_S)


def run(name: str, make: Callable[[Node], Flying]) -> int:
    """Make a node and let it work until somebody ends it.

    Args:
        name: Of the node.
        make: Makes its work; refuses bad parameters with one of our errors.

    Returns:
        The exit code.
    """
    # rclpy's own handlers shut ROS down under the feet of whoever is at work.
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _told_to_end.set())
    code = FAILED
    try:
        node = Managed(name, make)
        _nodes.append(node)
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        if not node.start():
            sys.stderr.write(f"{node.fault}\n")
            return REFUSED
        _live(node, executor)
        code = 0
        node.let_go()
        if not node.ends:
            node.trigger_shutdown()
        executor.shutdown()
        node.destroy_node()
    except ONE_SENTENCE as error:
        sys.stderr.write(f"{error}\n")
    finally:
        _nodes.clear()
        rclpy.try_shutdown()
    return code


def _live(node: Managed, executor: SingleThreadedExecutor) -> None:
    """Work while active, wait to be told otherwise."""
    while not _ended():
        if node.rests:
            executor.spin_once(timeout_sec=IDLE_S)
            if node.fault:
                node.get_logger().error(node.fault)
                node.fault = ""
        elif node.flying is not None:
            node.flying.fly()
            node.let_go()


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
