# SPDX-License-Identifier: Apache-2.0
"""Measurements of this machine, one room each; benchmarks/ records them."""

from collections.abc import Callable, Sequence
from typing import Any

from martlet.bench import core, ros, runner, training
from martlet.errors import UsageError

ROOMS: dict[str, Callable[[bool], dict[str, Any]]] = {
    "core": core.measure,
    "training": training.measure,
    "runner": runner.measure,
    "ros": ros.measure,
}


def measure(only: Sequence[str] = (), *, quick: bool = False) -> dict[str, Any]:
    """Run measurements.

    Args:
        only: Names of rooms; all where none is given.
        quick: Short ones.
    """
    unknown = sorted(set(only) - set(ROOMS))
    if unknown:
        raise UsageError(f"bench: expected some of {', '.join(ROOMS)}, got {', '.join(unknown)}.")
    figures: dict[str, Any] = {}
    for name, room in ROOMS.items():
        if not only or name in only:
            figures |= room(quick)
    return figures
