# SPDX-License-Identifier: Apache-2.0
"""The running stack's graph, its sockets, and what bad parameters come to."""

import ipaddress
import json
import os
import sys
from functools import cache
from pathlib import Path

import pytest

from martlet_bringup import interface_rows
from martlet_bringup.interface import QUALITIES

pytestmark = [pytest.mark.ros, pytest.mark.timeout(120)]

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

topics = [
    name for name, _ in node.get_topic_names_and_types()
    if name not in ("/rosout", "/parameter_events") and "/_action/" not in name
    and not name.endswith("/transition_event")
]
services = [s for n in nodes for s in node.get_service_names_and_types_by_node(n, "/")]
ours = ("martlet_msgs/srv", "std_srvs/srv")
print(json.dumps({
    "publishers": {t: ends(node.get_publishers_info_by_topic(t)) for t in topics},
    "subscribers": {t: ends(node.get_subscriptions_info_by_topic(t)) for t in topics},
    "actions": sorted((name, types[0]) for name, types in actions),
    "services": sorted((name, types[0]) for name, types in services if types[0].startswith(ours)),
    "others": sorted(others),
}))
"""

INSTALLED = """
import json, sys
from importlib.util import find_spec
print(json.dumps([name for name in sys.argv[1:] if find_spec(name)]))
"""


@pytest.fixture(scope="module")
def graph_of(new_stack, policy_path):
    """The running stack's graph by its backend, and whether none of its sockets is an open one."""

    @cache
    def look(backend, /, **settings):
        with new_stack() as stack:
            stack.start(policy_path, **settings)
            found = json.loads(stack.run(GRAPH, backend))
            pids = [process.pid for process in stack.nodes.values()]
            return found | {"closed": all(map(listening_on_loopback_alone, pids))}

    return look


def test_graph_is_the_one_that_the_interface_lists(stack, graph_of):
    graph = graph_of("sim_backend")
    listed = interface_rows.graph(("cf1",), "diagnostic_msgs", *optional_packages(stack))
    for way, ends in (("out", graph["publishers"]), ("in", graph["subscribers"])):
        expected = sorted(
            [e.name, e.node, e.type, *QUALITIES[e.quality][:2]]
            for e in listed
            if e.kind == "topic" and e.way == way
        )
        found = sorted([name, *end[:4]] for name, there in ends.items() for end in there)
        assert found == expected
    for kind in ("action", "service"):
        expected = sorted([e.name, e.type] for e in listed if e.kind == kind)
        assert graph[f"{kind}s"] == expected
    assert graph["closed"]


def test_the_graph_with_a_twin_is_the_same(graph_of):
    pytest.importorskip("cflib")
    sim = graph_of("sim_backend")
    delays = {"state_delay_s": 0.0, "command_delay_s": 0.0}
    assert graph_of("crazyflie_backend", backend="twin", **delays) == sim
    assert len(sim["publishers"]["/fleet/truth"]) == 1  # said in simulation, but there in all
    assert sim["others"] == []


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
