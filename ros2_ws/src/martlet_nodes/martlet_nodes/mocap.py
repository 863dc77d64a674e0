# SPDX-License-Identifier: Apache-2.0
"""What motion capture sees, as the external poses of drones: which body is whose, and how old.

Pure: messages are taken apart by the node beside it, and time is passed in.
"""

import math
from dataclasses import dataclass, field

from martlet_nodes.drone_names import name_faults
from martlet_nodes.errors import ParameterError

SOURCES = ("pose", "poses", "tf")
"""A topic for each body, one topic for all, or TF."""

TOPICS = {"pose": "/vrpn_mocap/{body}/pose", "poses": "/poses", "tf": "/tf"}
"""Where a parameter names none: as vrpn_mocap, motion_capture_tracking and ROS say it."""

UNIT = 0.01
"""What a quaternion's length may be off from 1: rounding is a thousand times less."""

CLOCKS_S = 0.1
"""Stamps may be off this machine's clock by so much: motion capture itself takes a tenth of it."""


@dataclass(frozen=True)
class MocapParameters:
    """Parameters of the mocap node; config/mocap.param.yaml says what each is for."""

    drones: list[str] = field(default_factory=lambda: ["cf1"])
    bodies: list[str] = field(default_factory=list)
    source: str = "poses"
    topic: str = ""
    frame: str = "world"
    rate_hz: float = 100.0
    lost_s: float = 0.5

    def __post_init__(self) -> None:
        """Check what the types leave open.

        Raises:
            ParameterError: All faults in one sentence.
        """
        faults = name_faults(self.drones)
        bodies = self.bodies or self.drones
        if len(bodies) != len(self.drones) or len(set(bodies)) != len(bodies):
            faults.append(
                f"bodies: expected a body for each of {len(self.drones)} drones, all different,"
                f" got {bodies}"
            )
        if self.source not in SOURCES:
            faults.append(f"source: expected one of {', '.join(SOURCES)}, got {self.source!r}")
        if self.source == "pose" and "{body}" not in (self.topic or TOPICS["pose"]):
            faults.append(
                f"topic: expected {{body}} in it, for each body's own, got {self.topic!r}"
            )
        if self.source == "tf" and (echo := sorted(set(bodies) & set(self.drones))):
            # Else a drone would be told where it thinks that it is.
            faults.append(
                f"bodies: expected other frames than the drones' own, which their backend says on"
                f" TF, got {echo}"
            )
        own = [f"/{drone}/{topic}" for drone in self.drones for topic in ("pose", "external_pose")]
        if self.source == "pose" and (echo := sorted({*map(self.topic_of, bodies)} & {*own})):
            faults.append(
                f"topic: expected motion capture's, got what drones themselves say: {echo}"
            )
        if not 1.0 <= self.rate_hz <= 1000.0:
            faults.append(f"rate_hz: expected 1 to 1000, got {self.rate_hz:g}")
        if not self.lost_s > 0.0:
            faults.append(f"lost_s: expected more than 0, got {self.lost_s:g}")
        if faults:
            raise ParameterError.of("mocap", faults)

    def topic_of(self, body: str) -> str:
        """Where a body is seen."""
        return (self.topic or TOPICS[self.source]).replace("{body}", body)


@dataclass
class _Body:
    drone: str
    seen_s: float = -math.inf
    stamp_s: float = -math.inf
    lost: bool = False


class Mocap:
    """Takes what motion capture sees to drones."""

    def __init__(self, parameters: MocapParameters, now_s: float) -> None:
        """Nothing was seen yet."""
        self._parameters = parameters
        bodies = parameters.bodies or parameters.drones
        self._bodies = {
            body: _Body(drone, seen_s=now_s)
            for body, drone in zip(bodies, parameters.drones, strict=True)
        }
        self._others: set[str] = set()
        self._said: set[str] = set()
        self._news: list[str] = []

    def set(self, parameters: MocapParameters) -> str:
        """Take another rate, and another patience."""
        self._parameters = parameters
        return ""

    def take(
        self,
        body: str,
        frame: str,
        numbers: tuple[float, ...],
        stamp_s: float,
        now_s: float,
    ) -> str | None:
        """Take in that a body was seen.

        Args:
            body: As motion capture calls it.
            frame: That its pose is in.
            numbers: x, y, z [m] and the quaternion x, y, z, w.
            stamp_s: When it was seen; 0 where nobody says.
            now_s: On the same clock.

        Returns:
            The drone to tell it; None where nobody is to be told.
        """
        found = self._bodies.get(body)
        if found is None:
            self._others.add(body)
            return None
        if frame.lstrip("/") not in ("", self._parameters.frame):
            self._say(f"{body}: expected poses in the frame {self._parameters.frame}, got {frame}")
            return None
        if not all(map(math.isfinite, numbers)):
            return None  # so some say that they do not see it
        if abs(math.hypot(*numbers[3:]) - 1.0) > UNIT:
            self._say(f"{body}: expected a quaternion of length 1, got {numbers[3:]}")
            return None
        if stamp_s and not self._is_new(found, stamp_s, now_s):
            return None
        if now_s - found.seen_s < 0.999 / self._parameters.rate_hz and not found.lost:
            return None
        found.seen_s, found.lost = now_s, False
        return found.drone

    def news(self, now_s: float) -> list[str]:
        """Sentences on what is wrong, or was and is no more, since the last call."""
        for body, found in self._bodies.items():
            silent_s = now_s - found.seen_s
            if silent_s > self._parameters.lost_s and not found.lost:
                found.lost = True
                others = f"; it sees {', '.join(sorted(self._others))}" if self._others else ""
                self._news.append(
                    f"{found.drone}: motion capture sees no {body} for {silent_s:.1f} s{others}"
                )
        told, self._news = self._news, []
        return told

    def _is_new(self, found: _Body, stamp_s: float, now_s: float) -> bool:
        off_s = now_s - stamp_s
        if abs(off_s) > CLOCKS_S:
            self._say_clocks(off_s)
        if stamp_s <= found.stamp_s:
            return False  # the same again: some repeat what they saw last
        found.stamp_s = stamp_s
        return True

    def _say_clocks(self, off_s: float) -> None:
        if "clocks" not in self._said:
            self._said.add("clocks")
            way = "behind" if off_s > 0.0 else "ahead of"
            self._news.append(
                f"motion capture stamps its poses {abs(off_s):.2f} s {way} this machine's clock:"
                " set both by one clock (chrony)"
            )

    def _say(self, sentence: str) -> None:
        """Once."""
        if sentence not in self._said:
            self._said.add(sentence)
            self._news.append(sentence)
