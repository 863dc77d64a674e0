# SPDX-License-Identifier: Apache-2.0
"""`martlet teleop`: drones flown by hand, from a terminal's keyboard or by joystick."""

import json
import os
import sys
import tempfile
from pathlib import Path

from martlet.flight.workspace import find_workspace
from martlet.key import domain_of_flight

TELEOP = Path("lib/martlet_nodes/teleop")


def run(drones: tuple[str, ...], domain: int | None, *, joystick: bool) -> None:
    """Become the program that flies; it does not return.

    Args:
        drones: Which.
        domain: See `domain_of_flight`.
        joystick: Whether /joy is said by a joystick's driver, and no keys are taken.

    Raises:
        UsageError: Several flights to choose from, or no workspace.
    """
    workspace = find_workspace()
    env = workspace.environment() | {"ROS_DOMAIN_ID": domain_of_flight(domain, "teleop")}
    config = workspace.stack.CONFIG / "teleop.param.yaml"
    words = [str(workspace.install / TELEOP), "--ros-args", "--params-file", str(config)]
    words += ["-p", f"drones:={json.dumps(list(drones))}"]
    if joystick:
        os.execve(words[0], words, env)
    log = Path(tempfile.gettempdir()) / f"martlet-teleop-{os.getuid()}.log"
    python = [sys.executable, "-m", "martlet.flight.teleop_keys", str(log)]
    os.execve(sys.executable, [*python, *words], env)
