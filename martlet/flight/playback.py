# SPDX-License-Identifier: Apache-2.0
"""A bag's messages as they came off the wire, and when each is due; time is passed in."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from martlet.errors import UsageError
from martlet.flight.playing import Playing
from martlet.flight.recording import reader_of


@dataclass(frozen=True)
class Played:
    """One message: when it is due after the beginning [s], its topic, and its bytes."""

    due_s: float
    topic: str
    cdr: bytes


def topics_of(folder: Path) -> dict[str, str]:
    """The type of each topic of a bag.

    Raises:
        FlightError: No bag, or one without its end.
    """
    with reader_of(folder) as reader:
        summary = reader.get_summary()
    if summary is None:
        return {}
    return {c.topic: summary.schemas[c.schema_id].name for c in summary.channels.values()}


def played(folder: Path, playing: Playing) -> Iterator[Played]:
    """The bag's messages in the order of their receipt, once.

    Raises:
        FlightError: No bag, or one without its end.
        UsageError: Nothing is left of it after `start_s`.
    """
    with reader_of(folder) as reader:
        first_ns: int | None = None
        something = False
        for _, channel, message in reader.iter_messages():
            first_ns = message.log_time if first_ns is None else first_ns
            since_s = 1e-9 * (message.log_time - first_ns) - playing.start_s
            # What is said once, and counts, is said at the start: how the drones stood.
            if since_s < 0.0 and not lasting(channel.topic):
                continue
            something = something or since_s >= 0.0
            yield Played(max(since_s, 0.0) / playing.speed, channel.topic, message.data)
        if not something:
            raise UsageError(
                f"{folder}: expected messages after start_s = {playing.start_s:g} s, found none."
            )


def lasting(topic: str) -> bool:
    """Whether a topic tells late listeners how things stand."""
    return topic.rpartition("/")[2] in ("status", "battery", "robot_description")
