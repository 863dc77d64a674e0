# SPDX-License-Identifier: Apache-2.0
"""A trajectory that is sent is the trajectory that a drone understands."""

import pytest

from firmware_bridge.crtp_commander import Commander, CommanderContext
from firmware_bridge.crtp_memory import MemoryRoom
from firmware_bridge.crtp_packets import Port
from firmware_bridge.errors import OrderError
from firmware_bridge.orders import Follow, Piece
from firmware_bridge.setpoints import SetpointEncoder, ThrustConvention
from firmware_bridge.trajectory_upload import MOST_PIECES

THRUST = ThrustConvention("linear", 0.12)
ROWS = tuple(tuple(0.125 * (8 * row + i) for i in range(8)) for row in range(4))
PIECES = (Piece(1.5, ROWS), Piece(0.25, ROWS[::-1]))


def encoder(protocol=12, memory=0):
    return SetpointEncoder(protocol, THRUST, trajectories=memory)


def heard(packets):
    """What the twin of a drone makes of packets."""
    memory = MemoryRoom()
    context = CommanderContext(
        thrust=THRUST,
        parameter=lambda _: 1.0,
        idle=lambda: True,
        pose=lambda: ((0.0, 0.0, 0.0), 0.0),
        memory=memory.trajectory_bytes,
        say=pytest.fail,
    )
    commander, orders = Commander(context), []
    for packet in packets:
        assert len(packet.payload) <= 30
        if packet.port == Port.MEMORY:
            assert memory.answer(packet.channel, packet.payload)[-1] == 0
        else:
            orders += commander.orders(packet)
    return orders


@pytest.mark.parametrize("relative", [True, False])
def test_what_is_sent_is_what_is_understood(relative):
    order = Follow(PIECES, 1.5, relative=relative)
    assert heard(encoder().packets(order)) == [order]
    assert heard(encoder(protocol=9).packets(order)) == [order]


def test_only_a_new_firmware_hears_of_the_heading():
    order = Follow(PIECES, 1.0, relative=True, turned=True)
    assert heard(encoder().packets(order)) == [order]
    assert heard(encoder(protocol=9).packets(order)) == [Follow(PIECES, 1.0, relative=True)]


def test_as_many_pieces_as_the_memory_holds():
    most = Follow(PIECES[:1] * MOST_PIECES)
    assert heard(encoder().packets(most)) == [most]
    with pytest.raises(OrderError, match=r"expected 1 to 31 pieces, got 32"):
        encoder().packets(Follow(PIECES[:1] * (MOST_PIECES + 1)))


def test_a_firmware_without_the_memory_is_told_so():
    with pytest.raises(OrderError, match="no memory"):
        encoder(memory=None).packets(Follow(PIECES))
