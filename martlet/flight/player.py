# SPDX-License-Identifier: Apache-2.0
"""Plays a bag back through the topics that it was recorded from, undecoded.

    python -m martlet.flight.player BAG [--speed 2] [--start-s 3] [--loop]

It plays to nobody's drones: where somebody else says how a fleet stands, it does not begin, and it
ends when somebody comes.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from martlet.errors import FlightError
from martlet.flight.definitions import message_class
from martlet.flight.playback import lasting, played, topics_of
from martlet.flight.playing import Playing
from martlet.flight.ros_process import work_until_told

DEPTH = 100
ALONE = ("/fleet/states", "/fleet/cmd_rate_thrust")
"""Who says these is a flight, or another player; whoever hears commands says the first too."""

FOUND_S = 4.0
"""So long does it take to hear of those who are there: 1.5 s was too short, 4 runs of 4."""

LOOK_S = 0.5
NAP_S = 0.05
"""At most: a signal is heeded so soon."""


class Player:
    """Publishes what a bag holds."""

    def __init__(self, node: Node, told: Callable[[], bool]) -> None:
        """Nothing is said yet: others would hear it.

        Args:
            node: Who says it.
            told: Whether it is told to play no more.
        """
        self._node, self._told = node, told
        self._publishers: dict[str, Publisher] = {}
        self._looked_s = time.monotonic()

    def open(self, topics: dict[str, str]) -> None:
        """Hear who is there, and where nobody is open the topics.

        Raises:
            FlightError: Somebody flies here, or plays; or a type is not installed.
        """
        until_s = time.monotonic() + FOUND_S
        while time.monotonic() < until_s and not self._told():
            time.sleep(NAP_S)
        self._refuse_others()
        for name, type_ in topics.items():
            quality = _quality(lasting(name))
            publisher = self._node.create_publisher(message_class(type_), name, quality)
            self._publishers[name] = publisher

    def play(self, bag: Path, playing: Playing) -> None:
        """Play once.

        Raises:
            FlightError, UsageError: See `played`; or somebody else has come.
        """
        begun_s = time.monotonic()
        for one in played(bag, playing):
            while not self._told() and (wait_s := begun_s + one.due_s - time.monotonic()) > 0.0:
                time.sleep(min(wait_s, NAP_S))
            if self._told():
                return
            if time.monotonic() - self._looked_s > LOOK_S:
                self._looked_s = time.monotonic()
                self._refuse_others()
            self._publishers[one.topic].publish(one.cdr)

    def _refuse_others(self) -> None:
        for topic in ALONE:
            publishers: list[Any] = self._node.get_publishers_info_by_topic(topic)
            others = [p.node_name for p in publishers]
            if topic in self._publishers:
                others.remove(self._node.get_name())
            if others:
                raise FlightError(
                    f"replay: expected nobody else who publishes {topic}, got {', '.join(others)}:"
                    " play the bag in another domain (ROS_DOMAIN_ID)."
                )


def _quality(kept: bool) -> QoSProfile:
    return QoSProfile(
        depth=DEPTH,
        reliability=ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if kept else DurabilityPolicy.VOLATILE,
    )


def main(words: list[str]) -> int:
    """Play what the command line names."""
    parser = argparse.ArgumentParser(prog="replay", description=__doc__)
    parser.add_argument("bag", type=Path)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--start-s", type=float, default=0.0)
    parser.add_argument("--loop", action="store_true")
    asked, _ = parser.parse_known_args(words)  # launch adds --ros-args

    def play(told: Callable[[], bool]) -> None:
        playing = Playing(asked.speed, asked.start_s, asked.loop)
        playing.check()
        topics = topics_of(asked.bag)
        player = Player(Node("replay", start_parameter_services=False), told)
        player.open(topics)
        player.play(asked.bag, playing)
        while playing.loop and not told():
            player.play(asked.bag, playing)

    return work_until_told(play)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
