# SPDX-License-Identifier: Apache-2.0
"""A terminal's keys as a joystick's axes and buttons, numbered as config/teleop.param.yaml has it.

A key that moves a drone holds the dead-man button too, for as long as a terminal tells that it is
held (`dead_man.py`). Time is passed in.
"""

from martlet.flight.dead_man import LAND, STOP, Ask, DeadMan

AXES, BUTTONS = 5, 8
AHEAD, LEFT, UP, TURN = 4, 3, 1, 0
HOLD, TAKEOFF_BUTTON, LAND_BUTTON, STOP_BUTTON = 5, 7, 6, 1

TAKEOFF = "t"
MOVES = {
    "w": (AHEAD, 1.0),
    "s": (AHEAD, -1.0),
    "a": (LEFT, 1.0),
    "d": (LEFT, -1.0),
    "r": (UP, 1.0),
    "f": (UP, -1.0),
    "q": (TURN, 1.0),
    "e": (TURN, -1.0),
}

HELP = (
    "w s a d move, r f climb and sink, q e turn, t takes off, l lands, space twice stops the"
    " motors, any other key holds; let go: it hovers. Ctrl-C ends."
)


class KeyStick:
    """A joystick made of keys."""

    def __init__(self) -> None:
        """No key is held."""
        self._man = DeadMan()
        self._move = ""
        self._buttons: list[int] = []

    def press(self, keys: str, now_s: float) -> None:
        """Take in what was pressed since the last time."""
        asked = self._man.press(keys, now_s)
        if asked is Ask.STOP:
            self._buttons = [STOP_BUTTON, STOP_BUTTON]  # the stick's own stop is pressed twice too
        elif asked is Ask.LAND:
            self._buttons = [LAND_BUTTON]
        elif TAKEOFF in keys:
            self._buttons = [TAKEOFF_BUTTON]
        if others := keys.replace(STOP, "").replace(LAND, ""):
            self._move = others[-1]

    def held(self, now_s: float) -> bool:
        """Whether a key is held."""
        return self._man.held(now_s)

    def state(self, now_s: float) -> list[tuple[list[float], list[int]]]:
        """What a joystick would say now: axes and buttons, each press let go at once."""
        axes = [0.0] * AXES
        held = self._man.held(now_s)
        if held and self._move in MOVES:
            axis, value = MOVES[self._move]
            axes[axis] = value
        pressed, self._buttons = self._buttons, []
        still = [1 if held and n == HOLD else 0 for n in range(BUTTONS)]
        told = []
        for button in pressed:
            buttons = list(still)
            buttons[button] = 1
            told += [(axes, buttons), (axes, still)]
        return told or [(axes, still)]
