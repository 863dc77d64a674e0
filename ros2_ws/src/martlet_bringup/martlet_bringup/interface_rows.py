# SPDX-License-Identifier: Apache-2.0
"""Every topic, service and action of a flight, in every backend alike: said once.

tests/ros holds the running graph against it, and `interface_page.py` makes docs/ros_interface.md of
it. It imports the standard library alone.
"""

from martlet_bringup.interface import Entry, Kind

THEIRS = "crazyflie_interfaces"
STAND_IN = "martlet_msgs"

TICK = "100 Hz"
TURNS = "100 Hz; of more than 4 drones each in its turn"

SAID = (
    Entry(
        "/fleet/states",
        "topic",
        "martlet_msgs/msg/FleetStates",
        "backend",
        "the state of every drone, one message a tick",
        "out",
        "states",
        TICK,
    ),
    Entry(
        "/fleet/truth",
        "topic",
        "martlet_msgs/msg/FleetStates",
        "backend",
        "where simulated drones are, which nobody in flight knows; silent elsewhere",
        "out",
        "states",
        TICK,
    ),
    Entry(
        "/clock",
        "topic",
        "rosgraph_msgs/msg/Clock",
        "backend",
        "the flight's clock",
        "out",
        "states",
        TICK,
    ),
    Entry(
        "/fleet/cmd_rate_thrust",
        "topic",
        "martlet_msgs/msg/FleetRateThrust",
        "policy",
        "what a policy commands",
        "out",
        "commands",
        TICK,
    ),
    Entry(
        "/{drone}/odom",
        "topic",
        "nav_msgs/msg/Odometry",
        "backend",
        "pose [m; W], twist in the child frame [m/s, rad/s; B]",
        "out",
        "states",
        TURNS,
        "its angular rate is in deg/s there",
    ),
    Entry(
        "/{drone}/pose",
        "topic",
        "geometry_msgs/msg/PoseStamped",
        "backend",
        "pose [m; W]",
        "out",
        "states",
        TURNS,
        "same; reliable where crazyflie_interfaces is installed",
    ),
    Entry(
        "/{drone}/goal",
        "topic",
        "geometry_msgs/msg/PointStamped",
        "policy",
        "where the task wants the drone [m; W]",
        "out",
        "states",
        TURNS,
    ),
    Entry(
        "/{drone}/status",
        "topic",
        "martlet_msgs/msg/DroneStatus",
        "backend",
        "armed, flying, who commands, the guard's stage and reason, link",
        "out",
        "status",
        "10 Hz and on change",
        "another type: supervisor bits and radio counts",
    ),
    Entry(
        "/{drone}/battery",
        "topic",
        "sensor_msgs/msg/BatteryState",
        "backend",
        "voltage [V], charge [0 to 1]",
        "out",
        "status",
        "10 Hz",
        "in `status` there",
    ),
    Entry(
        "/{drone}/robot_description",
        "topic",
        "std_msgs/msg/String",
        "backend",
        "URDF of the airframe; its link is the drone's frame",
        "out",
        "kept",
        "once",
        "same",
    ),
    Entry(
        "/tf",
        "topic",
        "tf2_msgs/msg/TFMessage",
        "backend",
        "world to each drone [m; W], while somebody listens",
        "out",
        "tools",
        TURNS,
        "same",
        "tf2_msgs",
    ),
    Entry(
        "/diagnostics",
        "topic",
        "diagnostic_msgs/msg/DiagnosticArray",
        "backend",
        "how well a drone is, one after the other, and the numbers behind it",
        "out",
        "tools",
        "1 Hz",
        "",
        "diagnostic_msgs",
    ),
)

HEARD = (
    Entry(
        "/fleet/cmd_rate_thrust",
        "topic",
        "martlet_msgs/msg/FleetRateThrust",
        "backend",
        "streamed: thrust [N], body rates [rad/s; B] of the whole fleet",
        "in",
        "commands",
        TICK,
    ),
    Entry(
        "/fleet/states",
        "topic",
        "martlet_msgs/msg/FleetStates",
        "policy",
        "the states that it answers",
        "in",
        "commands",
        TICK,
    ),
    Entry(
        "/{drone}/status",
        "topic",
        "martlet_msgs/msg/DroneStatus",
        "policy",
        "whether it may fly the drone",
        "in",
        "status",
        "10 Hz and on change",
    ),
    Entry(
        "/operator/key",
        "topic",
        "std_msgs/msg/Bool",
        "backend",
        "the dead-man key, where the guard asks for one",
        "in",
        "commands",
        "20 Hz",
    ),
    Entry(
        "/{drone}/cmd_rate_thrust",
        "topic",
        "martlet_msgs/msg/RateThrust",
        "backend",
        "streamed: thrust [N], body rates [rad/s; B]",
        "in",
        "commands",
        "above 4 Hz",
        "`cmd_vel_legacy` there: degrees and 16-bit counts",
    ),
    Entry(
        "/{drone}/external_pose",
        "topic",
        "geometry_msgs/msg/PoseStamped",
        "backend",
        "where motion capture sees the drone [m; W]",
        "in",
        "commands",
        "up to 100 Hz",
        "`/poses` there, of all drones",
    ),
)

_SETPOINTS = (
    (
        "cmd_full_state",
        "FullState",
        "pose and motion; the stock controller takes position, heading",
    ),
    ("cmd_position", "Position", "point [m; W], heading [rad]"),
    ("cmd_velocity_world", "VelocityWorld", "velocity [m/s; W], yaw rate [rad/s]"),
    (
        "cmd_hover",
        "Hover",
        "velocities ahead and to the left [m/s], yaw rate [rad/s], height [m; W]",
    ),
)


def _setpoint(name: str, type_: str, what: str, users: str) -> Entry:
    return Entry(
        name,
        "topic",
        f"{STAND_IN}/msg/{type_}",
        "fleet_desk",
        f"streamed: {what}",
        "in",
        "commands",
        "above 4 Hz",
        users,
    )


SETPOINTS = (
    *(_setpoint(f"/{{drone}}/{topic}", type_, what, "same") for topic, type_, what in _SETPOINTS),
    _setpoint("/all/cmd_full_state", "FullState", "the same to all drones", "same"),
)
"""Where crazyflie_interfaces is installed its types, heard by the node crazyflie_server."""


def _both(name: str, kind: Kind, type_: str, what: str, users: str) -> tuple[Entry, ...]:
    return tuple(
        Entry(f"/{whose}/{name}", kind, type_, "fleet_desk", what, users=users)
        for whose in ("{drone}", "all")
    )


ASKED = (
    *_both(
        "arm",
        "service",
        "martlet_msgs/srv/Arm",
        "let motors turn, or not; answers why not",
        "same name; says nothing there",
    ),
    *_both("emergency", "service", "std_srvs/srv/Empty", "motors off, now", "same"),
    *_both(
        "notify_setpoints_stop",
        "service",
        "std_srvs/srv/Trigger",
        "whoever streams has done: the drone brakes and hovers by itself",
        "same, with an answer",
    ),
    *_both(
        "takeoff",
        "action",
        "martlet_msgs/action/Takeoff",
        "climb and hover; ends when the drone hovers, or with the reason",
        "a service there",
    ),
    *_both(
        "land",
        "action",
        "martlet_msgs/action/Land",
        "sink, and motors off on the ground",
        "a service there",
    ),
    Entry(
        "/{drone}/go_to",
        "action",
        "martlet_msgs/action/GoTo",
        "fleet_desk",
        "fly to a point [m; W] and hover there",
        users="a service there",
    ),
    Entry(
        "/fleet/fly_task",
        "action",
        "martlet_msgs/action/FlyTask",
        "policy",
        "let the policy fly; answers with the referee's figures",
    ),
)

_THEIRS = (
    ("takeoff", "Takeoff", "height [m; W], duration"),
    ("land", "Land", "height [m; W], duration"),
    ("go_to", "GoTo", "point [m; W or from here], yaw [rad], duration"),
    ("upload_trajectory", "UploadTrajectory", "polynomials of x, y, z [m], yaw [rad]"),
    ("start_trajectory", "StartTrajectory", "fly them, stretched, backwards, from here"),
    ("notify_setpoints_stop", "NotifySetpointsStop", "whoever streams has done"),
    ("arm", "Arm", "let motors turn, or not"),
)

THEIR_SERVICES = tuple(
    Entry(
        f"/{whose}/{name}",
        "service",
        f"{THEIRS}/srv/{type_}",
        "crazyflie_server",
        what,
        users="same",
        needs=THEIRS,
        replaces=name == "notify_setpoints_stop",
    )
    for name, type_, what in _THEIRS
    for whose in ("{drone}", "all")
)

BESIDE = (
    Entry(
        "/poses",
        "topic",
        "motion_capture_tracking_interfaces/msg/NamedPoseArray",
        "mocap",
        "bodies by their names; or a PoseStamped topic each, or TF [m; W]",
        "in",
        "states",
        "up to 1 kHz",
        "same",
    ),
    Entry(
        "/{drone}/external_pose",
        "topic",
        "geometry_msgs/msg/PoseStamped",
        "mocap",
        "where motion capture sees the drone [m; W]",
        "out",
        "commands",
        "`rate_hz`",
    ),
    Entry(
        "/joy",
        "topic",
        "sensor_msgs/msg/Joy",
        "teleop",
        "a joystick, or `martlet teleop`'s keyboard",
        "in",
        "states",
        "20 Hz",
        "same",
    ),
    Entry(
        "/{drone}/cmd_hover",
        "topic",
        f"{STAND_IN}/msg/Hover",
        "teleop",
        "streamed while the dead-man button is held",
        "out",
        "commands",
        "20 Hz",
    ),
    Entry(
        "/operator/key",
        "topic",
        "std_msgs/msg/Bool",
        "teleop",
        "whether it is held",
        "out",
        "commands",
        "20 Hz",
    ),
)
"""Of nodes beside a flight, which it does without."""

INTERFACE = (*SAID, *HEARD, *SETPOINTS, *ASKED, *THEIR_SERVICES)

ABSENT = (
    (
        "`/{drone}/cmd_vel_legacy`",
        "degrees and 16-bit counts: `cmd_rate_thrust` has newtons and rad/s",
    ),
    ("`/{drone}/scan`", "no ranger deck is read"),
    (
        "`/{drone}/status` as crazyflie_interfaces/Status",
        "ours is martlet_msgs/DroneStatus, and `battery` is a topic of its own",
    ),
    ("`/poses` in the backend", "`mocap.launch.py` takes it to each drone's `external_pose`"),
    ("`/{drone}/set_group_mask`", "a group mask other than 0 is refused, and told"),
    ("`/{drone}/add_logging`", "what is logged is fixed: the state, at 100 Hz"),
    ("parameters `<drone>.params.*`", "firmware parameters are set in fleet.toml, and set back"),
)
"""What users of Crazyswarm2 will not find, and why."""


def graph(drones: tuple[str, ...], *installed: str) -> list[Entry]:
    """What the graph of some drones has.

    Args:
        drones: Their names.
        installed: The packages of `needs` that there are.
    """
    with_theirs = THEIRS in installed
    replaced = {e.name for e in INTERFACE if e.replaces and e.needs in installed}
    found = []
    for entry in INTERFACE:
        if entry.needs and entry.needs not in installed:
            continue
        if entry.name in replaced and not entry.replaces:
            continue
        if entry in SETPOINTS and with_theirs:
            type_ = entry.type.replace(STAND_IN, THEIRS)
            entry = Entry(**{**vars(entry), "type": type_, "node": "crazyflie_server"})
        found += [entry.of(drone) for drone in drones] if entry.of_drone else [entry]
    return found
