# SPDX-License-Identifier: Apache-2.0
"""A twin's tables of contents: what there is to log or to set, by number, with a checksum."""

import random
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

_ITEM, _INFO = 2, 3  # the commands with 16-bit numbers, protocol 4 and later

LOG_BLOCKS, LOG_VARIABLES = 16, 128
"""How many a firmware takes at a time; a log table says so."""


@dataclass(frozen=True)
class Entry:
    """One variable or parameter.

    Attributes:
        name: "group.name".
        code: Its type, and for parameters 0x40 where read-only and 0x10 where extended.
    """

    name: str
    code: int

    def encode(self) -> bytes:
        """As an answer carries it."""
        return bytes([self.code]) + self.name.replace(".", "\0").encode("latin-1") + b"\0"


@dataclass(frozen=True)
class Table:
    """Entries in the order of their numbers."""

    entries: tuple[Entry, ...]
    limits: bytes = b""

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each name."""
        return {entry.name: number for number, entry in enumerate(self.entries)}

    @cached_property
    def checksum(self) -> int:
        """Differs whenever the entries or their order do: clients keep tables by it."""
        return zlib.crc32(b"".join(entry.encode() for entry in self.entries))

    def name_of(self, number: int) -> str | None:
        """The name with a number, if there is one."""
        return self.entries[number].name if number < len(self.entries) else None

    def answer(self, request: bytes) -> bytes | None:
        """The answer to a request on channel 0, if there is one."""
        if request[:1] == bytes([_INFO]):
            return struct.pack("<BHI", _INFO, len(self.entries), self.checksum) + self.limits
        if request[:1] == bytes([_ITEM]) and len(request) >= 3:
            number = int.from_bytes(request[1:3], "little")
            if number < len(self.entries):
                return request[:3] + self.entries[number].encode()
            return bytes([_ITEM])
        return None


def make_table(
    entries: Iterable[Entry],
    *,
    order: int | None = None,
    without: Sequence[str] = (),
    limits: bytes = b"",
) -> Table:
    """A table, as this firmware has it or as another would.

    Args:
        entries: What there is.
        order: Seed to shuffle them with.
        without: Names that are missing.
        limits: What the answer says beyond the checksum.
    """
    kept = [entry for entry in entries if entry.name not in without]
    if order is not None:
        random.Random(order).shuffle(kept)
    return Table(tuple(kept), limits)
