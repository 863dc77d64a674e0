# SPDX-License-Identifier: Apache-2.0
"""Our arrays as ROS messages, and back. Messages are made once and filled at every tick."""

import math
from array import array
from collections.abc import Sequence

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Pose, PoseStamped
from martlet_msgs.msg import DroneStatus, FleetStates
from nav_msgs.msg import Odometry
from numpy.typing import NDArray
from sensor_msgs.msg import BatteryState
from std_msgs.msg import Header

from martlet_nodes.drone_status import Status
from martlet_nodes.written import STAMP, Written
from sim_core.frames import one_to_body

Float32 = NDArray[np.float32]
WORLD = "world"
NANO = 1_000_000_000


def set_time(stamp: Time, time_s: float) -> None:
    """Write a time on the flight's clock into a stamp, to the microsecond."""
    nanoseconds = round(time_s * 1e6) * 1000
    stamp.sec, stamp.nanosec = nanoseconds // NANO, nanoseconds % NANO


def seconds(stamp: Time) -> float:
    """A stamp as a time on the flight's clock."""
    return float(stamp.sec) + 1e-9 * float(stamp.nanosec)


def floats(values: NDArray[np.floating]) -> array:  # type: ignore[type-arg]
    """Numbers as a float32[] field takes them."""
    out = array("f")
    out.frombytes(np.ascontiguousarray(values, dtype=np.float32).tobytes())
    return out


def rows(values: "array[float]", columns: int) -> Float32:
    """A float32[] field as rows; ends in a ValueError where it holds no whole rows."""
    return np.frombuffer(values, dtype=np.float32).reshape(-1, columns)


def fill_fleet(message: FleetStates, stamp_s: float, states: Float32, age_s: Float32) -> None:
    """Write the states of the whole fleet."""
    set_time(message.header.stamp, stamp_s)
    message.states = floats(states)
    message.age_s = floats(age_s)


def written_odometry(name: str) -> Written:
    """A drone's odometry: blocks of its stamp, its pose (x y z, x y z w) and its twist in B."""
    pose, twist = tuple(range(1, 8)), tuple(range(11, 17))
    message = Odometry(child_frame_id=name)
    message.pose.pose = _pose(pose)
    linear, angular = message.twist.twist.linear, message.twist.twist.angular
    linear.x, linear.y, linear.z, angular.x, angular.y, angular.z = map(float, twist)
    _set_header(message.header)
    return Written(message, STAMP, ("=7d", pose), ("=6d", twist), texts=(WORLD, name))


def written_pose() -> Written:
    """A drone's pose: blocks of its stamp and of x y z, x y z w."""
    pose = tuple(range(1, 8))
    message = PoseStamped(pose=_pose(pose))
    _set_header(message.header)
    return Written(message, STAMP, ("=7d", pose), texts=(WORLD,))


def pose_and_twist(state: Float32) -> tuple[list[float], tuple[float, ...]]:
    """One drone's state as an odometry has it: its twist is in the child frame, B."""
    numbers: list[float] = state.tolist()
    return numbers[:7], (*one_to_body(numbers[3:7], numbers[7:10]), *numbers[10:])


def _pose(numbers: Sequence[float]) -> Pose:
    pose = Pose()
    p, turn = pose.position, pose.orientation
    p.x, p.y, p.z, turn.x, turn.y, turn.z, turn.w = map(float, numbers)
    return pose


def _set_header(header: Header) -> None:
    header.frame_id = WORLD
    header.stamp.sec, header.stamp.nanosec = STAMP[1]


def status_message(status: Status, stamp: Time, latencies_s: list[float]) -> DroneStatus:
    """How a drone stands, as a message."""
    message = DroneStatus()
    message.header.stamp, message.header.frame_id = stamp, WORLD
    message.name = status.name
    message.armed, message.flying = status.armed, status.flying
    message.commander = int(status.commander)
    message.guard_stage, message.guard_reason = int(status.stage), status.reason
    message.guard_interventions = status.interventions
    message.link_quality, message.state_age_s = status.quality, status.age_s
    message.command_latency_s = array("f", latencies_s)
    return message


def battery_message(stamp: Time, volts: float, share: float) -> BatteryState:
    """A battery, as a message; what nobody measures is not a number."""
    message = BatteryState()
    message.header.stamp, message.header.frame_id = stamp, WORLD
    message.voltage, message.percentage = volts, share
    nobody_knows = ("temperature", "current", "charge", "capacity", "design_capacity")
    for name in nobody_knows:
        setattr(message, name, math.nan)
    message.power_supply_status = BatteryState.POWER_SUPPLY_STATUS_DISCHARGING
    message.power_supply_technology = BatteryState.POWER_SUPPLY_TECHNOLOGY_LIPO
    message.present = True
    return message
