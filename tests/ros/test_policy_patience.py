# SPDX-License-Identifier: Apache-2.0
"""A task that comes before the news that the drone is free waits for it, and not for ever; nor does
it begin with states from before that news."""

import json

import pytest

pytestmark = [pytest.mark.ros, pytest.mark.timeout(120), pytest.mark.wall_clock]

BACKEND = """
import json, sys, time, rclpy
from builtin_interfaces.msg import Time
from martlet_msgs.action import FlyTask
from martlet_msgs.msg import DroneStatus, FleetRateThrust, FleetStates
from rclpy.action import ActionClient
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy, qos_profile_sensor_data

rclpy.init()
node = rclpy.create_node("client")
sure = QoSProfile(
    depth=10, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL
)
answers = []
states = node.create_publisher(FleetStates, "/fleet/states", qos_profile_sensor_data)
statuses = node.create_publisher(DroneStatus, "/cf1/status", sure)
node.create_subscription(
    FleetRateThrust, "/fleet/cmd_rate_thrust", answers.append, qos_profile_sensor_data
)
tick = 0

def at(number):
    return Time(sec=number // 100, nanosec=number % 100 * 10_000_000)

def say(commander, ahead=0):
    status = DroneStatus(armed=True, flying=True, commander=commander)
    status.header.stamp = at(tick + ahead)
    statuses.publish(status)

def spin(seconds):
    global tick
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        message = FleetStates(states=[0.0, 0.0, 1.0] + 3 * [0.0] + [1.0] + 6 * [0.0], age_s=[0.0])
        tick += 1
        message.header.stamp = at(tick)
        states.publish(message)
        rclpy.spin_once(node, timeout_sec=0.01)

client = ActionClient(node, FlyTask, "/fleet/fly_task")
say(DroneStatus.COMMANDER_ACTION)
while not client.server_is_ready():
    spin(0.1)
spin(0.3)
sent = client.send_goal_async(FlyTask.Goal(task="hover"))
while not sent.done():
    spin(0.01)
result = sent.result().get_result_async()
spin(0.3)
before = len(answers)
freed = tick + int(sys.argv[2])
if sys.argv[1] == "free":
    say(DroneStatus.COMMANDER_NONE, int(sys.argv[2]))
spin(1.5)
stamps = [answer.header.stamp for answer in answers]
early = sum(100 * stamp.sec + stamp.nanosec // 10_000_000 < freed for stamp in stamps)
reason = result.result().result.reason if result.done() else ""
print(json.dumps([before, len(answers), early, reason]))
"""


def test_a_task_waits_for_the_news_that_the_drone_is_free(stack, policy_path):
    stack.start(policy_path, only=("policy",))
    before, after, _, _ = json.loads(stack.run(BACKEND, "free", "0"))
    assert before == 0
    assert after > 10


def test_a_task_begins_with_no_states_older_than_that_news(stack, policy_path):
    stack.start(policy_path, only=("policy",))
    before, after, early, _ = json.loads(stack.run(BACKEND, "free", "20"))
    assert before == 0
    assert after > 10
    assert early == 0


def test_a_task_for_a_drone_that_stays_busy_is_refused(stack, policy_path):
    stack.start(policy_path, only=("policy",))
    before, after, _, reason = json.loads(stack.run(BACKEND, "busy", "0"))
    assert (before, after) == (0, 0)
    assert reason == "cf1 is commanded by somebody else"
