# SPDX-License-Identifier: Apache-2.0
"""Where something outside sees a drone, as its firmware takes it."""

import math
import struct
from dataclasses import dataclass

from firmware_bridge.crtp_packets import Packet, Port
from firmware_bridge.errors import OrderError

_EXTERNAL_POSE = 8  # of port 6, channel 1


@dataclass(frozen=True)
class ExternalPose:
    """p_WB [m; W] and q_WB x y z w."""

    p_WB: tuple[float, float, float]
    q_WB: tuple[float, float, float, float]


def pose_packet(pose: ExternalPose) -> Packet:
    """What to send; the firmware has FLU and x y z w too.

    Raises:
        OrderError: Not finite numbers, or a quaternion of length 0.
    """
    numbers = (*pose.p_WB, *pose.q_WB)
    if not all(map(math.isfinite, numbers)) or not any(pose.q_WB):
        raise OrderError(f"external pose: expected finite numbers and a rotation, got {pose}.")
    return Packet(Port.LOCALIZATION, 1, struct.pack("<Bfffffff", _EXTERNAL_POSE, *numbers))
