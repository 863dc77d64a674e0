# SPDX-License-Identifier: Apache-2.0
"""Learning curves as a picture: what the referee saw, over wall time or steps, a line a seed."""

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from evaluation.picture import BLUE, INK, VERMILION, clean

_SHOWN = {
    "track": (("hover_error_m", "hover error [cm]", 100.0), ("track_rmse_m", "RMSE [cm]", 100.0)),
    "rings": (("gates_passed", "rings in 20.5 s", 1.0), ("crash_rate", "crashed [%]", 100.0)),
    "race": (("success_rate", "finished [%]", 100.0), ("lap_time_s", "median time [s]", 1.0)),
    "swarm": (
        ("swarm_collision_free_rate", "no collision [%]", 100.0),
        ("swarm_slot_error_m", "distance to slots [cm]", 100.0),
    ),
}
"""By task: two figures of a verdict, what to call them, and their factor."""


def draw_curves(runs: dict[str, Any], path: Path) -> None:
    """Draw the verdicts of every run, over wall time.

    Args:
        runs: By task and seed, each with `verdicts`: `seconds` and the referee's figures.
        path: The .png to write.
    """
    shown = [task for task in _SHOWN if task in runs]
    figure = _figure(4.2 * len(shown), 5.2)
    grid = figure.subplots(2, len(shown), squeeze=False)
    for column, task in enumerate(shown):
        for row, (name, label, factor) in enumerate(_SHOWN[task]):
            ax = grid[row][column]
            clean(ax, task if row == 0 else "", "wall time [s]" if row else "", label)
            colour = (BLUE, VERMILION)[row]
            for found in runs[task].values():
                _curve(ax, found["verdicts"], ("seconds", 1.0), (name, factor), colour)
            if name.endswith("_m"):
                _by_decades(ax)
    figure.suptitle("What the referee saw while training went on, a line a seed", color=INK)
    figure.savefig(path, format="png")


def draw_learners(runs: dict[str, Any], path: Path) -> None:
    """Draw the verdicts of both learners, over steps.

    Args:
        runs: By learner and seed, each with `verdicts`: `steps` and the referee's figures.
        path: The .png to write.
    """
    figure = _figure(8.4, 3.4)
    for ax, (name, label, factor) in zip(figure.subplots(1, 2), _SHOWN["track"], strict=True):
        clean(ax, "", "steps [M]", label)
        for (learner, seeds), colour in zip(runs.items(), (VERMILION, BLUE), strict=True):
            for found in seeds.values():
                _curve(ax, found["verdicts"], ("steps", 1e-6), (name, factor), colour)
            ax.plot([], [], color=colour, label=learner)
        _by_decades(ax)
        ax.legend(fontsize=8.5, frameon=False)
    figure.suptitle("What the referee saw of either learner, a line a seed", color=INK)
    figure.savefig(path, format="png")


def _figure(width: float, height: float) -> Figure:
    """A white page in inches that lays itself out."""
    figure = Figure(figsize=(width, height), dpi=110, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _by_decades(ax: Axes) -> None:
    """Errors on a logarithmic axis, in plain numbers."""
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())


def _curve(
    ax: Axes,
    verdicts: list[dict[str, Any]],
    across: tuple[str, float],
    up: tuple[str, float],
    colour: str,
) -> None:
    """One run's line; verdicts without the figure, where most drones crashed, are left out."""
    points = [
        (verdict[across[0]] * across[1], verdict[up[0]] * up[1])
        for verdict in verdicts
        if verdict.get(up[0]) is not None
    ]
    ax.plot(*zip(*points, strict=True), color=colour, marker=".", lw=1.2) if points else None
