# SPDX-License-Identifier: Apache-2.0
"""Whether the operator holds the key, from what a terminal tells: presses, never releases.

A key that is held repeats itself, after a first pause. Time is passed in.
"""

import math
from enum import Enum

LAND, STOP = "l", " "

FIRST_S = 0.8
"""A press counts for so long: X11 repeats a held key after 0.5 to 0.66 s, macOS after 0.5."""

REPEATS_S = 0.15
"""Who presses that soon again is a key that repeats, 10 to 40 times a second, and no finger."""

REPEAT_S = 0.3
"""A key that repeats is let go when it is silent for so long: ssh may deliver that late."""

TWICE_S = 1.0


class Ask(Enum):
    """What the operator asks for besides."""

    LAND = "land"
    STOP = "stop"


class DeadMan:
    """The operator's key: any but those that land and stop."""

    def __init__(self) -> None:
        """Nobody holds it."""
        self._pressed_s, self._until_s = -math.inf, -math.inf
        self._stop_s = -math.inf

    def press(self, keys: str, now_s: float) -> Ask | None:
        """Take in what was pressed since the last time; what is asked for, if anything is."""
        if STOP in keys:
            twice = keys.count(STOP) > 1 or now_s - self._stop_s <= TWICE_S
            self._stop_s = now_s
            if twice:
                self._until_s = -math.inf
                return Ask.STOP
        if LAND in keys:
            self._pressed_s = self._until_s = -math.inf
            return Ask.LAND
        if keys.strip(STOP):
            repeats = now_s - self._pressed_s <= REPEATS_S
            self._until_s = now_s + (REPEAT_S if repeats else FIRST_S)
            self._pressed_s = now_s
        return None

    def held(self, now_s: float) -> bool:
        """Whether the key is held, as far as a terminal tells."""
        return now_s <= self._until_s

    def half_stopped(self, now_s: float) -> bool:
        """Whether one more press of `STOP` would stop the motors."""
        return now_s - self._stop_s <= TWICE_S
