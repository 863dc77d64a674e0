# SPDX-License-Identifier: Apache-2.0
"""What the launch files share: arguments out of a dataclass, nodes and programs out of stack.py."""

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ament_index_python.packages import get_package_prefix, get_package_share_directory
from launch.actions import DeclareLaunchArgument, ExecuteProcess
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from martlet_bringup.arguments import refuse_strangers, text_of, values_of
from martlet_bringup.stack import FlightSettings, NodeSpec, stack, twin, with_twin

T = TypeVar("T")


def declared(
    cls: type[Any], explained: Mapping[str, str], choices: Mapping[str, Sequence[str]]
) -> list[DeclareLaunchArgument]:
    """The launch arguments of a dataclass; a field without a default must be named.

    Args:
        cls: The dataclass.
        explained: A line on each of its fields, in the order in which `--show-args` tells them.
        choices: Of the fields that take one of some words.
    """
    defaults = {field.name: field.default for field in dataclasses.fields(cls)}
    arguments = []
    for name, description in explained.items():
        words: dict[str, Any] = {"choices": list(choices[name])} if name in choices else {}
        if defaults[name] is not dataclasses.MISSING:
            words["default_value"] = text_of(defaults[name])
        arguments.append(DeclareLaunchArgument(name, description=description, **words))
    return arguments


def given(cls: type[T], context: Any, file: str) -> T:
    """The arguments that were given, as the dataclass.

    Args:
        cls: The dataclass.
        context: Of the launch.
        file: The launch file; where another one includes it, the command line is the other's.

    Raises:
        ArgumentError: Arguments of a wrong kind, or that nobody knows, in one sentence.
    """
    names = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
    if Path(file).name in {Path(word).name for word in sys.argv}:
        refuse_strangers(context.argv, names)
    return values_of(cls, {name: LaunchConfiguration(name).perform(context) for name in names})


def flight(settings: FlightSettings) -> list[Node | ExecuteProcess]:
    """The processes of a flight; its twins, where there are any, come first."""
    settings = with_twin(settings)
    words = twin(settings)
    return [*([program("twin", words)] if words else []), *map(node, stack(settings))]


def node(spec: NodeSpec) -> Node:
    """A node as stack.py describes it."""
    config = Path(get_package_share_directory("martlet_bringup")) / "config"
    return Node(
        package=spec.package,
        executable=spec.executable,
        name=spec.name,
        parameters=[str(config / spec.parameter_file), dict(spec.parameters)],
        remappings=list(spec.remappings),
        output="screen",
        emulate_tty=True,
        sigterm_timeout=str(spec.end_s),
    )


def joystick(number: int, topic: str) -> Node:
    """The driver of a joystick; it repeats what it says, so that its silence tells something."""
    return Node(
        package="joy",
        executable="joy_node",
        name="joy_node",
        parameters=[{"device_id": number, "autorepeat_rate": 20.0}],
        remappings=[("joy", topic)],
        output="screen",
        emulate_tty=True,
    )


def program(name: str, words: Sequence[str]) -> ExecuteProcess:
    """A program of the package's that is no node of its own name: a twin, a player of bags."""
    path = Path(get_package_prefix("martlet_bringup")) / "lib" / "martlet_bringup" / name
    return ExecuteProcess(cmd=[str(path), *words], name=name, output="screen")
