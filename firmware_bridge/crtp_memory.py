# SPDX-License-Identifier: Apache-2.0
"""A twin's memories: that of trajectories, and one by which clients test reading and writing."""

import struct

TRAJECTORY, TESTER = 0x12, 0x15
SIZES = {TRAJECTORY: 4096, TESTER: 4096}
"""Bytes of each kind, as the firmware has them; a memory's number is its place here."""

_COUNT, _DETAILS = 1, 2
_ERROR = b"\1"


class MemoryRoom:
    """Port 4 of one drone.

    Attributes:
        wrong: Bytes written to the tester that are not the lowest of their addresses.
    """

    def __init__(self) -> None:
        """Begin with memories full of zeros."""
        self.wrong = 0
        self._trajectories = bytearray(SIZES[TRAJECTORY])

    def forget(self) -> None:
        """Count what is written to the tester from 0 on."""
        self.wrong = 0

    def trajectory_bytes(self, address: int, size: int) -> bytes:
        """What clients have written of trajectories."""
        return bytes(self._trajectories[address : address + size])

    def answer(self, channel: int, data: bytes) -> bytes | None:
        """Tell what there is (channel 0), read (1) or write (2)."""
        if channel == 0:
            return self._told(data)
        if len(data) < 5 or channel not in (1, 2):
            return None
        number, address = struct.unpack_from("<BI", data)
        size = data[5] if channel == 1 and len(data) > 5 else len(data) - 5
        kinds = list(SIZES)
        if number >= len(kinds) or address + size > SIZES[kinds[number]]:
            return data[:5] + _ERROR
        if channel == 1:
            return data[:5] + b"\0" + self._read(kinds[number], address, size)
        self._write(kinds[number], address, data[5:])
        return data[:5] + b"\0"

    def _told(self, data: bytes) -> bytes | None:
        if data[:1] == bytes([_COUNT]):
            return bytes([_COUNT, len(SIZES)])
        if data[:1] == bytes([_DETAILS]) and len(data) > 1 and data[1] < len(SIZES):
            kind = list(SIZES)[data[1]]
            return data[:2] + struct.pack("<BI", kind, SIZES[kind]) + bytes(8)
        return data[:2]

    def _read(self, kind: int, address: int, size: int) -> bytes:
        if kind == TRAJECTORY:
            return self.trajectory_bytes(address, size)
        return bytes(at & 0xFF for at in range(address, address + size))

    def _write(self, kind: int, address: int, data: bytes) -> None:
        if kind == TRAJECTORY:
            self._trajectories[address : address + len(data)] = data
        else:
            self.wrong += sum(byte != at & 0xFF for at, byte in enumerate(data, address))
