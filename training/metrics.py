# SPDX-License-Identifier: Apache-2.0
"""What a run leaves behind for people and plots: one line of JSON an update, and TensorBoard."""

import json
import time
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO


class MetricsLog:
    """Appends figures to `metrics.jsonl` and, where it is installed, to TensorBoard."""

    def __init__(self, folder: Path, *, since: int = 0, tensorboard: bool = True) -> None:
        """Open both logs in `folder`; a run resumed at `since` steps drops what came after them."""
        self._started = time.monotonic()
        _drop_later(folder / "metrics.jsonl", since)
        self._file: TextIO = (folder / "metrics.jsonl").open("a", encoding="utf-8")
        self._board = _open_board(folder, since) if tensorboard else None

    def write(self, steps: int, figures: dict[str, float]) -> None:
        """Log figures by name at `steps` environment steps."""
        record = {"steps": steps, "seconds": round(time.monotonic() - self._started, 3)}
        self._file.write(json.dumps(record | _rounded(figures)) + "\n")
        self._file.flush()
        if self._board is not None:
            for name, value in figures.items():
                self._board.add_scalar(name, value, steps)

    def close(self) -> None:
        """Flush and close both logs."""
        self._file.close()
        if self._board is not None:
            self._board.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: float(f"{value:.6g}") for name, value in figures.items()}


def _drop_later(path: Path, since: int) -> None:
    """Keep the lines up to `since` steps; a killed run may leave later ones, and half of one."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        try:
            if json.loads(line)["steps"] <= since:
                kept.append(line)
        except ValueError:
            continue
    aside = path.with_suffix(".part")
    aside.write_text("".join(kept), encoding="utf-8")
    aside.replace(path)


def _open_board(folder: Path, since: int):  # type: ignore[no-untyped-def]  # tensorboard has no types
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder / "tensorboard"), purge_step=since + 1 if since else None)
