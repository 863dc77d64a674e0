# SPDX-License-Identifier: Apache-2.0
"""Launch files ask the launch API for exactly what stack.py describes, seen by a double of it."""

import sys
from dataclasses import fields

import pytest
from launch_double import LAUNCH, Node, arguments_of, launched, load

from martlet_bringup.arguments import ArgumentError, text_of
from martlet_bringup.bag import ReplaySettings
from martlet_bringup.bridges import MocapSettings, TeleopSettings, mocap, teleop
from martlet_bringup.interface_page import LAUNCH_FILES
from martlet_bringup.stack import FlightSettings, stack, twin
from martlet_bringup.swarm import SwarmSettings, flight_of
from martlet_nodes.mocap import MocapParameters
from martlet_nodes.teleop import TeleopParameters
from sim_core.settings_file import build

SHARE = "/share/martlet_bringup"


@pytest.fixture
def launch_file(monkeypatch):
    return load("fly", monkeypatch)


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
        "onboard": "board.so",
        "exported": "firmware",
        "planned_from": "0, 0, 1, 0",
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
        onboard="board.so",
        exported="firmware",
        planned_from=(0.0, 0.0, 1.0, 0.0),
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
    arguments = arguments_of(launch_file)
    assert [argument.name for argument in arguments] == [f.name for f in fields(FlightSettings)]
    assert all(len(argument.description) > 10 for argument in arguments)
    assert [a.name for a in arguments if a.default_value is None] == ["policy"]


def test_a_flag_that_is_neither_true_nor_false_is_refused(launch_file):
    with pytest.raises(ValueError, match="noise: expected true or false, got 'maybe'"):
        launched(launch_file, policy="p.onnx", noise="maybe")


def test_all_faults_of_the_arguments_are_told_at_once(launch_file):
    with pytest.raises(ArgumentError) as told:
        launched(launch_file, policy="p", noise="maybe", seed="one", starts="0,0,x,0")
    assert str(told.value) == (
        "seed: expected a whole number, got 'one'; noise: expected true or false, got 'maybe';"
        " starts: expected a number, got 'x'."
    )


def test_an_argument_that_nobody_knows_is_refused(launch_file, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["ros2", "launch", "launch/fly.launch.py"])
    with pytest.raises(ArgumentError, match=r"argument drone \(perhaps drones\), colour: expected"):
        launched(launch_file, policy="p", drone="cf1", colour="red")
    monkeypatch.setattr(sys, "argv", ["ros2", "launch", "theirs.launch.py"])
    assert launched(launch_file, policy="p", colour="red")  # another file's argument


@pytest.fixture
def swarm_file(monkeypatch):
    return load("swarm", monkeypatch)


def test_a_swarm_stands_in_a_square_under_one_policy(swarm_file):
    backend, policy = launched(swarm_file, policy="p.onnx", count="4", spacing_m="1", seed="3")
    names = ["cf1", "cf2", "cf3", "cf4"]
    starts = [-0.5, -0.5, 0, 0, -0.5, 0.5, 0, 0, 0.5, -0.5, 0, 0, 0.5, 0.5, 0, 0]
    settings = FlightSettings("p.onnx", drones=tuple(names), seed=3, starts=tuple(starts))
    assert [backend, policy] == expected(settings)
    assert policy.parameters[1]["drones"] == names
    assert [a.name for a in arguments_of(swarm_file) if a.default_value is None] == ["policy"]
    assert {a.name for a in arguments_of(swarm_file)} == {f.name for f in fields(SwarmSettings)}


FLEET = """
[[drones]]
name = "left"
uri = "radio://0/80/2M/E7E7E7E7E7"
start = [0.0, 1.0, 0.0]
yaw_deg = 90.0

[[drones]]
name = "right"
uri = "radio://0/80/2M/E7E7E7E7E8"
start = [0.0, -1.0, 0.0]
"""


def test_a_fleet_file_names_the_swarm_in_every_backend(tmp_path):
    path = tmp_path / "fleet.toml"
    path.write_text(FLEET)
    sim, hardware = (
        flight_of(SwarmSettings("p", backend, fleet=str(path))) for backend in ("sim", "hardware")
    )
    assert sim.drones == hardware.drones == ("left", "right")
    assert sim.starts[:4] == pytest.approx((0.0, 1.0, 0.0, 1.5707963))
    assert (sim.uris, sim.fleet) == ((), "")
    assert hardware.uris[1].endswith("E8")
    assert (hardware.starts, hardware.fleet) == ((), str(path))


def test_a_swarm_that_cannot_be_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(ArgumentError, match=r"count: .*, got 0; spacing_m: .*; backend hardware"):
        flight_of(SwarmSettings("p", "hardware", count=0, spacing_m=0.1))
    path = tmp_path / "fleet.toml"
    path.write_text(
        FLEET.replace('name = "left"\n', 'name = "left"\nairframe = "cf21_brushless"\n')
    )
    with pytest.raises(ArgumentError, match=r"of one airframe, .* got cf21_brushless, cf21_plus"):
        flight_of(SwarmSettings("p", fleet=str(path)))
    for strange in (
        "drones = 3",
        FLEET.replace("[0.0, 1.0, 0.0]", "3"),
        FLEET.replace("0.0, 1.0, 0.0", "'here', 1.0, 0.0"),
        FLEET.replace("90.0", "'north'"),
    ):
        path.write_text(strange)
        with pytest.raises(ArgumentError, match=r"expected \[\[drones\]\], each with a name and a"):
            flight_of(SwarmSettings("p", fleet=str(path)))
    with pytest.raises(ArgumentError, match="expected a fleet file, got"):
        flight_of(SwarmSettings("p", fleet=str(tmp_path / "none.toml")))


def test_a_bag_is_played_as_its_arguments_say(monkeypatch):
    file = load("replay", monkeypatch)
    (process,) = launched(file, bag="runs/first/flight", speed="2.5", loop="true")
    program, *words = process.cmd
    assert program == "/martlet_bringup/lib/martlet_bringup/replay"
    assert words == ["runs/first/flight", "--speed", "2.5", "--start-s", "0", "--loop"]
    arguments = arguments_of(file)
    assert [a.name for a in arguments] == [f.name for f in fields(ReplaySettings)]
    assert all(len(a.description) > 10 for a in arguments)


@pytest.mark.parametrize(
    ("name", "cls", "make", "given"),
    [
        (
            "mocap",
            MocapSettings,
            mocap,
            {
                "drones": ("a", "b"),
                "bodies": ("x", "y"),
                "source": "pose",
                "topic": "/{body}/seen",
                "frame": "map",
                "rate_hz": 50.0,
                "lost_s": 0.2,
            },
        ),
        (
            "teleop",
            TeleopSettings,
            teleop,
            {
                "drones": ("a",),
                "joystick": -1,
                "topic": "/stick",
                "speed_m_s": 0.3,
                "climb_m_s": 0.2,
                "turn_rad_s": 1.0,
                "takeoff_m": 0.5,
                "highest_m": 1.2,
            },
        ),
    ],
)
def test_nodes_beside_a_flight_are_told_every_argument(name, cls, make, given, monkeypatch):
    file = load(name, monkeypatch)
    arguments = arguments_of(file)
    assert {a.name for a in arguments} == {f.name for f in fields(cls)} == set(given)
    assert all(len(a.description) > 10 for a in arguments)
    (found,) = launched(file, **{key: text_of(value) for key, value in given.items()})
    spec = make(cls(**given))
    file_name = f"{SHARE}/config/{name}.param.yaml"
    assert (found.executable, found.parameters) == (name, [file_name, dict(spec.parameters)])
    told = {key: list(v) if isinstance(v, tuple) else v for key, v in given.items()}
    told.pop("joystick", None)
    assert dict(spec.parameters) == told
    build({"mocap": MocapParameters, "teleop": TeleopParameters}[name], spec.parameters, name)


def test_a_joysticks_driver_repeats_itself(monkeypatch):
    driver, _ = launched(load("teleop", monkeypatch), drones="a", joystick="2", topic="/stick")
    assert (driver.package, driver.executable) == ("joy", "joy_node")
    assert driver.parameters == [{"device_id": 2, "autorepeat_rate": 20.0}]
    assert driver.remappings == [("joy", "/stick")]


def test_the_page_has_every_launch_file():
    listed = {name for name, *_ in LAUNCH_FILES}
    assert {path.name.removesuffix(".launch.py") for path in LAUNCH.glob("*.py")} == listed
