# SPDX-License-Identifier: Apache-2.0
"""What the operator sees while holding the key: one line."""

import shutil
from collections.abc import Sequence


def key_line(held: bool, half_stopped: bool, drones: Sequence[tuple[str, str]], news: str) -> str:
    """One line, as wide as the terminal.

    Args:
        held: Whether the key is.
        half_stopped: Whether one more press of space stops the motors.
        drones: Name of each, and how it stands.
        news: What came of the last thing that was asked for.
    """
    key = "HELD    " if held else "let go  "
    stop = "space again: MOTORS OFF" if half_stopped else "space twice: motors off"
    heard = ", ".join(f"{name} {standing}" for name, standing in drones) or "no drone is heard"
    words = [f"{key}any key: hold, l: land, {stop}", heard, *([news] if news else [])]
    return " | ".join(words)[: shutil.get_terminal_size().columns - 1]
