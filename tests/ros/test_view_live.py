# SPDX-License-Identifier: Apache-2.0
"""A flight is drawn while it is flown: what its topics say ends up in rerun's recording."""

import sys
from pathlib import Path

import pytest

from martlet.flight.processes import Process

pytestmark = [pytest.mark.ros, pytest.mark.timeout(240)]

DRONE = """
import time, rclpy
from martlet_msgs.msg import DroneStatus, FleetStates
from nav_msgs.msg import Odometry
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy, qos_profile_sensor_data

rclpy.init()
node = rclpy.create_node("drone")
lasting = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE,
                     durability=DurabilityPolicy.TRANSIENT_LOCAL)
states = node.create_publisher(FleetStates, "/fleet/states", qos_profile_sensor_data)
odometry = node.create_publisher(Odometry, "/cf1/odom", qos_profile_sensor_data)
status = node.create_publisher(DroneStatus, "/cf1/status", lasting)
held = DroneStatus(name="cf1", guard_stage=1, commander=3, guard_reason="tilt = 80 deg")
status.publish(held)  # once, before anybody listens
heard = 0
while heard < 50:
    message = Odometry()
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(heard * 20_000_000, 10**9)
    message.pose.pose.position.x = 0.01 * heard
    message.pose.pose.orientation.w = 1.0
    odometry.publish(message)
    heard += odometry.get_subscription_count()
    time.sleep(0.02)
"""


def test_a_flight_is_drawn_until_it_is_over(stack, wait_until):
    pytest.importorskip("rerun")
    saved = stack.folder / "flight.rrd"
    words = {
        "drone": [sys.executable, "-c", DRONE],
        "view": [sys.executable, "-m", "martlet.view.listener", "-", str(saved)],
    }
    for name, line in words.items():
        process = Process(name, line, stack.env, stack.folder / f"{name}.log")
        stack.nodes[name] = process
        stack.processes.add(process)
    view = stack.nodes["view"]
    assert wait_until(lambda: view.exit_code() is not None, 200.0)
    assert view.exit_code() == 0, view.last_words()  # the drone has gone: the flight is over
    written = Path(saved).read_bytes()
    for said in (b"world/drones/cf1", b"world/trails/cf1", b"plots/speed/cf1", b"log/cf1"):
        assert said in written
