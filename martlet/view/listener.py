# SPDX-License-Identifier: Apache-2.0
"""Draws a flight while it is flown, in a process of its own that speaks ROS.

    python -m martlet.view.listener RUN URL_OR_FILE

RUN is the folder of the flight's run, or "-". It only listens, to the newest of each topic, and
ends in good order with SIGTERM, or when nobody says /fleet/states any more.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from martlet.errors import FlightError
from martlet.flight.definitions import message_class
from martlet.flight.ros_process import work_until_told
from martlet.view.sink import Sink
from martlet.view.surroundings import surroundings
from martlet.view.translation import TYPES, Translation, in_order

LOOK_EVERY_S = 0.04
"""25 pictures a second, as in a film."""

HEARD_S, SETTLED_S = 15.0, 1.0
"""So long may a flight take to be found, and its drones to have all been found."""

SILENT_S = 3.0
"""Nobody has said /fleet/states for so long: the flight is over."""

NICE = 10
"""Whoever flies goes first, and whoever records."""

STATES = "/fleet/states"

NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
LASTING = QoSProfile(
    depth=10,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)


class Listener:
    """Listens to the drones of one flight."""

    def __init__(self, node: Node) -> None:
        """Find the drones and subscribe.

        Raises:
            FlightError: Nobody flies here.
        """
        self._node = node
        self.drones = self._find()
        self._subscriptions = [
            (f"/{name}/{kind}", node.create_subscription(
                message_class(type_), f"/{name}/{kind}", _never,
                LASTING if kind in ("status", "battery") else NEWEST,
            ))
            for kind, type_ in TYPES.items()
            for name in self.drones
        ]  # fmt: skip

    def _find(self) -> tuple[str, ...]:
        begun = changed = time.monotonic()
        found: set[str] = set()
        while not found or time.monotonic() - changed < SETTLED_S:
            if not found and time.monotonic() - begun > HEARD_S:
                raise FlightError(
                    f"view: expected a flight on domain {os.environ.get('ROS_DOMAIN_ID', '0')},"
                    f" heard no drone's status in {HEARD_S:g} s."
                )
            names = {
                topic.split("/")[1]
                for topic, types in self._node.get_topic_names_and_types()
                if topic.endswith("/status") and TYPES["status"] in types
            }
            if names - found:
                found |= names
                changed = time.monotonic()
            time.sleep(0.1)
        return in_order(found)

    def news(self) -> list[tuple[str, Any]]:
        """What has come since the last time: topic and message."""
        taken = []
        for topic, subscription in self._subscriptions:
            with subscription.handle:
                while (
                    found := subscription.handle.take_message(subscription.msg_type, False)
                ) is not None:
                    taken.append((topic, found[0]))
        return taken

    def over(self) -> bool:
        """Whether nobody flies any more."""
        return bool(self._node.count_publishers(STATES) == 0)


def listen(run: Path | None, target: str, told: Callable[[], bool]) -> None:
    """Draw until told to end, or until the flight is over."""
    listener = Listener(Node("view", start_parameter_services=False))
    translation = Translation(listener.drones)
    still = [*translation.bodies(), *(surroundings(run) if run else [])]
    sink = Sink(translation.colours(), still, live=True)
    if "://" in target:
        sink.connect(target)
    else:
        sink.save(Path(target))
    heard = time.monotonic()
    while not told() and time.monotonic() - heard < SILENT_S:
        if not listener.over():
            heard = time.monotonic()
        for topic, message in listener.news():
            stamp_s, entries = translation.entries(topic, message)
            if entries:
                sink.draw(stamp_s, entries)
        time.sleep(LOOK_EVERY_S)
    sink.end()


def _never(_: Any) -> None:
    """Takes what an executor would hand out; there is none."""


def main(words: list[str]) -> int:
    """Listen as the command line says."""
    run, target = words
    os.nice(NICE)
    folder = None if run == "-" else Path(run)
    return work_until_told(lambda told: listen(folder, target, told))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
