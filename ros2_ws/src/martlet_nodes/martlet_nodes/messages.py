# SPDX-License-Identifier: Apache-2.0
"""Our arrays as ROS messages, and back. Messages are made once and filled at every tick."""

import math
from array import array

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped
from martlet_msgs.msg import DroneStatus, FleetStates
from nav_msgs.msg import Odometry
from numpy.typing import NDArray
from sensor_msgs.msg import BatteryState

from martlet_nodes.drone_status import Status
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


def fill_odometry(message: Odometry, stamp: Time, state: Float32) -> None:
    """Write one drone's state; the twist is in the child frame, B."""
    message.header.stamp = stamp
    numbers = state.tolist()
    pose, twist = message.pose.pose, message.twist.twist
    p, turn = pose.position, pose.orientation
    p.x, p.y, p.z, turn.x, turn.y, turn.z, turn.w = numbers[:7]
    linear, angular = twist.linear, twist.angular
    linear.x, linear.y, linear.z = one_to_body(numbers[3:7], numbers[7:10])
    angular.x, angular.y, angular.z = numbers[10:]


def fill_pose(message: PoseStamped, odometry: Odometry) -> None:
    """Write the pose that an odometry message holds."""
    message.header.stamp = odometry.header.stamp
    message.pose = odometry.pose.pose


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
