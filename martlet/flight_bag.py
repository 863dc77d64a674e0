# SPDX-License-Identifier: Apache-2.0
"""A flight's bag as flight logs, one for each drone: states, and the commands that were sent."""

import struct
from pathlib import Path

import numpy as np
from mcap.exceptions import McapError
from mcap.reader import make_reader

from evaluation.validation.gates import LONGEST_GAP_S
from martlet.errors import UsageError
from martlet.flight.recording import Series, read_recording
from sim_core.flight_log import FlightLog, flight_log

_OFF_THE_FLOOR_M = 0.15


def is_bag(path: Path) -> bool:
    """Whether a path is a bag's folder or its .mcap file."""
    return path.suffix == ".mcap" or (path.is_dir() and any(path.glob("*.mcap")))


def logs_of_bag(path: Path) -> list[FlightLog]:
    """The flights in a bag; what flew is the truth where it was recorded, else the estimate.

    Raises:
        UsageError: No bag of ours, or none in which commands were sent.
    """
    folder = path.parent if path.suffix == ".mcap" else path
    recording = read_recording(folder, drones_of(folder))
    states = recording.truth if len(recording.truth.stamps_s) else recording.states
    if not len(recording.commands.stamps_s):
        raise UsageError(f"{folder}: expected commands on /fleet/cmd_rate_thrust, found none.")
    count = states.values.shape[1]
    return [_log(f"{folder.name}:{i}", states, recording.commands, i) for i in range(count)]


def _log(name: str, states: Series, commands: Series, drone: int) -> FlightLog:
    t, first = np.unique(states.stamps_s, return_index=True)
    rows = states.values[first, drone]
    sent = np.searchsorted(commands.stamps_s, t + 1e-6) - 1
    command = np.where((sent >= 0)[:, None], commands.values[np.maximum(sent, 0), drone], np.nan)
    flown = np.isfinite(command).all(axis=1) & (rows[:, 2] > _OFF_THE_FLOOR_M)
    flown[1:] &= np.diff(t) <= LONGEST_GAP_S  # a radio loses states, and sometimes several in a row
    arrays = {
        "t": t, "pos": rows[:, :3], "quat_xyzw": rows[:, 3:7], "vel": rows[:, 7:10],
        "gyro": rows[:, 10:], "command": np.nan_to_num(command), "ok": flown,
    }  # fmt: skip
    return flight_log(name, arrays)


def drones_of(folder: Path) -> tuple[str, ...]:
    """The drones in a flight's bag, by name.

    Raises:
        UsageError: No bag of ours, or one without its end.
    """
    files = sorted(folder.glob("*.mcap"))
    if len(files) != 1:
        raise UsageError(f"{folder}: expected one .mcap file, got {len(files)}.")
    with files[0].open("rb") as stream:
        try:
            summary = make_reader(stream).get_summary()
        except (McapError, OSError, ValueError, struct.error):
            raise UsageError(
                f"{files[0]}: expected a whole MCAP file, got one that is damaged or cut off;"
                " try `martlet doctor --recover`."
            ) from None
    topics = [] if summary is None else [c.topic for c in summary.channels.values()]
    names = sorted(t.split("/")[1] for t in topics if t.count("/") == 2 and t.endswith("/status"))
    if not names:
        raise UsageError(f"{folder}: expected a flight's bag with a /<drone>/status, found none.")
    return tuple(names)
