# SPDX-License-Identifier: Apache-2.0
"""What was heard of drones, how old it is, and what failing links are called."""

import math
import re
import threading

import numpy as np
import pytest

from firmware_bridge.crtp_packets import Packet
from firmware_bridge.heard import ROLLOVER_MS, ClockMatch, Record, telemetry_of
from firmware_bridge.link_faults import sentence_of
from firmware_bridge.orders import Emergency, HandBack, RateThrust
from firmware_bridge.sender import Sender
from firmware_bridge.telemetry import Supervisor


def test_a_packet_later_than_the_quickest_is_older():
    match = ClockMatch()
    match.hear_echo(0.030)
    match.hear_echo(0.020)
    assert match.one_way_s == pytest.approx(0.010)
    assert match.age_s(1000, 51.0) == pytest.approx(0.010)
    assert match.age_s(1010, 51.015) == pytest.approx(0.015)
    assert match.age_s(1020, 51.020) == pytest.approx(0.010)


def test_the_drones_clock_may_turn_over_or_start_anew():
    match = ClockMatch()
    assert match.age_s(ROLLOVER_MS - 10, 5.0) == pytest.approx(0.0)
    assert match.age_s(0, 5.013) == pytest.approx(0.003)
    restarted = ClockMatch()
    restarted.age_s(60_000, 100.0)
    assert restarted.age_s(10, 101.0) == pytest.approx(0.0)


def test_telemetry_is_stamped_with_the_newest_arrival_while_it_is_fresh():
    records = [Record(arms_itself=True), Record(arms_itself=True)]
    state = np.zeros(13, np.float32)
    records[0].hear_state(state, 100, 10.00)
    records[1].hear_state(state, 100, 10.02)
    heard = telemetry_of(records, 10.03, 0.05)
    assert heard.stamp_s == 10.02
    assert heard.age_s == pytest.approx([0.02, 0.0], abs=1e-6)
    silent = telemetry_of(records, 12.0, 0.05)
    assert silent.stamp_s == 12.0
    assert silent.age_s == pytest.approx([2.0, 1.98], abs=1e-6)


def test_a_drone_never_heard_is_infinitely_old_and_has_no_state():
    heard = telemetry_of([Record(arms_itself=True)], 3.0, 0.05)
    assert heard.stamp_s == 3.0
    assert math.isinf(heard.age_s[0])
    assert np.isnan(heard.states).all()
    assert heard.armed[0]
    assert not heard.flying[0]


def test_what_the_drone_says_goes_over_what_is_assumed_and_a_crash_locks():
    record = Record(arms_itself=True)
    record.hear_supervisor(Supervisor(crashed=True, flying=True))
    heard = telemetry_of([record], 0.0, 0.05)
    assert (heard.armed[0], heard.flying[0], heard.locked[0]) == (False, True, True)


def test_the_first_reason_of_a_lost_drone_counts():
    record = Record(arms_itself=True)
    record.lose("one")
    record.lose("two")
    assert record.now()[0].fault == "one"
    assert telemetry_of([record], 0.0, 0.05).quality[0] == 0.0


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Couldn't load link driver: Cannot find a Crazyradio Dongle\n\nTr", "plug one in"),
        ("usb.core.USBError: [Errno 13] Access denied", r"99-bitcraze\.rules"),
        ("ValueError: The device has no langid", r"99-bitcraze\.rules"),
        ("usb.core.USBError: [Errno 16] Resource busy", "another program"),
        ("usb.core.NoBackendError: No backend available", "libusb"),
        ("No driver found or malformed URI: radoi://0", "radio://0/80/2M"),
        ("Too many packets lost", "switched on"),
        ("Exception:[Errno 111] Connection refused\n\nTraceback", "switched on"),
        ("socket.gaierror: [Errno -2] Name or service not known", "host"),
        ("something new\nlast line", "last line"),
        ("", "without a word"),
    ],
)  # fmt: skip
def test_failing_links_are_one_sentence(text, word):
    sentence = sentence_of("radio://0/80/2M", text)
    assert re.search(word, sentence)
    assert sentence.startswith("radio://0/80/2M: ")
    assert sentence.endswith(".")
    assert "\n" not in sentence


class Slow:
    """A radio that keeps its sender waiting."""

    def __init__(self):
        self.free, self.taken, self.begun = threading.Event(), [], threading.Event()

    def __call__(self, packet):
        self.taken.append(packet.payload)
        self.begun.set()
        self.free.wait(5.0)


RATES = RateThrust(0.0, (0.0, 0.0, 0.0))


@pytest.fixture
def slow():
    radio = Slow()
    sender = Sender(radio, "test")
    sender.put(HandBack(), [Packet(7, 1, b"first")])
    assert radio.begun.wait(2.0)
    yield radio, sender
    radio.free.set()
    sender.close()


def test_of_the_streamed_packets_that_wait_only_the_newest_is_sent(slow):
    radio, sender = slow
    for k in range(5):
        sender.put(RATES, [Packet(3, 0, bytes([k]))])
    sender.put(HandBack(), [Packet(7, 1, b"back")])
    sender.put(RATES, [Packet(3, 0, b"again")])
    assert not sender.flush(0.01)
    radio.free.set()
    assert sender.flush(2.0)
    assert radio.taken == [b"first", b"\4", b"back", b"again"]


def test_an_emergency_waits_for_nothing(slow):
    radio, sender = slow
    sender.put(HandBack(), [Packet(7, 1, b"back")])
    sender.put(Emergency(), [Packet(9, 1, b"\3")])
    radio.free.set()
    assert sender.flush(2.0)
    assert radio.taken == [b"first", b"\3"]
