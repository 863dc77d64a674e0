# SPDX-License-Identifier: Apache-2.0
"""Records a flight, in a process of its own: what comes off the wire goes into the bag, undecoded.

    python -m martlet.flight.recorder FOLDER [--lossless] /clock=rosgraph_msgs/msg/Clock ...

A topic that also tells how things stood before is marked with `==`. SIGTERM ends it in good order:
what was sent before that is written, and the bag is closed.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

from martlet.bag import BagWriter
from martlet.flight.definitions import definition, message_class
from martlet.flight.ros_process import work_until_told

DEPTH = 5000
"""Messages that may wait for a recorder that was held up."""

LOOK_EVERY_S = 0.02
"""The middleware keeps what comes; looking at all of it together costs a quarter of being woken."""

SILENCE_S, PATIENCE_S = 0.3, 5.0
"""Told to end: it takes what was sent before, until nothing comes any more, or for so long."""

NICE = 5
"""Whoever flies goes first."""


def quality(*, reliable: bool, lasting: bool) -> QoSProfile:
    """What a recording subscribes with: it takes all that is on offer."""
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=DEPTH,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if lasting else DurabilityPolicy.VOLATILE,
    )


class Recorder:
    """Subscribes to topics and writes what they say."""

    def __init__(
        self, bag: BagWriter, topics: dict[str, tuple[str, bool]], *, lossless: bool
    ) -> None:
        """Subscribe.

        Args:
            bag: Where to write.
            topics: By name, the type and whether what was said before counts.
            lossless: Whether every message is on offer; asked for in vain, nothing would come.

        Raises:
            FlightError: A type that is not installed.
        """
        self._bag = bag
        self._node = Node("recorder", start_parameter_services=False)
        self._subscriptions = []
        for name, (type_, lasting) in topics.items():
            subscription = self._node.create_subscription(
                message_class(type_),
                name,
                _never,
                quality(reliable=lasting or lossless, lasting=lasting),
                raw=True,
            )
            number = bag.add_topic(name, type_, definition(type_))
            self._subscriptions.append((number, subscription))
        self._end_ns: int | None = None
        self._newest_ns = 0

    def record(self, told: Callable[[], bool]) -> None:
        """Record until told to end: what was sent until then, and no more."""
        heard = time.monotonic()
        while not self._done(heard):
            if self._end_ns is None and told():
                self._end_ns = time.time_ns()
            time.sleep(LOOK_EVERY_S)
            if self._take_all():
                heard = time.monotonic()
            self._bag.flush_if_due()

    def _done(self, heard_s: float) -> bool:
        if self._end_ns is None:
            return False
        late_s = 1e-9 * (time.time_ns() - self._end_ns)
        silent_s = time.monotonic() - heard_s
        return self._newest_ns > self._end_ns or silent_s > SILENCE_S or late_s > PATIENCE_S

    def _take_all(self) -> bool:
        """Write what has come; tells whether anything has."""
        taken = []
        for number, subscription in self._subscriptions:
            with subscription.handle:
                while (found := subscription.handle.take_message(bytes, True)) is not None:
                    cdr, info = found
                    taken.append(
                        (info["received_timestamp"], info["source_timestamp"], number, cdr)
                    )
        for received_ns, sent_ns, number, cdr in sorted(taken, key=_by_time):
            self._bag.write(number, received_ns, sent_ns, cdr)
            self._newest_ns = sent_ns
        return bool(taken)


def _by_time(row: tuple[int, int, int, bytes]) -> tuple[int, int]:
    return row[:2]


def _never(_: bytes) -> None:
    """Takes what an executor would hand out; there is none."""


def main(words: list[str]) -> int:
    """Record what the command line names."""
    lossless = "--lossless" in words
    folder, *named = (word for word in words if word != "--lossless")
    topics = {}
    for word in named:
        name, _, type_ = word.partition("=")
        topics[name] = (type_.removeprefix("="), type_.startswith("="))
    os.nice(NICE)

    def record(told: Callable[[], bool]) -> None:
        with BagWriter(Path(folder)) as bag:
            Recorder(bag, topics, lossless=lossless).record(told)

    return work_until_told(record)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
