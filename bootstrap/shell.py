# SPDX-License-Identifier: Apache-2.0
"""Commands whose output goes to a log file."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO


class CommandError(RuntimeError):
    """A command of a step came back with an error."""


class Shell:
    """Runs the commands of one step, one after the other, into one log file."""

    def __init__(self, log: Path, env: Mapping[str, str], inherited: Sequence[int] = ()) -> None:
        """Open the log.

        Args:
            log: File that takes the output; begun afresh.
            env: Environment of the commands.
            inherited: File descriptors that the commands keep open (the set-up's lock, so that a
                command that outlives a killed set-up still holds it).
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("")
        self.log = log
        self._env = dict(env)
        self._inherited = tuple(inherited)
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False

    def run(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Run a command; both of its streams go to the log.

        Raises:
            CommandError: It came back with anything but zero.
        """
        with self.log.open("a") as out:
            code, _ = self._call(command, cwd, env, out, stdout=out)
        if code != 0:
            raise CommandError(f"{Path(command[0]).name}: exit code {code}")

    def output(self, command: Sequence[str | Path]) -> str:
        """Run a command and return what it prints, nothing when it fails; the rest is logged."""
        with self.log.open("a") as out:
            code, text = self._call(command, None, None, out, stdout=subprocess.PIPE)
        return text if code == 0 else ""

    def stop(self) -> None:
        """End the command under way, with all that it started, and let no other begin."""
        self._stopped = True
        if self._process is not None:
            _end(self._process)

    def _call(
        self,
        command: Sequence[str | Path],
        cwd: Path | None,
        env: Mapping[str, str] | None,
        log: IO[str],
        stdout: IO[str] | int,
    ) -> tuple[int, str]:
        log.write("$ " + " ".join(str(word) for word in command) + "\n")
        log.flush()
        self._process = subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd,
            env=self._env if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=log,
            text=True,
            pass_fds=self._inherited,
            start_new_session=True,
        )
        try:
            if self._stopped:  # while the command was being started
                _end(self._process)
            text, _ = self._process.communicate()
        except BaseException:
            _end(self._process)
            raise
        if self._stopped:
            raise KeyboardInterrupt
        return self._process.returncode, text or ""


def _end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    process.wait()
