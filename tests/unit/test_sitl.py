# SPDX-License-Identifier: Apache-2.0
"""Our physics behind a firmware: its side of the protocol is played here, and so is the clock."""

import socket
import struct

import numpy as np
import pytest

from firmware_bridge.crtp_packets import Packet, Port, decode
from firmware_bridge.errors import TwinError, TwinSettingsError
from firmware_bridge.firmware_double import DoubleSettings
from firmware_bridge.sitl import (
    ANSWER_S,
    CALIBRATE_S,
    PATIENCE_S,
    REPEAT_S,
    STARTS,
    FirmwareDrone,
    FirmwareSettings,
)
from sim_core.airframe import load_airframe

QUIET = DoubleSettings(0, 0.0, 0.0, noise=False, battery=False)
ALOFT = (0.0, 0.0, 3.0, 0.0)  # out of the ground's effect
G_COUNTS, DEG_COUNTS = 65536 / 32, 65536 / 4000


class Firmware:
    """The other end: a socket where the firmware's would be, and a hand on the clock."""

    def __init__(self, airframe="cf21_plus", thrust=None, start=(0.0, 0.0, 0.0, 0.0), **more):
        self.airframe = load_airframe(airframe)
        self.drone = FirmwareDrone(self.airframe, FirmwareSettings(QUIET, thrust), start, **more)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.connect(("127.0.0.1", self.drone.port))
        self.now_s = 0.0
        self.heard, self.relayed = [], []
        self.commands = None

    def say(self, *packets):
        for packet in packets:
            self.socket.send(packet.encode())

    def wait(self, seconds, period_s=0.001):
        """Let time pass; what came meanwhile replaces what was heard before."""
        self.heard, self.relayed = [], []
        for _ in range(round(seconds / period_s)):
            self.now_s += period_s
            if self.commands is not None:
                self.say(self.commands)
            self.relayed += [packet for _, packet in self.drone.advance(self.now_s)]
            while True:
                try:
                    self.heard.append(decode(self.socket.recv(64)))
                except BlockingIOError:
                    break

    def boot(self, protocol=7):
        self.say(Packet(Port.LINK, 3))
        self.wait(0.2)
        self.say(Packet(Port.PLATFORM, 1, bytes([0, protocol])))
        self.wait(0.1)
        self.say(Packet(9, 0, b"\1"))
        self.wait(0.002)
        return self

    def motors(self, *counts):
        """What it commands from now on, once a period."""
        self.commands = Packet(9, 0, struct.pack("<4H", *(round(count) for count in counts)))

    def imu(self):
        """Forces and rates in counts, of all that was heard, (n, 6)."""
        rows = [p.payload for p in self.heard if p.port in (9, 10) and p.payload[:1] == b"\0"]
        return np.array([struct.unpack("<6h", row[1:]) for row in rows])

    def lift_n(self):
        """What the rotors give: what the accelerometer feels, and the drag against it."""
        body, felt_g = self.airframe.body, self.imu()[-1, 2] / G_COUNTS
        drag_n = body.drag_along_n_s_m * self.drone.truth[0, 9]
        return felt_g * self.airframe.hover_thrust_n + drag_n

    def hover_counts(self):
        return 65535 * self.airframe.hover_thrust_n / self.airframe.max_thrust_n


@pytest.fixture
def firmware():
    """Makes firmwares, and closes their ports."""
    made = []

    def make(*args, **more):
        made.append(Firmware(*args, **more))
        return made[-1]

    yield make
    for one in made:
        one.socket.close()
        one.drone.close()


def test_hello_is_answered_and_the_version_asked_for(firmware):
    one = firmware()
    one.wait(0.002)
    one.socket.send(b"\xf3")
    one.drone.advance(0.003)
    assert one.socket.recv(64) == b"\xf3"
    one.wait(0.2)
    assert Packet(Port.PLATFORM, 1, b"\0") in one.heard
    assert not len(one.imu())
    assert not one.drone.ready


@pytest.mark.parametrize(("protocol", "port"), [(7, 9), (12, 10)])
def test_at_rest_the_imu_reads_one_g_a_thousand_times_a_second(firmware, protocol, port):
    one = firmware(thrust="linear").boot(protocol)
    one.wait(0.5)
    felt = one.imu()
    assert len(felt) == pytest.approx(500, abs=1)
    assert felt.tolist() == [[0, 0, G_COUNTS, 0, 0, 0]] * len(felt)
    assert {packet.port for packet in one.heard} == {port, Port.LOCALIZATION}


def test_a_hundred_poses_a_second_say_where_it_stands(firmware):
    one = firmware(start=(1.0, -2.0, 0.0, np.pi / 2)).boot()
    one.wait(0.5)
    poses = [p.payload for p in one.heard if (p.port, p.channel) == (Port.LOCALIZATION, 1)]
    assert len(poses) == pytest.approx(50, abs=1)
    kind, *numbers = struct.unpack("<Bfffffff", poses[-1])
    assert kind == 8
    assert numbers == pytest.approx([1, -2, 0, 0, 0, np.sqrt(0.5), np.sqrt(0.5)], abs=1e-6)


@pytest.mark.parametrize(
    ("more", "axis"),
    [((-1, -1, 1, 1), 0), ((-1, 1, 1, -1), 1), ((-1, 1, -1, 1), 2)],
    ids=["left motors roll it right side down", "rear motors pitch it", "M2 and M4 yaw it left"],
)
def test_each_motor_turns_it_as_it_is_mounted(firmware, more, axis):
    one = firmware().boot(12)
    level = 1.2 * one.hover_counts()
    one.motors(level, level, level, level)
    one.wait(0.4)
    one.motors(*(level + 2000 * sign for sign in more))
    one.wait(0.05)
    rates = one.imu()[-1, 3:]
    assert rates[axis] > 5 * DEG_COUNTS
    assert np.abs(np.delete(rates, axis)).max() < 0.02 * rates[axis]


def test_linear_counts_are_thrust(firmware):
    one = firmware(start=ALOFT).boot(12)
    one.motors(*[1.3 * one.hover_counts()] * 4)
    one.wait(0.4)
    assert one.lift_n() == pytest.approx(1.3 * one.airframe.hover_thrust_n, rel=0.01)


def test_older_counts_are_a_share_of_the_volts(firmware):
    one = firmware(start=ALOFT).boot(7)
    one.motors(*[65535 * 0.5] * 4)
    one.wait(0.4)
    volts = 0.5 * sum(one.airframe.battery.volts)  # full
    motor_n = np.polyval(one.airframe.rotors.volts_to_n[::-1], volts)
    assert one.lift_n() == pytest.approx(4.0 * motor_n, rel=0.01)


def test_full_rates_stay_within_what_an_imu_can_tell(firmware):
    one = firmware().boot(12)
    one.motors(0, 0, 65535, 65535)
    one.wait(1.0)
    assert one.imu()[:, 3].max() == 32767


def test_what_neither_consumes_goes_through_once_it_is_up(firmware):
    one = firmware()
    asked = [Packet(Port.PARAM, 1, bytes([i, 0])) for i in range(5)]
    for packet in asked:
        one.drone.take(packet)
    one.boot()
    assert [p for p in one.heard if p.port == Port.PARAM] == asked[:2]  # one a millisecond
    answer = Packet(Port.PARAM, 1, b"\1\0\0\7")
    one.say(answer, Packet(Port.PLATFORM, 1, b"\0\7"), Packet(Port.LINK, 3))
    one.wait(0.01)
    assert [p for p in one.heard if p.port == Port.PARAM] == asked[2:]
    assert one.relayed == [answer, Packet(Port.PLATFORM, 1, b"\0\7")]  # the client asked this time


def test_a_question_is_repeated_until_it_is_answered(firmware):
    one = firmware().boot()
    question, setpoint = Packet(Port.LOG, 0, b"\2\7\0"), Packet(Port.COMMANDER, 0, bytes(14))
    one.drone.take(question)
    one.drone.take(setpoint)
    one.wait(REPEAT_S + 0.1)
    assert one.heard.count(question) == 2
    assert one.heard.count(setpoint) == 1
    one.say(Packet(Port.LOG, 0, b"\2\6\0another"))
    one.wait(0.1)
    one.say(Packet(Port.LOG, 0, b"\2\7\0answer"))
    one.wait(REPEAT_S + 0.1)
    assert question not in one.heard


def test_a_firmware_that_never_says_it_is_calibrated_is_given_time(firmware):
    one = firmware()
    one.say(Packet(Port.LINK, 3))
    one.wait(0.1)
    one.say(Packet(Port.PLATFORM, 1, b"\0\7"))
    one.wait(CALIBRATE_S - 0.1)
    assert not one.drone.ready
    one.wait(0.2)
    assert one.drone.ready


def test_a_late_loop_floods_no_queue_and_loses_no_physics(firmware):
    one = firmware().boot(12)
    one.motors(*[1.3 * one.hover_counts()] * 4)
    one.wait(0.4, period_s=0.02)
    assert len(one.imu()) <= 21
    late_m = float(one.drone.truth[0, 2])
    two = firmware().boot(12)
    two.motors(*[1.3 * two.hover_counts()] * 4)
    two.wait(0.4)
    assert late_m == pytest.approx(float(two.drone.truth[0, 2]), rel=0.1)


def test_the_body_waits_for_a_firmware_that_is_stalled(firmware):
    one = firmware(start=ALOFT).boot(12)
    one.motors(0, 0, 0, 0)
    one.wait(0.1)
    one.commands = None
    one.wait(PATIENCE_S + 0.001)
    before = one.drone.truth.copy()
    one.wait(0.5)
    assert one.drone.truth.tolist() == before.tolist()
    assert len(one.imu()) <= 26  # one in 20 ms, to see whether it is back
    assert one.drone.waited_s == pytest.approx(0.5, abs=0.01)
    one.motors(0, 0, 0, 0)
    one.wait(0.1)
    fallen_m = float(before[0, 2] - one.drone.truth[0, 2])
    assert 0.05 < fallen_m < 0.25  # a tenth of a second more, not six


class Process:
    """What would run a firmware."""

    def __init__(self, fault=None):
        self.ports, self._fault = [], fault

    def start(self, port):
        self.ports.append(port)

    def fault(self):
        return self._fault if self.ports else None


def test_a_firmware_without_a_hello_is_told_in_a_sentence(firmware):
    process = Process()
    one = firmware(process=process)
    with pytest.raises(TwinError, match="expected its hello within 10 s, got none"):
        one.wait(11.0, period_s=0.1)
    assert process.ports == [one.drone.port]


def test_a_firmware_that_hangs_after_its_hello_is_started_again(firmware):
    process = Process()
    one = firmware(process=process)
    for starts in range(1, STARTS + 1):
        one.wait(0.2, period_s=0.1)
        assert len(process.ports) == starts
        one.say(Packet(Port.LINK, 3))
        if starts < STARTS:
            one.wait(ANSWER_S, period_s=0.1)
    with pytest.raises(TwinError, match=r"protocol version within 5 s .* none in 4 starts"):
        one.wait(ANSWER_S, period_s=0.1)


def test_an_airframe_that_does_not_fit_is_refused(firmware):
    with pytest.raises(TwinError, match=r"PWM of brushed motors .* got cf21_brushless"):
        firmware("cf21_brushless").boot(7)
    other = firmware("cf21_brushless")
    other.say(Packet(Port.LINK, 3), Packet(Port.PLATFORM, 1, b"\2Crazyflie 2.1"))
    with pytest.raises(
        TwinError, match=r"built for a Crazyflie 2\.1; expected a Crazyflie 2\.1 Bru"
    ):
        other.wait(0.1)


def test_the_end_of_its_process_is_told_as_it_is(firmware):
    one = firmware(process=Process("it went away."))
    with pytest.raises(TwinError, match="it went away"):
        one.wait(0.2)


def test_a_start_must_be_a_pose():
    settings = FirmwareSettings(QUIET)
    with pytest.raises(TwinSettingsError, match="x, y, z and yaw"):
        FirmwareDrone(load_airframe("cf21_plus"), settings, (0.0, np.nan, 0.0, 0.0))
