# SPDX-License-Identifier: Apache-2.0
"""Fleets that are not the policy's are told by their rows."""

from martlet_nodes.other_fleets import order_fault, states_fault


def test_a_fleet_of_another_size_or_in_another_order_is_told():
    assert states_fault(26, 2, 2) == states_fault(26, 0, 2) == ""
    assert states_fault(39, 3, 2) == (
        "/fleet/states: expected 2 drones, heard 3 of 39 numbers and 3 ages"
    )
    assert "heard 2 of 26 numbers and 1 ages" in states_fault(26, 1, 2)
    assert "heard 0.384615 of 5 numbers" in states_fault(5, 0, 2)
    assert order_fault(["a", "b"], ["a", "b"]) == order_fault(["a"], []) == ""
    assert "expected a, b, in this order, of the backend as of the policy, got b, a" in order_fault(
        ["a", "b"], ["b", "a"]
    )
