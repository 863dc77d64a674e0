# SPDX-License-Identifier: Apache-2.0
"""Whose own topics are said at which tick."""

import pytest

from martlet_nodes.turns import AT_A_TICK, in_turn


@pytest.mark.parametrize("drones", [1, AT_A_TICK])
def test_few_drones_are_all_said_at_every_tick(drones):
    assert all(list(in_turn(drones, tick)) == list(range(drones)) for tick in range(5))


@pytest.mark.parametrize("drones", [5, 8, 16])
def test_of_many_each_has_its_turn_and_a_tick_no_more_than_it_bears(drones):
    every = -(-drones // AT_A_TICK)
    turns = [list(in_turn(drones, tick)) for tick in range(every)]
    assert sorted(row for turn in turns for row in turn) == list(range(drones))
    assert all(len(turn) <= AT_A_TICK for turn in turns)
