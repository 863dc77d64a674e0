# SPDX-License-Identifier: Apache-2.0
"""Training in front of the user: how far, how fast, and what the referee saw."""

import math
import sys
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from training.verdicts import Verdict

_BARS = "▁▂▃▄▅▆▇█"


@dataclass
class Standing:
    """Where a run stands."""

    steps: int = 0
    total: int = 1
    steps_per_s: float = 0.0
    seconds: float = 0.0
    reward: float = 0.0
    learner: str = "torch"
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def seconds_left(self) -> float:
        """At the present speed."""
        return (self.total - self.steps) / self.steps_per_s if self.steps_per_s else math.inf


class Display:
    """A live panel on a terminal; elsewhere a line for each of the referee's verdicts."""

    def __init__(self, *, quiet: bool = False) -> None:
        """A quiet display shows nothing; it writes to standard error, as logs do."""
        width = None if sys.stderr.isatty() else 100
        self._console = Console(stderr=True, quiet=quiet, width=width)
        self._live = Live(console=self._console, refresh_per_second=8, transient=True)
        self._moving = self._console.is_terminal and not quiet

    def __enter__(self) -> Self:
        if self._moving:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._moving:
            self._live.stop()

    def show(self, standing: Standing) -> None:
        """Redraw."""
        if self._moving:
            self._live.update(_panel(standing))

    def warn(self, sentence: str) -> None:
        """Something that the user should look at."""
        self._console.print(f"warning: {sentence}", style="yellow", highlight=False)

    def judged(self, standing: Standing) -> None:
        """A new verdict has come in."""
        self.show(standing)
        self._console.print(_line(standing), highlight=False)


def _line(standing: Standing) -> Text:
    verdict = standing.verdicts[-1]
    return Text.assemble(
        (f"{standing.steps / 1e6:5.2f} M steps", "bold"),
        f"  {standing.steps_per_s / 1e3:4.0f} k/s {standing.learner}  {standing.seconds:5.1f} s",
        ("   referee: ", "dim"),
        *(part for label, (text, _) in verdict.told().items()
          for part in (f"{label} ", (f"{text}  ", _colour(label, text)))),
    )  # fmt: skip


def _panel(standing: Standing) -> Group:
    table = Table.grid(padding=(0, 2))
    table.add_row("steps", f"{standing.steps / 1e6:.2f} of {standing.total / 1e6:.2f} M",
                  "speed", f"{standing.steps_per_s / 1e3:.0f} k steps/s ({standing.learner})",
                  "time left", f"{standing.seconds_left:.0f} s",
                  "reward", f"{standing.reward:+.3f}")  # fmt: skip
    trace = _sparkline([v.score for v in standing.verdicts])
    history = Text.assemble(("referee's score ", "dim"), (trace, "cyan"))
    bar = ProgressBar(total=standing.total, completed=min(standing.steps, standing.total), width=72)
    return Group(bar, table, history)


def _colour(label: str, text: str) -> str:
    if label != "crashed":
        return "cyan"
    return "green" if text.strip() in ("0%", "1%") else "red"


def _sparkline(values: list[float]) -> str:
    """Heights between the lowest and the highest."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    levels = [(value - low) / (high - low) if high > low else 0.0 for value in values]
    return "".join(_BARS[round(level * (len(_BARS) - 1))] for level in levels)
