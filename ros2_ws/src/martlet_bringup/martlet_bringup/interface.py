# SPDX-License-Identifier: Apache-2.0
"""What an entry of the interface is; `interface_rows.py` lists them.

It imports the standard library alone.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["topic", "service", "action"]
Way = Literal["out", "in"]
Node = Literal["backend", "policy", "fleet_desk", "crazyflie_server", "mocap", "teleop"]
Quality = Literal["states", "commands", "status", "kept", "tools", ""]

QUALITIES: dict[Quality, tuple[str, str, int]] = {
    "states": ("BEST_EFFORT", "VOLATILE", 5),
    "commands": ("BEST_EFFORT", "VOLATILE", 1),
    "status": ("RELIABLE", "TRANSIENT_LOCAL", 10),
    "kept": ("RELIABLE", "TRANSIENT_LOCAL", 1),
    "tools": ("RELIABLE", "VOLATILE", 10),
}
"""Reliability, durability and depth; in lockstep all that a recording holds is offered reliably."""


@dataclass(frozen=True)
class Entry:
    """One name of the graph.

    Attributes:
        name: `{drone}` stands for each drone's.
        kind: What it is.
        type: Its ROS type.
        node: Who serves, says or hears it.
        what: What it is for; units and frames of what has none in its type's own text.
        way: Of a topic, as the stack sees it.
        quality: Of a topic; one of `QUALITIES`.
        rate: At which it is said, or may be.
        users: What those of Crazyswarm2 find by this name: "same", or how it differs; empty: ours.
        needs: Package without which it is not there.
        replaces: Whether it takes the place of the entry of this name where `needs` is installed.
    """

    name: str
    kind: Kind
    type: str
    node: Node
    what: str
    way: Way = "out"
    quality: Quality = ""
    rate: str = ""
    users: str = ""
    needs: str = ""
    replaces: bool = False

    def of(self, drone: str) -> "Entry":
        """The same for one drone."""
        return Entry(**{**vars(self), "name": self.name.format(drone=drone)})

    @property
    def of_drone(self) -> bool:
        """Whether each drone has one."""
        return "{drone}" in self.name
