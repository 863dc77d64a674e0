# SPDX-License-Identifier: Apache-2.0
"""What a twin makes of set-points: what they were made of, and the signs of those we never send."""

import math
import struct

import pytest

from firmware_bridge.crtp_commander import Commander, CommanderContext
from firmware_bridge.crtp_packets import Packet
from firmware_bridge.orders import (
    Attitude,
    Follow,
    GoTo,
    HandBack,
    Hover,
    Land,
    Position,
    RateThrust,
    TakeOff,
    Velocity,
)
from firmware_bridge.setpoints import SetpointEncoder, ThrustConvention
from firmware_bridge.telemetry import compress_quaternion

LINEAR = ThrustConvention("linear", 0.12)


def commander(memory=bytes(4096), stab_mode=0):
    said = []
    context = CommanderContext(
        LINEAR,
        lambda name: 1 if name == "commander.enHighLevel" else stab_mode,
        lambda: False,
        lambda: ((1.0, 2.0, 3.0), 0.5),
        lambda at, size: memory[at : at + size],
        said.append,
    )
    made = Commander(context)
    made.orders(Packet(3, 0, bytes(14)))  # opens the thrust lock
    made.said = said
    return made


def flat(order):
    """An order's numbers."""
    numbers = []
    for value in vars(order).values():
        numbers += value if isinstance(value, tuple) else [value]
    return numbers


@pytest.mark.parametrize("protocol", [7, 12])
@pytest.mark.parametrize(
    "order",
    [
        RateThrust(0.3, (0.1, -0.2, 0.3)),
        Position((0.1, -0.2, 0.3), 0.4),
        Velocity((0.1, -0.2, 0.3), 0.4),
        Hover(0.5, 0.1, -0.2, 0.3),
        HandBack(),
        TakeOff(1.0, 2.0, 0.5),
        Land(0.1, 2.0),
        GoTo((0.1, -0.2, 0.3), 0.4, 2.0),
    ],
    ids=lambda order: type(order).__name__,
)
def test_what_was_sent_is_what_is_heard(protocol, order):
    ((packet,), heard) = SetpointEncoder(protocol, LINEAR).packets(order), commander()
    (back,) = heard.orders(packet)
    assert type(back) is type(order)
    assert flat(back) == pytest.approx(flat(order), abs=1e-5)


def test_angles_on_port_3_and_11_are_right_handed():
    # cflib's users: positive roll to the right, positive pitch ahead; it inverts pitch itself.
    degrees = struct.pack("<fffH", 10.0, -20.0, -30.0, 32768)
    (order,) = commander(stab_mode=1).orders(Packet(3, 0, degrees))
    assert isinstance(order, Attitude)
    angles = [order.roll_rad, order.pitch_rad, order.yaw_rate_rad_s]
    assert [math.degrees(angle) for angle in angles] == pytest.approx([10, 20, 30])
    manual = struct.pack("<BfffHB", 11, 10.0, -20.0, 30.0, 32768, 0)
    assert commander().orders(Packet(7, 0, manual)) == [order]


@pytest.mark.parametrize(("kind", "yaw"), [(9, 30.0), (2, -30.0)])
def test_a_height_under_a_tilt_inverts_pitch(kind, yaw):
    # cflib does not invert pitch here: positive pitch goes back, as with the firmware.
    data = struct.pack("<Bffff", kind, 10.0, 20.0, yaw, 0.7)
    (order,) = commander().orders(Packet(7, 0, data))
    assert math.degrees(order.roll_rad) == pytest.approx(10)
    assert math.degrees(order.pitch_rad) == pytest.approx(-20)
    assert math.degrees(order.yaw_rate_rad_s) == pytest.approx(30)
    assert order.height_m == pytest.approx(0.7)


def test_of_a_full_state_position_and_heading_are_kept():
    quat = compress_quaternion([0.0, 0.0, math.sin(0.4), math.cos(0.4)])
    data = struct.pack("<BhhhhhhhhhIhhh", 6, 1000, -2000, 500, *[7] * 6, quat, 1, 2, 3)
    (order,) = commander().orders(Packet(7, 0, data))
    assert order.p_WB == (1.0, -2.0, 0.5)
    assert order.yaw_rad == pytest.approx(0.8, abs=5e-3)


def test_stop_takes_the_thrust_away():
    assert commander().orders(Packet(7, 0, b"\0")) == [RateThrust(0.0, (0.0, 0.0, 0.0))]


def test_a_relative_way_begins_where_the_drone_is():
    data = struct.pack("<BBBBfffff", 12, 0, 1, 0, 0.1, 0.2, 0.3, 0.1, 2.0)
    (order,) = commander().orders(Packet(8, 0, data))
    assert order.p_WB == pytest.approx((1.1, 2.2, 3.3))
    assert order.yaw_rad == pytest.approx(0.6)


def test_trajectories_are_read_from_memory_piece_by_piece():
    rows = [[float(8 * row + i) for i in range(8)] for row in range(4)]
    piece = struct.pack("<33f", *(value for row in rows for value in row), 1.5)
    heard = commander(memory=bytes(132) + piece)
    heard.orders(Packet(8, 0, struct.pack("<BBBBIB", 6, 3, 1, 0, 132, 1)))
    (order,) = heard.orders(Packet(8, 0, struct.pack("<BBBBBBf", 13, 0, 1, 1, 0, 3, 2.0)))
    assert isinstance(order, Follow)
    assert (order.stretch, order.relative, order.turned) == (2.0, True, True)
    assert order.pieces[0].duration_s == 1.5
    assert order.pieces[0].coefficients[1] == tuple(rows[1])
    assert heard.orders(Packet(8, 0, struct.pack("<BBBBBBf", 13, 0, 1, 1, 0, 9, 2.0))) == []
    assert heard.said == ["trajectory 9 was not defined\n"]
