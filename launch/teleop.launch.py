# SPDX-License-Identifier: Apache-2.0
"""ros2 launch launch/teleop.launch.py drones:=cf1

Flies by joystick while the right shoulder button is held: beside fly.launch.py or swarm.launch.py.
Without a joystick: `martlet teleop`, in a terminal of its own.
"""

from launch.actions import OpaqueFunction
from launch_ros.actions import Node

from launch import LaunchContext, LaunchDescription
from martlet_bringup.bridges import TeleopSettings, teleop
from martlet_bringup.explanations import TELEOP
from martlet_bringup.launching import declared, given, joystick, node


def generate_launch_description() -> LaunchDescription:
    arguments = declared(TeleopSettings, TELEOP, {})
    return LaunchDescription([*arguments, OpaqueFunction(function=processes)])


def processes(context: LaunchContext) -> list[Node]:
    settings = given(TeleopSettings, context, __file__)
    driver = [joystick(settings.joystick, settings.topic)] if settings.joystick >= 0 else []
    return [*driver, node(teleop(settings))]
