# SPDX-License-Identifier: Apache-2.0
"""Fleets that are not the policy's: of another size, or in another order of rows; no ROS."""

from collections.abc import Sequence


def states_fault(numbers: int, ages: int, drones: int) -> str:
    """What is wrong with a message of states, by its lengths; empty where nothing is.

    Args:
        numbers: Of its states.
        ages: Of its ages.
        drones: How many the policy knows.
    """
    if numbers == 13 * drones and ages in (0, drones):
        return ""
    heard = f"{numbers / 13:g} of {numbers} numbers and {ages} ages"
    return f"/fleet/states: expected {drones} drones, heard {heard}"


def order_fault(ours: Sequence[str], theirs: Sequence[str]) -> str:
    """What is wrong with the drones of a backend; empty where nothing is, or it names none."""
    if not theirs or list(ours) == list(theirs):
        return ""
    return (
        f"drones: expected {', '.join(ours)}, in this order, of the backend as of the policy,"
        f" got {', '.join(theirs)}"
    )
