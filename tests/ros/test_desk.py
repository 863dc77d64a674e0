# SPDX-License-Identifier: Apache-2.0
"""A person at the desk: all drones armed, up, streamed to, let go, and down, over real ROS."""

import json

import pytest

pytestmark = [pytest.mark.ros, pytest.mark.timeout(120)]

PERSON = """
import json, rclpy
from martlet_msgs.action import Land, Takeoff
from martlet_msgs.msg import DroneStatus, FleetStates
from martlet_msgs.srv import Arm
from martlet_nodes.crazyswarm_types import SETPOINTS
from martlet_nodes.quality import COMMANDS, KEPT, STATUS
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.action import ActionClient
from std_msgs.msg import String
from std_srvs.srv import Trigger

rclpy.init()
node = rclpy.create_node("person")
told, ends = {}, {"a": (0.3, 0.0, 1.2), "b": (0.3, 0.5, 0.8)}
streams = {
    name: node.create_publisher(SETPOINTS.Position, f"/{name}/cmd_position", 1) for name in ends
}
streaming = False

def stream(states=None):
    if states is not None:
        told["states"] = states.states.tolist()
    for name, publisher in streams.items() if streaming else ():
        x, y, z = ends[name]
        publisher.publish(SETPOINTS.Position(x=x, y=y, z=z))

def answer(future):
    rclpy.spin_until_future_complete(node, future, timeout_sec=30.0)
    return future.result()

def call(type_, name, **fields):
    client = node.create_client(type_, name)
    assert client.wait_for_service(20.0), name
    return answer(client.call_async(type_.Request(**fields)))

def do(type_, name, **fields):
    client = ActionClient(node, type_, name)
    assert client.wait_for_server(20.0), name
    handle = answer(client.send_goal_async(type_.Goal(**fields)))
    return answer(handle.get_result_async()).result

def until(true):
    for _ in range(3000):
        if true():
            return True
        rclpy.spin_once(node, timeout_sec=0.02)
    return False

node.create_subscription(FleetStates, "/fleet/states", stream, COMMANDS)
node.create_timer(0.1, stream)
keep = lambda message: told.__setitem__("commander", message.commander)
node.create_subscription(DroneStatus, "/a/status", keep, STATUS)
model = lambda message: told.__setitem__("model", message.data)
node.create_subscription(String, "/b/robot_description", model, KEPT)
def put(name, value):
    kind = ParameterType.PARAMETER_INTEGER if type(value) is int else ParameterType.PARAMETER_DOUBLE
    field = "integer_value" if type(value) is int else "double_value"
    one = Parameter(name=name, value=ParameterValue(type=kind, **{field: value}))
    answer = call(SetParameters, "/sim_backend/set_parameters", parameters=[one]).results[0]
    return [answer.successful, answer.reason]

set_before = [put("guard.hold_s", 2.5), put("guard.hold_s", -1.0), put("seed", 4)]
early = do(Takeoff, "/all/takeoff", height_m=1.0)
armed = call(Arm, "/all/arm", arm=True)
up = do(Takeoff, "/all/takeoff", height_m=1.0)
set_in_flight = put("guard.hold_s", 2.0)
streaming = True
near = lambda: all(
    abs(told["states"][13 * row + axis] - ends[name][axis]) < 0.1
    for row, name in enumerate(ends) for axis in range(3)
)
there = until(near)
commander = told["commander"]
streaming = False
let_go = call(Trigger, "/all/notify_setpoints_stop")
free = until(lambda: told["commander"] == 0)
down = do(Land, "/all/land")
print(json.dumps({
    "early": early.reason, "armed": [armed.success, armed.message],
    "up": [up.success, up.reason, up.reached_m], "there": there, "commander": commander,
    "let_go": let_go.message, "free": free, "down": [down.success, down.reason],
    "model": told["model"][:60], "set_before": set_before, "set_in_flight": set_in_flight,
}))
"""


def test_two_drones_are_flown_by_hand(stack):
    stack.start("none.onnx", only=("sim_backend",), drones=("a", "b"), clock="lockstep", factor=20)
    told = json.loads(stack.run(PERSON, timeout=100.0))
    set_at_once, negative, too_late = told["set_before"]
    assert set_at_once == [True, ""]
    assert negative == [False, "sim_backend: guard.hold_s: expected more than 0, got -1."]
    assert not too_late[0]
    assert "expected seed to be set when the node starts" in too_late[1]
    assert told["set_in_flight"] == [
        False,
        "a, b: armed or in flight: the guard's limits are set on the ground",
    ]
    assert told["early"] == "a is not armed; b is not armed"
    assert told["armed"] == [True, ""]
    assert told["up"][:2] == [True, ""]
    assert told["up"][2] == pytest.approx(1.0, abs=0.15)
    assert (told["there"], told["commander"]) == (True, 1)
    assert told["let_go"] == "a: hovers by itself; b: hovers by itself"
    assert told["free"]
    assert told["down"] == [True, ""]
    assert '<robot name="b">' in told["model"]
    process = stack.nodes["sim_backend"]
    stack.end()
    assert process.exit_code() == 0
    log = process.log.read_text()
    assert "guard" not in log, log
    assert "Traceback" not in log, log
