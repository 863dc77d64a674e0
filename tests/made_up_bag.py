# SPDX-License-Identifier: Apache-2.0
"""Flight logs as the bag of a flight, as far as those look into it who read flights from bags."""

from pathlib import Path

import numpy as np
from mcap_ros2.writer import Writer

from sim_core.flight_log import FlightLog

_MESSAGES = Path(__file__).parents[1] / "ros2_ws" / "src" / "martlet_msgs" / "msg"
_HEADER = """
================================================================================
MSG: std_msgs/Header
builtin_interfaces/Time stamp
string frame_id
================================================================================
MSG: builtin_interfaces/Time
int32 sec
uint32 nanosec
"""


def write_made_up_bag(folder: Path, logs: list[FlightLog]) -> None:
    """Write logs of one length as a fleet's flight: states and commands at the logs' times."""
    folder.mkdir(parents=True)
    with (folder / "flight_0.mcap").open("wb") as stream:
        writer = Writer(stream)
        schemas = {
            name: writer.register_msgdef(
                f"martlet_msgs/msg/{name}", (_MESSAGES / f"{name}.msg").read_text() + _HEADER
            )
            for name in ("FleetStates", "FleetRateThrust", "DroneStatus")
        }
        for row, t in enumerate(logs[0].t):
            ns = round(1e9 * (t + 1.0))
            stamp = {"sec": ns // 10**9, "nanosec": ns % 10**9}
            header = {"stamp": stamp, "frame_id": "W"}
            columns = [c for log in logs for c in (log.pos, log.quat_xyzw, log.vel, log.gyro)]
            states = np.concatenate([column[row] for column in columns])
            said = {"header": header, "states": states.tolist(), "age_s": [0.0] * len(logs)}
            writer.write_message("/fleet/states", schemas["FleetStates"], said, ns, ns)
            told = np.concatenate([log.command[row] for log in logs]).tolist()
            said = {"header": header, "commands": told, "engaged": [True] * len(logs)}
            writer.write_message("/fleet/cmd_rate_thrust", schemas["FleetRateThrust"], said, ns, ns)
        for number in range(len(logs)):
            said = {"header": header, "name": f"cf{number + 1}", "flying": True}
            topic = f"/cf{number + 1}/status"
            writer.write_message(topic, schemas["DroneStatus"], said, ns, ns)
        writer.finish()
