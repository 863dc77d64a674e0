# SPDX-License-Identifier: Apache-2.0
"""Bags that others read, and bags whose recorder was killed at any byte."""

import shutil
import time

import pytest
from mcap.opcode import Opcode
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
from rosbags.highlevel import AnyReader

from martlet.bag import BagWriter
from martlet.bag_recovery import recover_bag
from martlet.errors import UsageError

STRING = "string data"


def cdr_string(text):
    raw = text.encode() + b"\0"
    return b"\0\1\0\0" + len(raw).to_bytes(4, "little") + raw


def write_bag(folder, messages=200, flush_every=20):
    with BagWriter(folder) as bag:
        a = bag.add_topic("/a", "std_msgs/msg/String", STRING)
        b = bag.add_topic("/b", "std_msgs/msg/String", STRING)
        for i in range(messages):
            bag.write((a, b)[i % 2], 1_000_000_000 + i * 1000, i * 1000, cdr_string(f"n {i}"))
            if i % flush_every == flush_every - 1:
                bag.flush()
    return folder


def texts(folder):
    """All messages through rosbags, which wants an index, and through mcap's own reader."""
    with AnyReader([folder]) as reader:
        found = [
            reader.deserialize(raw, connection.msgtype).data
            for connection, _, raw in reader.messages()
        ]
        assert reader.message_count == len(found)
    with next(folder.glob("*.mcap")).open("rb") as stream:
        reader = make_reader(stream, validate_crcs=True, decoder_factories=[DecoderFactory()])
        again = [message.data for _, _, _, message in reader.iter_decoded_messages()]
    assert again == found
    return found


def test_what_was_written_is_read_by_others(tmp_path):
    folder = write_bag(tmp_path / "flight")
    assert texts(folder) == [f"n {i}" for i in range(200)]
    assert (folder / "metadata.yaml").read_text().startswith("rosbag2_bagfile_information:")


def test_the_summary_says_where_every_chunk_lies(tmp_path):
    file = write_bag(tmp_path / "flight") / "flight_0.mcap"
    raw = file.read_bytes()
    with file.open("rb") as stream:
        summary = make_reader(stream).get_summary()
    assert len(summary.chunk_indexes) == summary.statistics.chunk_count == 10
    for index in summary.chunk_indexes:
        assert raw[index.chunk_start_offset] == Opcode.CHUNK
        assert set(index.message_index_offsets) == {1, 2}
        for offset in index.message_index_offsets.values():
            assert raw[offset] == Opcode.MESSAGE_INDEX


def test_a_whole_bag_is_left_as_it_is(tmp_path):
    folder = write_bag(tmp_path / "flight")
    before = (folder / "flight_0.mcap").read_bytes()
    found = recover_bag(folder)
    assert found["whole"]
    assert found["messages"] == 200
    assert (folder / "flight_0.mcap").read_bytes() == before


def test_a_bag_cut_at_any_byte_gives_all_that_was_whole(tmp_path):
    source = write_bag(tmp_path / "flight", messages=60)
    raw = (source / "flight_0.mcap").read_bytes()
    last = 60
    for size in range(len(raw) - 1, 700, -37):
        folder = tmp_path / f"cut{size}"
        folder.mkdir()
        (folder / "flight_0.mcap").write_bytes(raw[:size])
        found = recover_bag(folder)
        assert not found["whole"]
        assert found["messages"] % 20 == 0
        assert found["messages"] <= last
        assert texts(folder) == [f"n {i}" for i in range(found["messages"])]
        assert recover_bag(folder)["whole"]
        last = found["messages"]
        shutil.rmtree(folder)
    assert last == 20


def test_what_is_recorded_is_on_disk_within_a_second(tmp_path, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    bag = BagWriter(tmp_path / "flight")
    topic = bag.add_topic("/a", "std_msgs/msg/String", STRING)
    bag.write(topic, 1, 1, cdr_string("hello"))
    bag.flush_if_due()
    killed = tmp_path / "killed"
    shutil.copytree(tmp_path / "flight", killed)
    with pytest.raises(UsageError, match="found none to save"):
        recover_bag(killed)
    clock[0] += 1.0
    bag.flush_if_due()
    shutil.copytree(tmp_path / "flight", killed, dirs_exist_ok=True)
    assert recover_bag(killed)["messages"] == 1
    assert texts(killed) == ["hello"]
    bag.close()


def test_damage_inside_a_chunk_is_not_taken_for_messages(tmp_path):
    folder = write_bag(tmp_path / "flight", messages=60)
    file = folder / "flight_0.mcap"
    raw = bytearray(file.read_bytes())
    middle = raw.index(b"zstd", raw.index(b"zstd") + 4) + 40  # in the second chunk's data
    raw[middle] ^= 0xFF
    file.write_bytes(raw[:-20])
    found = recover_bag(folder)
    assert found["messages"] == 20
    assert texts(folder) == [f"n {i}" for i in range(20)]


def test_what_is_no_bag_is_refused(tmp_path):
    with pytest.raises(UsageError, match="found neither"):
        recover_bag(tmp_path / "nothing")
    with pytest.raises(UsageError, match=r"one \.mcap file, got 0"):
        recover_bag(tmp_path)
    (tmp_path / "x.mcap").write_bytes(b"hello")
    with pytest.raises(UsageError, match="does not begin like that"):
        recover_bag(tmp_path / "x.mcap")


def test_a_folder_with_a_bag_is_not_overwritten(tmp_path):
    write_bag(tmp_path / "flight", messages=2)
    with pytest.raises(FileExistsError):
        BagWriter(tmp_path / "flight")
