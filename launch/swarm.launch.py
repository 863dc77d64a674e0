# SPDX-License-Identifier: Apache-2.0
"""ros2 launch launch/swarm.launch.py policy:=policies/universal_brushless.onnx count:=8

Starts a swarm: so many drones in a square, or those of a fleet file (fleet:=fleet.toml). One policy
node flies all of them, batched. What to fly is then yours: /all/arm, /all/takeoff, /fleet/fly_task,
/all/land.
"""

from launch.actions import ExecuteProcess, OpaqueFunction
from launch_ros.actions import Node

from launch import LaunchContext, LaunchDescription
from martlet_bringup.explanations import SWARM
from martlet_bringup.launching import declared, flight, given
from martlet_bringup.stack import BACKENDS
from martlet_bringup.swarm import SwarmSettings, flight_of


def generate_launch_description() -> LaunchDescription:
    arguments = declared(SwarmSettings, SWARM, {"backend": BACKENDS})
    return LaunchDescription([*arguments, OpaqueFunction(function=processes)])


def processes(context: LaunchContext) -> list[Node | ExecuteProcess]:
    return flight(flight_of(given(SwarmSettings, context, __file__)))
