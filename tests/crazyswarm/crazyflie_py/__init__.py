# SPDX-License-Identifier: Apache-2.0
"""A stand-in for Crazyswarm2's Python package: what its scripts call, by the same services."""

from functools import partial

import numpy as np
import rclpy
from crazyflie_interfaces.msg import FullState, Status, TrajectoryPolynomialPiece
from crazyflie_interfaces.srv import (
    GoTo,
    Land,
    NotifySetpointsStop,
    StartTrajectory,
    Takeoff,
    UploadTrajectory,
)
from geometry_msgs.msg import Point, PoseStamped
from rcl_interfaces.srv import GetParameters
from rclpy.duration import Duration
from rclpy.node import Node


def lasting(seconds):
    return Duration(seconds=seconds).to_msg()


class _Asked:
    """The services of one drone, or of all: asked without waiting for an answer."""

    def __init__(self, node, prefix):
        self.node, self.prefix, self._clients = node, prefix, {}

    def ask(self, type_, name, **fields):
        if name not in self._clients:
            self._clients[name] = self.node.create_client(type_, f"{self.prefix}/{name}")
            assert self._clients[name].wait_for_service(30.0), f"{self.prefix}/{name}"
        return self._clients[name].call_async(type_.Request(**fields))

    def takeoff(self, targetHeight, duration):  # as scripts call it
        self.ask(Takeoff, "takeoff", height=targetHeight, duration=lasting(duration))

    def land(self, targetHeight, duration):
        self.ask(Land, "land", height=targetHeight, duration=lasting(duration))

    def goTo(self, goal, yaw, duration, relative=False):
        x, y, z = (float(value) for value in goal)
        point, time = Point(x=x, y=y, z=z), lasting(duration)
        fields = {"goal": point, "yaw": float(yaw), "duration": time, "relative": relative}
        self.ask(GoTo, "go_to", **fields)

    def startTrajectory(self, trajectoryId, timescale=1.0, reverse=False, relative=True):
        fields = {"timescale": timescale, "reversed": reverse, "relative": relative}
        self.ask(StartTrajectory, "start_trajectory", trajectory_id=trajectoryId, **fields)


class Crazyflie(_Asked):
    def __init__(self, node, name):
        super().__init__(node, f"/{name}")
        self.position = [0.0, 0.0, 0.0]
        node.create_subscription(PoseStamped, f"/{name}/pose", self._seen, 10)
        node.create_subscription(Status, f"/{name}/status", lambda _: None, 10)
        self._full = node.create_publisher(FullState, f"/{name}/cmd_full_state", 1)
        asked = _Asked(node, "/crazyflie_server").ask(
            GetParameters, "get_parameters", names=[f"robots.{name}.initial_position"]
        )
        rclpy.spin_until_future_complete(node, asked)
        self.initialPosition = np.array(asked.result().values[0].double_array_value)

    def _seen(self, message):
        p = message.pose.position
        self.position = [p.x, p.y, p.z]

    def get_position(self):
        return self.position

    def uploadTrajectory(self, trajectoryId, pieceOffset, trajectory):
        pieces = [
            TrajectoryPolynomialPiece(
                duration=lasting(piece.duration),
                **{f"poly_{axis}": row.tolist() for axis, row in piece.rows.items()},
            )
            for piece in trajectory.polynomials
        ]
        fields = {"trajectory_id": trajectoryId, "piece_offset": pieceOffset, "pieces": pieces}
        asked = self.ask(UploadTrajectory, "upload_trajectory", **fields)
        rclpy.spin_until_future_complete(self.node, asked)

    def cmdFullState(self, pos, vel, acc, yaw, omega):  # noqa: ARG002  # as scripts call it
        message = FullState()
        message.header.stamp = self.node.get_clock().now().to_msg()
        p, q = message.pose.position, message.pose.orientation
        p.x, p.y, p.z = (float(value) for value in pos)
        q.z, q.w = float(np.sin(0.5 * yaw)), float(np.cos(0.5 * yaw))
        self._full.publish(message)

    def notifySetpointsStop(self, remainValidMillisecs=100):
        fields = {"remain_valid_millisecs": remainValidMillisecs}
        self.ask(NotifySetpointsStop, "notify_setpoints_stop", **fields)


class CrazyflieServer(_Asked):
    def __init__(self):
        node = Node("CrazyflieAPI")
        super().__init__(node, "/all")
        assert node.create_client(Takeoff, "/all/takeoff").wait_for_service(60.0)
        found = self._names
        while not found():
            rclpy.spin_once(node, timeout_sec=0.1)
        self.crazyflies = [Crazyflie(node, name) for name in found()]

    def _names(self):
        ending = "/start_trajectory"
        names = [name for name, _ in self.node.get_service_names_and_types()]
        names = [name[1:].removesuffix(ending) for name in names if name.endswith(ending)]
        return sorted(name for name in names if name != "all")


class TimeHelper:
    def __init__(self, node):
        self.node, self._next = node, None
        self._spin = partial(rclpy.spin_once, node, timeout_sec=0.002)

    def time(self):
        return self.node.get_clock().now().nanoseconds / 1e9

    def sleep(self, duration):
        end = self.time() + duration
        while self.time() < end:
            self._spin()

    def sleepForRate(self, rateHz):
        self._next = self.time() + 1.0 / rateHz if self._next is None else self._next
        while self.time() < self._next:
            self._spin()
        self._next += 1.0 / rateHz


class Crazyswarm:
    def __init__(self):
        rclpy.init()
        self.allcfs = CrazyflieServer()
        self.timeHelper = TimeHelper(self.allcfs.node)
