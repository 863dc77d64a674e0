# SPDX-License-Identifier: Apache-2.0
"""How well a drone is, for /diagnostics: a level, a sentence, and the numbers behind it."""

import math
from dataclasses import dataclass
from enum import IntEnum

from firmware_bridge.flight_guard import Stage
from firmware_bridge.guard_rules import GuardLimits
from firmware_bridge.link_statistics import LEAST_QUALITY
from martlet_nodes.drone_status import Status


class Level(IntEnum):
    """The numbers are those of diagnostic_msgs/DiagnosticStatus."""

    OK = 0
    WARN = 1
    ERROR = 2


@dataclass(frozen=True)
class Diagnosis:
    """What is said of one drone."""

    name: str
    level: Level
    message: str
    values: tuple[tuple[str, str], ...]


def diagnose(status: Status, volts: float, limits: GuardLimits) -> Diagnosis:
    """Look at one drone.

    Args:
        status: How it stands.
        volts: Of its battery; not a number where nobody knows.
        limits: The guard's.
    """
    if math.isinf(status.age_s):
        level, message = Level.ERROR, "has not been heard yet"
    elif status.stage is not Stage.NOMINAL:
        level, message = Level.ERROR, f"guard: {status.stage.name}: {status.reason}"
    elif status.age_s > limits.lost_s:
        level, message = Level.ERROR, f"last heard {status.age_s:.2f} s ago"
    elif volts < limits.battery_low_v:
        level, message = Level.WARN, f"battery has {volts:.2f} V"
    elif status.quality < LEAST_QUALITY:
        level, message = Level.WARN, f"link answers {100.0 * status.quality:.0f} % of packets"
    else:
        level, message = Level.OK, "flies" if status.flying else "stands ready"
    numbers = {
        "armed": str(status.armed).lower(),
        "flying": str(status.flying).lower(),
        "commander": status.commander.name,
        "guard_stage": status.stage.name,
        "guard_interventions": str(status.interventions),
        "state_age_s": f"{status.age_s:.3f}",
        "battery_v": f"{volts:.2f}",
        "link_quality": f"{status.quality:.2f}",
    }
    return Diagnosis(status.name, level, message, tuple(numbers.items()))
