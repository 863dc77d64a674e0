# SPDX-License-Identifier: Apache-2.0
"""One tidy line a step."""

from __future__ import annotations

import shutil
import threading
from typing import TextIO

_WIDTH = 58


class Display:
    """Prints a line for each step as it ends; on a terminal also what is under way."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._lock = threading.Lock()
        self._under_way: list[str] = []

    def begin(self, label: str) -> None:
        """Show that a step is under way."""
        with self._lock:
            self._under_way.append(label)
            self._redraw()

    def end(self, label: str, outcome: str) -> None:
        """Print the finished line of a step: its label, dots, and how it ended."""
        with self._lock:
            self._under_way.remove(label)
            self._print(f"{label} {'.' * max(3, _WIDTH - len(label) - len(outcome))} {outcome}")

    def say(self, text: str) -> None:
        """Print some lines of text."""
        with self._lock:
            self._print(text)

    def _print(self, text: str) -> None:
        print(("\r\033[K" if self._live else "") + text, file=self._stream)
        self._redraw()

    def _redraw(self) -> None:
        if self._live:
            room = shutil.get_terminal_size().columns - 1
            print("\r\033[K" + ", ".join(self._under_way)[:room], end="", file=self._stream)
        self._stream.flush()
