# SPDX-License-Identifier: Apache-2.0
"""Bags whose recorder was killed: they lack their end, and maybe half a chunk before it.

The file is cut behind its last whole chunk, and gets the end that it would have had. Nothing that
was written out is lost.
"""

import io
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import zstandard
from mcap.data_stream import ReadDataStream, RecordBuilder
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, ChunkIndex, Message, MessageIndex, Schema

from martlet.bag import MAGIC, Contents, write_end, write_metadata
from martlet.errors import UsageError

_HEAD = struct.Struct("<BQ")  # opcode, length of what follows
_END = {Opcode.DATA_END, Opcode.FOOTER}


def recover_bag(path: Path) -> dict[str, Any]:
    """Give a bag the end that it lacks, in its place.

    Args:
        path: The bag's folder, or its .mcap file.

    Returns:
        What there is now: `file`, `messages`, `seconds`, `cut_bytes`, and whether it was `whole`.

    Raises:
        UsageError: No bag, or nothing in it that could be saved.
    """
    file = _file_of(path)
    with file.open("r+b") as stream:
        contents, end, last = _scan(stream, file)
        size = stream.seek(0, io.SEEK_END)
        stream.seek(max(size - len(MAGIC), 0))
        whole = stream.read() == MAGIC and size > end + len(MAGIC)
        if not whole:
            missing = last.missing()
            end = last.end if missing else end
            stream.seek(end)
            stream.truncate()
            _write_indexes(stream, last.index, missing)
            last.settle(contents)
            write_end(stream, contents)
        else:
            last.settle(contents)
    write_metadata(file.parent, file.name, contents)
    return {
        "file": str(file),
        "whole": whole,
        "messages": contents.messages,
        "seconds": round((contents.last_ns - contents.first_ns) * 1e-9, 3),
        "cut_bytes": 0 if whole else size - end,
    }


def _file_of(path: Path) -> Path:
    if path.is_dir():
        found = sorted(path.glob("*.mcap"))
        if len(found) != 1:
            raise UsageError(f"{path}: expected a folder with one .mcap file, got {len(found)}.")
        return found[0]
    if not path.is_file():
        raise UsageError(f"{path}: expected a bag's folder or its .mcap file, found neither.")
    return path


@dataclass
class _Pending:
    """A chunk whose message indexes are still being read."""

    index: ChunkIndex
    rows: dict[int, list[tuple[int, int]]]
    end: int

    def take_index(self, channel: int, start: int, end: int) -> None:
        self.index.message_index_offsets[channel] = start
        self.index.message_index_length += end - start

    def missing(self) -> list[MessageIndex]:
        """The indexes to be written anew: all, when one of them is missing."""
        if set(self.index.message_index_offsets) == set(self.rows):
            return []
        return [MessageIndex(channel, rows) for channel, rows in self.rows.items()]

    def settle(self, contents: Contents) -> None:
        counts = {channel: len(rows) for channel, rows in self.rows.items()}
        contents.add_chunk(self.index, counts)


def _scan(stream: BinaryIO, file: Path) -> tuple[Contents, int, _Pending]:
    """Read all whole chunks; returns what they hold, where the last of them ends, and that one."""
    if stream.read(len(MAGIC)) != MAGIC:
        raise UsageError(f"{file}: expected an MCAP file, got one that does not begin like that.")
    contents, end = Contents(), stream.tell()
    pending: _Pending | None = None
    while True:
        start = stream.tell()
        record = _next_record(stream)
        if record is None or record[0] in _END:
            break
        opcode, body = record
        if opcode == Opcode.CHUNK:
            chunk = _read_chunk(contents, body, start)
            if chunk is None:
                break
            if pending is not None:
                pending.settle(contents)
            pending = chunk
        elif opcode == Opcode.MESSAGE_INDEX and pending is not None:
            pending.take_index(MessageIndex.read(_reader(body)).channel_id, start, stream.tell())
        end = stream.tell()
    if pending is None:
        raise UsageError(f"{file}: expected at least one whole chunk, found none to save.")
    return contents, end, pending


def _next_record(stream: BinaryIO) -> tuple[int, bytes] | None:
    """The next record's opcode and body; None where the file breaks off."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    opcode, length = _HEAD.unpack(head)
    body = stream.read(length)
    return (opcode, body) if len(body) == length else None


def _write_indexes(stream: BinaryIO, chunk: ChunkIndex, missing: list[MessageIndex]) -> None:
    if missing:
        chunk.message_index_offsets, chunk.message_index_length = {}, 0
    for index in missing:
        chunk.message_index_offsets[index.channel_id] = stream.tell()
        builder = RecordBuilder()
        index.write(builder)
        chunk.message_index_length += stream.write(builder.end())


def _read_chunk(contents: Contents, body: bytes, start: int) -> _Pending | None:
    """What a chunk holds; None when it is damaged."""
    chunk = Chunk.read(_reader(body))
    try:
        data = (
            zstandard.decompress(chunk.data, max_output_size=chunk.uncompressed_size)
            if chunk.compression == "zstd"
            else chunk.data
        )
    except zstandard.ZstdError:
        return None
    if zlib.crc32(data) != chunk.uncompressed_crc:
        return None
    rows = _read_records(contents, io.BytesIO(data))
    index = ChunkIndex(
        chunk_length=_HEAD.size + len(body),
        chunk_start_offset=start,
        compression=chunk.compression,
        compressed_size=len(chunk.data),
        message_end_time=chunk.message_end_time,
        message_index_length=0,
        message_index_offsets={},
        message_start_time=chunk.message_start_time,
        uncompressed_size=chunk.uncompressed_size,
    )
    return _Pending(index, rows, start + index.chunk_length)


def _read_records(contents: Contents, stream: BinaryIO) -> dict[int, list[tuple[int, int]]]:
    """Take in a chunk's schemas and channels; returns times and places of its messages."""
    rows: dict[int, list[tuple[int, int]]] = {}
    place = stream.tell()
    while (record := _next_record(stream)) is not None:
        opcode, body = record
        if opcode == Opcode.SCHEMA:
            schema = Schema.read(_reader(body))
            contents.schemas[schema.id] = schema
        elif opcode == Opcode.CHANNEL:
            channel = Channel.read(_reader(body))
            contents.channels[channel.id] = channel
        elif opcode == Opcode.MESSAGE:
            message = Message.read(_reader(body), len(body))
            rows.setdefault(message.channel_id, []).append((message.log_time, place))
        place = stream.tell()
    return rows


def _reader(body: bytes) -> ReadDataStream:
    return ReadDataStream(io.BytesIO(body))
