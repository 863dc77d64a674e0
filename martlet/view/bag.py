# SPDX-License-Identifier: Apache-2.0
"""A bag's messages in their order, for a picture, and where the run it belongs to is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from martlet.errors import UsageError
from martlet.flight.recording import messages_of
from martlet.flight_bag import drones_of, is_bag
from martlet.view.translation import TYPES, in_order


def bag_of(path: Path) -> Path:
    """The bag's folder of a run, a bag or an .mcap file.

    Raises:
        UsageError: There is none.
    """
    if not path.exists():
        raise UsageError(f"{path}: expected a run or a bag, there is no such file.")
    if path.is_dir() and not is_bag(path):
        path = path / "flight"
    if not is_bag(path):
        raise UsageError(f"{path}: expected a bag: a folder with an .mcap file, found none.")
    return path.parent if path.suffix == ".mcap" else path


def messages(bag: Path) -> tuple[tuple[str, ...], Iterator[tuple[str, Any]]]:
    """The drones of a bag, and what is shown of it, topic and message, in the order of receipt.

    Raises:
        UsageError: No bag of a flight, or one without its end.
    """
    drones = in_order(drones_of(bag))
    return drones, messages_of(bag, [f"/{name}/{kind}" for name in drones for kind in TYPES])
