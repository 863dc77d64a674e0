# SPDX-License-Identifier: Apache-2.0
"""The running stack's graph, its sockets, and what bad parameters come to."""

import ipaddress
import json
import os
import sys
from pathlib import Path

import pytest

from martlet_bringup import interface_rows
from martlet_bringup.interface import QUALITIES

pytestmark = [pytest.mark.ros, pytest.mark.timeout(120)]

GRAPH = """
import json, time, rclpy
from rclpy.action.graph import get_action_server_names_and_types_by_node as actions_of

rclpy.init()
node = rclpy.create_node("observer")
nodes = ("policy", "sim_backend", "fleet_desk")
deadline = time.monotonic() + 20
actions = []
while len(actions) < 6 and time.monotonic() < deadline:
    rclpy.spin_once(node, timeout_sec=0.1)
    if set(nodes) <= set(node.get_node_names()):
        actions = [action for name in nodes for action in actions_of(node, name, "/")]
time.sleep(0.5)

def ends(infos):
    return [
        (i.node_name, i.topic_type, i.qos_profile.reliability.name, i.qos_profile.durability.name)
        for i in infos if i.node_name in nodes
    ]

topics = [
    name for name, _ in node.get_topic_names_and_types()
    if name not in ("/rosout", "/parameter_events") and "/_action/" not in name
]
services = [s for n in nodes for s in node.get_service_names_and_types_by_node(n, "/")]
ours = ("martlet_msgs/srv", "std_srvs/srv")
print(json.dumps({
    "publishers": {t: ends(node.get_publishers_info_by_topic(t)) for t in topics},
    "subscribers": {t: ends(node.get_subscriptions_info_by_topic(t)) for t in topics},
    "actions": sorted((name, types[0]) for name, types in actions),
    "services": sorted((name, types[0]) for name, types in services if types[0].startswith(ours)),
}))
"""


INSTALLED = """
import json, sys
from importlib.util import find_spec
print(json.dumps([name for name in sys.argv[1:] if find_spec(name)]))
"""


@pytest.fixture
def graph(stack, policy_path):
    stack.start(policy_path)
    return json.loads(stack.run(GRAPH))


def test_graph_is_the_one_that_the_interface_lists(stack, graph):
    listed = interface_rows.graph(("cf1",), "diagnostic_msgs", *optional_packages(stack))
    for way, ends in (("out", graph["publishers"]), ("in", graph["subscribers"])):
        expected = sorted(
            [e.name, e.node.replace("backend", "sim_backend"), e.type, *QUALITIES[e.quality][:2]]
            for e in listed
            if e.kind == "topic" and e.way == way
        )
        assert sorted([name, *end] for name, found in ends.items() for end in found) == expected
    for kind in ("action", "service"):
        expected = sorted([e.name, e.type] for e in listed if e.kind == kind)
        assert graph[f"{kind}s"] == expected
    assert all(listening_on_loopback_alone(process.pid) for process in stack.nodes.values())


def optional_packages(stack):
    """Those that this machine has of the packages without which the stack flies all the same."""
    return json.loads(stack.run(INSTALLED, "tf2_msgs"))


def listening_on_loopback_alone(pid):
    """Whether a process has sockets, and none of them is open to another machine."""
    links = [os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir()]
    inodes = {link.removeprefix("socket:[").rstrip("]") for link in links}
    found = []
    for table, waiting in (("udp", "07"), ("udp6", "07"), ("tcp", "0A"), ("tcp6", "0A")):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[9] in inodes and columns[3] == waiting:
                found.append(address(columns[1].partition(":")[0]))
    return bool(found) and all(one.is_loopback for one in found)


def address(hexadecimal):
    words = [hexadecimal[i : i + 8] for i in range(0, len(hexadecimal), 8)]
    return ipaddress.ip_address(b"".join(int(w, 16).to_bytes(4, sys.byteorder) for w in words))


@pytest.mark.parametrize(
    ("node", "settings", "sentence"),
    [
        ("sim_backend", {"clock": "moon"}, "clock: expected real or lockstep, got 'moon'"),
        ("sim_backend", {"airframe": "balloon"}, "airframe: expected one of"),
        ("sim_backend", {"state_delay_s": 0.003}, "multiple of 0.002 s"),
        ("policy", {"airframe": "balloon"}, "balloon"),
    ],
)
def test_bad_parameters_are_one_sentence_and_exit_code_2(
    stack, policy_path, wait_until, node, settings, sentence
):
    stack.start(policy_path, only=(node,), **settings)
    process = stack.nodes[node]
    assert wait_until(lambda: process.exit_code() is not None)
    assert process.exit_code() == 2
    words = process.log.read_text().strip()
    assert sentence in words
    assert len(words.splitlines()) == 1


def test_a_file_that_is_no_policy_is_one_sentence_and_exit_code_2(stack, tmp_path, wait_until):
    nonsense = tmp_path / "policy.onnx"
    nonsense.write_text("nonsense")
    stack.start(nonsense, only=("policy",))
    process = stack.nodes["policy"]
    assert wait_until(lambda: process.exit_code() is not None)
    assert process.exit_code() == 2
    assert len(process.log.read_text().strip().splitlines()) == 1
