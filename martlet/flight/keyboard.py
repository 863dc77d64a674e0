# SPDX-License-Identifier: Apache-2.0
"""A terminal's keys, one at a time and at once, over ssh too."""

import os
import sys
import termios
import tty
from types import TracebackType
from typing import Any

_MOST = 64
"""Bytes of one reading: a key that repeats while nobody reads is one press."""


class Keyboard:
    """Takes keys without Enter and without showing them; a context manager.

    Ctrl-C stays what it is. Where standard input is no terminal, or another program's just now,
    there are no keys.
    """

    def __init__(self, fd: int | None = None) -> None:
        """Take the terminal.

        Args:
            fd: It; standard input where not given.
        """
        self._fd = _standard_input() if fd is None else fd
        self._before: list[Any] | None = None

    @property
    def fd(self) -> int | None:
        """What to wait for; None where there are no keys."""
        return None if self._before is None else self._fd

    def read(self) -> str | None:
        """What was pressed, of keys that wait to be read; None: the terminal is gone."""
        if not _is_ours(self._fd):
            return ""  # in the background, where reading would stop this process
        try:
            data = os.read(self._fd, _MOST)
        except OSError:
            return None
        return data.decode("latin-1") if data else None

    def __enter__(self) -> "Keyboard":
        if self._fd >= 0 and os.isatty(self._fd) and _is_ours(self._fd):
            self._before = termios.tcgetattr(self._fd)
            tty.setcbreak(self._fd, termios.TCSANOW)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        before, self._before = self._before, None
        if before is not None and _is_ours(self._fd):
            termios.tcsetattr(self._fd, termios.TCSANOW, before)


def _standard_input() -> int:
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        return -1  # closed, or a test's


def _is_ours(fd: int) -> bool:
    """Whether this process is in the foreground of a terminal; one that is not our own is."""
    try:
        return os.tcgetpgrp(fd) == os.getpgrp()
    except OSError:
        return os.isatty(fd)
