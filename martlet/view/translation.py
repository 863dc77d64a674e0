# SPDX-License-Identifier: Apache-2.0
"""A flight's ROS messages as entries of a picture: pure, whoever decoded the messages.

Topics are per drone, so that nobody needs to know the order of rows. States and references come at
100 Hz; a picture needs fewer, and `PICTURE_DT` says how many.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from evaluation.drone_mesh import drone_mesh, rgb
from evaluation.picture import REFERENCE, VERMILION
from evaluation.scene import COLOURS
from martlet.view.entries import Array, Colour, Entry, Label, Lines, Number, Pose, Remark, Solid
from sim_core.formation_model import JUMP_M
from sim_core.tasks import CONTROL_DT

PICTURE_DT = 0.02
"""Least time between two pictures of a drone [s]."""

DRONE_SCALE = 2.0
"""Drones are drawn at this times their true size, as in films (evaluation/scene.py)."""

TRAIL_M, REFERENCE_M = 0.006, 0.004  # radii of lines  # guess: seen from across a room
SAME_S = 0.015
"""A reference is held against a state no further away in time: one and a half ticks."""

COMMANDERS = ("nobody", "policy", "action", "guard", "operator")
STAGES = ("", "HOLD", "LAND", "OFF")
"""In the numbers of martlet_msgs/DroneStatus; a command streamed by a person reads "policy" too."""

_CALM: Colour = (122, 122, 122)  # legible on pages of light and of dark themes

TYPES = {
    "odom": "nav_msgs/msg/Odometry",
    "goal": "geometry_msgs/msg/PointStamped",
    "status": "martlet_msgs/msg/DroneStatus",
    "battery": "sensor_msgs/msg/BatteryState",
}
"""What of a drone's own topics is shown, and their types."""


def colour_of(text: str) -> Colour:
    """Of "#rrggbb"."""
    red, green, blue = (int(c) for c in rgb(text))
    return red, green, blue


def split(topic: str) -> tuple[str, str] | None:
    """The drone and the kind of a topic that is shown, else None."""
    parts = topic.split("/")
    return (parts[1], parts[2]) if len(parts) == 3 and parts[2] in TYPES else None


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Names as people count: cf2 before cf10."""
    return tuple(sorted(names, key=lambda name: (name.rstrip("0123456789"), len(name), name)))


def seconds(message: Any) -> float:
    """The stamp of a message on the flight's clock [s]."""
    return float(message.header.stamp.sec + 1e-9 * message.header.stamp.nanosec)


class Translation:
    """Turns messages into entries; remembers of each drone what a line or an error needs."""

    def __init__(self, drones: tuple[str, ...]) -> None:
        """Begin with drones by name; their colours follow their order."""
        self.drones = drones
        self._seen: dict[str, tuple[float, Array]] = {}
        self._goal: dict[str, tuple[float, Array]] = {}
        self._said: dict[str, tuple[object, ...]] = {}
        self._take: dict[str, Callable[[str, float, Any], list[Entry]]] = {
            "odom": self._odometry,
            "goal": self._reference,
            "status": self._status,
            "battery": self._battery,
        }

    def colour(self, drone: str) -> Colour:
        """That of a drone, as in films."""
        return colour_of(COLOURS[self.drones.index(drone) % len(COLOURS)])

    def colours(self) -> tuple[tuple[str, Colour], ...]:
        """Names and colours of all."""
        return tuple((name, self.colour(name)) for name in self.drones)

    def bodies(self) -> list[Entry]:
        """The drones themselves, which never change; they move with their paths."""
        return [self._body(name) for name in self.drones]

    def entries(self, topic: str, message: Any) -> tuple[float, list[Entry]]:
        """What a message says, and when [s]; no entries of a topic that is not shown."""
        found = split(topic)
        if found is None or found[0] not in self.drones:
            return 0.0, []
        stamp_s = seconds(message)
        return stamp_s, self._take[found[1]](found[0], stamp_s, message)

    def _body(self, name: str) -> Entry:
        red, green, blue = self.colour(name)
        mesh = drone_mesh("brushless", DRONE_SCALE, 0.0, f"#{red:02x}{green:02x}{blue:02x}")
        corners = mesh.vertices_m[mesh.faces].reshape(-1, 3)
        return Solid(f"world/drones/{name}/body", corners, np.repeat(mesh.colours, 3, axis=0))

    def _odometry(self, name: str, stamp_s: float, message: Any) -> list[Entry]:
        pose, twist = message.pose.pose, message.twist.twist
        p = np.array([pose.position.x, pose.position.y, pose.position.z])
        turn, v = pose.orientation, twist.linear
        q = np.array([turn.x, turn.y, turn.z, turn.w])
        before = self._seen.get(name)
        if not (np.isfinite(p).all() and np.isfinite(q).all()) or _too_soon(before, stamp_s):
            return []
        self._seen[name] = (stamp_s, p)
        found: list[Entry] = [
            Pose(f"world/drones/{name}", p, q),
            Number(f"plots/speed/{name}", math.hypot(v.x, v.y, v.z)),
        ]
        if before is not None:
            strip = (np.stack([before[1], p]),)
            found.append(Lines(f"world/trails/{name}", strip, self.colour(name), TRAIL_M))
        return found

    def _reference(self, name: str, stamp_s: float, message: Any) -> list[Entry]:
        goal = np.array([message.point.x, message.point.y, message.point.z])
        before = self._goal.get(name)
        if not np.isfinite(goal).all() or _too_soon(before, stamp_s):
            return []
        self._goal[name] = (stamp_s, goal)
        found: list[Entry] = []
        if before is not None and not _jumped(before, stamp_s, goal):
            strip = (np.stack([before[1], goal]),)
            colour = colour_of(REFERENCE)
            found.append(Lines(f"world/references/{name}", strip, colour, REFERENCE_M))
        seen = self._seen.get(name)
        if seen is not None and abs(seen[0] - stamp_s) <= SAME_S:
            error_cm = 100.0 * float(np.linalg.norm(seen[1] - goal))
            found.append(Number(f"plots/error/{name}", error_cm))
        return found

    def _status(self, name: str, _: float, message: Any) -> list[Entry]:
        stage = STAGES[message.guard_stage]
        commander = COMMANDERS[message.commander]
        found: list[Entry] = []
        late = [
            round(1e3 * value, 3) for value in message.command_latency_s if math.isfinite(value)
        ]
        if late:
            found.append(Number(f"plots/latency/{name}", max(late)))
        said = (stage, commander, message.armed, message.flying)
        if self._said.get(name) == said:
            return found
        self._said[name] = said
        alarmed = bool(stage) or commander == "operator"
        words = f"{name}: {commander}{f', guard: {stage}' if stage else ''}"
        colour = colour_of(VERMILION) if alarmed else _CALM
        where = "flying" if message.flying else "armed" if message.armed else "off"
        reason = f": {message.guard_reason}" if message.guard_reason else ""
        return [
            *found,
            Label(f"world/drones/{name}/name", words, colour),
            Remark(f"log/{name}", f"{words} ({where}){reason}", alarmed),
        ]

    def _battery(self, name: str, _: float, message: Any) -> list[Entry]:
        if not math.isfinite(message.voltage):
            return []
        return [Number(f"plots/battery/{name}", float(message.voltage))]


def _jumped(before: tuple[float, Array], stamp_s: float, goal: Array) -> bool:
    """Whether a reference is another place all of a sudden: the next gate, a traded slot."""
    steps = max((stamp_s - before[0]) / CONTROL_DT, 1.0)
    return bool(np.linalg.norm(goal - before[1]) > JUMP_M * steps)


def _too_soon(before: tuple[float, Array] | None, stamp_s: float) -> bool:
    return before is not None and stamp_s < before[0] + PICTURE_DT - 1e-6
