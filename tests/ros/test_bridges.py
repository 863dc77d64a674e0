# SPDX-License-Identifier: Apache-2.0
"""Joystick and motion capture beside a flight: their nodes against a stand-in for the backend."""

import json
from importlib.util import find_spec

import pytest

pytestmark = [pytest.mark.ros, pytest.mark.timeout(120)]

BACKEND = """
import json, sys, time, rclpy
from geometry_msgs.msg import PoseStamped
from martlet_msgs.action import Land, Takeoff
from martlet_msgs.msg import DroneStatus
from martlet_msgs.srv import Arm
from martlet_nodes.crazyswarm_types import SETPOINTS
from martlet_nodes.quality import COMMANDS, STATES, STATUS
from rclpy.action import ActionServer
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import Joy
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

rclpy.init()
node = rclpy.create_node("backend")
told = {"asked": [], "key": [], "hover": [], "seen": []}
status = node.create_publisher(DroneStatus, "/a/status", STATUS)
pose = node.create_publisher(PoseStamped, "/a/pose", STATES)
joy = node.create_publisher(Joy, "/joy", 10)
body = node.create_publisher(PoseStamped, "/seen/left/pose", STATES)
node.create_subscription(Bool, "/operator/key", lambda m: told["key"].append(m.data), COMMANDS)
node.create_subscription(SETPOINTS.Hover, "/a/cmd_hover", told["hover"].append, COMMANDS)
node.create_subscription(PoseStamped, "/a/external_pose", told["seen"].append, COMMANDS)

def arm(request, response):
    told["asked"].append("arm")
    response.success = True
    return response

def let_go(_, response):
    told["asked"].append("let go")
    return response

def did(name, type_):
    def run(handle):
        told["asked"].append(name)
        handle.succeed()
        flies(name == "takeoff")
        return type_.Result(success=True)
    return ActionServer(node, type_, f"/a/{name}", run)

def flies(flying):
    where = PoseStamped()
    where.pose.position.z = 0.5
    pose.publish(where)
    status.publish(DroneStatus(name="a", flying=flying))

node.create_service(Arm, "/a/arm", arm)
node.create_service(Trigger, "/a/notify_setpoints_stop", let_go)
servers = [did("takeoff", Takeoff), did("land", Land)]
executor = SingleThreadedExecutor()
executor.add_node(node)

def until(true, say):
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline, told
        say()
        executor.spin_once(timeout_sec=0.02)

def stick(*pressed, ahead=0.0):
    buttons = [1 if n in pressed else 0 for n in range(8)]
    return lambda: joy.publish(Joy(axes=[0.0, 0.0, 0.0, 0.0, ahead], buttons=buttons))

def again(held, button):  # as a hand would: who is asked may not be known yet
    def say():
        stick(held, *([button] if time.monotonic() % 4.0 < 3.0 else []))()
    return say

def walk():
    stick(5, ahead=1.0)()
    flies(True)

flies(False)
until(lambda: True in told["key"], stick(5))
until(lambda: "takeoff" in told["asked"], again(5, 7))
until(lambda: told["hover"] and told["hover"][-1].vx > 0.0, walk)
until(lambda: "let go" in told["asked"], stick())
until(lambda: told["key"][-1] is False, stick())
until(lambda: "land" in told["asked"], stick(6))

def see():
    one = PoseStamped()
    one.header.stamp = node.get_clock().now().to_msg()
    one.pose.position.x, one.pose.orientation.w = 0.25, 1.0
    body.publish(one)

until(lambda: told["seen"], see)
print(json.dumps({
    "asked": told["asked"], "ahead": told["hover"][-1].vx,
    "height": told["hover"][-1].z_distance, "x": told["seen"][0].pose.position.x,
    "frame": told["seen"][0].header.frame_id,
}))
"""


def test_a_hand_flies_and_motion_capture_is_heard(stack, wait_until):
    lines = {
        "teleop": ["-p", 'drones:=["a"]'],
        "mocap": [
            *("-p", 'drones:=["a"]', "-p", 'bodies:=["left"]', "-p", "source:=pose"),
            *("-p", "topic:=/seen/{body}/pose"),
        ],
    }
    for name, words in lines.items():
        stack.run_node(name, words)
    told = json.loads(stack.run(BACKEND, timeout=100.0))
    assert told["asked"] == ["arm", "takeoff", "let go", "land"]
    assert told["ahead"] == pytest.approx(0.5)
    assert told["height"] == pytest.approx(0.5)  # where it was: nobody asked for another height
    assert (told["x"], told["frame"]) == (0.25, "world")
    logs = [process.log for process in stack.nodes.values()]
    gone = f"nothing is heard of a in ROS domain {stack.env['ROS_DOMAIN_ID']}, where no backend is"
    assert wait_until(lambda: gone in logs[0].read_text(), 20.0)
    stack.end()
    assert ["Traceback" in log.read_text() for log in logs] == [False, False]


@pytest.mark.skipif(
    find_spec("motion_capture_tracking_interfaces") is not None, reason="it is installed"
)
def test_a_source_that_is_not_installed_is_one_sentence(stack, wait_until):
    process = stack.run_node("mocap", ["-p", "source:=poses"])
    assert wait_until(lambda: process.exit_code() is not None)
    assert process.exit_code() == 2
    assert "expected the package motion_capture_tracking_interfaces" in process.last_words()
