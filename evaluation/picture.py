# SPDX-License-Identifier: Apache-2.0
"""report.png: one flight on one page.

Above, the path against its reference from above and from the side, and how long commands took;
below, error, body rates and thrust over time with the flight's phases shaded. Colours are Okabe and
Ito's, which people of every colour vision tell apart.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import Normal, Stroke

from evaluation.flight_record import (
    HOVER,
    FlightRecord,
    Phase,
    flight_figures,
    warm_latencies_ms,
)

INK, GREY, GRID, REFERENCE = "#222222", "#8c8c8c", "#e6e6e6", "#cfcfcf"
BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY = (
    "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9",
)  # fmt: skip
_PHASE_COLOURS = {"takeoff": GREY, "land": GREY, HOVER: PURPLE}
_REFERENCE_COLOURS = (BLUE, VERMILION, GREEN, ORANGE, SKY)
_AXES = (("roll", BLUE), ("pitch", VERMILION), ("yaw", GREEN))

_STYLE: dict[str, Any] = {"fontsize": 9, "color": INK}


Scene = Callable[[Axes, tuple[int, int]], None]
"""Draws what stood in the room into a panel of these two of x, y and z."""


def draw_report(flight: FlightRecord, path: str | Path, scene: Scene | None = None) -> None:
    """Draw a flight and write the picture, beside its place first, then renamed.

    Args:
        flight: The record.
        path: Where to write, a .png.
        scene: What stood in the room, if anything.
    """
    figure = Figure(figsize=(12.5, 12.0), dpi=110, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    figure.get_layout_engine().set(h_pad=0.08, w_pad=0.08)  # type: ignore[union-attr, call-arg]
    grid = figure.add_gridspec(
        5, 3, height_ratios=(1.8, 1.8, 1.7, 1.7, 1.3), width_ratios=(4, 4, 2.4)
    )
    colours = _colours(flight.phases)
    above = figure.add_subplot(grid[0:2, 0])
    side, front = figure.add_subplot(grid[0, 1]), figure.add_subplot(grid[1, 1])
    panels = {"above": (above, (0, 1)), "the side": (side, (0, 2)), "the front": (front, (1, 2))}
    for name, (axes, of) in panels.items():
        _path(axes, flight, colours, of, f"From {name}")
        if scene is not None:
            scene(axes, of)
    _legend(figure.add_subplot(grid[0, 2]), above)
    _latency(figure.add_subplot(grid[1, 2]), flight)
    error = figure.add_subplot(grid[2, :])
    rates = figure.add_subplot(grid[3, :], sharex=error)
    thrust = figure.add_subplot(grid[4, :], sharex=error)
    draw = _error if np.isfinite(flight.reference_m).any() else _speed
    draw(error, flight, colours)
    _rates(rates, flight, colours)
    _thrust(thrust, flight, colours)
    _heading(figure, flight)
    path = Path(path)
    aside = path.with_name(path.name + ".part")
    figure.savefig(aside, format="png")
    aside.replace(path)


def _colours(phases: tuple[Phase, ...]) -> dict[str, str]:
    named = dict(_PHASE_COLOURS)
    others = [phase.name for phase in phases if phase.name not in named]
    for i, name in enumerate(dict.fromkeys(others)):
        named[name] = _REFERENCE_COLOURS[i % len(_REFERENCE_COLOURS)]
    return named


def _heading(figure: Figure, flight: FlightRecord) -> None:
    figures = flight_figures(flight)
    parts = []
    if figures["hover_error_m"] is not None:
        parts.append(f"hover error {_cm(figures['hover_error_m'])}")
    for name, found in figures["references"].items():
        rmse_m = found["rmse_m"]
        parts.append(f"{name} " + ("cut short" if rmse_m is None else f"RMSE {_cm(rmse_m)}"))
    figure.suptitle(
        flight.title + ("\n" + "   ·   ".join(parts) if parts else ""),
        fontsize=13, color=INK, linespacing=1.6,
    )  # fmt: skip


def _cm(metres: float) -> str:
    return f"{100 * metres:.1f} cm" if np.isfinite(metres) else "crashed"


def clean(axes: Axes, title: str, x: str, y: str) -> None:
    """Axes as all our pictures have them: a title, units, a faint grid."""
    axes.set_title(title, loc="left", fontsize=10.5, color=INK)
    axes.set_xlabel(x, **_STYLE)
    axes.set_ylabel(y, **_STYLE)
    axes.tick_params(labelsize=8.5, colors=INK, length=3)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    for name, spine in axes.spines.items():
        spine.set_visible(name in ("left", "bottom"))
        spine.set_color(GREY)


def _path(
    axes: Axes, flight: FlightRecord, colours: dict[str, str], of: tuple[int, int], title: str
) -> None:
    names = ("x [m]", "y [m]", "z [m]")
    clean(axes, title, names[of[0]], names[of[1]])
    p = flight.reference_m
    if np.isfinite(p).any():
        axes.plot(p[:, of[0]], p[:, of[1]], color=REFERENCE, lw=4.0, label="reference")
    for i, phase in enumerate(flight.phases):
        p = flight.states[flight.during(phase), :3]
        new = phase.name not in [earlier.name for earlier in flight.phases[:i]]
        label = phase.name if new else None
        axes.plot(p[:, of[0]], p[:, of[1]], color=colours[phase.name], lw=1.3, label=label)
    axes.set_aspect("equal", adjustable="datalim")
    if of[1] == 2:
        axes.axhline(0.0, color=INK, lw=1.2)


def _legend(axes: Axes, of: Axes) -> None:
    """The legend of the path panels, in a place of its own."""
    axes.set_axis_off()
    axes.legend(
        *of.get_legend_handles_labels(),
        fontsize=9.5, frameon=False, loc="center left", labelspacing=0.7, handlelength=2.4,
    )  # fmt: skip


def _latency(axes: Axes, flight: FlightRecord) -> None:
    clean(axes, "Command latency", "ms", "% of commands")
    latency = warm_latencies_ms(flight)
    if not len(latency):
        axes.text(0.5, 0.5, "no commands", ha="center", transform=axes.transAxes, **_STYLE)
        return
    p50, p99 = np.percentile(latency, [50, 99])
    top = max(2.0 * p99, 0.1)
    share = np.full(len(latency), 100.0 / len(latency))
    axes.hist(np.minimum(latency, top), bins=40, range=(0.0, top), weights=share, color=BLUE)
    axes.set_xlim(0.0, top)
    for name, at, style in (("p50", p50, "-"), ("p99", p99, "--")):
        axes.axvline(at, color=INK, lw=1.0, ls=style, label=f"{name}  {at:.2f} ms")
    axes.plot([], [], " ", label=f"max  {latency.max():.2f} ms")
    axes.legend(fontsize=8.5, frameon=False, loc="upper right")


def _phases(axes: Axes, flight: FlightRecord, colours: dict[str, str], *, named: bool) -> None:
    first = flight.times_s[0]
    axes.set_xlim(first, max(flight.times_s[-1], first + 1.0))
    for phase in flight.phases:
        axes.axvspan(phase.start_s, phase.end_s, color=colours[phase.name], alpha=0.10, lw=0)
        if named:
            text = axes.text(
                (phase.start_s + phase.end_s) / 2, 0.97, phase.name, ha="center", va="top",
                fontsize=8.5, color=INK, transform=axes.get_xaxis_transform(),
            )  # fmt: skip
            text.set_in_layout(False)  # of a phase beyond the record's end it lies outside
            text.set_clip_on(True)
            text.set_path_effects([Stroke(linewidth=3, foreground="white", alpha=0.8), Normal()])


def _error(axes: Axes, flight: FlightRecord, colours: dict[str, str]) -> None:
    clean(axes, "Distance to the reference (bold: judged)", "", "cm")
    error = 100.0 * flight.error_m()
    axes.plot(flight.times_s, error, color=GREY, lw=0.8)
    judged = np.zeros(len(error), dtype=bool)
    for phase in flight.phases:
        if phase.scored_s is not None:
            judged[flight.during(Phase(phase.name, *phase.scored_s))] = True
    axes.plot(flight.times_s, np.where(judged, error, np.nan), color=INK, lw=1.4)
    shown = error[judged] if judged.any() else error
    shown = shown[np.isfinite(shown)]
    if len(shown):
        axes.set_ylim(0.0, 1.35 * max(float(shown.max()), 1.0))
    _phases(axes, flight, colours, named=True)


def _speed(axes: Axes, flight: FlightRecord, colours: dict[str, str]) -> None:
    """In the place of the error, of a flight that followed nothing."""
    clean(axes, "Speed", "", "m/s")
    speed = np.linalg.norm(flight.states[:, 7:10], axis=1)
    axes.plot(flight.times_s, speed, color=INK, lw=1.2)
    _phases(axes, flight, colours, named=True)


def _rates(axes: Axes, flight: FlightRecord, colours: dict[str, str]) -> None:
    clean(axes, "Body rates (faint: commanded)", "", "rad/s")
    for i, (name, colour) in enumerate(_AXES):
        axes.plot(flight.times_s, flight.commands[:, 1 + i], color=colour, lw=0.8, alpha=0.4)
        axes.plot(flight.times_s, flight.states[:, 10 + i], color=colour, lw=1.0, label=name)
    axes.legend(fontsize=8.5, frameon=False, ncols=3, loc="upper right", borderpad=0.1)
    _phases(axes, flight, colours, named=False)


def _thrust(axes: Axes, flight: FlightRecord, colours: dict[str, str]) -> None:
    clean(axes, "Commanded thrust", "time [s]", "N")
    axes.plot(flight.times_s, flight.commands[:, 0], color=INK, lw=1.0)
    _phases(axes, flight, colours, named=False)
