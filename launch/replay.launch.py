# SPDX-License-Identifier: Apache-2.0
"""ros2 launch launch/replay.launch.py bag:=runs/first/flight speed:=2

Plays a recorded flight back through the topics that it was recorded from. It does not begin in a
domain in which somebody flies: ROS_DOMAIN_ID names another.
"""

from launch.actions import ExecuteProcess, OpaqueFunction

from launch import LaunchContext, LaunchDescription
from martlet_bringup.bag import ReplaySettings, words
from martlet_bringup.explanations import REPLAY
from martlet_bringup.launching import declared, given, program


def generate_launch_description() -> LaunchDescription:
    arguments = declared(ReplaySettings, REPLAY, {})
    return LaunchDescription([*arguments, OpaqueFunction(function=processes)])


def processes(context: LaunchContext) -> list[ExecuteProcess]:
    return [program("replay", words(given(ReplaySettings, context, __file__)))]
