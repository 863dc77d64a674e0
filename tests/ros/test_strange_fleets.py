# SPDX-License-Identifier: Apache-2.0
"""A policy and a fleet of different sizes, or orders: no command, and a sentence that says why."""

import json
from pathlib import Path

import pytest

pytestmark = [pytest.mark.ros, pytest.mark.timeout(240)]

POLICY = Path(__file__).parents[2] / "policies" / "universal.onnx"

BACKEND = """
import json, rclpy
from martlet_msgs.action import FlyTask
from martlet_msgs.msg import DroneStatus, FleetRateThrust, FleetStates
from martlet_nodes.quality import COMMANDS, STATES, STATUS
from rclpy.action import ActionClient

rclpy.init()
node = rclpy.create_node("backend")
node.declare_parameter("drones", ["b", "a"])
answers = []
states = node.create_publisher(FleetStates, "/fleet/states", STATES)
statuses = [node.create_publisher(DroneStatus, f"/{name}/status", STATUS) for name in "ab"]
node.create_subscription(FleetRateThrust, "/fleet/cmd_rate_thrust", answers.append, COMMANDS)
for one in statuses:
    one.publish(DroneStatus(armed=True, flying=True))
client = ActionClient(node, FlyTask, "/fleet/fly_task")
row, tick = [0.0, 0.0, 1.0] + 3 * [0.0] + [1.0] + 6 * [0.0], 0

def spin(numbers):
    global tick
    tick += 1
    message = FleetStates(states=numbers)
    message.header.stamp.nanosec = 10_000_000 * tick
    states.publish(message)
    rclpy.spin_once(node, timeout_sec=0.01)

def asked(numbers):
    while not client.server_is_ready():
        spin(numbers)
    for _ in range(100):  # a second or more: the policy has asked whose rows these are
        spin(numbers)
    sent = client.send_goal_async(FlyTask.Goal(task="hover"))
    while not sent.done():
        spin(numbers)
    result = sent.result().get_result_async()
    while not result.done():
        spin(numbers)
    return result.result().result.reason

print(json.dumps([asked(3 * row), asked([1.0] * 5), asked(2 * row), len(answers)]))
"""


def test_a_fleet_that_is_not_the_policys_is_not_flown(stack):
    stack.start(POLICY, only=("policy",), drones=("a", "b"))
    larger, torn, swapped, answers = json.loads(stack.run(BACKEND, timeout=200.0))
    assert larger == "/fleet/states: expected 2 drones, heard 3 of 39 numbers and 0 ages"
    assert "heard 0.384615 of 5 numbers" in torn
    assert swapped.startswith("drones: expected a, b, in this order,")
    assert answers == 0
