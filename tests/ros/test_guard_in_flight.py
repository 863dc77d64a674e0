# SPDX-License-Identifier: Apache-2.0
"""The guard inside the running backend: no publisher goes around it."""

import json

import pytest

pytestmark = [pytest.mark.ros, pytest.mark.timeout(120), pytest.mark.wall_clock]

CLIENT = """
import json, math, sys, time, rclpy
from martlet_msgs.action import FlyTask, Land, Takeoff
from martlet_msgs.msg import DroneStatus, FleetStates, RateThrust
from martlet_msgs.srv import Arm
from rclpy.action import ActionClient
from rclpy.qos import QoSProfile, ReliabilityPolicy, qos_profile_sensor_data

rclpy.init()
node = rclpy.create_node("client")
stages, stamp = [], None

def on_status(status):
    if not stages or stages[-1][0] != status.guard_stage:
        stages.append((status.guard_stage, status.guard_reason, status.flying))

def on_states(states):
    global stamp
    stamp = states.header.stamp

node.create_subscription(DroneStatus, "/cf1/status", on_status, 10)
node.create_subscription(FleetStates, "/fleet/states", on_states, qos_profile_sensor_data)
best = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
commands = node.create_publisher(RateThrust, "/cf1/cmd_rate_thrust", best)

def wait(future):
    rclpy.spin_until_future_complete(node, future, timeout_sec=40)
    assert future.done()
    return future.result()

def act(kind, name, goal):
    client = ActionClient(node, kind, name)
    assert client.wait_for_server(20)
    handle = wait(client.send_goal_async(goal))
    return handle, wait(handle.get_result_async()).result

def spin(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        rclpy.spin_once(node, timeout_sec=0.01)

arm = node.create_client(Arm, "/cf1/arm")
assert arm.wait_for_service(20)
assert wait(arm.call_async(Arm.Request(arm=True))).success
_, up = act(Takeoff, "/cf1/takeoff", Takeoff.Goal(height_m=1.0))
assert up.success, up.reason
"""

BAD_COMMANDS = (
    CLIENT
    + """
def stream(thrust, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        rclpy.spin_once(node, timeout_sec=0.01)
        if stamp is not None:
            message = RateThrust(collective_thrust=thrust)
            message.header.stamp = stamp
            commands.publish(message)

thrust, last = float(sys.argv[1]), int(sys.argv[2])
stream(0.2845, 0.3)
if thrust != 0.0:
    stream(thrust, 0.2)
end = time.monotonic() + 30.0
while stages[-1][0] != last and time.monotonic() < end:
    rclpy.spin_once(node, timeout_sec=0.05)
print(json.dumps(stages))
"""
)
"""Streams well, then badly or, with a thrust of 0, no more; until the guard's last stage."""


@pytest.mark.parametrize(
    ("thrust", "cause"), [("nan", "command not finite"), ("0.6", "command limit")]
)
def test_a_command_that_breaks_a_rule_is_answered_with_hold_and_landing(stack, thrust, cause):
    stack.start("none", only=("sim_backend",), factor=2.0)
    stages = json.loads(stack.run(BAD_COMMANDS, thrust, "2"))
    assert [stage for stage, _, _ in stages] == [0, 1, 2]
    assert stages[1][1].startswith(cause)
    assert "held for 3.0" in stages[2][1]


def test_a_streamer_that_dies_is_answered_with_hold_landing_and_off(stack):
    stack.start("none", only=("sim_backend",), factor=4.0)
    stages = json.loads(stack.run(BAD_COMMANDS, "0", "3"))
    assert [stage for stage, _, _ in stages] == [0, 1, 2, 3]
    assert stages[1][1].startswith("stale command: age")
    assert not stages[3][2]
    log = stack.nodes["sim_backend"].log.read_text()
    assert "NOMINAL -> HOLD" in log
    assert "LAND -> OFF" in log


FLY_TASK = (
    CLIENT
    + """
answers = {}
for name, goal in (
    ("unknown", FlyTask.Goal(task="waltz")),
    ("negative", FlyTask.Goal(task="hover", duration_s=-1.0)),
    ("good", FlyTask.Goal(task="kind = 'hover'\\nposition_m = [0, 0, 1]\\nduration_s = 2.0")),
):
    handle, result = act(FlyTask, "/fleet/fly_task", goal)
    answers[name] = (result.success, result.reason, result.rmse_m, result.samples)
client = ActionClient(node, FlyTask, "/fleet/fly_task")
client.wait_for_server(20)
first = wait(client.send_goal_async(FlyTask.Goal(task="lemniscate")))
second = wait(client.send_goal_async(FlyTask.Goal(task="hover")))
answers["second"] = wait(second.get_result_async()).result.reason
wait(first.cancel_goal_async())
cancelled = wait(first.get_result_async())
answers["cancelled"] = (cancelled.status, cancelled.result.reason)
_, down = act(Land, "/cf1/land", Land.Goal())
answers["down"] = (down.success, down.reached_m)
_, refused = act(FlyTask, "/fleet/fly_task", FlyTask.Goal(task="hover"))
answers["on_the_ground"] = refused.reason
answers["stages"] = [s[0] for s in stages]
print(json.dumps(answers))
"""
)


def test_fly_task_tells_the_truth(stack, policy_path):
    stack.start(policy_path, factor=2.0)
    answers = json.loads(stack.run(FLY_TASK))
    assert answers["unknown"][0] is False
    assert "waltz" in answers["unknown"][1]
    assert "duration_s: expected at least 0 s" in answers["negative"][1]
    success, reason, rmse_m, samples = answers["good"]
    assert success, reason
    assert rmse_m < 0.06
    assert samples > 50  # of 200: a busy machine loses some
    assert answers["second"] == "another task is being flown"
    assert answers["cancelled"] == [5, "the task was cancelled"]  # GoalStatus.STATUS_CANCELED
    assert answers["down"][0]
    assert abs(answers["down"][1]) < 0.1
    assert answers["on_the_ground"] == "cf1 does not fly: take off first"
    assert answers["stages"] == [0]


def test_lockstep_without_an_answer_ends_with_a_sentence(stack, wait_until):
    stack.start("none", only=("sim_backend",), clock="lockstep", factor=20.0)
    stack.run(
        CLIENT
        + """
message = RateThrust(collective_thrust=0.2845)
while stamp is None:
    rclpy.spin_once(node, timeout_sec=0.1)
message.header.stamp = stamp
for _ in range(20):
    commands.publish(message)
    spin(0.02)
"""
    )
    process = stack.nodes["sim_backend"]
    assert wait_until(lambda: process.exit_code() is not None, 10.0)
    assert process.exit_code() == 1
    assert "lockstep: expected a command for the state stamped" in process.last_words()
    assert "from cf1, got none in 2 s of wall time" in process.last_words()
