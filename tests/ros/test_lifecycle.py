# SPDX-License-Identifier: Apache-2.0
"""Nodes are lifecycle nodes: at rest and back, in any order, but never with drones in the air."""

import json

import pytest

pytestmark = [pytest.mark.ros, pytest.mark.timeout(120)]

MANAGER = """
import json, sys, time, rclpy
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from martlet_msgs.srv import Arm

rclpy.init()
node = rclpy.create_node("manager")

def call(type_, name, **fields):
    client = node.create_client(type_, name)
    assert client.wait_for_service(30.0), name
    asked = client.call_async(type_.Request(**fields))
    rclpy.spin_until_future_complete(node, asked, timeout_sec=30.0)
    node.destroy_client(client)
    return asked.result()

def state():
    return call(GetState, "/sim_backend/get_state").current_state.label

def to(name):
    number = getattr(Transition, f"TRANSITION_{name}")
    done = call(ChangeState, "/sim_backend/change_state", transition=Transition(id=number)).success
    return [done, state()]

def said(wanted):
    deadline = time.monotonic() + 20
    while bool(node.count_publishers("/fleet/states")) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(node.count_publishers("/fleet/states"))

told = [state(), call(Arm, "/all/arm", arm=True).success, to("DEACTIVATE")]
told += [call(Arm, "/all/arm", arm=False).success, to("DEACTIVATE"), said(False)]
told += [to("ACTIVATE"), said(True), call(Arm, "/all/arm", arm=True).success]
told += [call(Arm, "/all/arm", arm=False).success, to("DEACTIVATE"), to("CLEANUP")]
told += [to("CONFIGURE"), to("CLEANUP")]
number = Transition.TRANSITION_UNCONFIGURED_SHUTDOWN
told += [call(ChangeState, "/sim_backend/change_state", transition=Transition(id=number)).success]
print(json.dumps(told))
"""


def test_a_backend_rests_and_comes_back_but_not_with_an_armed_drone(stack, wait_until):
    process = stack.run_node("sim_backend", ["-p", "seed:=3"])
    told = json.loads(stack.run(MANAGER, timeout=100.0))
    begun, active = "active", [True, "active"]
    inactive, unconfigured = [True, "inactive"], [True, "unconfigured"]
    assert told[:3] == [begun, True, [False, "active"]]
    assert told[3:6] == [True, inactive, False]
    assert told[6:9] == [active, True, True]
    assert told[9:14] == [True, inactive, unconfigured, inactive, unconfigured]
    assert told[14]
    assert wait_until(lambda: process.exit_code() is not None)
    assert process.exit_code() == 0
    log = process.log.read_text()
    assert "deactivate: cf1: armed or in flight: land and disarm first" in log
    assert "Traceback" not in log, log
    assert "already registered" not in log, log  # nothing of the first life is left


TOPICS = """
import rclpy
from martlet_nodes.managed import Managed
from std_msgs.msg import Bool

rclpy.init()
node = Managed("quiet", None)
before = len(list(node.waitables))
node.create_publisher(Bool, "/said", 1)
node.create_subscription(Bool, "/heard", print, 1)
print(before, len(list(node.waitables)))
"""


def test_topics_cost_a_turn_of_the_executor_no_event_handlers(stack):
    before, after = stack.run(TOPICS).split()
    assert after == before
