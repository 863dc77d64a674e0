# SPDX-License-Identifier: Apache-2.0
"""replay.png: paths from above, body rates over time, and how fast simulator and drone part."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from evaluation.picture import BLUE, GREEN, GREY, GRID, INK, VERMILION
from evaluation.replay.replay import HORIZONS_S, Replay, figures_of
from evaluation.validation.flight import STEP_S

_AXES = (("roll", BLUE), ("pitch", VERMILION), ("yaw", GREEN))
_SHOWN_S = 4.0
"""Of body rates: longer, and nothing of them can be seen."""


def draw_replay(replay: Replay, path: Path) -> None:
    """Draw a replay, beside its place first, then renamed."""
    figure = Figure(figsize=(11.0, 8.0), dpi=110, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 2, height_ratios=(5.0, 3.0))
    _paths(figure.add_subplot(grid[0, 0]), replay)
    _gap(figure.add_subplot(grid[0, 1]), replay)
    _rates(figure.add_subplot(grid[1, :]), replay)
    figure.suptitle(f"{replay.flight.name}: flown, and replayed", color=INK, fontsize=12)
    aside = path.with_name(path.name + ".part")
    figure.savefig(aside, format="png")
    aside.replace(path)


def _clean(axes: Axes, title: str, across: str, up: str) -> None:
    axes.set_title(title, fontsize=10, color=INK, loc="left")
    axes.set_xlabel(across, fontsize=9, color=INK)
    axes.set_ylabel(up, fontsize=9, color=INK)
    axes.grid(True, color=GRID, lw=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8, colors=INK, length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def _paths(axes: Axes, replay: Replay) -> None:
    _clean(axes, f"From above; replays of {HORIZONS_S[-1]:g} s", "x [m]", "y [m]")
    p = np.where(replay.flight.ok[:, None], replay.flight.state[:, :3], np.nan)
    axes.plot(p[:, 0], p[:, 1], color=GREY, lw=2.5, label="flown")
    for i in range(0, len(replay.rows), round(HORIZONS_S[-1] / 0.1)):
        label = "replayed" if i == 0 else None
        axes.plot(*replay.paths[i, :, :2].T, color=BLUE, lw=1.3, label=label)
        axes.plot(*replay.paths[i, 0, :2], "o", color=BLUE, ms=3)
    axes.set_aspect("equal", "datalim")
    axes.legend(fontsize=8, frameon=False)


def _gap(axes: Axes, replay: Replay) -> None:
    _clean(axes, "How far apart, RMS", "seconds from a common start", "position [cm]")
    found = figures_of(replay)["horizons"]
    for key, colour, label in (
        ("position_m", BLUE, "this simulator"),
        ("naive_position_m", GREY, "straight on"),
    ):
        values = [100.0 * found[f"{h:g}"][key] for h in HORIZONS_S]
        axes.plot([0.0, *HORIZONS_S], [0.0, *values], "o-", color=colour, label=label)
        axes.annotate(f"{values[-1]:.1f}", (HORIZONS_S[-1], values[-1]), fontsize=8, color=INK)
    axes.legend(fontsize=8, frameon=False)


def _rates(axes: Axes, replay: Replay) -> None:
    known = np.isfinite(replay.w_WB_B).all()
    title = "Body rates: flown (pale), replayed" if known else "Body rates, flown"
    _clean(axes, title, "s", "rad/s")
    first = int(replay.rows[0])
    rows = slice(first, first + round(_SHOWN_S / STEP_S))
    t = replay.flight.t[rows]
    for i, (name, colour) in enumerate(_AXES):
        axes.plot(t, replay.flight.state[rows, 10 + i], color=colour, lw=3.0, alpha=0.3)
        if known:
            axes.plot(t, replay.w_WB_B[rows, i], color=colour, lw=1.2)
        axes.plot([], [], color=colour, label=name)
    axes.legend(fontsize=8, frameon=False, ncols=3)
