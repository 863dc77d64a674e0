# SPDX-License-Identifier: Apache-2.0
"""CRTP, the Crazyflie's packets: one header byte (port and channel), up to 30 bytes of payload.

All numbers travel little-endian. Source: the protocol as cflib 0.1.34 speaks it.
"""

from dataclasses import dataclass
from enum import IntEnum

MAX_PAYLOAD = 30


class Port(IntEnum):
    """What a packet is about."""

    CONSOLE = 0
    PARAM = 2
    COMMANDER = 3
    MEMORY = 4
    LOG = 5
    LOCALIZATION = 6
    SETPOINT = 7
    HIGH_LEVEL = 8
    SUPERVISOR = 9
    PLATFORM = 13
    LINK = 15


APP_CHANNEL = 2
"""Of port 13: what an app of the firmware hears.  # cflib 0.1.34, crazyflie/platformservice.py"""


@dataclass(frozen=True)
class Packet:
    """One packet."""

    port: int
    channel: int
    payload: bytes = b""

    @property
    def is_null(self) -> bool:
        """Whether it says nothing."""
        return self.port == Port.LINK and self.channel == 3

    def encode(self) -> bytes:
        """As one datagram; cflib sets the link's two bits, so both sides of UDP do."""
        return bytes([self.port << 4 | 0b1100 | self.channel]) + self.payload


def decode(datagram: bytes) -> Packet | None:
    """A packet of one datagram; nothing when it is none."""
    if not 1 <= len(datagram) <= 1 + MAX_PAYLOAD:
        return None
    return Packet(datagram[0] >> 4, datagram[0] & 0b11, datagram[1:])
