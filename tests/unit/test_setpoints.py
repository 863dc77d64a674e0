# SPDX-License-Identifier: Apache-2.0
"""Orders become what a Crazyflie understands: one axis at a time, worked out on paper."""

import dataclasses
import math
import struct

import pytest

from firmware_bridge.crtp_packets import Packet, decode
from firmware_bridge.errors import OrderError
from firmware_bridge.orders import (
    Arm,
    Attitude,
    Emergency,
    GoTo,
    HandBack,
    Hover,
    Land,
    Position,
    RateThrust,
    Stop,
    TakeOff,
    Velocity,
)
from firmware_bridge.setpoints import (
    SetpointEncoder,
    ThrustConvention,
    thrust_kind_of,
    unlock_thrust,
)

LINEAR = ThrustConvention("linear", 0.12)
PWM = ThrustConvention("pwm", 0.12)
ENCODER = SetpointEncoder(12, LINEAR)
MANUAL = SetpointEncoder(12, LINEAR, "manual")
OLD = SetpointEncoder(7, PWM)
HALF = math.pi / 2


def only(packets):
    (packet,) = packets
    return packet


@pytest.mark.parametrize(
    ("w_B", "roll", "pitch", "yaw"),
    [((HALF, 0, 0), 90, 0, 0), ((0, HALF, 0), 0, -90, 0), ((0, 0, HALF), 0, 0, -90)],
)
def test_rates_on_port_3_invert_pitch_and_yaw(w_B, roll, pitch, yaw):
    packet = only(ENCODER.packets(RateThrust(0.24, w_B)))
    assert (packet.port, packet.channel) == (3, 0)
    assert struct.unpack("<fffH", packet.payload) == (roll, pitch, yaw, 32768)


@pytest.mark.parametrize(
    ("w_B", "roll", "pitch", "yaw"),
    [((HALF, 0, 0), 90, 0, 0), ((0, HALF, 0), 0, -90, 0), ((0, 0, HALF), 0, 0, 90)],
)
def test_manual_rates_invert_pitch_alone(w_B, roll, pitch, yaw):
    packet = only(MANUAL.packets(RateThrust(0.24, w_B)))
    assert (packet.port, packet.channel) == (7, 0)
    assert struct.unpack("<BfffHB", packet.payload) == (11, roll, pitch, yaw, 32768, 1)


def test_linear_thrust_is_the_share_of_the_motors_full_force():
    assert LINEAR.counts(0.48) == 65535
    assert LINEAR.counts(0.24) == 32768
    assert LINEAR.counts(0.0) == 0
    assert LINEAR.newtons(32768) == pytest.approx(0.24, abs=1e-5)


def test_pwm_thrust_inverts_the_motor_curve():
    # At half PWM one motor gives 0.0915/4 + 0.0677/2 = 0.056725 N.
    assert PWM.counts(4 * 0.056725) in (32767, 32768)
    assert PWM.counts(4 * (0.0915 + 0.0677)) == 65535
    assert PWM.newtons(65535) == pytest.approx(4 * 0.1592)


def test_the_conventions_differ_where_a_drone_sinks():
    # 0.1 N: linear 65535 · 0.1/0.48; by the curve u = (sqrt(b² + 4 a F) − b)/2a = 0.2704.
    assert LINEAR.counts(0.1) == 13653
    assert PWM.counts(0.1) == pytest.approx(0.2704 * 65535, abs=10)


@pytest.mark.parametrize("convention", [LINEAR, PWM])
def test_thrust_counts_go_back_to_newtons(convention):
    for thrust in (0.01, 0.1, 0.2845, 0.4, 0.47):
        assert convention.newtons(convention.counts(thrust)) == pytest.approx(thrust, abs=1e-5)


def test_thrust_is_kept_within_what_a_firmware_takes():
    for thrust, counts in ((9.0, 60000), (-1.0, 0)):
        payload = only(ENCODER.packets(RateThrust(thrust, (0, 0, 0)))).payload
        assert struct.unpack("<fffH", payload)[3] == counts


def test_the_thrust_convention_follows_the_protocol():
    assert [thrust_kind_of(version) for version in (7, 8, 9, 12)] == [
        "pwm",
        "pwm",
        "linear",
        "linear",
    ]


def test_position_is_in_metres_and_degrees():
    packet = only(ENCODER.packets(Position((1.0, -2.0, 0.5), HALF)))
    assert (packet.port, packet.channel) == (7, 0)
    assert struct.unpack("<Bffff", packet.payload) == (7, 1.0, -2.0, 0.5, 90.0)


def test_velocity_and_hover_turn_right_handed_whatever_the_protocol():
    velocity, hover = Velocity((0.1, 0.2, 0.3), HALF), Hover(0.5, 0.1, -0.2, HALF)
    new = [struct.unpack("<Bffff", only(ENCODER.packets(o)).payload) for o in (velocity, hover)]
    old = [struct.unpack("<Bffff", only(OLD.packets(o)).payload) for o in (velocity, hover)]
    assert new[0] == pytest.approx((8, 0.1, 0.2, 0.3, 90))
    assert old[0] == pytest.approx((1, 0.1, 0.2, 0.3, -90))
    assert new[1] == pytest.approx((10, 0.1, -0.2, 90, 0.5))
    assert old[1] == pytest.approx((5, 0.1, -0.2, -90, 0.5))


def test_takeoff_and_landing_keep_the_heading_unless_told():
    up = only(ENCODER.packets(TakeOff(1.0, 2.0)))
    assert (up.port, up.channel) == (8, 0)
    assert struct.unpack("<BBff?f", up.payload) == (7, 0, 1.0, 0.0, True, 2.0)
    down = only(ENCODER.packets(Land(0.0, 2.5, 1.5)))
    assert struct.unpack("<BBff?f", down.payload) == (8, 0, 0.0, 1.5, False, 2.5)


def test_go_to_is_in_radians_and_follows_the_protocol():
    order = GoTo((1.0, 2.0, 3.0), 0.5, 4.0)
    new, old = only(ENCODER.packets(order)), only(OLD.packets(order))
    assert struct.unpack("<BBBBfffff", new.payload) == (12, 0, 0, 0, 1.0, 2.0, 3.0, 0.5, 4.0)
    assert struct.unpack("<BBBfffff", old.payload) == (4, 0, 0, 1.0, 2.0, 3.0, 0.5, 4.0)


def test_arming_and_emergency_follow_the_protocol():
    assert ENCODER.packets(Arm(True)) == (Packet(9, 1, b"\x01\x01"),)
    assert OLD.packets(Arm(False)) == (Packet(13, 0, b"\x01\x00"),)
    assert ENCODER.packets(Emergency()) == (Packet(9, 1, b"\x03"),)
    assert dataclasses.replace(ENCODER, protocol=11).packets(Emergency()) == (
        Packet(6, 1, b"\x03"),
    )


def test_stop_ends_the_high_level_flight_before_it_hands_back():
    assert [(p.port, p.payload[0]) for p in ENCODER.packets(Stop())] == [(8, 3), (7, 0), (7, 0)]
    assert ENCODER.packets(Stop())[2].channel == 1
    assert ENCODER.packets(HandBack()) == (Packet(7, 1, bytes(5)),)


def test_the_thrust_lock_opens_with_one_thrust_of_zero():
    zero, back = unlock_thrust()
    assert zero == Packet(3, 0, bytes(14))
    assert back == Packet(7, 1, bytes(5))


def test_what_cannot_be_sent_is_refused_with_one_sentence():
    with pytest.raises(OrderError, match="finite"):
        ENCODER.packets(RateThrust(math.nan, (0, 0, 0)))
    with pytest.raises(OrderError, match="finite"):
        ENCODER.packets(GoTo((math.inf, 0, 0), 0, 1))
    with pytest.raises(OrderError, match="Attitude"):
        ENCODER.packets(Attitude(0, 0, 0, thrust_n=0.2))


def test_packets_survive_the_wire_and_what_is_none_is_nothing():
    packet = Packet(8, 2, b"abc")
    assert packet.encode()[0] == 0x8E
    assert decode(packet.encode()) == packet
    assert decode(b"\xff").is_null
    assert decode(b"\xf3").is_null
    assert decode(b"") is None
    assert decode(bytes(32)) is None


def test_set_points_are_those_that_the_real_library_sends():
    commander = pytest.importorskip("cflib.crazyflie.commander")
    high_level = pytest.importorskip("cflib.crazyflie.high_level_commander")

    class Sent:
        class platform:  # noqa: N801
            @staticmethod
            def get_protocol_version():
                return 12

        def send_packet(self, packet):
            self.packet = Packet(packet.port, packet.channel, bytes(packet.data))

    sent = Sent()
    commander, high_level = commander.Commander(sent), high_level.HighLevelCommander(sent)
    p, q, r = 0.1, -0.2, 0.3
    deg = math.degrees
    for call, encoder, order in (
        (
            lambda: commander.send_setpoint(deg(p), deg(q), -deg(r), 32768),
            ENCODER,
            RateThrust(0.24, (p, q, r)),
        ),
        (
            lambda: commander.send_position_setpoint(1, 2, 3, deg(0.5)),
            ENCODER,
            Position((1, 2, 3), 0.5),
        ),
        (
            lambda: commander.send_velocity_world_setpoint(1, 2, 3, deg(0.5)),
            ENCODER,
            Velocity((1, 2, 3), 0.5),
        ),
        (
            lambda: commander.send_hover_setpoint(1, 2, deg(0.5), 3),
            ENCODER,
            Hover(3, 1, 2, 0.5),
        ),
        (commander.send_notify_setpoint_stop, ENCODER, HandBack()),
        (lambda: high_level.takeoff(1.0, 2.0, yaw=None), ENCODER, TakeOff(1.0, 2.0)),
        (lambda: high_level.land(0.0, 2.0, yaw=0.7), ENCODER, Land(0.0, 2.0, 0.7)),
        (lambda: high_level.go_to(1, 2, 3, 0.4, 5), ENCODER, GoTo((1, 2, 3), 0.4, 5)),
    ):
        call()
        assert only(encoder.packets(order)) == sent.packet
    commander.send_setpoint_manual(deg(p), deg(q), deg(r), 50.0, True)
    theirs = struct.unpack("<BfffHB", sent.packet.payload)
    ours = struct.unpack(
        "<BfffHB",
        only(MANUAL.packets(RateThrust(LINEAR.newtons(theirs[4]), (p, q, r)))).payload,
    )
    assert ours == theirs
