# SPDX-License-Identifier: Apache-2.0
"""A fleet on one host is heard on another (network namespaces), and flown from there, where the
network is open alone."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager

import pytest

pytestmark = [pytest.mark.ros, pytest.mark.timeout(120)]

LISTENER = """
import sys, time, rclpy
from martlet_msgs.msg import FleetStates
from martlet_nodes.quality import COMMANDS

rclpy.init()
node = rclpy.create_node("listener")
heard = []
node.create_subscription(FleetStates, "/fleet/states", heard.append, COMMANDS)
deadline = time.monotonic() + float(sys.argv[1])
while len(heard) < 5 and time.monotonic() < deadline:
    rclpy.spin_once(node, timeout_sec=0.1)
print(len(heard))
"""


PILOT = """
import json, rclpy
from martlet_msgs.action import FlyTask, Land, Takeoff
from martlet_msgs.srv import Arm
from rclpy.action import ActionClient

rclpy.init()
node = rclpy.create_node("pilot")

def wait(future):
    rclpy.spin_until_future_complete(node, future, timeout_sec=40)
    assert future.done()
    return future.result()

def act(kind, name, goal):
    client = ActionClient(node, kind, name)
    assert client.wait_for_server(30), name
    return wait(wait(client.send_goal_async(goal)).get_result_async()).result

arm = node.create_client(Arm, "/all/arm")
assert arm.wait_for_service(30)
assert wait(arm.call_async(Arm.Request(arm=True))).success
for name in ("cf1", "cf2"):
    assert act(Takeoff, f"/{name}/takeoff", Takeoff.Goal(height_m=1.0)).success
flown = act(FlyTask, "/fleet/fly_task", FlyTask.Goal(task="hover", duration_s=3.0))
for name in ("cf1", "cf2"):
    assert act(Land, f"/{name}/land", Land.Goal()).success
print(json.dumps([flown.success, flown.reason, flown.rmse_m, flown.samples]))
"""


@contextmanager
def two_hosts():
    """Two network namespaces with a cable between them; their names."""
    names = [f"martlet-{os.getpid()}-{end}" for end in "ab"]
    cable = [f"mv{os.getpid() % 100000}{end}" for end in "ab"]
    made = []
    try:
        for name in names:
            if _ip("netns", "add", name):
                pytest.skip("network namespaces need root")
            made.append(name)
        if _ip("link", "add", cable[0], "type", "veth", "peer", "name", cable[1]):
            pytest.skip("no virtual cable can be laid here")
        for number, (name, end) in enumerate(zip(names, cable, strict=True)):
            assert not _ip("link", "set", end, "netns", name)
            for words in (
                f"addr add 10.77.0.{number + 1}/24 dev {end}",
                f"link set {end} up",
                "link set lo up",
                f"route add 224.0.0.0/4 dev {end}",
            ):
                assert not _ip("-n", name, *words.split())
        yield names
    finally:
        for name in made:
            _ip("netns", "del", name)


def _ip(*words):
    return subprocess.run(["ip", *words], capture_output=True, check=False).returncode


@pytest.mark.skipif(shutil.which("ip") is None, reason="no ip: apt install iproute2")
def test_a_fleet_is_heard_on_another_host_where_the_network_is_open(stack, monkeypatch):
    with two_hosts() as (here, there):
        for opened, expected in (("1", True), ("0", False)):
            monkeypatch.setenv("MARTLET_DDS_OPEN", opened)
            domain = stack.env["ROS_DOMAIN_ID"]
            env = stack.workspace.environment() | {"ROS_DOMAIN_ID": domain}
            stack.env = env
            backend = stack.workspace.install / "lib" / "martlet_nodes" / "sim_backend"
            stack.run_program("sim_backend", ["ip", "netns", "exec", here, str(backend)])
            words = ["ip", "netns", "exec", there, sys.executable, "-c", LISTENER]
            patience = "60" if expected else "4"
            told = subprocess.run(
                [*words, patience], env=env, capture_output=True, text=True, check=True
            )
            assert (int(told.stdout) > 0) == expected
            stack.end()


@pytest.mark.wall_clock
@pytest.mark.skipif(shutil.which("ip") is None, reason="no ip: apt install iproute2")
def test_a_policy_on_one_host_flies_the_drones_of_another(stack, monkeypatch, policy_path):
    monkeypatch.setenv("MARTLET_DDS_OPEN", "1")
    domain = stack.env["ROS_DOMAIN_ID"]
    stack.env = stack.workspace.environment() | {"ROS_DOMAIN_ID": domain}
    plan = stack.workspace.stack
    row = {"starts": (0, 0, 0, 0, 0, 1, 0, 0), "offsets_m": (0, 0, 0, 0, 1, 0)}
    settings = plan.FlightSettings(policy=str(policy_path), drones=("cf1", "cf2"), **row)
    nodes = plan.stack(settings)
    with two_hosts() as hosts:
        for node, host in zip(nodes, hosts, strict=True):
            words = plan.command_line(node, stack.workspace.install)
            stack.run_program(node.name, ["ip", "netns", "exec", host, *words])
        words = ["ip", "netns", "exec", hosts[1], sys.executable, "-c", PILOT]
        told = subprocess.run(words, env=stack.env, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr
        success, reason, rmse_m, samples = json.loads(told.stdout)
        assert success, reason
        assert rmse_m < 0.05
        assert samples > 50  # of 100: the first two seconds lead in
        stack.end()
