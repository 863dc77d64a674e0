# SPDX-License-Identifier: Apache-2.0
"""validation.png: the simulator's errors beside others', the closed loop against the real one."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from evaluation.picture import BLUE, GREEN, GREY, GRID, INK, ORANGE, PURPLE, VERMILION
from evaluation.validation.table import Row, rows_of

_OTHERS = (ORANGE, PURPLE, GREEN, VERMILION)


def draw_validation(report: dict[str, Any], path: Path) -> None:
    """Draw a report, beside its place first, then renamed."""
    rows = rows_of(report)
    flights = [
        (name, file, figures)
        for name, found in report.get("closed_loop_rmse_m", {}).items()
        for file, figures in found["files"].items()
    ]
    height = 1.6 + 0.62 * len(rows) + (4.2 if flights else 0.0)
    figure = Figure(figsize=(11.0, height), dpi=110, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    if flights:
        grid = figure.add_gridspec(2, 2, height_ratios=(0.62 * len(rows) + 1.0, 4.0))
        _bars(figure.add_subplot(grid[0, :]), rows)
        _against(figure.add_subplot(grid[1, 0]), flights, "error_m", "tracking error, RMS [m]")
        _against(figure.add_subplot(grid[1, 1]), flights, "lag_s", "lag behind the set-point [s]")
    else:
        _bars(figure.add_subplot(), rows)
    aside = path.with_name(path.name + ".part")
    with mpl.rc_context({"svg.hashsalt": "martlet"}):
        figure.savefig(aside, format="png")
    aside.replace(path)


def _clean(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=11, color=INK, loc="left")
    axes.grid(True, color=GRID, lw=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=9, colors=INK, length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def _bars(axes: Axes, rows: list[Row]) -> None:
    """Errors over the naive predictor's, on a logarithmic axis; the numbers are ours."""
    _clean(axes, 'Error of prediction over that of "nothing changes"')
    names = list(dict.fromkeys(name for row in rows for name in row.published))
    colours = {name: _OTHERS[i % len(_OTHERS)] for i, name in enumerate(names)}
    for i, row in enumerate(reversed(rows)):
        ratio = row.ours / row.naive
        axes.plot([ratio, 1.0], [i, i], color=BLUE, lw=5, alpha=0.25, solid_capstyle="butt")
        axes.plot(ratio, i, "o", color=BLUE, ms=9, label="this simulator" if i == 0 else None)
        axes.annotate(
            f"{row.ours:.3g} {row.unit} (nothing changes: {row.naive:.3g})",
            (ratio, i), (0, 8), textcoords="offset points", fontsize=8, color=INK, ha="left",
        )  # fmt: skip
        for name, value in row.published.items():
            axes.plot(value / row.naive, i, "D", color=colours[name], ms=5, alpha=0.9)
    for name, colour in colours.items():
        axes.plot([], [], "D", color=colour, ms=5, label=name)
    axes.axvline(1.0, color=GREY, lw=1.0)
    labels = [
        f"{row.measure}\n{row.data_set}{' (in sample)' if row.in_sample else ''}" for row in rows
    ]
    axes.set_yticks(range(len(rows)), labels[::-1])
    axes.set_ylim(-0.6, len(rows) - 0.2)
    axes.set_xscale("log")
    axes.legend(
        fontsize=8.5, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.04), ncols=4
    )


def _against(
    axes: Axes, flights: list[tuple[str, str, dict[str, float]]], key: str, title: str
) -> None:
    """Replayed over recorded, with the third on either side that is still alike."""
    _clean(axes, f"Stock controller: {title}")
    recorded = np.array([figures[f"recorded_{key}"] for *_, figures in flights])
    replayed = np.array([figures[f"replayed_{key}"] for *_, figures in flights])
    top = 1.15 * float(max(recorded.max(), replayed.max()))
    line = np.array([0.0, top])
    axes.fill_between(line, line * 2.0 / 3.0, line * 4.0 / 3.0, color=GRID, lw=0)
    axes.plot(line, line, color=GREY, lw=1.0)
    for speed, colour in (("slow", GREEN), ("medium", ORANGE), ("fast", VERMILION), ("", BLUE)):
        chosen = [i for i, (_, file, _) in enumerate(flights) if _speed(file) == speed]
        if chosen:
            label = speed or "flights"
            axes.plot(recorded[chosen], replayed[chosen], "o", color=colour, ms=6, label=label)
    axes.set_xlim(0.0, top)
    axes.set_ylim(0.0, top)
    axes.set_xlabel("recorded", fontsize=9, color=INK)
    axes.set_ylabel("simulated", fontsize=9, color=INK)
    axes.legend(fontsize=8.5, frameon=False, loc="upper left")


def _speed(file: str) -> str:
    return next((word for word in ("slow", "medium", "fast") if word in file), "")
