# SPDX-License-Identifier: Apache-2.0
"""report.png of several drones: where they flew, how far off, how near each other."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from evaluation.flight_record import FlightRecord, Phase
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
from evaluation.separation import closest_m
from evaluation.swarm_referee import RULES
from evaluation.track_drawing import draw_track
from sim_core.formation_model import JUMP_M
from sim_core.track_model import Track

COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, INK, GREY)


def draw_fleet(
    flights: Mapping[str, FlightRecord],
    title: str,
    path: str | Path,
    together: Sequence[str] = (),
    track: Track | None = None,
) -> None:
    """Draw several drones' flight and write the picture, beside its place first, then renamed.

    Args:
        flights: Each drone's record by its name, all of the same times.
        title: What the picture is headed with.
        path: Where to write, a .png.
        together: Phases that the drones flew together: errors are shown in all of them, and below
            which distance two drones collide.
        track: What stood there.
    """
    figure = Figure(figsize=(12.5, 10.0), dpi=110, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(3, 2, height_ratios=(2.4, 1.2, 1.2))
    above, side = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    for axes, of in ((above, (0, 1)), (side, (0, 2))):
        if track is not None:
            draw_track(axes, track, of)
    _paths(above, flights, (0, 1), "From above")
    _paths(side, flights, (0, 2), "From the side")
    error, gaps = figure.add_subplot(grid[1, :]), figure.add_subplot(grid[2, :])
    gaps.sharex(error)
    _errors(error, flights, together)
    _gaps(gaps, flights)
    if together:
        error.set_title("Distance to the slots", loc="left", fontsize=10.5, color=INK)
        gaps.axhline(RULES.collision_m, color=INK, lw=1.0, ls="--")
    figure.suptitle(title, fontsize=13, color=INK, linespacing=1.6)
    path = Path(path)
    aside = path.with_name(path.name + ".part")
    figure.savefig(aside, format="png")
    aside.replace(path)


def _paths(
    axes: Axes, flights: Mapping[str, FlightRecord], of: tuple[int, int], title: str
) -> None:
    clean(axes, title, "xyz"[of[0]] + " [m]", "xyz"[of[1]] + " [m]")
    for flight in flights.values():
        p = flight.reference_m.copy()
        with np.errstate(invalid="ignore"):
            jumped = np.linalg.norm(np.diff(p, axis=0), axis=1) > JUMP_M
        p[1:][jumped] = np.nan  # no line where a slot jumps
        axes.plot(p[:, of[0]], p[:, of[1]], color=REFERENCE, lw=4.0)
    for i, (name, flight) in enumerate(flights.items()):
        p, colour = flight.states[:, :3], COLOURS[i % len(COLOURS)]
        axes.plot(p[:, of[0]], p[:, of[1]], color=colour, lw=1.2)
        if of == (0, 1):
            axes.annotate(
                name,
                (p[0, 0], p[0, 1]),
                xytext=(5, 5),
                textcoords="offset points",
                fontsize=8.5,
                color=INK,
            )
    axes.set_aspect("equal", adjustable="datalim")


def _errors(axes: Axes, flights: Mapping[str, FlightRecord], together: Sequence[str]) -> None:
    clean(axes, "Distance to the reference, where it is judged", "", "cm")
    for i, flight in enumerate(flights.values()):
        judged = np.zeros(len(flight.times_s), dtype=bool)
        for phase in flight.phases:
            if phase.name in together:
                judged[flight.during(phase)] = True
            elif phase.scored_s is not None:
                judged[flight.during(Phase(phase.name, *phase.scored_s))] = True
        error = np.where(judged, 100.0 * flight.error_m(), np.nan)
        axes.plot(flight.times_s, error, color=COLOURS[i % len(COLOURS)], lw=1.0)
    axes.set_ylim(bottom=0.0)
    for phase in next(iter(flights.values())).phases:
        axes.axvspan(phase.start_s, phase.end_s, color=GREY, alpha=0.10, lw=0)
        axes.text(
            (phase.start_s + phase.end_s) / 2, 0.97, phase.name, ha="center", va="top",
            fontsize=8.5, color=INK, transform=axes.get_xaxis_transform(),
        )  # fmt: skip


def _gaps(axes: Axes, flights: Mapping[str, FlightRecord]) -> None:
    clean(axes, "Distance of the two drones that are closest", "time [s]", "m")
    records = list(flights.values())
    axes.plot(records[0].times_s, closest_m(records), color=INK, lw=1.2)
    axes.set_ylim(bottom=0.0)
