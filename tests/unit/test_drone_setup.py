# SPDX-License-Identifier: Apache-2.0
"""What a firmware is set to for a flight, what it must have for that, and who may have a drone."""

import math
import struct
import subprocess
import sys
import threading

import numpy as np
import pytest

from firmware_bridge.claims import Claim
from firmware_bridge.drone_fit import PWM_CURVE, doubts, thrust_read
from firmware_bridge.drone_setup import LinkSettings, set_up
from firmware_bridge.errors import LinkError, OrderError
from firmware_bridge.external_pose import ExternalPose, pose_packet
from firmware_bridge.heard import SILENT_S, Record
from firmware_bridge.link_statistics import StateCounter
from firmware_bridge.sender import Sender
from sim_core.airframe import load_airframe

STATE = np.zeros(13, np.float32)


class Firmware:
    """Parameters in memory, and what was written in which order."""

    def __init__(self, **values):
        self.values = {name.replace("_", ".", 1): value for name, value in values.items()}
        self.written = []

    def has(self, name):
        return name in self.values

    def value(self, name):
        return self.values[name]

    def write(self, name, value):
        self.written.append((name, value))

    set = write


def refusal(why):
    return LinkError(f"x: {why}.")


def test_a_drone_is_set_to_what_the_flight_wants_and_begins_where_it_stands():
    start = {f"kalman_initial{axis}": 0.0 for axis in ("X", "Y", "Z", "Yaw")}
    firmware = Firmware(
        stabilizer_estimator=1, stabilizer_controller=2, locSrv_extPosStdDev=0.01,
        flightmode_stabModeRoll=1, flightmode_stabModePitch=1, kalman_resetEstimation=0, **start,
    )  # fmt: skip
    settings = LinkSettings(
        parameters=(("locSrv.extPosStdDev", 0.001),), estimator="mocap", start=(1.0, 2.0, 0.0, 0.5)
    )
    assert set_up(firmware, settings, refusal) == "rpyt"
    assert firmware.written == [
        ("stabilizer.estimator", 2.0), ("stabilizer.controller", 1.0),
        ("locSrv.extPosStdDev", 0.001),
        ("kalman.initialX", 1.0), ("kalman.initialY", 2.0), ("kalman.initialZ", 0.0),
        ("kalman.initialYaw", 0.5),
        ("kalman.resetEstimation", 1.0), ("kalman.resetEstimation", 0.0),
        ("flightmode.stabModeRoll", 0), ("flightmode.stabModePitch", 0),
    ]  # fmt: skip


def test_a_firmware_without_rate_parameters_is_sent_manual_set_points():
    firmware = Firmware()
    assert set_up(firmware, LinkSettings(), refusal) == "manual"
    assert firmware.written == []


@pytest.mark.parametrize(
    ("firmware", "settings", "sentence"),
    [
        (Firmware(deck_bcFlow2=0), LinkSettings(estimator="flow"), "its deck .*deck.bcFlow2"),
        (Firmware(), LinkSettings(estimator="lighthouse"), "its deck .*deck.bcLighthouse4"),
        (Firmware(deck_bcFlow2=1), LinkSettings(estimator="loco"), "its deck .*deck.bcLoco"),
        (Firmware(), LinkSettings(parameters=(("a.b", 1.0),)), "no parameter a.b"),
    ],
)
def test_a_deck_or_a_parameter_that_is_missing_is_one_sentence(firmware, settings, sentence):
    with pytest.raises(LinkError, match=sentence):
        set_up(firmware, settings, refusal)
    assert firmware.written == []


def test_a_deck_that_is_there_will_do():
    firmware = Firmware(deck_bcFlow2=0, deck_bcFlow=1)
    set_up(firmware, LinkSettings(estimator="flow"), refusal)
    assert firmware.written == [("stabilizer.estimator", 2.0)]


def test_a_drone_is_one_programs_whichever_dongle_it_comes_by(tmp_path):
    first = Claim("radio://0/80/2M/E7E7E7E701", tmp_path)
    with pytest.raises(LinkError, match=r"radio://1/.*process \d+ .* one alone may command"):
        Claim("radio://1/80/2M/E7E7E7E701", tmp_path)
    Claim("radio://1/80/2M/E7E7E7E702", tmp_path).release()
    first.release()
    Claim("radio://1/80/2M/E7E7E7E701", tmp_path).release()


def test_a_claim_dies_with_its_owner(tmp_path):
    code = f"""
import os, pathlib, firmware_bridge.claims as c
claim = c.Claim("udp://h:1", pathlib.Path({str(tmp_path)!r}))
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    Claim("udp://h:1", tmp_path).release()


def test_statistics_of_a_link_that_loses_a_fifth():
    counter = StateCounter()
    assert math.isnan(counter.statistics(0.02, 1.0).rate_hz)
    for k in range(1000):
        if k % 5:
            counter.count(10 * k, 0.01 * k, 0.03 if k % 50 == 1 else 0.012)
    told = counter.statistics(0.02, 0.8)
    assert told.rate_hz == pytest.approx(80.0, rel=0.01)
    assert told.loss == pytest.approx(0.2, abs=0.002)
    assert told.age_s == pytest.approx(0.012)
    assert told.age_p99_s == pytest.approx(0.03)
    assert [warning.split(":")[0] for warning in told.warnings()] == [
        "round trip", "link quality", "states",
    ]  # fmt: skip
    assert counter.statistics(0.008, 0.95).warnings() == [told.warnings()[2]]
    assert "80.1 Hz, 19.9 % lost, state 12 ms old (p99 30 ms), round trip 20 ms" in told.in_words()
    counter.count(0, 20.0, 0.01)  # started anew
    assert math.isnan(counter.statistics(0.02, 1.0).rate_hz)


def test_a_drone_that_answers_but_tells_no_state_has_been_taken_by_somebody_else():
    record = Record(arms_itself=True)
    record.hear_echo(0.01, 100.0)
    assert record.now()[0].notice == ""  # it never told its state
    record.hear_state(STATE, 0, 100.0)
    record.hear_echo(0.01, 100.0 + SILENT_S)
    assert record.now()[0].notice == ""
    record.hear_echo(0.01, 100.1 + SILENT_S)
    assert "another program has connected" in record.now()[0].notice
    record.hear_state(STATE, 2000, 102.0)
    assert record.now()[0].notice == ""


def test_an_external_pose_is_sent_as_the_firmware_reads_it():
    packet = pose_packet(ExternalPose((1.0, 2.0, 3.0), (0.0, 0.0, 0.6, 0.8)))
    assert (packet.port, packet.channel) == (6, 1)
    assert struct.unpack("<Bfffffff", packet.payload) == (
        8, 1.0, 2.0, 3.0, 0.0, 0.0, pytest.approx(0.6), pytest.approx(0.8),
    )  # fmt: skip
    for pose in (
        ExternalPose((math.nan, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)),
        ExternalPose((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0)),
    ):
        with pytest.raises(OrderError, match="external pose"):
            pose_packet(pose)


def test_of_poses_that_wait_the_newest_alone_is_sent():
    sent, go = [], threading.Event()

    def send(packet):
        go.wait(5.0)
        sent.append(packet)

    sender = Sender(send, "test")
    try:
        for x in range(4):
            sender.put_newest(pose_packet(ExternalPose((float(x), 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))))
        go.set()
        assert sender.flush(5.0)
    finally:
        sender.close()
    assert 1 <= len(sent) <= 2  # the first may have been under way
    assert struct.unpack_from("<f", sent[-1].payload, 1) == (3.0,)


def test_a_busy_radio_is_waited_for_no_longer_than_asked():
    go = threading.Event()
    sender = Sender(lambda _: go.wait(5.0), "test")
    try:
        sender.put_newest(pose_packet(ExternalPose((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))))
        assert not sender.flush(0.001)
        go.set()
        assert sender.flush(5.0)
    finally:
        sender.close()


def test_the_thrust_convention_is_read_from_the_firmware():
    older, newer = Firmware(**{PWM_CURVE.replace(".", "_", 1): 0.09}), Firmware()
    assert thrust_read(older, 12) == "pwm"
    assert thrust_read(newer, 12) == "linear"
    assert thrust_read(newer, 7) == "pwm"


@pytest.mark.parametrize(
    ("older", "named", "protocol", "sentence"),
    [
        (True, "linear", 7, "thrust: expected pwm, since its firmware has quadSysId"),
        (False, "pwm", 12, "thrust: expected linear, since its firmware speaks protocol 12"),
        (True, "pwm", 7, None),
        (False, "linear", 12, None),
        (False, None, 12, None),
    ],
)
def test_a_convention_that_does_not_fit_the_firmware_is_doubted(older, named, protocol, sentence):
    firmware = Firmware(**({PWM_CURVE.replace(".", "_", 1): 0.09} if older else {}))
    found = doubts(firmware, load_airframe("cf21_plus"), named, protocol)
    assert len(found) == (sentence is not None)
    assert not found or found[0].startswith(sentence)


def test_gains_of_another_generation_are_doubted():
    frame = load_airframe("cf21_brushless")
    gains = dict(zip(("kp", "ki", "kd"), frame.rate_loop.roll_pitch, strict=True))
    firmware = Firmware()
    firmware.values = {f"pid_rate.roll_{name}": value for name, value in gains.items()}
    assert doubts(firmware, frame, None, 12) == ()
    firmware.values["pid_rate.roll_kp"] = 250.0
    (sentence,) = doubts(firmware, frame, None, 12)
    assert sentence.startswith("pid_rate.roll_kp: expected 200, as airframe cf21_brushless has it")
    assert sentence.endswith("got 250")
