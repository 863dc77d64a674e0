# SPDX-License-Identifier: Apache-2.0
"""Processes that end with us: each in a group of its own, none left behind however we die."""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from martlet.errors import FlightError

TERM_S = 5.0
"""So long may a process take to end after SIGTERM."""

_LEAST_FREE = 64 * 1024
"""Bytes below which a disk counts as full: no room for a chunk of a bag."""

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


class Process:
    """One child process, its standard error in a log file.

    Attributes:
        name: What people call it.
        log: The file.
        end_s: How long it may take to end after SIGTERM.
    """

    def __init__(
        self,
        name: str,
        words: Sequence[str],
        env: Mapping[str, str],
        log: Path,
        end_s: float = TERM_S,
    ) -> None:
        """Start it; its standard output goes to the log too, unless `talks` reads it.

        Args:
            name: What people call it.
            words: The command line.
            env: The environment.
            log: The file for what it says.
            end_s: How long it may take to end after SIGTERM.

        Raises:
            FlightError: It cannot be started.
        """
        self.name, self.log, self.end_s = name, log, end_s
        log.parent.mkdir(parents=True, exist_ok=True)
        self._file = log.open("wb")
        try:
            self._child = subprocess.Popen(
                words,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=self._out(),
                stderr=self._file,
                process_group=0,  # the terminal's Ctrl-C is for us, who end it in good order
                preexec_fn=_die_with(os.getpid()),
            )
        except OSError as error:
            self._file.close()
            raise FlightError(
                f"{name}: expected to start {words[0]}, got: {error.strerror}; run `make setup`."
            ) from None

    def _out(self) -> int | IO[bytes]:
        return self._file

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._child.poll()

    def last_words(self) -> str:
        """The last line of its log."""
        lines = self.log.read_text(errors="replace").strip().splitlines()
        if lines:
            return lines[-1]
        full = shutil.disk_usage(self.log.parent).free < _LEAST_FREE
        return f"no room is left on the disk of {self.log.parent}" if full else "it said nothing"

    def signal(self, number: int) -> None:
        """Send a signal to it and to what it may have started."""
        if self._child.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, number)

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended; tells whether it has."""
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self) -> None:
        """Kill what is left of it, and close the log."""
        self.signal(signal.SIGKILL)
        self._child.wait()
        self._file.close()


class Talker(Process):
    """A process whose standard output we read."""

    def _out(self) -> int | IO[bytes]:
        return subprocess.PIPE

    @property
    def output(self) -> IO[bytes]:
        """What it says."""
        if self._child.stdout is None:
            raise FlightError(f"{self.name}: expected a pipe to its output.")
        return self._child.stdout

    def end(self) -> None:
        """Kill what is left of it, and close its pipe and log."""
        super().end()
        self.output.close()


class Processes:
    """All processes of a flight; a context manager that leaves none behind."""

    def __init__(self) -> None:
        """Begin with none."""
        self._all: list[Process] = []

    def add(self, process: Process) -> None:
        """Take charge of a process."""
        self._all.append(process)

    def fallen(self) -> Process | None:
        """A process that has ended, if there is one."""
        return next((p for p in self._all if p.exit_code() is not None), None)

    def stop(self) -> None:
        """End them all: with SIGTERM, and with SIGKILL whom that does not reach."""
        for process in self._all:
            process.signal(signal.SIGTERM)
        told_s = time.monotonic()
        for process in self._all:
            process.wait(max(told_s + process.end_s - time.monotonic(), 0.0))
            process.end()
        self._all.clear()

    def __enter__(self) -> "Processes":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _die_with:  # noqa: N801  # reads as a phrase where it is used
    """Runs in the child before it becomes its program: the kernel kills it when its parent dies."""

    def __init__(self, parent: int) -> None:
        self._parent = parent

    def __call__(self) -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self._parent:  # it died before we could ask
            os._exit(1)
