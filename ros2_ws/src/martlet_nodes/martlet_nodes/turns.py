# SPDX-License-Identifier: Apache-2.0
"""Whose own topics are said at a tick: they are for people and tools, and cost time."""

AT_A_TICK = 4
"""All of 16 drones at every tick, on two cores, made commands come too late for the guard."""


def in_turn(drones: int, tick: int) -> range:
    """Rows of the drones whose turn it is: all, of up to `AT_A_TICK`; of more, each in its turn.

    Args:
        drones: How many there are.
        tick: Number of the tick.
    """
    every = -(-drones // AT_A_TICK)
    return range(tick % every, drones, every)
