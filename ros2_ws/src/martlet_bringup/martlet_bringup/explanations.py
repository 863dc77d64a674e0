# SPDX-License-Identifier: Apache-2.0
"""A line on each launch argument: what `ros2 launch ... --show-args` tells."""

FLIGHT = {
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
    "onboard": "simulator, twin: library of a policy that flies on board; none: none does",
    "exported": "twin, hardware: folder of the export that the drone has on board; none: none",
    "planned_from": "x, y, z [m], yaw [rad] where one drone's tasks begin as planned, with commas",
}
"""Of `stack.FlightSettings`."""

_OF_A_SWARM = {
    "count": "how many drones, where no fleet file names them",
    "prefix": "what the drones' names begin with; numbers from 1 on follow",
    "spacing_m": "between two drones, which stand in a square about the origin [m]",
    "fleet": "fleet file with names, addresses, airframe and starts; none: `count` drones",
    "airframe": "what the drones are, where no fleet file says so: a name or a file",
}

_AS_OF_A_FLIGHT = (
    *("policy", "backend", "seed", "noise", "battery", "clock", "factor", "listeners"),
    *("operator_s", "box_low_m", "box_high_m"),
)

SWARM = {name: FLIGHT[name] for name in _AS_OF_A_FLIGHT[:2]}
SWARM |= _OF_A_SWARM | {name: FLIGHT[name] for name in _AS_OF_A_FLIGHT[2:]}
"""Of `swarm.SwarmSettings`."""

REPLAY = {
    "bag": "the bag's folder: of a run of `martlet fly`, its folder flight",
    "speed": "times the time in which it was recorded",
    "start_s": "how much of it is left out at the beginning [s]",
    "loop": "whether it begins anew at its end, true or false",
}
"""Of `bag.ReplaySettings`."""

MOCAP = {
    "drones": "the drones' names, separated by commas",
    "bodies": "what motion capture calls each of them, separated by commas; none: the same",
    "source": "pose (a PoseStamped topic each), poses (one NamedPoseArray, as Crazyswarm2), or tf",
    "topic": "where; with {body} where each body has its own; none: /vrpn_mocap/{body}/pose, ...",
    "frame": "the frame that poses must be in",
    "rate_hz": "how many poses a second each drone is told at most",
    "lost_s": "unseen for so long [s], a drone is named in the log",
}
"""Of `bridges.MocapSettings`."""

TELEOP = {
    "drones": "the names of the drones that are steered, separated by commas",
    "joystick": "number of the joystick to open (needs the package joy); -1: /joy is said already",
    "topic": "where the joystick is heard, sensor_msgs/Joy",
    "speed_m_s": "speed ahead and aside at full stick [m/s]",
    "climb_m_s": "speed up and down at full stick [m/s]",
    "turn_rad_s": "yaw rate at full stick [rad/s]",
    "takeoff_m": "height to take off to, above the floor [m]",
    "highest_m": "no higher by hand [m; W]",
}
"""Of `bridges.TeleopSettings`."""
