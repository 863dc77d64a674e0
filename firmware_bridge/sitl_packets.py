# SPDX-License-Identifier: Apache-2.0
"""Packets between a simulator and the real firmware built for Linux, and what clients wait for."""

import math
import struct

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.crtp_packets import Packet, Port
from sim_core import _core

SUPERVISOR_SINCE_PROTOCOL = 12
"""Since then port 9 is the supervisor's, and the simulator's is 10."""

GYRO_LSB_RAD_S = math.radians(4000.0 / 65536.0)  # the BMI088 at ±2000 deg/s, as firmware reads it
ACCELEROMETER_LSB_M_S2 = 32.0 / 65536.0 * _core.GRAVITY_M_S2  # ±16 g


def imu_packet(felt: NDArray[np.float32], protocol: int) -> Packet:
    """What the firmware's IMU reads.

    Args:
        felt: Body rates [rad/s; B], specific force [m/s²; B], shape (6,).
        protocol: Version that the firmware speaks.
    """
    port = 10 if protocol >= SUPERVISOR_SINCE_PROTOCOL else 9
    rates = [_int16(value / GYRO_LSB_RAD_S) for value in felt[:3].tolist()]
    forces = [_int16(value / ACCELEROMETER_LSB_M_S2) for value in felt[3:].tolist()]
    return Packet(port, 0, struct.pack("<B6h", 0, *forces, *rates))


def motor_counts(packet: Packet) -> tuple[int, ...] | None:
    """The motor commands M1 to M4 in a packet, 0 to 65535; nothing when it holds none."""
    if packet.port not in (9, 10) or packet.channel != 0 or len(packet.payload) != 8:
        return None
    return struct.unpack("<4H", packet.payload)


def is_calibrated(packet: Packet) -> bool:
    """Whether a packet says that the gyro's zero has been found."""
    return packet.port in (9, 10) and packet.channel == 0 and packet.payload == b"\1"


def is_question(packet: Packet) -> bool:
    """Whether a client waits for an answer to a packet, on the same port and channel."""
    if packet.port in (Port.LINK, Port.PLATFORM):
        return packet.channel == 1
    return packet.port in (Port.PARAM, Port.MEMORY, Port.LOG)


def answers(packet: Packet, question: Packet) -> bool:
    """Whether a packet answers a question: it begins as that does, but for the link's own."""
    if (packet.port, packet.channel) != (question.port, question.channel):
        return False
    return packet.port == Port.LINK or packet.payload.startswith(question.payload[:2])


def _int16(value: float) -> int:
    return max(-32768, min(32767, round(value)))
