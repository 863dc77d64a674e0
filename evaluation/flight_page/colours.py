# SPDX-License-Identifier: Apache-2.0
"""Colours of a flight's page: Okabe and Ito's, which people of every colour vision tell apart."""

INK, GREY, REFERENCE = "#222222", "#8c8c8c", "#cfcfcf"

DRONES = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9")

STAGES = {"hold": "#E69F00", "land": "#D55E00", "off": "#222222"}
"""Of the guard."""


def colour_of(row: int) -> str:
    """A drone's, by its row."""
    return DRONES[row % len(DRONES)]
