# SPDX-License-Identifier: Apache-2.0
"""Processes of a real firmware, each behind a twin of ours."""

import os
from collections.abc import Sequence
from pathlib import Path

from firmware_bridge.errors import TwinError, TwinSettingsError
from firmware_bridge.sitl import HOST, FirmwareDrone
from martlet.errors import FlightError
from martlet.flight.processes import Process, Processes

END_S = 1.0
"""So long may a firmware take to end; it has nothing to save."""


def check_firmware(path: Path) -> None:
    """Look whether a file can be started.

    Raises:
        TwinSettingsError: There is none, or it cannot.
    """
    if not path.is_file():
        raise TwinSettingsError(f"twin: --firmware: expected an executable, got no file {path}.")
    if not os.access(path, os.X_OK):
        raise TwinSettingsError(
            f"twin: --firmware: expected an executable, got {path}, which may not be executed."
        )


def start_firmware(
    path: Path, drones: Sequence[FirmwareDrone], processes: Processes, folder: Path
) -> None:
    """Start one process for each drone, which watches it.

    Args:
        path: The executable.
        drones: Whose ports the processes are told.
        processes: Ends them.
        folder: Where they leave what they say.

    Raises:
        TwinError: It is no program of this machine.
    """
    for number, drone in enumerate(drones):
        name = f"firmware {number + 1}"
        words = [str(path.resolve()), str(drone.port), HOST]
        try:
            process = Process(name, words, os.environ, folder / f"{number + 1}.log", END_S)
        except FlightError:
            raise TwinError(
                f"twin: --firmware: expected a program of this machine, as a firmware built for"
                f" Linux is, got {path}."
            ) from None
        processes.add(process)
        drone.ended = _Watch(process, path)


class _Watch:
    """Says in one sentence how a process ended."""

    def __init__(self, process: Process, path: Path) -> None:
        self._process, self._path = process, path

    def __call__(self) -> str | None:
        code = self._process.exit_code()
        if code is None:
            return None
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"{self._process.name}: {self._path} ended with {how}: {self._process.last_words()}."
