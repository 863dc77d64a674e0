# SPDX-License-Identifier: Apache-2.0
"""Bags: folders with an MCAP file and a metadata.yaml, as rosbag2 writes and reads them.

Messages go in as the raw CDR bytes that came off the wire. A chunk is written out every second, so
that what a killed recorder leaves is whole but for its last second and its end;
`martlet.bag_recovery` writes the end anew, with what is here.
"""

import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import zstandard
from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.records import (
    Channel,
    Chunk,
    ChunkIndex,
    DataEnd,
    Footer,
    Header,
    McapRecord,
    Message,
    MessageIndex,
    Schema,
    Statistics,
    SummaryOffset,
)

MAGIC = b"\x89MCAP0\r\n"
PROFILE, LIBRARY = "ros2", "martlet"
CHUNK_BYTES = 1024 * 1024
"""More than a second of eight drones."""
FLUSH_EVERY_S = 1.0
METADATA_VERSION = 5
"""Of metadata.yaml: the oldest that rosbag2 reads from Humble on."""


@dataclass
class Contents:
    """What an MCAP file holds, for its summary at the end.

    Attributes:
        schemas, channels: By their numbers.
        chunks: How many there are.
        chunk_indexes: Where they lie, as the summary's records.
        counts: Messages of each channel.
        first_ns, last_ns: When the first and the last were received.
    """

    schemas: dict[int, Schema] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    chunks: int = 0
    chunk_indexes: bytearray = field(default_factory=bytearray)
    counts: dict[int, int] = field(default_factory=dict)
    first_ns: int = 0
    last_ns: int = 0

    @property
    def messages(self) -> int:
        """How many messages there are."""
        return sum(self.counts.values())

    def add_chunk(self, index: ChunkIndex, counts: dict[int, int]) -> None:
        """Take a chunk in: where it lies, and how many messages of each channel it holds."""
        first, last = index.message_start_time, index.message_end_time
        self.first_ns = min(self.first_ns, first) if self.chunks else first
        self.last_ns = max(self.last_ns, last)
        self.chunks += 1
        self.chunk_indexes += _bytes_of(index)  # as objects an hour of them takes 6 MiB
        for channel, count in counts.items():
            self.counts[channel] = self.counts.get(channel, 0) + count


def write_end(stream: BinaryIO, contents: Contents) -> None:
    """Write what closes an MCAP file: its summary, by which readers find their way."""
    stream.write(_bytes_of(DataEnd(data_section_crc=0)))
    start = stream.tell()
    groups = (
        (Opcode.SCHEMA, b"".join(map(_bytes_of, contents.schemas.values()))),
        (Opcode.CHANNEL, b"".join(map(_bytes_of, contents.channels.values()))),
        (Opcode.STATISTICS, _bytes_of(_statistics(contents))),
        (Opcode.CHUNK_INDEX, bytes(contents.chunk_indexes)),
    )
    summary, offsets = b"", b""
    for opcode, records in groups:
        if records:
            offsets += _bytes_of(SummaryOffset(opcode, start + len(summary), len(records)))
        summary += records
    offsets_start = start + len(summary)
    body = summary + offsets
    # The checksum runs over the summary and the footer up to the checksum itself.
    head = _bytes_of(Footer(start, offsets_start, 0))[:-4]
    stream.write(body + _bytes_of(Footer(start, offsets_start, zlib.crc32(body + head))) + MAGIC)
    stream.flush()


def _statistics(contents: Contents) -> Statistics:
    return Statistics(
        attachment_count=0,
        channel_count=len(contents.channels),
        channel_message_counts=contents.counts,
        chunk_count=contents.chunks,
        message_count=contents.messages,
        message_start_time=contents.first_ns,
        message_end_time=contents.last_ns,
        metadata_count=0,
        schema_count=len(contents.schemas),
    )


def _bytes_of(record: McapRecord) -> bytes:
    builder = RecordBuilder()
    record.write(builder)
    out: bytes = builder.end()
    return out


def write_metadata(folder: Path, file: str, contents: Contents) -> None:
    """Write metadata.yaml: beside its place first, then renamed."""
    duration = contents.last_ns - contents.first_ns
    lines = [
        "rosbag2_bagfile_information:",
        f"  version: {METADATA_VERSION}",
        "  storage_identifier: mcap",
        f"  relative_file_paths: [{file}]",
        f"  duration: {{nanoseconds: {duration}}}",
        f"  starting_time: {{nanoseconds_since_epoch: {contents.first_ns}}}",
        f"  message_count: {contents.messages}",
        "  topics_with_message_count:",
    ]
    for channel in contents.channels.values():
        type_ = contents.schemas[channel.schema_id].name
        lines += [
            f"    - message_count: {contents.counts.get(channel.id, 0)}",
            "      topic_metadata:",
            f"        name: {channel.topic}",
            f"        type: {type_}",
            "        serialization_format: cdr",
            '        offered_qos_profiles: ""',
        ]
    lines += [
        '  compression_format: ""',
        '  compression_mode: ""',
        "  files:",
        f"    - path: {file}",
        f"      starting_time: {{nanoseconds_since_epoch: {contents.first_ns}}}",
        f"      duration: {{nanoseconds: {duration}}}",
        f"      message_count: {contents.messages}",
    ]
    aside = folder / "metadata.yaml.part"
    aside.write_text("\n".join(lines) + "\n")
    aside.replace(folder / "metadata.yaml")


class BagWriter:
    """Writes one bag; a context manager.

    Attributes:
        folder: The bag.
    """

    def __init__(self, folder: Path) -> None:
        """Begin a bag.

        Raises:
            FileExistsError: There is one in this folder already.
        """
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._file = f"{folder.name}_0.mcap"
        self._stream = (folder / self._file).open("xb")
        self._stream.write(MAGIC + _bytes_of(Header(PROFILE, LIBRARY)))
        self._stream.flush()
        self._contents = Contents()
        self._flushed_s = time.monotonic()
        self._records = RecordBuilder()
        self._index: dict[int, list[tuple[int, int]]] = {}
        self._first_ns = self._last_ns = 0

    def add_topic(self, topic: str, type_: str, definition: str) -> int:
        """Announce a topic.

        Args:
            topic: Its name.
            type_: Its type, like "nav_msgs/msg/Odometry".
            definition: Of the type and all that it holds, in the encoding "ros2msg".

        Returns:
            The number that `write` takes.
        """
        schema = next((s for s in self._contents.schemas.values() if s.name == type_), None)
        if schema is None:
            number = len(self._contents.schemas) + 1
            schema = Schema(number, definition.encode(), "ros2msg", type_)
            self._contents.schemas[number] = schema
            schema.write(self._records)
        number = len(self._contents.channels) + 1
        channel = Channel(number, topic, "cdr", {"offered_qos_profiles": ""}, schema.id)
        self._contents.channels[number] = channel
        channel.write(self._records)
        return number

    def write(self, topic: int, received_ns: int, sent_ns: int, cdr: bytes) -> None:
        """Record a message as it came off the wire."""
        self._index.setdefault(topic, []).append((received_ns, self._records.count))
        self._first_ns = min(self._first_ns or received_ns, received_ns)
        self._last_ns = max(self._last_ns, received_ns)
        Message(topic, received_ns, cdr, sent_ns, 0).write(self._records)
        if self._records.count >= CHUNK_BYTES:
            self.flush()

    def flush_if_due(self) -> None:
        """Write out what was recorded, when the last time was a second ago."""
        if time.monotonic() - self._flushed_s >= FLUSH_EVERY_S:
            self.flush()

    def flush(self) -> None:
        """Write out what was recorded, so that it survives this process."""
        self._flushed_s = time.monotonic()
        if not self._index:
            return
        data = self._records.end()
        self._contents.add_chunk(
            self._write_chunk(data), {topic: len(rows) for topic, rows in self._index.items()}
        )
        self._stream.flush()
        self._begin_chunk()

    def close(self) -> None:
        """Write the end, and metadata.yaml."""
        if self._stream.closed:
            return
        self.flush()
        with self._stream:
            write_end(self._stream, self._contents)
        write_metadata(self.folder, self._file, self._contents)

    def __enter__(self) -> "BagWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _begin_chunk(self) -> None:
        self._records = RecordBuilder()
        self._index = {}
        self._first_ns = self._last_ns = 0

    def _write_chunk(self, data: bytes) -> ChunkIndex:
        squeezed = zstandard.compress(data)
        chunk = Chunk("zstd", squeezed, self._last_ns, self._first_ns, zlib.crc32(data), len(data))
        start = self._stream.tell()
        length = self._stream.write(_bytes_of(chunk))
        offsets = {}
        for topic, rows in self._index.items():
            offsets[topic] = self._stream.tell()
            self._stream.write(_bytes_of(MessageIndex(topic, rows)))
        return ChunkIndex(
            chunk_length=length,
            chunk_start_offset=start,
            compression="zstd",
            compressed_size=len(squeezed),
            message_end_time=self._last_ns,
            message_index_length=self._stream.tell() - start - length,
            message_index_offsets=offsets,
            message_start_time=self._first_ns,
            uncompressed_size=len(data),
        )
