# SPDX-License-Identifier: Apache-2.0
"""How a trajectory travels to a Crazyflie: written to its memory, defined, started."""

import struct
from collections.abc import Iterator

from firmware_bridge.crtp_packets import Packet, Port
from firmware_bridge.errors import OrderError
from firmware_bridge.orders import Follow, Piece

PIECE_BYTES = 132
"""Eight coefficients each of x, y, z and yaw, and a duration."""

MEMORY_BYTES = 4096  # firmware, TRAJECTORY_MEMORY_SIZE
MOST_PIECES = MEMORY_BYTES // PIECE_BYTES
CHUNK_BYTES = 24
"""Of a write: its packet holds 30 bytes, of which memory and address take five."""

START_SINCE_PROTOCOL = 10
"""Since then a start says whether the heading is relative, too."""

WRITE, DEFINE, START_LEGACY, START = 2, 6, 5, 13
NUMBER, IN_MEMORY, POLYNOMIALS = 0, 1, 0
"""The trajectory's number on board, where it lies, and as what."""


def trajectory_packets(order: Follow, memory: int | None, protocol: int) -> Iterator[Packet]:
    """What to send, in this order.

    Args:
        order: The trajectory, and how it is flown.
        memory: Number of the drone's memory for trajectories; None where it has none.
        protocol: Version that its firmware speaks.

    Raises:
        OrderError: It has no such memory, or too small a one.
    """
    count = len(order.pieces)
    if memory is None:
        raise OrderError("trajectory: this firmware has no memory for one.")
    if not 0 < count <= MOST_PIECES:
        raise OrderError(f"trajectory: expected 1 to {MOST_PIECES} pieces, got {count}.")
    data = b"".join(_packed(piece) for piece in order.pieces)
    for at in range(0, len(data), CHUNK_BYTES):
        head = struct.pack("<BI", memory, at)
        yield Packet(Port.MEMORY, WRITE, head + data[at : at + CHUNK_BYTES])
    definition = (DEFINE, NUMBER, IN_MEMORY, POLYNOMIALS, 0, count)
    yield Packet(Port.HIGH_LEVEL, 0, struct.pack("<BBBBIB", *definition))
    backwards, relative = False, order.relative
    if protocol >= START_SINCE_PROTOCOL:
        how = (START, 0, relative, order.turned, backwards, NUMBER, order.stretch)
        yield Packet(Port.HIGH_LEVEL, 0, struct.pack("<BBBBBBf", *how))
    else:
        old = (START_LEGACY, 0, relative, backwards, NUMBER, order.stretch)
        yield Packet(Port.HIGH_LEVEL, 0, struct.pack("<BBBBBf", *old))


def _packed(piece: Piece) -> bytes:
    numbers = [number for row in piece.coefficients for number in row]
    return struct.pack("<33f", *numbers, piece.duration_s)
