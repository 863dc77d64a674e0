# SPDX-License-Identifier: Apache-2.0
"""The rooms behind a twin's ports, packet by packet, without a socket."""

import errno
import struct

from firmware_bridge.crtp_link import LinkConditions, Pipe
from firmware_bridge.crtp_logs import LogRoom
from firmware_bridge.crtp_packets import Packet, Port
from firmware_bridge.crtp_params import Parameter, ParamRoom
from firmware_bridge.crtp_toc import Entry, make_table
from firmware_bridge.setpoints import unlock_thrust

ENTRIES = [Entry("a.one", 7), Entry("a.two", 5), Entry("b.three", 1)]


def test_a_table_answers_with_its_size_checksum_and_entries():
    table = make_table(ENTRIES, limits=b"\x10\x80")
    count, checksum = struct.unpack("<HI", table.answer(b"\3")[1:7])
    assert (count, checksum) == (3, table.checksum)
    assert table.answer(b"\3")[7:] == b"\x10\x80"
    assert table.answer(b"\2\1\0") == b"\2\1\0\5a\0two\0"
    assert table.answer(b"\2\x09\0") == b"\2"
    assert table.answer(b"\x77") is None


def test_another_order_or_a_missing_entry_changes_the_checksum():
    tables = [
        make_table(ENTRIES),
        make_table(ENTRIES, order=1),
        make_table(ENTRIES, without=["a.two"]),
    ]
    assert len({table.checksum for table in tables}) == 3
    assert set(tables[1].numbers) == set(tables[0].numbers)
    assert "a.two" not in tables[2].numbers


def log_room():
    values = {"a.one": 1.5, "a.two": -70000.0, "b.three": 300.0}
    return LogRoom(make_table(ENTRIES), values.__getitem__)


def test_log_blocks_come_at_their_period_with_their_time():
    room = log_room()
    assert room.command(b"\6\4\x77\0\0\x55\1\0\x11\2\0", 0) == b"\6\4\0"
    assert room.next_due_ms() is None
    assert room.command(b"\3\4\2", 100) == b"\3\4\0"
    assert room.next_due_ms() == 120
    assert room.due(119) == []
    (block,) = room.due(120)
    assert block[:4] == bytes([4, 120, 0, 0])
    assert struct.unpack("<fhB", block[4:]) == (1.5, -32768, 255)  # at the ends of their types
    assert [b[1] for b in room.due(160)] == [140, 160]
    assert room.command(b"\4\4", 160) == b"\4\4\0"
    assert room.due(9999) == []


def test_a_lonely_byte_at_the_end_of_a_full_packet_is_no_variable():
    room = log_room()
    assert room.command(b"\6\0" + b"\x77\0\0" * 2 + b"\x77", 0) == b"\6\0\0"
    room.command(b"\3\0\1", 0)
    assert len(room.due(10)[0]) == 4 + 8


def test_log_requests_that_make_no_sense_are_refused_as_a_firmware_does():
    room = log_room()
    assert room.command(b"\6\0\x77\x63\0", 0)[2] == errno.ENOENT
    assert room.command(b"\3\0\1", 0)[2] == errno.ENOENT
    assert room.command(b"\6\0" + b"\x77\0\0" * 7, 0)[2] == errno.E2BIG
    room.command(b"\6\0\x77\0\0", 0)
    assert room.command(b"\6\0\x77\0\0", 0)[2] == errno.EEXIST
    assert room.command(b"\5", 0) == b"\5\0\0"
    assert room.command(b"\3\0\1", 0)[2] == errno.ENOENT


def param_room(**options):
    return ParamRoom(
        [
            Parameter("p.a", "float", 0.5, persistent=True),
            Parameter("p.b", "uint8_t", 3, read_only=True),
            Parameter("p.c", "uint8_t", 1),
        ],
        **options,
    )


def test_parameters_are_read_and_written():
    room = param_room()
    heard = []
    room.on_write("p.c", heard.append)
    assert room.read(b"\2\0") == b"\2\0\0\1"
    assert room.write(b"\2\0\7") == b"\2\0\7"
    assert (room["p.c"], heard) == (7, [7])
    assert room.read(b"\x09\0") == b"\x09\0" + bytes([errno.ENOENT])
    assert room.write(b"\1\0\7") is None  # read-only
    assert room["p.b"] == 3


def test_a_refused_parameter_answers_with_its_old_value():
    room = param_room(refused=("p.c",))
    assert room.write(b"\2\0\7") == b"\2\0\1"


def test_parameters_are_kept_as_far_as_they_can_be():
    room = param_room()
    assert room.misc(b"\7\0\0") == b"\7\0\0\0\1"
    assert room.misc(b"\2\0\0") == b"\2\0\0\1"
    half, two = struct.pack("<f", 0.5), struct.pack("<f", 2.0)
    assert room.misc(b"\x08\0\0") == b"\x08\0\0\0" + half
    assert room.misc(b"\6\0\0") == b"\6\0\0" + half
    room.write(b"\0\0" + two)
    assert room.misc(b"\4\0\0") == b"\4\0\0\0" + half
    assert room.misc(b"\3\0\0") == b"\3\0\0\0"
    assert room.misc(b"\4\0\0") == b"\4\0\0\1" + half + two
    assert room.misc(b"\5\0\0") == b"\5\0\0\0"
    assert room.misc(b"\4\0\0") == b"\4\0\0\0" + half
    assert room.misc(b"\4\2\0") == b"\4\2\0" + bytes([errno.ENOENT])
    assert room.misc(b"\0p\0c\0\x08\5") == b"\0p\0c\0\0"
    assert room["p.c"] == 5


def test_a_link_delays_in_order_and_loses_only_what_is_streamed():
    pipe = Pipe(LinkConditions(delay_s=0.01, jitter_s=0.02, loss=0.5, seed=3), "up")
    question, streamed = Packet(Port.PARAM, 1, b"\0\0"), Packet(Port.LOG, 2, bytes(26))
    for k in range(500):
        pipe.put(question, 0.001 * k)
        pipe.put(streamed, 0.001 * k)
    arrived = pipe.take(10.0)
    times = [sent.arrival_s for sent in arrived]
    assert times == sorted(times)
    assert sum(sent.packet == question for sent in arrived) == 500
    assert 200 < pipe.lost < 300
    assert len(arrived) == 1000 - pipe.lost
    assert min(at - 0.001 * k for k, at in enumerate(times[:1])) >= 0.01
    again = Pipe(LinkConditions(delay_s=0.01, jitter_s=0.02, loss=0.5, seed=3), "up")
    for k in range(500):
        again.put(question, 0.001 * k)
        again.put(streamed, 0.001 * k)
    assert again.take(10.0) == arrived


def test_the_packet_that_opens_the_thrust_lock_is_never_lost():
    pipe = Pipe(LinkConditions(loss=0.99), "up")
    for _ in range(100):
        pipe.put(unlock_thrust()[0], 0.0)
        pipe.put(Packet(Port.SETPOINT, 0, b"\0"), 0.0)  # stop
    assert pipe.lost == 0
