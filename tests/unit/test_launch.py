# SPDX-License-Identifier: Apache-2.0
"""fly.launch.py asks the launch API for exactly what stack.py describes, seen by a double of it."""

import importlib.util
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from martlet_bringup.stack import FlightSettings, stack, twin

LAUNCH_FILE = Path(__file__).parents[2] / "launch" / "fly.launch.py"
SHARE = "/share/martlet_bringup"


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


@pytest.fixture
def launch_file(monkeypatch):
    """The launch file, imported against the double."""
    doubles = [
        double("ament_index_python"),
        double(
            "ament_index_python.packages",
            get_package_prefix="/{}".format,
            get_package_share_directory="/share/{}".format,
        ),
        double("launch", LaunchContext=dict, LaunchDescription=Description),
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
    for module in doubles:
        monkeypatch.setitem(sys.modules, module.__name__, module)
    spec = importlib.util.spec_from_file_location("fly_launch", LAUNCH_FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def launched(launch_file, **given):
    """What it asks for, with these arguments on the command line."""
    *arguments, call = launch_file.generate_launch_description().entities
    context = {argument.name: argument.default_value for argument in arguments} | given
    return call.function(context)


def expected(settings):
    return [
        Node(
            package=node.package,
            executable=node.executable,
            name=node.name,
            parameters=[f"{SHARE}/config/{node.parameter_file}", dict(node.parameters)],
            remappings=list(node.remappings),
            output="screen",
            emulate_tty=True,
            sigterm_timeout=str(node.end_s),
        )
        for node in stack(settings)
    ]


def test_defaults_are_those_of_the_stack(launch_file):
    assert launched(launch_file, policy="p.onnx") == expected(FlightSettings("p.onnx"))


def test_every_argument_reaches_the_stack(launch_file):
    given = {
        "policy": "q.onnx",
        "backend": "sim",
        "drones": "a, b",
        "airframe": "x",
        "seed": "7",
        "state_delay_s": "0.02",
        "command_delay_s": "0.004",
        "noise": "false",
        "battery": "false",
        "clock": "lockstep",
        "factor": "3.5",
        "listeners": "2",
        "loss": "0.1",
        "uris": "x://1, x://2",
        "starts": "0, 0, 0, 1.5, 1, 0, 0, 0",
        "offsets_m": "0,0,0,1,0,0",
        "box_low_m": "-3,-3,-0.2",
        "box_high_m": "3,3,2.5",
        "max_tilt_deg": "50",
        "max_speed_m_s": "3",
        "operator_s": "0.4",
        "added_mass_kg": "0.005",
        "fleet": "fleet.toml",
    }
    settings = FlightSettings(
        *("q.onnx", "sim", ("a", "b"), "x", 7, 0.02, 0.004, False, False, "lockstep", 3.5, 2),
        loss=0.1,
        uris=("x://1", "x://2"),
        starts=(0.0, 0.0, 0.0, 1.5, 1.0, 0.0, 0.0, 0.0),
        offsets_m=(0.0, 0.0, 0.0, 1.0, 0.0, 0.0),
        box_low_m=(-3.0, -3.0, -0.2),
        box_high_m=(3.0, 3.0, 2.5),
        max_tilt_deg=50.0,
        max_speed_m_s=3.0,
        operator_s=0.4,
        added_mass_kg=0.005,
        fleet="fleet.toml",
    )
    assert launched(launch_file, **given) == expected(settings)
    assert set(given) == {field.name for field in fields(FlightSettings)}


def test_a_twin_is_started_with_its_backend(launch_file):
    process, *nodes = launched(launch_file, policy="p.onnx", backend="twin", seed="3", loss="0.1")
    program, *words = process.cmd
    assert program == "/martlet_bringup/lib/martlet_bringup/twin"
    uri = nodes[0].parameters[1]["uris"][0]
    assert f"udp://127.0.0.1:{words[words.index('--port') + 1]}" == uri
    settings = FlightSettings("p.onnx", "twin", seed=3, loss=0.1, uris=(uri,))
    assert tuple(words) == twin(settings)
    assert nodes == expected(settings)


def test_hardware_is_called_at_its_addresses(launch_file):
    given = {"backend": "hardware", "drones": "a,b", "uris": "radio://0, radio://1"}
    settings = FlightSettings("p", "hardware", ("a", "b"), uris=("radio://0", "radio://1"))
    assert launched(launch_file, policy="p", **given) == expected(settings)
    with pytest.raises(ValueError, match="uris: expected an address for each of 1 drones, got 0"):
        launched(launch_file, policy="p", backend="hardware")


def test_every_argument_is_explained_and_the_policy_must_be_named(launch_file):
    *arguments, _ = launch_file.generate_launch_description().entities
    assert [argument.name for argument in arguments] == [f.name for f in fields(FlightSettings)]
    assert all(len(argument.description) > 10 for argument in arguments)
    assert [a.name for a in arguments if a.default_value is None] == ["policy"]


def test_a_flag_that_is_neither_true_nor_false_is_refused(launch_file):
    with pytest.raises(ValueError, match="noise: expected true or false, got 'maybe'"):
        launched(launch_file, policy="p.onnx", noise="maybe")
