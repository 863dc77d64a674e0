# SPDX-License-Identifier: Apache-2.0
"""Races one can look at without a screen: one page (PNG) or a short film (GIF).

The page: where all went who were kept, from above and from the side, with the gates and poles that
truly stood there; how long the races took; what stopped the others. The film: a middling race
(race_film.py).
"""

from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from evaluation.picture import BLUE, INK, VERMILION, clean
from evaluation.race_film import draw_race
from evaluation.race_referee import CRASH_REASONS
from evaluation.races import FlownRaces
from evaluation.rendering import write_picture
from evaluation.track_drawing import draw_track
from sim_core.track_model import Track


def render(flown: FlownRaces, path: str | Path) -> None:
    """Draw an evaluation of races.

    Args:
        flown: What was flown.
        path: Where to write: a .png or a .gif, beside its place first, then renamed.

    Raises:
        PictureError: Another kind of file.
    """
    write_picture(path, partial(_page, flown), partial(draw_race, flown))


def _page(flown: FlownRaces, path: Path) -> None:
    figure = Figure(figsize=(12.5, 8.6), dpi=110, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 3, height_ratios=(1.5, 1.0))
    races = [(flown.middle, BLUE), *((race, VERMILION) for race in flown.worst[:3])]
    above = figure.add_subplot(grid[0, :2])
    side = figure.add_subplot(grid[0, 2])
    for ax, axes, title in ((above, (0, 1), "From above"), (side, (0, 2), "From the side")):
        _scene(ax, flown.middle.task.course.true, axes, title)
        for race, colour in races:
            end = int(np.searchsorted(race.times_s, race.end_s)) + 1
            p = race.truth[:end]
            ax.plot(p[:, axes[0]], p[:, axes[1]], color=colour, lw=1.3, alpha=0.85)
            if not race.finished and race.end_s < race.times_s[-1]:  # crashed
                ax.plot(p[-1, axes[0]], p[-1, axes[1]], "x", color=colour, ms=7)
    above.plot([], [], color=BLUE, label="a middling race, its gates drawn")
    above.plot([], [], color=VERMILION, label="the worst, through gates of their own")
    above.legend(fontsize=8.5, frameon=False, loc="upper left")
    _times(figure.add_subplot(grid[1, 0]), flown)
    _gates(figure.add_subplot(grid[1, 1]), flown)
    _reasons(figure.add_subplot(grid[1, 2]), flown)
    figure.suptitle(_heading(flown), fontsize=13, color=INK, linespacing=1.6)
    figure.savefig(path, format="png")


def _heading(flown: FlownRaces) -> str:
    found = flown.figures
    low, high = found["success_ci95"]
    lap = found["lap_time_s"]["median"]
    return (
        f"{Path(flown.pilot).name} on {flown.trial.track}, level {flown.trial.level}:"
        f" {found['success_rate']:.1%} of {found['episodes']} finished"
        f" (95 %: {low:.1%} to {high:.1%})"
        + (f", lap {lap:.2f} s" if lap else "")
        + f"\n{found['gates_passed']:.1f} gates passed, {found['crash_rate']:.1%} crashed"
    )


def _scene(ax: Axes, track: Track, axes: tuple[int, int], title: str) -> None:
    clean(ax, title, "x [m]", f"{'xyz'[axes[1]]} [m]")
    draw_track(ax, track, axes)
    ax.set_aspect("equal", adjustable="datalim")


def _times(ax: Axes, flown: FlownRaces) -> None:
    clean(ax, "Time of the races finished, or of the best laps", "s", "races")
    endless = flown.middle.task.gates == 0
    times = flown.score.lap_time_s if endless else flown.score.finish_time_s
    times = times[np.isfinite(times)]
    if len(times):
        ax.hist(times, bins=40, color=BLUE)


def _gates(ax: Axes, flown: FlownRaces) -> None:
    clean(ax, "Gates passed", "gates", "races")
    passed = flown.score.gates_passed
    ax.bar(np.arange(passed.max() + 1), np.bincount(passed), color=BLUE)


def _reasons(ax: Axes, flown: FlownRaces) -> None:
    clean(ax, "What stopped the others", "races", "")
    counts = np.bincount(flown.score.crash_reason, minlength=len(CRASH_REASONS))[1:]
    ax.barh(CRASH_REASONS[1:], counts, color=VERMILION)
