# SPDX-License-Identifier: Apache-2.0
"""Simulator and twin look the same from ROS: the graph, the course of a flight, and its errors."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory

pytest.importorskip("cflib")
pytestmark = [pytest.mark.ros, pytest.mark.timeout(300)]

TASKS = Path(__file__).parents[2] / "sim_core" / "tasks"
GRAPH = """
import json, sys, time, rclpy
from rclpy.action.graph import get_action_server_names_and_types_by_node as actions_of

rclpy.init()
node = rclpy.create_node("observer")
backend = sys.argv[1]
nodes = ("policy", backend, "fleet_desk")
deadline = time.monotonic() + 30
actions = []
while len(actions) < 6 and time.monotonic() < deadline:
    rclpy.spin_once(node, timeout_sec=0.1)
    if set(nodes) <= set(node.get_node_names()):
        actions = [action for name in nodes for action in actions_of(node, name, "/")]
time.sleep(0.5)
others = {name for name in node.get_node_names() if name not in ("observer", *nodes)}

def ends(infos):
    return sorted(
        [
            i.node_name.replace(backend, "backend"), i.topic_type,
            i.qos_profile.reliability.name, i.qos_profile.durability.name,
            i.qos_profile.deadline.nanoseconds, i.qos_profile.liveliness.name,
        ]
        for i in infos if i.node_name in nodes
    )

def services(name):
    return [s for s in node.get_service_names_and_types_by_node(name, "/") if name not in s[0]]

topics = [name for name, _ in node.get_topic_names_and_types()]
print(json.dumps({
    "publishers": {t: ends(node.get_publishers_info_by_topic(t)) for t in topics},
    "subscribers": {t: ends(node.get_subscriptions_info_by_topic(t)) for t in topics},
    "actions": sorted(actions),
    "services": sorted(s for name in nodes for s in services(name)),
    "others": sorted(others),
}))
"""


def test_the_graph_is_the_same(stack, policy_path):
    stack.start(policy_path)
    sim = json.loads(stack.run(GRAPH, "sim_backend"))
    stack.end()
    stack.start(policy_path, backend="twin", state_delay_s=0.0, command_delay_s=0.0)
    twin = json.loads(stack.run(GRAPH, "crazyflie_backend"))
    assert twin == sim
    assert len(sim["publishers"]["/fleet/truth"]) == 1  # said in simulation, but there in all
    assert len(sim["actions"]) == 6
    assert len(sim["services"]) >= 6
    assert sim["others"] == []


@pytest.fixture(scope="module")
def flights(tmp_path_factory, policy_path):
    """One flight with each backend: the folders, by backend."""
    folders = {}
    text = (TASKS / "lemniscate.toml").read_text()
    task = tmp_path_factory.mktemp("tasks") / "lemniscate.toml"
    task.write_text(text.replace("laps = 3.0", "laps = 1.0"))
    more = {"sim": ["--clock", "lockstep", "--factor", "20"], "twin": []}
    for backend, words in more.items():
        folder = folders[backend] = tmp_path_factory.mktemp("flights") / backend
        settings = ["--backend", backend, "--policy", str(policy_path), "--run", str(folder)]
        settings += ["--hover-s", "3", "--tasks", str(task), "--json"]
        for _ in range(3):  # the twin flies in wall time: a machine that stalls ends a flight
            shutil.rmtree(folder, ignore_errors=True)
            done = subprocess.run(
                [sys.executable, "-m", "martlet.cli", "fly", *settings, *words],
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            if done.returncode == 0 and not report_of(folder)["problems"]:
                break
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout) == report_of(folder)
    return folders


def report_of(folder: Path):
    return json.loads((folder / "report.json").read_text())


def courses(folder: Path):
    """The values that each field of /cf1/status took in turn, and those of all together."""
    fields = ("armed", "flying", "commander", "guard_stage")
    with next((folder / "flight").glob("*.mcap")).open("rb") as stream:
        reader = make_reader(stream, decoder_factories=[DecoderFactory()])
        rows = [
            tuple(int(getattr(message, name)) for name in fields)
            for *_, message in reader.iter_decoded_messages(["/cf1/status"])
        ]
    return [row for row, before in zip(rows, [None, *rows], strict=False) if row != before]


def test_a_flight_takes_the_same_course(flights):
    sim, twin = courses(flights["sim"]), courses(flights["twin"])
    none, stream, action = 0, 1, 2
    assert sim == twin
    assert [commander for _, _, commander, _ in sim if commander] == [
        *(action, action),  # on the ground, and in the air
        *(stream, stream, action),
    ]
    assert sim[-1] == (0, 0, none, 0)


def test_a_twins_errors_are_the_simulators(flights):
    sim, twin = report_of(flights["sim"]), report_of(flights["twin"])
    assert twin["settings"]["backend"] == "twin"
    assert (sim["settings"]["loss"], twin["settings"]["loss"]) == (0.0, 0.02)
    assert twin["settings"]["state_delay_ms"] == twin["settings"]["command_delay_ms"] == 10.0
    for report in (sim, twin):
        assert report["landed"]
        assert report["guard_interventions"] == 0
        assert report["problems"] == []
    assert twin["hover_error_m"] == pytest.approx(sim["hover_error_m"], abs=0.01)
    rmse = [report["references"]["lemniscate"]["rmse_m"] for report in (sim, twin)]
    assert rmse[1] == pytest.approx(rmse[0], abs=0.015)
    assert twin["hover_error_m"] < 0.04
    assert rmse[1] < 0.09
