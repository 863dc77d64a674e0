# SPDX-License-Identifier: Apache-2.0
"""A twin as its packets see it: thrust lock, protocols, watchdog, crashes; without a socket."""

import math
import struct

import numpy as np
import pytest

from firmware_bridge.crtp_drone import TwinDrone, TwinSettings
from firmware_bridge.crtp_link import LinkConditions
from firmware_bridge.crtp_packets import Packet, Port
from firmware_bridge.errors import TwinSettingsError
from firmware_bridge.firmware_double import DoubleSettings
from firmware_bridge.orders import RateThrust, TakeOff
from firmware_bridge.setpoints import SetpointEncoder, ThrustConvention, unlock_thrust
from sim_core.airframe import load_airframe

AIRFRAME = load_airframe("cf21_plus")
QUIET = DoubleSettings(0, 0.0, 0.0, noise=False, battery=False)


def twin(**settings):
    return TwinDrone(AIRFRAME, TwinSettings(double=QUIET, **settings))


def send(drone, packets):
    return [answer for packet in packets for answer in drone.take(packet)]


def test_the_thrust_stays_locked_until_a_thrust_of_zero():
    drone = twin()
    drone.params.write(struct.pack("<HB", drone.params.table.numbers["flightmode.stabModeRoll"], 0))
    drone.params.write(
        struct.pack("<HB", drone.params.table.numbers["flightmode.stabModePitch"], 0)
    )
    encoder = SetpointEncoder(12, ThrustConvention("linear", 0.12))
    push = encoder.packets(RateThrust(0.3, (0, 0, 0)))
    send(drone, push)
    drone.advance(0.1)
    assert drone.double.commanded_thrust_n(0) == 0.0
    send(drone, unlock_thrust()[:1])
    drone.advance(0.11)
    send(drone, push)
    drone.advance(0.12)
    assert drone.double.commanded_thrust_n(0) == pytest.approx(0.3, abs=1e-4)
    # Two seconds without a set-point and without thrust: nobody commands, and it locks again.
    send(drone, unlock_thrust()[:1])
    drone.advance(2.5)
    assert drone.double.idle(0)
    send(drone, push)
    drone.advance(2.6)
    assert drone.double.commanded_thrust_n(0) == 0.0


def test_manual_rates_need_neither_lock_nor_parameter():
    drone = twin()
    encoder = SetpointEncoder(12, ThrustConvention("linear", 0.12), "manual")
    send(drone, encoder.packets(RateThrust(0.3, (0, 0, 0))))
    drone.advance(0.05)
    assert drone.double.commanded_thrust_n(0) == pytest.approx(0.3, abs=1e-4)


@pytest.mark.parametrize("style", ["rpyt", "manual"])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_rates_arrive_with_the_sign_they_were_sent_with(style, axis):
    drone = twin()
    for name in ("Roll", "Pitch"):
        number = drone.params.table.numbers[f"flightmode.stabMode{name}"]
        drone.params.write(struct.pack("<HB", number, 0))
    send(drone, unlock_thrust()[:1])
    encoder = SetpointEncoder(12, ThrustConvention("linear", 0.12), style)
    send(drone, encoder.packets(TakeOff(1.0, 1.5)))
    send(drone, (Packet(7, 1, bytes(5)), *encoder.packets(TakeOff(1.0, 1.5))))
    drone.advance(5.0)
    assert drone.double.truth[0, 2] > 0.9
    rates = [0.0, 0.0, 0.0]
    rates[axis] = 1.0
    for k in range(20):
        send(drone, encoder.packets(RateThrust(0.2845, tuple(rates))))
        drone.advance(5.0 + 0.01 * (k + 1))
    assert drone.double.truth[0, 10 + axis] > 0.5
    assert abs(drone.double.truth[0, 10 + (axis + 1) % 3]) < 0.3


def test_older_protocols_are_spoken_on_their_old_ports():
    drone = twin(protocol=7)
    assert drone.take(Packet(13, 1, b"\0"))[0].payload == b"\0\7"
    assert drone.take(Packet(13, 0, b"\1\1"))[0].payload == b"\1\1\1"
    drone.take(Packet(6, 1, b"\3"))
    drone.advance(0.05)
    assert drone.supervisor().locked


def test_the_emergency_watchdog_starves_after_a_second():
    drone = twin()
    drone.take(Packet(9, 1, b"\4"))
    drone.advance(0.9)
    drone.take(Packet(9, 1, b"\4"))
    drone.advance(1.8)
    assert not drone.supervisor().locked
    drone.advance(2.0)
    drone.advance(2.1)
    assert drone.supervisor().locked


def test_log_data_is_sampled_at_its_own_time_however_late_it_is_asked_for():
    stamps = []
    for cut in (0.01, 0.05):
        drone = twin()
        number = drone.logs.table.numbers["stateEstimate.z"]
        drone.take(Packet(5, 1, struct.pack("<BBBH", 6, 0, 0x77, number)))
        drone.take(Packet(5, 1, b"\3\0\1"))
        drone.take(Packet(8, 0, struct.pack("<BBff?f", 7, 0, 1.0, 0.0, True, 1.0)))
        sent = []
        for k in range(round(1.0 / cut)):
            sent += [packet for _, packet in drone.advance(cut * (k + 1))]
        stamps.append([p.payload for p in sent if p.port == Port.LOG])
    assert len(stamps[0]) == 100
    assert stamps[0] == stamps[1]


def test_external_poses_are_taken_note_of():
    drone = twin()
    drone.take(Packet(6, 1, struct.pack("<Bfffffff", 8, 1, 2, 3, 0, 0, 0, 1)))
    drone.advance(0.01)
    assert drone.double.truth[0, 0] == 0.0
    drone.take(Packet(6, 0, struct.pack("<fff", 4, 5, 6)))
    number = drone.logs.table.numbers["locSrv.y"]
    drone.take(Packet(5, 1, struct.pack("<BBBH", 6, 0, 0x77, number)))
    drone.take(Packet(5, 1, b"\3\0\1"))
    (sent,) = [p for _, p in drone.advance(0.021) if p.port == Port.LOG]
    assert struct.unpack("<f", sent.payload[4:]) == (5.0,)


def test_packets_of_the_wrong_length_are_ignored_with_a_word():
    drone = twin()
    said = drone.take(Packet(7, 0, b"\x07abc"))
    text = b"".join(packet.payload for packet in said if packet.port == Port.CONSOLE)
    assert text == b"port 7: a packet of the wrong length was ignored\n"
    assert drone.take(Packet(7, 0, b"\x07abc")) == []
    for port in range(16):
        for channel in range(4):
            for data in (b"", b"\0", b"\1", b"\2", b"\7\7", b"\xff" * 30):
                drone.take(Packet(port, channel, data))
    drone.advance(0.1)


def test_set_points_that_are_not_finite_are_ignored_with_a_word():
    drone = twin()
    nan = struct.pack("<f", math.nan)
    for packet in (
        Packet(7, 0, b"\x07" + 4 * nan),
        Packet(3, 0, 3 * nan + b"\0\0"),
        Packet(8, 0, b"\x0c\0\0\0" + 5 * nan),
        Packet(7, 0, b"\x0b" + 3 * nan + b"\0\x80\1"),
    ):
        drone.take(packet)
        drone.advance(drone.time_s + 0.05)
        assert drone.double.idle(0)
    assert np.isfinite(drone.double.truth).all()


def test_group_masks_are_kept_to():
    drone = twin()
    up = struct.pack("<BBff?f", 7, 2, 1.0, 0.0, True, 1.0)
    drone.take(Packet(8, 0, up))
    drone.advance(0.1)
    assert drone.double.idle(0)
    drone.take(Packet(8, 0, b"\0\2"))
    drone.take(Packet(8, 0, up))
    drone.advance(0.2)
    assert not drone.double.idle(0)


def test_the_accelerometer_reads_one_g_upwards_at_rest():
    drone = twin()
    number = drone.logs.table.numbers["acc.z"]
    drone.take(Packet(5, 1, struct.pack("<BBBH", 6, 0, 0x77, number)))
    drone.take(Packet(5, 1, b"\3\0\1"))
    sent = [p for _, p in drone.advance(0.5) if p.port == Port.LOG]
    assert struct.unpack("<f", sent[-1].payload[4:])[0] == pytest.approx(1.0, abs=1e-3)


def test_settings_that_make_no_sense_are_refused_with_all_their_faults():
    with pytest.raises(TwinSettingsError, match=r"protocol.*13.*thrust.*'cubic'"):
        TwinSettings(protocol=13, thrust="cubic")
    with pytest.raises(TwinSettingsError, match=r"delay_s.*jitter_s.*loss"):
        LinkConditions(-1.0, math.nan, 1.0)


def parameter(drone, name, value):
    """Write a parameter as a client does."""
    number = struct.pack("<H", drone.params.table.numbers[name])
    letter = drone.params._known[name].letter
    return drone.take(Packet(Port.PARAM, 2, number + struct.pack(letter, value)))


def said(packets):
    return b"".join(p.payload for p in packets if p.port == Port.CONSOLE).decode()


def thrown(drone, height_m, half_turns):
    """Take off, roll by manual rates, and fall; returns what it said."""
    encoder = SetpointEncoder(12, ThrustConvention("linear", 0.12), "manual")
    send(drone, encoder.packets(TakeOff(height_m, 1.0)))
    words, now = [], 3.0
    drone.advance(now)
    rate = 5.0
    for _ in range(round(100 * half_turns * math.pi / rate)):
        send(drone, encoder.packets(RateThrust(0.25, (rate, 0.0, 0.0))))
        now += 0.01
        drone.advance(now)
    for _ in range(20 if half_turns else 0):  # it stops turning
        send(drone, encoder.packets(RateThrust(0.25, (0.0, 0.0, 0.0))))
        now += 0.01
        drone.advance(now)
    send(drone, (Packet(Port.SETPOINT, 0, b"\0"),))
    while drone.double.truth[0, 2] > 0.0:
        now += 0.01
        words += [packet for _, packet in drone.advance(now)]
    return said(words), now


@pytest.mark.parametrize(("half_turns", "after_s"), [(1.0, 0.1), (0.7, 1.0)])
def test_a_drone_that_comes_down_on_its_back_or_side_has_crashed_until_it_recovers(
    half_turns, after_s
):
    drone = twin()
    words, now = thrown(drone, 3.0, half_turns)
    assert "SUP: tumbled, motors off" in words + said(p for _, p in drone.advance(now + 0.01))
    state = drone.supervisor()
    assert (state.tumbled, state.crashed, state.can_fly, state.flying) == (
        True,
        False,
        False,
        False,
    )
    drone.advance(now + after_s - 0.05)
    assert not drone.supervisor().crashed
    told = said(packet for _, packet in drone.advance(now + after_s + 0.05))
    assert "SUP: crashed" in told
    assert drone.supervisor().crashed
    assert not drone.supervisor().armed
    assert not drone.supervisor().locked
    up = Packet(8, 0, struct.pack("<BBff?f", 7, 0, 1.0, 0.0, True, 1.0))
    drone.take(up)
    drone.advance(now + 3.0)
    assert drone.double.truth[0, 2] == 0.0
    (answer,) = drone.take(Packet(9, 1, b"\2"))
    assert answer.payload == b"\x82\1\1"
    assert not drone.supervisor().crashed
    assert drone.supervisor().armed
    drone.take(up)
    drone.advance(now + 6.0)
    assert drone.double.truth[0, 2] == pytest.approx(1.0, abs=0.1)


def test_a_drone_that_comes_down_level_has_not_crashed():
    drone = twin()
    _, now = thrown(drone, 0.5, 0.0)
    drone.advance(now + 2.0)
    assert not drone.supervisor().tumbled
    assert not drone.supervisor().crashed


def test_parameters_that_stop_and_that_bar_the_high_level_commander_act():
    drone = twin()
    up = Packet(8, 0, struct.pack("<BBff?f", 7, 0, 1.0, 0.0, True, 1.0))
    parameter(drone, "commander.enHighLevel", 0)
    assert "enHighLevel = 0" in said(drone.take(up))
    assert drone.supervisor().high_level_disabled
    drone.advance(0.2)
    assert drone.double.idle(0)
    parameter(drone, "commander.enHighLevel", 1)
    drone.take(up)
    drone.advance(2.0)
    assert drone.supervisor().flying
    parameter(drone, "stabilizer.stop", 1)
    told = said(packet for _, packet in drone.advance(2.05))
    assert drone.supervisor().locked
    assert not drone.supervisor().flying
    assert "SUP: locked" in told + said(packet for _, packet in drone.advance(2.1))


def test_what_a_parameter_chooses_in_vain_is_said():
    drone = twin()
    assert "stabilizer.controller = 2 is not simulated" in said(
        parameter(drone, "stabilizer.controller", 2)
    )
    assert said(parameter(drone, "stabilizer.controller", 1)) == ""


def test_decks_are_mounted_as_asked_for():
    drone = twin(decks=("bcFlow2",))
    assert drone.params["deck.bcFlow2"] == 1
    assert drone.params["deck.bcLoco"] == 0
    with pytest.raises(TwinSettingsError, match=r"decks: expected one of .* got 'bcFlow9'"):
        twin(decks=("bcFlow9",))


def test_a_spiral_is_flown_about_its_centre_and_a_linear_way_at_one_speed():
    drone = twin()
    send(drone, (Packet(8, 0, struct.pack("<BBff?f", 7, 0, 1.0, 0.0, True, 1.0)),))
    drone.advance(4.0)
    quarter = (0, 0, math.pi / 2, 0.5, 0.5, 0.2, 3.0)
    send(drone, (Packet(8, 0, struct.pack("<BBBBfffff", 11, 0, *quarter)),))
    drone.advance(5.5)
    x, y, _ = drone.double.truth[0, :3]
    assert math.hypot(x, y - 0.5) == pytest.approx(0.5, abs=0.05)  # the centre is to its left
    drone.advance(9.0)
    assert drone.double.truth[0, :3] == pytest.approx([0.5, 0.5, 1.2], abs=0.05)
    assert 2 * math.atan2(*drone.double.truth[0, 5:7]) == pytest.approx(math.pi / 2, abs=0.05)
    go = struct.pack("<BBBBfffff", 12, 0, 0, 1, 1.5, 0.5, 1.2, math.pi / 2, 2.0)
    send(drone, (Packet(8, 0, go),))
    drone.advance(10.0)
    assert drone.double.way(0).velocity_at(9.5)[:3] == pytest.approx([0.5, 0.0, 0.0], abs=0.03)
    drone.advance(13.0)
    assert drone.double.truth[0, :3] == pytest.approx([1.5, 0.5, 1.2], abs=0.06)
    sideways = struct.pack("<BBBBfffff", 11, 0, 1, 0, 1.0, 0.5, 0.5, 0.0, 1.0)
    assert "sideways spirals are not simulated" in said(drone.take(Packet(8, 0, sideways)))
