# SPDX-License-Identifier: Apache-2.0
"""A twin's log blocks: made, started and stopped by a client, sent at their periods."""

import errno
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from firmware_bridge.crtp_toc import LOG_BLOCKS, LOG_VARIABLES, Table

TYPES = {
    "uint8_t": (1, "B"),
    "uint16_t": (2, "H"),
    "uint32_t": (3, "I"),
    "int8_t": (4, "b"),
    "int16_t": (5, "h"),
    "int32_t": (6, "i"),
    "float": (7, "f"),
    "FP16": (8, "e"),
}
"""Code and struct letter of each type that can be logged."""

_LETTERS = dict(TYPES.values())
_PACKET_BYTES = 26

_DELETE, _START, _STOP, _RESET, _CREATE, _APPEND, _START_MS = 2, 3, 4, 5, 6, 7, 8


@dataclass
class _Block:
    """What one block sends; without a period it is stopped."""

    variables: list[tuple[str, str]] = field(default_factory=list)
    period_ms: int = 0
    due_ms: int = 0

    @property
    def size(self) -> int:
        return struct.calcsize("<" + "".join(letter for _, letter in self.variables))


class LogRoom:
    """The blocks of one client. Times are the drone's own, in milliseconds."""

    def __init__(self, table: Table, sample: Callable[[str], float]) -> None:
        """Begin without a block.

        Args:
            table: What can be logged.
            sample: The present value of a variable.
        """
        self.table = table
        self._sample = sample
        self._blocks: dict[int, _Block] = {}

    def command(self, request: bytes, now_ms: int) -> bytes | None:
        """Obey a request on channel 1; the answer ends in an error number, 0 for none."""
        if not request:
            return None
        command, number = request[0], request[1] if len(request) > 1 else 0
        if command == _RESET:
            self._blocks.clear()
            return bytes([_RESET, 0, 0])
        return bytes([command, number, self._obey(command, number, request[2:], now_ms)])

    def due(self, now_ms: int) -> list[bytes]:
        """The blocks whose time has come, as packets of channel 2."""
        out = []
        for number, block in self._blocks.items():
            while block.period_ms and block.due_ms <= now_ms:
                out.append(self._pack(number, block))
                block.due_ms += block.period_ms
        return out

    def next_due_ms(self) -> int | None:
        """When the next block is due, if one ever is."""
        return min((b.due_ms for b in self._blocks.values() if b.period_ms), default=None)

    def _obey(self, command: int, number: int, rest: bytes, now_ms: int) -> int:
        if command == _CREATE:
            if number in self._blocks:
                return errno.EEXIST
            if len(self._blocks) >= LOG_BLOCKS:
                return errno.ENOMEM
            self._blocks[number] = _Block()
            error = self._append(self._blocks[number], rest)
            if error:
                del self._blocks[number]
            return error
        block = self._blocks.get(number)
        if block is None:
            return errno.ENOENT
        if command == _APPEND:
            return self._append(block, rest)
        if command == _DELETE:
            del self._blocks[number]
        elif command == _STOP:
            block.period_ms = 0
        elif command in (_START, _START_MS) and rest:
            ten = command == _START
            block.period_ms = 10 * rest[0] if ten else int.from_bytes(rest[:2], "little")
            block.due_ms = now_ms + block.period_ms
        else:
            return errno.ENOEXEC
        return 0

    def _append(self, block: _Block, rest: bytes) -> int:
        """Add variables of 3 bytes each; cflib lets a lonely byte follow when a packet is full."""
        added = []
        for at in range(0, len(rest) - 2, 3):
            name = self.table.name_of(int.from_bytes(rest[at + 1 : at + 3], "little"))
            letter = _LETTERS.get(rest[at] & 0x0F)
            if name is None or letter is None:
                return errno.ENOENT
            added.append((name, letter))
        total = sum(len(b.variables) for b in self._blocks.values()) + len(added)
        if total > LOG_VARIABLES:
            return errno.ENOMEM
        if _Block(block.variables + added).size > _PACKET_BYTES:
            return errno.E2BIG
        block.variables += added
        return 0

    def _pack(self, number: int, block: _Block) -> bytes:
        head = bytes([number]) + (block.due_ms & 0xFFFFFF).to_bytes(3, "little")
        return head + b"".join(_cast(self._sample(name), to) for name, to in block.variables)


def _cast(value: float, letter: str) -> bytes:
    """A value as the type asked for, at its end where it does not fit."""
    if letter in "fe":
        try:
            return struct.pack("<" + letter, value)
        except OverflowError:
            return struct.pack("<" + letter, float("inf") if value > 0 else float("-inf"))
    bits = 8 * struct.calcsize("<" + letter)
    low, high = (0, 2**bits - 1) if letter.isupper() else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return struct.pack("<" + letter, min(max(int(value), low), high))
