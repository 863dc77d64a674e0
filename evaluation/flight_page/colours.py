# SPDX-License-Identifier: Apache-2.0
"""Who has which colour on a flight's page."""

from evaluation.picture import BLUE, GREEN, INK, ORANGE, PURPLE, SKY, VERMILION

DRONES = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY)

STAGES = {"hold": ORANGE, "land": VERMILION, "off": INK}
"""Of the guard."""


def colour_of(row: int) -> str:
    """A drone's, by its row."""
    return DRONES[row % len(DRONES)]
