# SPDX-License-Identifier: Apache-2.0
"""What a flight consists of, and that its files say the same as the code."""

import dataclasses
import json
import re
from pathlib import Path

import pytest
import tyro
import yaml

from martlet.twin import TwinOptions
from martlet_bringup.stack import (
    CONFIG,
    FlightSettings,
    NodeSpec,
    command_line,
    stack,
    topics,
    twin,
    with_twin,
)
from martlet_nodes.crazyflie_backend import CrazyflieParameters
from martlet_nodes.policy import PolicyParameters
from martlet_nodes.sim_backend import SimParameters
from sim_core.settings_file import build

PARAMETERS = {
    "sim_backend": SimParameters,
    "crazyflie_backend": CrazyflieParameters,
    "policy": PolicyParameters,
}
SIM = FlightSettings("p.onnx")
TWIN = FlightSettings("p.onnx", "twin", uris=("udp://127.0.0.1:1",))
NODES = (*stack(SIM), stack(TWIN)[0])
PACKAGES = Path(__file__).parents[2] / "ros2_ws" / "src"


def file_of(node):
    return yaml.safe_load((CONFIG / node.parameter_file).read_text())[node.name]["ros__parameters"]


def told_to(node):
    """File and parameters as the node reads them: a dot in a name is a section."""
    table = file_of(node)
    for name, value in node.parameters.items():
        *sections, last = name.split(".")
        inner = table
        for section in sections:
            inner = inner[section]
        inner[last] = value
    return build(PARAMETERS[node.name], table, node.name)


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.name)
def test_each_node_is_told_only_what_it_knows(node):
    told_to(node)


def test_places_and_fence_reach_the_nodes_that_need_them():
    more = {"box_low_m": (-3, -3, -0.2), "box_high_m": (3, 3, 2), "added_mass_kg": 0.005}
    row = {"starts": (0, 0, 0, 0, 1, 0, 0, 0), "offsets_m": (0, 0, 0, 1, 0, 0)}
    (*_, one) = map(told_to, stack(dataclasses.replace(SIM, planned_from=(0.5, 0.0, 1.0, 0.1))))
    assert tuple(one.planned_from) == (0.5, 0.0, 1.0, 0.1)
    sim, policy = map(told_to, stack(dataclasses.replace(SIM, drones=("a", "b"), **more, **row)))
    assert (sim.guard.box_low_m, sim.guard.box_high_m) == ((-3.0, -3.0, -0.2), (3.0, 3.0, 2.0))
    assert sim.start_poses() == [[0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]]
    assert sim.added_mass_kg == 0.005
    assert policy.offsets().tolist() == [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    crazyflie = told_to(stack(dataclasses.replace(TWIN, **more))[0])
    assert crazyflie.guard.box_high_m == (3.0, 3.0, 2.0)


@pytest.mark.parametrize("name", ["max_tilt_deg", "max_speed_m_s", "operator_s"])
def test_the_guards_numbers_reach_every_backend(name):
    for settings in (SIM, TWIN):
        node = stack(dataclasses.replace(settings, **{name: 0.5}))[0]
        assert getattr(told_to(node).guard, name) == 0.5
        assert f"guard.{name}" not in stack(settings)[0].parameters


def test_the_files_defaults_are_the_codes():
    sim, policy, crazyflie = (file_of(node) for node in NODES)
    assert build(SimParameters, sim, "file") == SimParameters()
    assert build(PolicyParameters, {"policy": "p", **policy}, "file") == PolicyParameters("p")
    uris = {"uris": ["x://1"]}
    parameters = build(CrazyflieParameters, {**uris, **crazyflie}, "file")
    assert parameters == CrazyflieParameters(**uris)


def test_every_parameter_is_explained_in_its_file():
    for node in NODES:
        text = (CONFIG / node.parameter_file).read_text()
        for field in dataclasses.fields(PARAMETERS[node.name]):
            assert re.search(rf"^\s*(# )?{field.name}:", text, re.MULTILINE), field.name


def test_every_setting_reaches_a_node():
    told = [
        json.dumps(value)
        for settings in (
            FlightSettings("p.onnx"),
            FlightSettings(
                *("q.onnx", "sim", ("a",), "x", 9, 0.02, 0.03, False, False, "lockstep", 2.0, 5),
                added_mass_kg=0.001,
                onboard="board.so",
            ),
        )
        for value in [[dict(node.parameters) for node in stack(settings)]]
    ]
    first, second = (json.loads(text) for text in told)
    for before, after in zip(first, second, strict=True):
        assert all(before[name] != after[name] for name in before)
    known = {name for node in first for name in node} | {"backend", "loss", "uris", "fleet"}
    known |= {"starts", "offsets_m", "box_low_m", "box_high_m"}  # where they are given: see above
    known |= {"planned_from", "exported"}
    known |= {"max_tilt_deg", "max_speed_m_s", "operator_s"}
    assert {field.name for field in dataclasses.fields(FlightSettings)} <= known


def test_a_policy_on_board_reaches_the_twin_and_whoever_engages_it():
    there = dataclasses.replace(TWIN, onboard="board.so", exported="firmware")
    backend, policy = stack(there)
    assert backend.parameters["onboard"] == "firmware"
    assert told_to(policy).onboard
    assert told_to(policy).begins_late_s == 0.02
    assert twin(there)[-2:] == ("--onboard", "board.so")
    assert "--onboard" not in twin(TWIN)
    with pytest.raises(ValueError, match="expected onboard and exported, or neither"):
        stack(dataclasses.replace(there, exported=""))


def test_an_unknown_backend_is_refused():
    with pytest.raises(ValueError, match=r"backend: expected sim.*, got 'moon'"):
        stack(FlightSettings("p.onnx", backend="moon"))


def test_only_the_simulator_has_a_clock_of_its_own():
    slow = dataclasses.replace(TWIN, clock="lockstep", factor=2.0, command_delay_s=0.02, uris=())
    with pytest.raises(ValueError, match=r"uris.*clock real and factor 1.*one delay"):
        stack(slow)


def test_twins_get_free_ports_and_the_links_numbers():
    three = FlightSettings("p", "twin", ("a", "b", "c"), seed=4, noise=False, loss=0.1)
    settings = with_twin(three)
    ports = [int(uri.removeprefix("udp://127.0.0.1:")) for uri in settings.uris]
    assert ports == list(range(ports[0], ports[0] + 3))
    options = tyro.cli(TwinOptions, args=twin(settings))
    assert options == TwinOptions(3, "cf21_plus", ports[0], 10.0, 0.0, 0.1, 4, noise=False)
    assert twin(SIM) == ()
    assert with_twin(SIM) == SIM


def test_every_backend_is_told_of_the_same_drones():
    hardware = dataclasses.replace(TWIN, backend="hardware")
    for settings in (TWIN, hardware):
        backend, policy = stack(settings)
        assert backend.parameters["uris"] == ["udp://127.0.0.1:1"]
        assert policy == stack(SIM)[1]
    assert stack(hardware)[0].parameters["patience_s"] == 0.0


def test_command_lines_quote_what_ros_would_misread():
    node = NodeSpec("pkg", "exe", "me", "me.param.yaml", {"name": "1.0", "on": True}, (("a", "b"),))
    words = command_line(node, Path("/ws/install"), Path("/config"))
    assert words == [
        "/ws/install/lib/pkg/exe",
        "--ros-args",
        *("-r", "__node:=me", "-r", "a:=b"),
        *("--params-file", "/config/me.param.yaml"),
        *("-p", 'name:="1.0"', "-p", "on:=true"),
    ]


def test_executables_are_those_that_the_package_installs():
    text = (PACKAGES / "martlet_nodes" / "CMakeLists.txt").read_text()
    found = re.search(r"foreach\(node ([\w ]+)\)", text)
    assert found is not None
    installed = found[1].split()
    assert {node.executable for node in NODES} | {"mocap", "teleop"} == set(installed)
    for name in installed:
        assert (PACKAGES / "martlet_nodes" / "martlet_nodes" / f"{name}_node.py").exists()


def test_topics_are_named_for_each_drone():
    names = [topic.name for topic in topics(("a", "b"))]
    assert len(names) == len(set(names))
    assert {"/fleet/states", "/a/odom", "/b/odom"} <= set(names)
