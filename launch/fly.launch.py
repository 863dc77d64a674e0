# SPDX-License-Identifier: Apache-2.0
"""ros2 launch launch/fly.launch.py policy:=runs/first/policy.onnx backend:=sim|twin|hardware

Starts the nodes of a flight, as martlet_bringup/stack.py says; `--show-args` explains arguments.
The flight itself is then yours: /cf1/takeoff, /fleet/fly_task, /cf1/land.
"""

from launch.actions import ExecuteProcess, OpaqueFunction
from launch_ros.actions import Node

from launch import LaunchContext, LaunchDescription
from martlet_bringup.explanations import FLIGHT
from martlet_bringup.launching import declared, flight, given
from martlet_bringup.stack import BACKENDS, FlightSettings


def generate_launch_description() -> LaunchDescription:
    arguments = declared(FlightSettings, FLIGHT, {"backend": BACKENDS})
    return LaunchDescription([*arguments, OpaqueFunction(function=processes)])


def processes(context: LaunchContext) -> list[Node | ExecuteProcess]:
    return flight(given(FlightSettings, context, __file__))
