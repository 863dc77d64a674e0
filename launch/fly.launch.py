# SPDX-License-Identifier: Apache-2.0
"""ros2 launch launch/fly.launch.py policy:=runs/first/policy.onnx backend:=sim|twin|hardware

Starts the nodes of a flight, as martlet_bringup/stack.py says; `ros2 launch -s` lists arguments.
The flight itself is then yours: /cf1/takeoff, /fleet/fly_task, /cf1/land.
"""

from dataclasses import fields
from pathlib import Path
from typing import get_args

from ament_index_python.packages import get_package_prefix, get_package_share_directory
from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from launch import LaunchContext, LaunchDescription
from martlet_bringup.stack import BACKENDS, FlightSettings, stack, twin, with_twin

ARGUMENTS = {
    "policy": "the policy file",
    "backend": "what flies: sim; twin (the simulator behind the radio's protocol); hardware",
    "drones": "the drones' names, separated by commas",
    "airframe": "what the drones are: a name under sim_core/airframes, or a file",
    "seed": "simulator, twin: seed of the estimate's noise, and of what the link loses",
    "state_delay_s": "simulator, twin: link delay from drone to host [s]",
    "command_delay_s": "simulator, twin: link delay from host to drone [s]; of a twin the same",
    "noise": "simulator, twin: noise of the estimate, true or false",
    "battery": "simulator, twin: whether the battery drains and sags, true or false",
    "clock": "simulator: real (by the wall) or lockstep (a tick for every command)",
    "factor": "simulator: simulated over wall time; in lockstep the fastest",
    "listeners": "listeners to states and commands to wait for; 0: none in particular",
    "loss": "twin: share of streamed packets that its link loses",
    "uris": "hardware: the drones' addresses, separated by commas",
    "starts": "simulator, twin: x, y, z [m], yaw [rad] of each drone, with commas; none: in a row",
    "offsets_m": "x, y, z [m] by which each drone's path is moved, with commas; none: 0",
    "box_low_m": "x, y, z [m] of the geofence's lowest corner; none: as in the parameter file",
    "box_high_m": "x, y, z [m] of the opposite corner; none: as in the parameter file",
    "max_tilt_deg": "largest tilt that the guard allows [deg]; 0: as in the parameter file",
    "max_speed_m_s": "largest speed that it allows [m/s]; 0: as in the parameter file",
    "operator_s": "oldest sign of the operator's dead-man key [s]; 0: as in the parameter file",
    "added_mass_kg": "simulator: mass that each drone carries [kg]",
    "fleet": "hardware, twin: fleet file that says how the drones are set; none: as they are",
}


def generate_launch_description() -> LaunchDescription:
    defaults = {field.name: field.default for field in fields(FlightSettings)}
    arguments = []
    for name, description in ARGUMENTS.items():
        words = {"choices": list(BACKENDS)} if name == "backend" else {}
        if name != "policy":
            words["default_value"] = text_of(defaults[name])
        arguments.append(DeclareLaunchArgument(name, description=description, **words))
    return LaunchDescription([*arguments, OpaqueFunction(function=processes)])


def processes(context: LaunchContext) -> list[Node | ExecuteProcess]:
    texts = {name: LaunchConfiguration(name).perform(context) for name in ARGUMENTS}
    config = Path(get_package_share_directory("martlet_bringup")) / "config"
    settings = with_twin(settings_of(texts))
    nodes = [
        Node(
            package=node.package,
            executable=node.executable,
            name=node.name,
            parameters=[str(config / node.parameter_file), dict(node.parameters)],
            remappings=list(node.remappings),
            output="screen",
            emulate_tty=True,
            sigterm_timeout=str(node.end_s),
        )
        for node in stack(settings)
    ]
    if not (words := twin(settings)):
        return nodes
    program = Path(get_package_prefix("martlet_bringup")) / "lib" / "martlet_bringup" / "twin"
    return [ExecuteProcess(cmd=[str(program), *words], name="twin", output="screen"), *nodes]


def settings_of(texts: dict[str, str]) -> FlightSettings:
    """The arguments' texts as values, by the types of `FlightSettings`."""
    values = {}
    for field in fields(FlightSettings):
        text = texts[field.name]
        if field.type is bool:
            if text not in ("true", "false"):
                raise ValueError(f"{field.name}: expected true or false, got {text!r}")
            values[field.name] = text == "true"
        elif field.type in (int, float, str):
            values[field.name] = field.type(text)
        else:
            of = get_args(field.type)[0]
            values[field.name] = tuple(of(name.strip()) for name in text.split(",") if name.strip())
    return FlightSettings(**values)


def text_of(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
