# SPDX-License-Identifier: Apache-2.0
"""A flight's bag as plain arrays.

Stamps count from the whole second in which the first state came: hardware's bear the date.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mcap.exceptions import McapError
from mcap.reader import McapReader, make_reader
from mcap_ros2.decoder import DecoderFactory
from numpy.typing import NDArray

from martlet.errors import FlightError
from sim_core.tasks import CONTROL_DT

Array = NDArray[np.float64]

GUARD_STAGES = ("nominal", "hold", "land", "off")
"""By the numbers of martlet_msgs/DroneStatus."""


@dataclass(frozen=True, eq=False)
class Series:
    """Numbers over time: rows of one topic for the whole fleet, shapes (T,) and (T, n, k)."""

    stamps_s: Array
    values: Array


@dataclass(frozen=True, eq=False)
class Statuses:
    """What one drone said of itself.

    Attributes:
        stamps_s: Shape (T,).
        commander: In the numbers of martlet_msgs/DroneStatus, shape (T,).
        flying: Shape (T,).
        interventions: Of the guard, shape (T,).
        latencies_s: Receipt minus stamp of every streamed command, in their order.
        guard: Each change of the guard: when [s], the stage, and the rule and number that tripped
            it.
    """

    stamps_s: Array
    commander: NDArray[np.int64]
    flying: NDArray[np.bool_]
    interventions: NDArray[np.int64]
    latencies_s: Array
    guard: tuple[tuple[float, str, str], ...] = ()


@dataclass(frozen=True, eq=False)
class Recording:
    """One flight.

    Attributes:
        states: As received, with 13 columns.
        age_s: How much older than its stamp each state is, shape (T, n).
        truth: What an outside observer saw at the same stamps; empty where there was none.
        commands: With 4 columns; rows that were none are not numbers.
        statuses: One for each drone.
    """

    states: Series
    age_s: Array
    truth: Series
    commands: Series
    statuses: tuple[Statuses, ...]

    def streams(self, row: int) -> list[tuple[float, float]]:
        """When a policy commanded a drone: begin and end of each stretch of answers."""
        stamps, engaged = self.commands.stamps_s, self.commands.values[:, row, 0]
        stretches: list[tuple[float, float]] = []
        open_ = False
        for stamp, value in zip(stamps.tolist(), engaged.tolist(), strict=True):
            if value != value:  # not a number: let go
                open_ = False
            elif open_:
                stretches[-1] = (stretches[-1][0], stamp)
            else:
                open_ = True
                stretches.append((stamp, stamp))
        return [(start, end + CONTROL_DT) for start, end in stretches]

    def states_at(self, stamp_s: float) -> Array:
        """All drones' states of a stamp, as received, shape (n, 13)."""
        place = places(self.states.stamps_s, np.array([stamp_s]))
        out: Array = self.states.values[max(int(place[0]), 0)]
        return out


def places(stamps: Array, wanted: Array) -> NDArray[np.int64]:
    """Where each wanted stamp is among rising ones; -1 where it is not."""
    if not len(stamps):
        return np.full(len(wanted), -1, dtype=np.int64)
    place = np.clip(np.searchsorted(stamps, wanted - 1e-6), 0, len(stamps) - 1)
    return np.where(np.abs(stamps[place] - wanted) < 1e-6, place, -1)


def read_recording(folder: Path, drones: tuple[str, ...]) -> Recording:
    """Read a bag.

    Args:
        folder: The bag.
        drones: The drones, in the order of their rows.

    Raises:
        FlightError: A bag that cannot be read, or that holds no states.
    """
    count = len(drones)
    states: list[tuple[float, Any]] = []
    ages: list[Any] = []
    truth: list[tuple[float, Any]] = []
    commands: list[tuple[float, Any]] = []
    statuses: dict[str, list[Any]] = {name: [] for name in drones}

    def take_states(message: Any) -> None:
        states.append((_seconds(message), np.reshape(message.states, (count, 13))))
        ages.append(np.asarray(message.age_s, dtype=np.float64))

    def take_truth(message: Any) -> None:
        truth.append((_seconds(message), np.reshape(message.states, (count, 13))))

    def take_command(message: Any) -> None:
        rows = np.reshape(np.asarray(message.commands, dtype=np.float64), (count, 4)).copy()
        rows[~np.asarray(message.engaged, dtype=bool)] = math.nan
        commands.append((_seconds(message), rows))

    take: dict[str, Callable[[Any], None]] = {
        "/fleet/states": take_states,
        "/fleet/truth": take_truth,
        "/fleet/cmd_rate_thrust": take_command,
        **{f"/{name}/status": statuses[name].append for name in drones},
    }
    for topic, message in messages_of(folder, list(take)):
        take[topic](message)
    if not states:
        raise FlightError(f"{folder}: expected a recording of /fleet/states, found none in it.")
    origin = float(math.floor(states[0][0]))
    return Recording(
        _series(states, count, 13, origin),
        np.array(ages),
        _series(truth, count, 13, origin),
        _series(commands, count, 4, origin),
        tuple(statuses_of(statuses[name], origin) for name in drones),
    )


def messages_of(folder: Path, topics: list[str]) -> Iterator[tuple[str, Any]]:
    """Topic and message of some topics of a bag, in the order of receipt.

    Raises:
        FlightError: No bag, or one without its end.
    """
    with reader_of(folder, DecoderFactory()) as reader:
        for _, channel, _, message in reader.iter_decoded_messages(topics):
            yield channel.topic, message


@contextmanager
def reader_of(folder: Path, *decoders: DecoderFactory) -> Iterator[McapReader]:
    """A bag's file, open for reading.

    Raises:
        FlightError: No bag, or one without its end.
    """
    files = sorted(folder.glob("*.mcap"))
    if len(files) != 1:
        raise FlightError(f"{folder}: expected one .mcap file, got {len(files)}.")
    with files[0].open("rb") as stream:
        try:
            yield make_reader(stream, decoder_factories=decoders)
        except (McapError, OSError):
            raise FlightError(
                f"{files[0]}: expected a whole MCAP file, got one that is damaged or cut off;"
                " try `martlet doctor --recover`."
            ) from None


def _seconds(message: Any) -> float:
    stamp = message.header.stamp
    return float(stamp.sec + 1e-9 * stamp.nanosec)


def _series(rows: list[tuple[float, Any]], count: int, columns: int, origin: float) -> Series:
    values = np.array([row for _, row in rows], dtype=np.float64).reshape(-1, count, columns)
    return Series(np.array([stamp - origin for stamp, _ in rows]), values)


def statuses_of(messages: list[Any], origin: float) -> Statuses:
    """What one drone said, its stamps counted from `origin` [s]."""
    return Statuses(
        stamps_s=np.array([_seconds(m) - origin for m in messages]),
        commander=np.array([m.commander for m in messages], dtype=np.int64),
        flying=np.array([m.flying for m in messages], dtype=np.bool_),
        interventions=np.array([m.guard_interventions for m in messages], dtype=np.int64),
        latencies_s=np.array([late for m in messages for late in m.command_latency_s]),
        guard=tuple(_guard(messages, origin)),
    )


def _guard(messages: list[Any], origin: float) -> Iterator[tuple[float, str, str]]:
    stage = 0
    for message in messages:
        if message.guard_stage != stage:
            stage = message.guard_stage
            yield _seconds(message) - origin, GUARD_STAGES[stage], message.guard_reason
