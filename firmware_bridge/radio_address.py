# SPDX-License-Identifier: Apache-2.0
"""Addresses of Crazyflies: by which dongle, on which channel, and which of them are one drone."""

import re
from dataclasses import dataclass

from firmware_bridge.link_faults import is_address

SCHEMES = ("radio", "usb", "udp", "tcp", "serial", "prrt")
"""Those that cflib knows."""

_RADIO = re.compile(
    r"radio://(?P<dongle>\d|[0-9A-Fa-f]{10})/(?P<channel>\d{1,3})/(?P<rate>250K|1M|2M)"
    r"(/(?P<address>[0-9A-Fa-f]{1,10}))?(\?\S*)?"
)
"""A dongle is told by its number or its serial number."""

_DEFAULT_ADDRESS = "E7E7E7E7E7"  # cflib, radiodriver.py: of an address that names none
_HIGHEST_CHANNEL = 125  # nRF24L01+: 2400 to 2525 MHz


@dataclass(frozen=True)
class RadioAddress:
    """What a radio:// address says.

    Attributes:
        dongle: Number or serial number of the Crazyradio.
        channel: In MHz above 2400.
        rate: "250K", "1M" or "2M" bit/s.
        address: Of the drone, ten hexadecimal digits.
    """

    dongle: str
    channel: int
    rate: str
    address: str


def radio_address(uri: str) -> RadioAddress | None:
    """The parts of a radio:// address; nothing where it is none."""
    match = _RADIO.fullmatch(uri)
    if match is None or int(match["channel"]) > _HIGHEST_CHANNEL:
        return None
    address = (match["address"] or _DEFAULT_ADDRESS).upper().rjust(10, "0")
    return RadioAddress(match["dongle"].upper(), int(match["channel"]), match["rate"], address)


def is_drone_address(uri: str) -> bool:
    """Whether an address is one that cflib can be asked to open."""
    scheme, found, _ = uri.partition("://")
    if not found or scheme not in SCHEMES:
        return False
    return radio_address(uri) is not None if scheme == "radio" else is_address(uri)


def drone_at(uri: str) -> str:
    """What is the same for all addresses of one drone: two dongles may reach it."""
    radio = radio_address(uri)
    if radio is None:
        return uri
    return f"{radio.address} on channel {radio.channel} at {radio.rate}"
