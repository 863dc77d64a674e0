# SPDX-License-Identifier: Apache-2.0
"""One program a drone: who opens a link claims what it flies, until it closes it or dies."""

import fcntl
import hashlib
import os
from pathlib import Path
from typing import IO

from firmware_bridge.errors import LinkError
from firmware_bridge.radio_address import drone_at


class Claim:
    """A drone claimed on this machine, by a lock that the kernel lets go of when we die."""

    def __init__(self, uri: str, folder: Path) -> None:
        """Claim the drone at an address, whichever dongle reaches it.

        Args:
            uri: Where it is.
            folder: Of this user's claims.

        Raises:
            LinkError: Another program has it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(drone_at(uri).encode()).hexdigest()[:16]
        self._file: IO[str] | None = (folder / name).open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.seek(0)
            owner = self._file.read().strip() or "unknown"
            self.release()
            raise LinkError(
                f"{uri}: process {owner} of this machine flies this drone: one alone may command"
                " it, end that one first."
            ) from None
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def release(self) -> None:
        """Let others have it."""
        if self._file is not None:
            self._file.close()
            self._file = None
