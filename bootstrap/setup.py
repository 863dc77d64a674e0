# SPDX-License-Identifier: Apache-2.0
"""Takes the steps of a plan that are not done yet."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from bootstrap.display import Display
from bootstrap.plan import Step
from bootstrap.shell import CommandError, Shell
from bootstrap.stamps import Stamps

_TAIL = 15


class SetupError(RuntimeError):
    """A step failed; the message says which, and where its whole output lies."""


class Setup:
    """Takes steps in order, each at most once for the same inputs."""

    def __init__(
        self,
        stamps: Stamps,
        logs: Path,
        display: Display,
        env: dict[str, str],
        inherited: Sequence[int] = (),
    ) -> None:
        self._stamps = stamps
        self._logs = logs
        self._display = display
        self._env = env
        self._inherited = inherited
        self._shells: list[Shell] = []
        self._stopping = False

    def pending(self, plan: Sequence[Step]) -> list[Step]:
        """List the steps that are not done with their present inputs."""
        return [step for step in plan if not self._stamps.is_done(step.name, step.key)]

    def take(self, plan: Sequence[Step]) -> None:
        """Take the steps that are not done; those marked so run alongside the ones after them.

        Args:
            plan: Steps in order.

        Raises:
            SetupError: A step failed; none after it was begun.
        """
        with ThreadPoolExecutor(len(plan)) as pool:
            try:
                self._take_all(plan, pool)
            except KeyboardInterrupt:
                self._stopping = True
                for shell in self._shells:
                    shell.stop()
                raise

    def _take_all(self, plan: Sequence[Step], pool: ThreadPoolExecutor) -> None:
        alongside: dict[str, Future[None]] = {}
        for number, step in enumerate(plan, start=1):
            if self._stamps.is_done(step.name, step.key):
                continue
            label = f"[{number}/{len(plan)}] {step.title}"
            for name in set(step.after) & set(alongside):
                alongside[name].result()
            if step.alongside:
                alongside[step.name] = pool.submit(self._take_one, step, label)
            else:
                self._take_one(step, label)
        for future in alongside.values():
            future.result()

    def _take_one(self, step: Step, label: str) -> None:
        started = time.monotonic()
        self._display.begin(label)
        log = self._logs / f"{step.name}.log"
        if self._stamps.was_interrupted(step.name):
            for leftover in step.leftovers:
                shutil.rmtree(leftover, ignore_errors=True)
        self._stamps.begin(step.name)
        shell = Shell(log, self._env, self._inherited)
        self._shells.append(shell)
        if self._stopping:
            shell.stop()
        try:
            step.run(shell, self._display.say)
        except (CommandError, OSError, ValueError) as error:
            self._stamps.fail(step.name)
            self._display.end(label, f"failed after {time.monotonic() - started:.0f} s")
            raise SetupError(_account(step, log, error)) from error
        self._stamps.finish(step.name, step.key)
        self._display.end(label, f"{time.monotonic() - started:.0f} s")


def _account(step: Step, log: Path, error: Exception) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    tail = "\n".join(f"    {line}" for line in lines[-_TAIL:])
    return f"{tail}\nThe set-up stopped at: {step.title} ({error}); its whole output is in {log}"
