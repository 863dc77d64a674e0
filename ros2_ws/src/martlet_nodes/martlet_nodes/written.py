# SPDX-License-Identifier: Apache-2.0
"""A message as it travels, whose numbers are written over at every tick.

rclpy turns a message into bytes whenever it is published, field by field: of an odometry, with its
two covariances, that costs more than all else about it.
"""

import struct
from collections.abc import Sequence
from typing import Any

from rclpy.serialization import serialize_message

STAMP = ("=iI", (0x11121314, 0x21222324))
"""Of a header that is in a message: its seconds and nanoseconds, and what to find them by."""

ENCAPSULATION = 4
"""Bytes before the message, from whose end on numbers are aligned.  # DDS-RTPS 2.5, 10.2.1"""

Block = tuple[str, Sequence[float]]


class Written:
    """One message in CDR, to be handed to `Publisher.publish`."""

    def __init__(self, message: Any, *blocks: Block, texts: Sequence[str] = ()) -> None:
        """Find where its numbers stand.

        Args:
            message: As it is to travel, but for the numbers of the blocks.
            texts: What stands in it as text, in order: behind each lies what memory held before, as
                far as the next number's place, and would differ from process to process.
            blocks: Numbers that follow each other, as `struct` packs them, and what they are now:
                by these they are found.

        Raises:
            ValueError: Numbers of a block that are in the message never, or more than once.
        """
        self._bytes = bytearray(serialize_message(message))
        self._places = []
        for form, numbers in blocks:
            found = struct.pack(form, *numbers)
            if self._bytes.count(found) != 1:
                raise ValueError(
                    f"{type(message).__name__}: expected {form} {numbers} in it once,"
                    f" got it {self._bytes.count(found)} times."
                )
            self._places.append((struct.Struct(form).pack_into, self._bytes.index(found)))
        begun = [place for _, place in self._places]
        end = 0
        for text in texts:
            end = self._bytes.index(text.encode() + b"\0", end) + len(text.encode()) + 1
            even = end + -(end - ENCAPSULATION) % 4  # the next text's length, or a block
            upto = next((place for place in begun if even <= place <= even + 4), even)
            self._bytes[end:upto] = bytes(upto - end)

    def filled(self, *blocks: Sequence[float]) -> bytes:
        """The message with the numbers of each block, in the order in which they were named."""
        for (pack_into, place), numbers in zip(self._places, blocks, strict=True):
            pack_into(self._bytes, place, *numbers)
        return bytes(self._bytes)
