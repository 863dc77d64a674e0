# SPDX-License-Identifier: Apache-2.0
"""Recorded flights wherever they lie: a flight log, a flight's bag, or the run that it is in."""

from pathlib import Path

from evaluation.errors import LogError
from martlet.errors import UsageError
from martlet.flight.settings import told_in
from martlet.flight_bag import is_bag, logs_of_bag
from sim_core.flight_log import FlightLog, LogFormError, read_flight_log

_BAG = "flight"
"""Of a run's folder, where its flight's bag is."""


def logs_at(path: Path) -> list[FlightLog]:
    """The flights at a path, one for each drone.

    Raises:
        LogError, UsageError, FlightError: There are none that can be read, or the commands in the
            bag are not those that were flown.
    """
    if not path.exists():
        raise LogError(f"{path}: expected a flight log or a bag, there is no such file.")
    for bag in (path, path / _BAG):
        if is_bag(bag):
            _refuse_on_board(bag)
            return logs_of_bag(bag)
    if path.is_dir():
        raise LogError(f"{path}: expected a flight's bag or run, found no .mcap file in it.")
    try:
        return [read_flight_log(path)]
    except LogFormError as error:
        raise LogError(str(error)) from None


def _refuse_on_board(bag: Path) -> None:
    """A policy on board sends its commands nowhere: what a laptop streamed to it was not flown."""
    folder = bag.absolute().parent if bag.suffix == ".mcap" else bag.absolute()
    if (told_in(folder.parent) or {}).get("onboard"):
        raise UsageError(
            f"{bag}: expected a flight whose commands were recorded, got one whose policy flew on"
            " board: what was streamed to it is not what it flew."
        )
