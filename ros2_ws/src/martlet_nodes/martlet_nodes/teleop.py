# SPDX-License-Identifier: Apache-2.0
"""Flying by hand: a joystick's axes and buttons as velocities and requests, while a key is held.

Pure: time is passed in.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from martlet_nodes.drone_names import name_faults
from martlet_nodes.errors import ParameterError

SILENCE_S = 0.5
"""A joystick that says nothing for so long is gone: joy_node repeats itself 20 times a second."""

TWICE_S = 1.0
"""The stop is pressed twice within this time: once may be a slip."""

LOWEST_M = 0.2
"""Nobody is steered into the floor: that is what landing is for."""


@dataclass(frozen=True)
class TeleopParameters:
    """Parameters of the teleop node; config/teleop.param.yaml says what each is for."""

    drones: list[str] = field(default_factory=lambda: ["cf1"])
    topic: str = "/joy"
    axis_ahead: int = 4
    axis_left: int = 3
    axis_up: int = 1
    axis_turn: int = 0
    button_hold: int = 5
    button_takeoff: int = 7
    button_land: int = 6
    button_stop: int = 1
    speed_m_s: float = 0.5
    climb_m_s: float = 0.4
    turn_rad_s: float = 1.5
    dead_zone: float = 0.1
    takeoff_m: float = 0.7
    highest_m: float = 1.8

    def __post_init__(self) -> None:
        """Check what the types leave open.

        Raises:
            ParameterError: All faults in one sentence.
        """
        faults = name_faults(self.drones)
        for kind in (self.axes(), self.buttons()):
            low = [name for name, number in kind.items() if number < 0]
            faults += [f"{name}: expected 0 or more, got {kind[name]}" for name in low]
            if len(set(kind.values())) != len(kind):
                faults.append(f"{', '.join(kind)}: expected all different, got {[*kind.values()]}")
        for name in ("speed_m_s", "climb_m_s", "turn_rad_s", "takeoff_m"):
            if not getattr(self, name) > 0.0:
                faults.append(f"{name}: expected more than 0, got {getattr(self, name):g}")
        if not 0.0 <= self.dead_zone < 1.0:
            faults.append(f"dead_zone: expected 0 to less than 1, got {self.dead_zone:g}")
        if not self.highest_m > LOWEST_M:
            faults.append(f"highest_m: expected more than {LOWEST_M:g}, got {self.highest_m:g}")
        if faults:
            raise ParameterError.of("teleop", faults)

    def axes(self) -> dict[str, int]:
        """Numbers of the axes, by name."""
        return {n: v for n, v in vars(self).items() if n.startswith("axis_")}

    def buttons(self) -> dict[str, int]:
        """Numbers of the buttons, by name."""
        return {n: v for n, v in vars(self).items() if n.startswith("button_")}


LIVE = ("speed_m_s", "climb_m_s", "turn_rad_s", "dead_zone", "highest_m")
"""What may be set while nobody steers."""


class Ask(Enum):
    """What is asked for besides."""

    TAKEOFF = "takeoff"
    LAND = "land"
    STOP = "stop"
    LET_GO = "let go"


@dataclass(frozen=True)
class Stick:
    """Velocities ahead, to the left and up [m/s; along the heading], and a yaw rate [rad/s]."""

    ahead_m_s: float
    left_m_s: float
    up_m_s: float
    turn_rad_s: float


class Teleop:
    """A hand on a joystick."""

    def __init__(self, parameters: TeleopParameters) -> None:
        """Nobody holds it."""
        self._parameters = parameters
        self._axes: Sequence[float] = ()
        self._buttons: Sequence[int] = ()
        self._heard_s = self._stop_s = -math.inf
        self._asked: list[Ask] = []
        self._held = False

    def set(self, parameters: TeleopParameters) -> str:
        """Take other speeds; tells why not while somebody steers."""
        if self._held:
            return "teleop: somebody steers: let go of the button first"
        self._parameters = parameters
        return ""

    def hear(self, axes: Sequence[float], buttons: Sequence[int], now_s: float) -> str:
        """Take in what a joystick says; tells what is wrong with it."""
        most_axes = 1 + max(self._parameters.axes().values())
        most_buttons = 1 + max(self._parameters.buttons().values())
        if len(axes) < most_axes or len(buttons) < most_buttons:
            return (
                f"expected {most_axes} axes and {most_buttons} buttons or more, got {len(axes)} and"
                f" {len(buttons)}: name this joystick's in the parameters"
            )
        if not all(map(math.isfinite, axes)):
            return f"expected finite numbers, got {list(axes)}"
        before, self._buttons = self._buttons, tuple(buttons)
        self._axes, self._heard_s = tuple(axes), now_s
        pressed = [n for n, b in enumerate(buttons) if b and not (before and before[n])]
        p = self._parameters
        if p.button_stop in pressed:
            if now_s - self._stop_s <= TWICE_S:
                self._asked.append(Ask.STOP)
            self._stop_s = now_s
        if p.button_land in pressed:
            self._asked.append(Ask.LAND)
        if p.button_takeoff in pressed and buttons[p.button_hold]:
            self._asked.append(Ask.TAKEOFF)
        return ""

    def held(self, now_s: float) -> bool:
        """Whether the dead-man button is held, by a joystick that is still heard."""
        alive = now_s - self._heard_s <= SILENCE_S
        return alive and bool(self._buttons[self._parameters.button_hold])

    def stick(self, now_s: float) -> Stick | None:
        """What is steered; None where nobody holds the button."""
        if not self.held(now_s):
            return None
        p = self._parameters
        ahead, left, up, turn = (self._value(axis) for axis in p.axes().values())
        return Stick(p.speed_m_s * ahead, p.speed_m_s * left, p.climb_m_s * up, p.turn_rad_s * turn)

    def asked(self, now_s: float) -> list[Ask]:
        """What was asked for since the last call; letting go of the button is a request too."""
        held, before = self.held(now_s), self._held
        self._held = held
        asked, self._asked = self._asked, []
        if before and not held:
            asked.append(Ask.LET_GO)
        return asked

    def height(self, height_m: float, stick: Stick, dt_s: float) -> float:
        """A height to keep, a moment later."""
        moved = height_m + stick.up_m_s * dt_s
        return min(max(moved, LOWEST_M), self._parameters.highest_m)

    def _value(self, axis: int) -> float:
        """An axis, -1 to 1, its dead zone cut out."""
        zone, value = self._parameters.dead_zone, max(-1.0, min(1.0, self._axes[axis]))
        return math.copysign(max(abs(value) - zone, 0.0) / (1.0 - zone), value)
