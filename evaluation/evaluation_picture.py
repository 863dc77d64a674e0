# SPDX-License-Identifier: Apache-2.0
"""An evaluation one can look at without a screen: one page (PNG) or a short film (GIF).

The page: the paths of a middling and of the worst drone from above and from the side, every drone's
error over time, and what error comes with what thrust to weight. The film: both drones flying.
"""

from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from evaluation.evaluate import Flown
from evaluation.figures import WEAK
from evaluation.film import draw_film
from evaluation.picture import BLUE, GREY, INK, REFERENCE, VERMILION, clean
from evaluation.recording import Episode
from evaluation.rendering import write_picture
from evaluation.scene import Scene
from sim_core.track_model import Room

_LONGEST_FILM_S = 10.0  # GIFs grow by a megabyte in some three seconds
_TRAIL_S = 1.5
_LOST_M = 3.0  # a path is drawn as far as its error stays below: beyond, the drone is lost
_NAMES = ("x [m]", "y [m]", "z [m]")


def render(flown: Flown, path: str | Path) -> None:
    """Draw an evaluation.

    Args:
        flown: What was flown.
        path: Where to write: a .png or a .gif, beside its place first, then renamed.

    Raises:
        PictureError: Another kind of file.
    """
    write_picture(path, partial(_page, flown), partial(_film, flown))


def _page(flown: Flown, path: Path) -> None:
    figure = Figure(figsize=(12.5, 9.6), dpi=110, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    figure.get_layout_engine().set(h_pad=0.08, w_pad=0.08)  # type: ignore[union-attr, call-arg]
    grid = figure.add_gridspec(2, 3, height_ratios=(1.25, 1.0), width_ratios=(1.25, 1.25, 1.0))
    above = figure.add_subplot(grid[0, 0])
    _paths(above, flown, (0, 1), "From above")
    side = figure.add_subplot(grid[0, 1])
    _paths(side, flown, (0, 2), "From the side")
    _ratios(figure.add_subplot(grid[0, 2]), flown)
    _errors(figure.add_subplot(grid[1, :]), flown)
    above.legend(
        fontsize=8.5, frameon=False, loc="upper left", ncols=3, borderpad=0.0, handlelength=1.2,
        columnspacing=1.0,
    )  # fmt: skip
    figure.suptitle(_heading(flown), fontsize=13, color=INK, linespacing=1.6)
    figure.savefig(path, format="png")


def _heading(flown: Flown) -> str:
    found = flown.figures
    parts = []
    if found["success_rate"] is not None:
        low, high = found["success_ci95"]
        parts.append(f"success {found['success_rate']:.1%} ({low:.1%} to {high:.1%})")
        parts.append(f"crashed {found['crash_rate']:.1%}")
    if found["rmse_m"] is not None:
        parts.append(f"RMSE {100 * found['rmse_m']:.1f} cm (median)")
    if found["settled_error_m"]["median"] is not None:
        parts.append(f"settled {100 * found['settled_error_m']['median']:.1f} cm")
    title = f"{flown.pilot} on {flown.task}, {found['episodes']} drones"
    return title + "\n" + "   ·   ".join(parts)


def _shown(flown: Flown) -> list[tuple[str, str, Episode]]:
    """The drones that are drawn: what they are called, their colour, their flight."""
    return [
        ("a middling drone", BLUE, flown.middle),
        ("the worst drone", VERMILION, flown.worst[0]),
    ]


def _paths(axes: Axes, flown: Flown, of: tuple[int, int], title: str) -> None:
    clean(axes, title, _NAMES[of[0]], _NAMES[of[1]])
    goal = flown.middle.goal_m
    axes.plot(goal[:, of[0]], goal[:, of[1]], color=REFERENCE, lw=4.0, label="reference")
    if not np.ptp(goal, axis=0).any():
        axes.plot(goal[:1, of[0]], goal[:1, of[1]], "o", color=REFERENCE, ms=9)
    for name, colour, episode in reversed(_shown(flown)):
        p = episode.truth[: _end(episode)]
        axes.plot(p[:, of[0]], p[:, of[1]], color=colour, lw=1.3, label=name)
        axes.plot(p[0, of[0]], p[0, of[1]], "o", color=colour, ms=4)
        if np.isfinite(episode.crash_time_s):
            axes.plot(p[-1, of[0]], p[-1, of[1]], "x", color=colour, ms=8, mew=2)
    axes.set_aspect("equal", adjustable="datalim")
    if of[1] == 2:
        axes.axhline(0.0, color=INK, lw=1.2)


def _end(episode: Episode) -> int:
    """Samples until the crash, or all."""
    if not np.isfinite(episode.crash_time_s):
        return len(episode.times_s)
    return max(2, int(np.searchsorted(episode.times_s, episode.crash_time_s, side="right")))


def _ratios(axes: Axes, flown: Flown) -> None:
    clean(axes, "Error of each drone", "thrust to weight", "RMSE [cm]")
    crashed = ~np.isfinite(flown.rmse_m)
    x, y = flown.thrust_to_weight, 100.0 * flown.rmse_m
    top = 1.25 * float(np.quantile(y[~crashed], 0.995)) if (~crashed).any() else 1.0
    size = np.clip(60.0 / np.sqrt(len(x)), 3.0, 9.0)  # ten are to be seen, a thousand told apart
    axes.plot(x[~crashed], np.minimum(y[~crashed], top), ".", color=BLUE, ms=size, alpha=0.5, mew=0)
    if crashed.any():
        at = np.full(crashed.sum(), 1.04 * top)
        axes.plot(x[crashed], at, "x", color=VERMILION, ms=4, label=f"crashed: {crashed.sum()}")
        axes.legend(fontsize=8.5, frameon=False, loc="upper right", borderpad=0.0)
    axes.set_ylim(0.0, 1.15 * top)
    if x.min() < WEAK:
        axes.axvspan(x.min() - 0.02, WEAK, color=GREY, alpha=0.15, lw=0)


def _errors(axes: Axes, flown: Flown) -> None:
    clean(axes, "Distance to the reference (shaded: judged)", "time [s]", "cm")
    error = 100.0 * np.nan_to_num(flown.errors_m, nan=np.inf, posinf=np.inf)
    low, middle, high = np.percentile(error, [5, 50, 95], axis=1, method="nearest")
    times = flown.middle.times_s
    start, end = flown.trial.window_s
    judged = (times >= start - 1e-9) & (times <= end + 1e-9)
    usual = float(np.max(middle[judged], initial=0.0))
    most = float(np.max(high[judged], initial=0.0))
    top = 1.3 * max(min(most, 4.0 * usual), 1.0)  # what falls out of the sky leaves the picture
    axes.axvspan(start, end, color=GREY, alpha=0.10, lw=0)
    axes.fill_between(
        times, low, np.minimum(high, 2.0 * top), color=BLUE, alpha=0.18, lw=0,
        label="5 to 95 % of the drones",
    )  # fmt: skip
    axes.plot(times, middle, color=INK, lw=1.4, label="half of the drones")
    for name, colour, episode in _shown(flown):
        rows = slice(0, _end(episode))
        axes.plot(times[rows], 100.0 * episode.error_m()[rows], color=colour, lw=0.9, label=name)
    axes.set_xlim(times[0], times[-1])
    axes.set_ylim(0.0, min(top, 100.0 * _LOST_M))
    axes.legend(
        fontsize=8.5, loc="upper right", ncols=4, borderpad=0.3, edgecolor="none", framealpha=0.85
    )


def _film(flown: Flown, path: Path) -> None:
    scene = _scene(flown)
    shown = _shown(flown)
    title = "a task as text" if "\n" in flown.task else Path(flown.task).stem

    def caption(time_s: float) -> str:
        row, told = scene.row(time_s), [f"{title}    {time_s:5.2f} s    error"]
        for name, _, episode in shown:
            crashed = row >= _end(episode) - 1 and np.isfinite(episode.crash_time_s)
            error = "crashed" if crashed else f"{100.0 * episode.error_m()[row]:.1f} cm"
            told.append(f"{_short(name)} {error}")
        return "    ".join(told)

    draw_film(scene, path, caption=caption, trail_s=_TRAIL_S)


def _scene(flown: Flown) -> Scene:
    """Both drones and the reference; a drone that crashed stays where it did."""
    rows = int(np.searchsorted(flown.middle.times_s, _LONGEST_FILM_S)) + 1
    times, goal = flown.middle.times_s[:rows], flown.middle.goal_m[:rows]
    shown = _shown(flown)
    states = []
    for _, _, episode in shown:
        held = np.minimum(np.arange(len(times)), _end(episode) - 1)
        states.append(episode.truth[held])
    near = np.clip(
        np.array(states)[:, :, :3], goal.min(axis=0) - _LOST_M, goal.max(axis=0) + _LOST_M
    )
    near = np.concatenate([near.reshape(-1, 3), goal])
    low, high = near.min(axis=0) - 0.6, near.max(axis=0) + 0.6
    names, colours, _ = zip(*shown, strict=True)
    return Scene(
        times, np.stack(states, axis=1), slots_m=np.stack([goal] * len(shown), axis=1),
        reference_m=goal, room=Room((low[0], low[1], 0.0), (high[0], high[1], high[2])),
        names=names, colours=colours,
    )  # fmt: skip


def _short(name: str) -> str:
    """Of "the worst drone" the word that matters."""
    return name.split()[1]
