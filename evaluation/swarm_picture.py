# SPDX-License-Identifier: Apache-2.0
"""Swarms one can look at without a screen: one page (PNG) or a short film (GIF).

The page: where the drones of the worst and of a middling world went, from above and from the side;
how near the nearest two were over time, and how far drones were from their slots; the smallest
separations and the errors of all worlds. The film: the middling world.
"""

from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from evaluation.picture import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    REFERENCE,
    SKY,
    VERMILION,
    clean,
)
from evaluation.rendering import write_picture
from evaluation.swarm_film import draw_swarm
from evaluation.swarm_referee import RULES
from evaluation.swarms import FlownSwarms, SwarmFlight, slots_over
from sim_core.formation_model import JUMP_M

Array = NDArray[np.float64]

_COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, INK, GREY)
_LOST_M = 4.0  # a way is drawn as far as the drone was about
_SHOWN_M = 1.0  # more separation, or less, nobody looks for
_NAMES = ("x [m]", "y [m]", "z [m]")


def render(flown: FlownSwarms, path: str | Path) -> None:
    """Draw an evaluation of swarms.

    Args:
        flown: What was flown.
        path: Where to write: a .png or a .gif, beside its place first, then renamed.

    Raises:
        PictureError: Another kind of file.
    """
    write_picture(path, partial(_page, flown), partial(draw_swarm, flown))


def _page(flown: FlownSwarms, path: Path) -> None:
    figure = Figure(figsize=(13.0, 11.0), dpi=110, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    figure.get_layout_engine().set(h_pad=0.08, w_pad=0.08)  # type: ignore[union-attr, call-arg]
    rows = figure.add_gridspec(3, 1, height_ratios=(1.3, 1.3, 1.0))
    shown = [("the worst world", VERMILION, flown.worst[0]), ("a middling one", BLUE, flown.middle)]
    for row, (name, _, flight) in enumerate(shown):
        grid = rows[row].subgridspec(1, 3, width_ratios=(1.2, 1.2, 0.9))
        title = f"{name}, {flight.task.name}, from above".capitalize()
        _ways(figure.add_subplot(grid[0]), flight, (0, 1), title)
        _ways(figure.add_subplot(grid[1]), flight, (0, 2), "From the side")
        (_separations if row == 0 else _slot_errors)(figure.add_subplot(grid[2]), flown)
    below = rows[2].subgridspec(1, 2)
    near, off = figure.add_subplot(below[0]), figure.add_subplot(below[1])
    clean(near, "Distance of the nearest two", "time [s]", "m")
    clean(off, "Distance to the slots (bold: mean, faint: each drone)", "time [s]", "m")
    for name, colour, flight in shown:
        _near(near, flight, name, colour)
        _off(off, flight, colour)
    near.axhline(RULES.collision_m, color=INK, lw=1.0, ls="--", label="collision")
    near.set_ylim(0.0, _SHOWN_M)
    near.legend(fontsize=8.5, frameon=False, ncols=3, loc="upper right")
    off.set_ylim(bottom=0.0)
    figure.suptitle(_heading(flown), fontsize=13, color=INK, linespacing=1.6)
    figure.savefig(path, format="png")


def _heading(flown: FlownSwarms) -> str:
    found, trial = flown.figures, flown.trial
    low, high = found["collision_free_ci95"]
    rate, error = found["collisions_per_drone_minute"], found["slot_error_m"]["median"]
    nearest = found["min_separation_m"]
    return (
        f"{Path(flown.pilot).name}, {trial.drones} drones, {Path(trial.scenario).stem}:"
        f" {found['collision_free_rate']:.1%} of {found['episodes']} worlds without a collision"
        f" (95 %: {low:.1%} to {high:.1%})\n"
        + (f"{rate:.3f} collisions per drone-minute, " if rate is not None else "")
        + (f"never nearer than {100 * nearest:.1f} cm, " if nearest is not None else "")
        + (f"{100 * error:.1f} cm from the slots, " if error is not None else "")
        + f"{found['crash_rate']:.1%} of drones crashed"
    )


def _about(flight: SwarmFlight) -> Array:
    """Positions (T, N, 3), not a number where a drone is lost."""
    p = flight.truth[..., :3].astype(np.float64)
    crash = flight.score.crash_time_s[0]
    with np.errstate(invalid="ignore"):
        p[flight.times_s[:, None] > np.where(np.isnan(crash), np.inf, crash)] = np.nan
        p[~(np.abs(p) < _LOST_M).all(axis=2)] = np.nan
    return p


def _goals(flight: SwarmFlight) -> Array:
    """Slots (T, N, 3)."""
    return slots_over([flight.task], len(flight.times_s))[:, 0].astype(np.float64)


def _ways(ax: Axes, flight: SwarmFlight, of: tuple[int, int], title: str) -> None:
    clean(ax, title, _NAMES[of[0]], _NAMES[of[1]])
    p, goal = _about(flight), _goals(flight)
    for drone in range(p.shape[1]):
        colour = _COLOURS[drone % len(_COLOURS)]
        slot = goal[:, drone]
        jumped = np.flatnonzero(np.linalg.norm(np.diff(slot, axis=0), axis=1) > JUMP_M) + 1
        placed = slot[[0, *jumped]]
        slot = np.insert(slot, jumped, np.nan, axis=0)  # no line where it jumps
        ax.plot(slot[:, of[0]], slot[:, of[1]], color=REFERENCE, lw=4.0, zorder=1)
        ax.plot(placed[:, of[0]], placed[:, of[1]], "o", mfc="none", mec=GREY, ms=7, mew=0.7)
        ax.plot(p[:, drone, of[0]], p[:, drone, of[1]], color=colour, lw=1.0, alpha=0.85)
        ax.plot(p[:1, drone, of[0]], p[:1, drone, of[1]], "o", color=colour, ms=4)
    if flight.score.collided[0]:  # the nearest two, where they were
        pair = flight.score.separation_pair[0]
        row = int(np.searchsorted(flight.times_s, flight.score.separation_time_s[0]))
        x, y = np.nanmean(flight.truth[row, pair][:, list(of)], axis=0)
        ax.plot([x], [y], "x", color=INK, ms=9, mew=1.8)
    if of[1] == 2:
        ax.axhline(0.0, color=INK, lw=1.2)
    ax.set_aspect("equal", adjustable="datalim")


def _near(ax: Axes, flight: SwarmFlight, name: str, colour: str) -> None:
    p = _about(flight)
    one, two = np.triu_indices(p.shape[1], 1)
    apart = np.linalg.norm(p[:, one] - p[:, two], axis=2)
    nearest = np.where(np.isnan(apart), np.inf, apart).min(axis=1)
    nearest[np.isinf(nearest)] = np.nan
    ax.plot(flight.times_s, nearest, color=colour, lw=1.2, label=name)


def _off(ax: Axes, flight: SwarmFlight, colour: str) -> None:
    error = np.linalg.norm(_about(flight) - _goals(flight), axis=2)
    ax.plot(flight.times_s, error, color=colour, lw=0.5, alpha=0.25)
    known = ~np.isnan(error)
    mean = np.where(known, error, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    ax.plot(flight.times_s, np.where(known.any(axis=1), mean, np.nan), color=colour, lw=1.6)


def _separations(ax: Axes, flown: FlownSwarms) -> None:
    clean(ax, "Smallest separation of each world", "m", "worlds")
    nearest = np.minimum(flown.score.separation_m, _SHOWN_M)
    ax.hist(nearest, bins=50, range=(0.0, _SHOWN_M), color=BLUE)
    ax.axvline(RULES.collision_m, color=INK, lw=1.0, ls="--")


def _slot_errors(ax: Axes, flown: FlownSwarms) -> None:
    clean(ax, "Mean distance to settled slots", "cm", "drones")
    error = flown.score.slot_error_m[np.isfinite(flown.score.slot_error_m)]
    if error.size:
        ax.hist(100.0 * error, bins=50, range=(0.0, 100.0 * float(np.max(error))), color=BLUE)
