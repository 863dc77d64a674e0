# SPDX-License-Identifier: Apache-2.0
"""Who else commands the same drones: one node alone may, and one backend alone may have them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

SILENCE_S = 0.5
"""Whoever commands a drone keeps it until it lets go or has been silent for so long."""


class Publisher(Protocol):
    """Whoever publishes to a topic, as rclpy tells."""

    node_name: str


class Graph(Protocol):
    """A node that knows who publishes."""

    def get_publishers_info_by_topic(self, topic_name: str) -> Sequence[Publisher]:
        """Whoever publishes to a topic."""


class Rivals:
    """Looks for others who would command the drones of a backend."""

    def __init__(self, node: Graph, drones: Sequence[str]) -> None:
        """Nobody was seen yet.

        Args:
            node: The backend's.
            drones: Their names.
        """
        self._node = node
        own = (f"/{name}/cmd_rate_thrust" for name in drones)
        self._alone = ("/fleet/states", "/fleet/cmd_rate_thrust", *own)
        self._said = dict.fromkeys(self._alone, "")
        self._next = 0

    def sentence(self) -> str:
        """Why no drone should be armed; empty where one alone commands."""
        return rivalry({topic: self._names(topic) for topic in self._alone})

    def news(self) -> str:
        """The same of one topic after the other, once until it changes: a look takes its time."""
        topic = self._alone[self._next]
        self._next = (self._next + 1) % len(self._alone)
        before, self._said[topic] = self._said[topic], rivalry({topic: self._names(topic)})
        return self._said[topic] if self._said[topic] != before else ""

    def _names(self, topic: str) -> list[str]:
        return [found.node_name for found in self._node.get_publishers_info_by_topic(topic)]


def rivalry(publishers: Mapping[str, Sequence[str]]) -> str:
    """What is wrong with who publishes; empty where nothing is.

    Args:
        publishers: Names of the nodes, by topic, one for each publisher.
    """
    told = [
        f"expected one node that publishes {topic}, got {len(names)} ({_counted(names)})"
        for topic, names in publishers.items()
        if len(names) > 1
    ]
    return "; ".join(told)


def _counted(names: Sequence[str]) -> str:
    return ", ".join(f"{n} x {name}" if n > 1 else name for name, n in Counter(names).items())


class Turn:
    """Who streams to one drone: of two topics, the one that came first, until it lets go."""

    def __init__(self) -> None:
        """Nobody streams."""
        self._topic = ""
        self._heard_s = float("-inf")
        self._refused = ""

    def takes(self, topic: str, now_s: float) -> bool:
        """Whether a command on a topic counts now."""
        if topic != self._topic and now_s - self._heard_s < SILENCE_S:
            self._refused = topic
            return False
        self._topic, self._heard_s = topic, now_s
        return True

    def lets_go(self, topic: str, now_s: float) -> bool:
        """Take note that a topic's sender wants no more; tells whether it was its turn."""
        if topic != self._topic and now_s - self._heard_s < SILENCE_S:
            return False
        self._heard_s = float("-inf")
        return True

    def ends(self) -> None:
        """Whoever's turn it was has done."""
        self._heard_s = float("-inf")

    def news(self, name: str) -> str:
        """A sentence on whose commands were refused since the last call; empty where nobody's."""
        refused, self._refused = self._refused, ""
        if not refused:
            return ""
        return f"{name}: commands on {refused} were refused: it obeys {self._topic} already"
