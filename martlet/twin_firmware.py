# SPDX-License-Identifier: Apache-2.0
"""The process of a real firmware, behind a twin of ours."""

import os
from pathlib import Path

from firmware_bridge.errors import TwinError, TwinSettingsError
from firmware_bridge.sitl import HOST
from martlet.errors import FlightError
from martlet.flight.processes import Process, Processes

END_S = 1.0
"""So long may a firmware take to end; it has nothing to save."""


class Firmware:
    """One firmware; started, it ends with `processes`."""

    def __init__(self, name: str, path: Path, processes: Processes, log: Path) -> None:
        """Nothing is started yet.

        Args:
            name: What people call it.
            path: Its executable.
            processes: Ends it.
            log: Where it leaves what it says.

        Raises:
            TwinSettingsError: There is no such file, or it may not be executed.
        """
        if not path.is_file():
            raise TwinSettingsError(
                f"twin: --firmware: expected an executable, got no file {path}."
            )
        if not os.access(path, os.X_OK):
            raise TwinSettingsError(
                f"twin: --firmware: expected an executable, got {path}, which may not be executed."
            )
        self._name, self._path, self._processes, self._log = name, path, processes, log
        self._process: Process | None = None

    def start(self, port: int) -> None:
        """Start it, or end it and start it again.

        Raises:
            TwinError: It is no program of this machine.
        """
        if self._process is not None:
            self._process.end()
        words = [str(self._path.resolve()), str(port), HOST]
        try:
            self._process = Process(self._name, words, os.environ, self._log, END_S)
        except FlightError:
            raise TwinError(
                f"twin: --firmware: expected a program of this machine, as a firmware built for"
                f" Linux is, got {self._path}."
            ) from None
        self._processes.add(self._process)

    def fault(self) -> str | None:
        """How it ended, in a sentence, if it has."""
        code = None if self._process is None else self._process.exit_code()
        if self._process is None or code is None:
            return None
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"{self._name}: {self._path} ended with {how}: {self._process.last_words()}."
