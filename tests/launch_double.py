# SPDX-License-Identifier: Apache-2.0
"""A double of the launch API that keeps what is asked of it: launch files are held to it."""

import importlib.util
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

LAUNCH = Path(__file__).parents[1] / "launch"


@dataclass
class Argument:
    name: str
    description: str
    default_value: str | None = None
    choices: list[str] | None = None


@dataclass
class Call:
    function: Any


@dataclass
class Configuration:
    name: str

    def perform(self, context):
        return context[self.name]


@dataclass
class Node:
    package: str
    executable: str
    name: str
    parameters: list[Any]
    remappings: list[Any]
    output: str
    emulate_tty: bool = False
    sigterm_timeout: str = ""


@dataclass
class Execute:
    cmd: list[str]
    name: str
    output: str


@dataclass
class Description:
    entities: list[Any] = field(default_factory=list)


def double(name, **members):
    module = ModuleType(name)
    vars(module).update(members)
    return module


class Context(dict):
    """Arguments by name, with those that the command line named."""

    def __init__(self, values, words=()):
        super().__init__(values)
        self.argv = list(words)


DOUBLES = [
    double("ament_index_python"),
    double(
        "ament_index_python.packages",
        get_package_prefix="/{}".format,
        get_package_share_directory="/share/{}".format,
    ),
    double("launch", LaunchContext=Context, LaunchDescription=Description),
    double(
        "launch.actions",
        DeclareLaunchArgument=Argument,
        ExecuteProcess=Execute,
        OpaqueFunction=Call,
    ),
    double("launch.substitutions", LaunchConfiguration=Configuration),
    double("launch_ros"),
    double("launch_ros.actions", Node=Node),
]


def load(name, monkeypatch):
    """A launch file, imported against the double."""
    for module in DOUBLES:
        monkeypatch.setitem(sys.modules, module.__name__, module)
    path = LAUNCH / f"{name}.launch.py"
    spec = importlib.util.spec_from_file_location(f"{name}_launch", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    del sys.modules["martlet_bringup.launching"]  # imported against the double: nobody else's
    return module


def arguments_of(launch_file):
    """The arguments that it declares."""
    *arguments, _ = launch_file.generate_launch_description().entities
    return arguments


def launched(launch_file, **given):
    """What it asks for, with these arguments on the command line."""
    *arguments, call = launch_file.generate_launch_description().entities
    known = {argument.name: argument.default_value for argument in arguments}
    words = [f"{name}:={value}" for name, value in given.items()]
    return call.function(Context(known | given, words))
