# SPDX-License-Identifier: Apache-2.0
"""Recorded flights wherever they lie: a flight log, a flight's bag, or the run that it is in."""

from pathlib import Path

from evaluation.errors import LogError
from martlet.flight_bag import is_bag, logs_of_bag
from sim_core.flight_log import FlightLog, LogFormError, read_flight_log

_BAG = "flight"
"""Of a run's folder, where its flight's bag is."""


def logs_at(path: Path) -> list[FlightLog]:
    """The flights at a path, one for each drone.

    Raises:
        LogError, UsageError, FlightError: There are none that can be read.
    """
    if not path.exists():
        raise LogError(f"{path}: expected a flight log or a bag, there is no such file.")
    if is_bag(path):
        return logs_of_bag(path)
    if is_bag(path / _BAG):
        return logs_of_bag(path / _BAG)
    if path.is_dir():
        raise LogError(f"{path}: expected a flight's bag or run, found no .mcap file in it.")
    try:
        return [read_flight_log(path)]
    except LogFormError as error:
        raise LogError(str(error)) from None
