# SPDX-License-Identifier: Apache-2.0
"""Learning curves as a picture: what the referee saw, over wall time, a line a seed."""

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from evaluation.picture import BLUE, INK, VERMILION, clean

_SHOWN = {
    "track": (("hover_error_m", "hover error [cm]", 100.0), ("track_rmse_m", "RMSE [cm]", 100.0)),
    "rings": (("gates_passed", "rings in 20.5 s", 1.0), ("crash_rate", "crashed [%]", 100.0)),
    "race": (("success_rate", "finished [%]", 100.0), ("lap_time_s", "median time [s]", 1.0)),
}
"""By task: two figures of a verdict, what to call them, and their factor."""


def draw_curves(runs: dict[str, Any], path: Path) -> None:
    """Draw the verdicts of every run.

    Args:
        runs: By task and seed, each with `verdicts`: `seconds` and the referee's figures.
        path: The .png to write.
    """
    shown = [task for task in _SHOWN if task in runs]
    figure = Figure(
        figsize=(4.2 * len(shown), 5.2), dpi=110, facecolor="white", layout="constrained"
    )
    FigureCanvasAgg(figure)
    grid = figure.subplots(2, len(shown), squeeze=False)
    for column, task in enumerate(shown):
        for row, (name, label, factor) in enumerate(_SHOWN[task]):
            ax = grid[row][column]
            clean(ax, task if row == 0 else "", "wall time [s]" if row else "", label)
            colour = (BLUE, VERMILION)[row]
            for found in runs[task].values():
                _curve(ax, found["verdicts"], name, factor, colour)
            if name.endswith("_m"):
                ax.set_yscale("log")
    figure.suptitle("What the referee saw while training went on, a line a seed", color=INK)
    figure.savefig(path, format="png")


def _curve(ax: Axes, verdicts: list[dict[str, Any]], name: str, factor: float, colour: str) -> None:
    points = [(v["seconds"], v[name] * factor) for v in verdicts if v.get(name) is not None]
    ax.plot(*zip(*points, strict=True), color=colour, marker=".", lw=1.2) if points else None
