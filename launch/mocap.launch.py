# SPDX-License-Identifier: Apache-2.0
"""ros2 launch launch/mocap.launch.py drones:=cf1,cf2 source:=poses

Takes what motion capture sees to the drones' external poses: beside fly.launch.py or
swarm.launch.py with backend:=hardware, and whatever driver the system has.
"""

from launch.actions import OpaqueFunction
from launch_ros.actions import Node

from launch import LaunchContext, LaunchDescription
from martlet_bringup.bridges import SOURCES, MocapSettings, mocap
from martlet_bringup.explanations import MOCAP
from martlet_bringup.launching import declared, given, node


def generate_launch_description() -> LaunchDescription:
    arguments = declared(MocapSettings, MOCAP, {"source": SOURCES})
    return LaunchDescription([*arguments, OpaqueFunction(function=processes)])


def processes(context: LaunchContext) -> list[Node]:
    return [node(mocap(given(MocapSettings, context, __file__)))]
