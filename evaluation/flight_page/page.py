# SPDX-License-Identifier: Apache-2.0
"""report.html: a flight in one file, to be turned, zoomed into and read without a network."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import plotly.io as pio

from evaluation.flight_page.plots import plots_figure
from evaluation.flight_page.room import room_figure
from evaluation.flight_record import FlightRecord, GuardEntry
from sim_core.track_model import Track

PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 1280px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.5em; white-space: pre-line; } h2 { font-size: 1.1em; margin-top: 2em; }
table { border-collapse: collapse; } td, th { padding: .2em 1.2em .2em 0; text-align: left; vertical-align: top; }
td { border-top: 1px solid #e6e6e6; } .bad { color: #b34700; font-weight: 600; }
</style>
</head>
<body>
<h1>$title</h1>
$problems
<table>$figures</table>
<h2>Where it flew</h2>
$room
<h2>What the guard did</h2>
$guard
<h2>What happened when</h2>
$plots
<h2>Flown with</h2>
<table>$settings</table>
</body>
</html>
""")  # noqa: E501


def draw_page(
    flights: Mapping[str, FlightRecord],
    report: Mapping[str, Any],
    guard: Sequence[GuardEntry],
    path: str | Path,
    track: Track | None = None,
) -> None:
    """Write a flight's page, beside its place first, then renamed.

    Args:
        flights: Each drone's record, by its name.
        report: What report.json holds.
        guard: What the guards changed to, in order of time.
        path: Where to write, a .html.
        track: What stood in the room, if anything.
    """
    title = next(iter(flights.values())).title
    wrong = report.get("faults", report.get("problems", ()))  # faults hold the problems too
    problems = "".join(f'<p class="bad">{escape(p)}</p>' for p in wrong)
    page = PAGE.substitute(
        title=escape(title),
        problems=problems,
        figures=_rows(_figures(report)),
        room=_drawn(room_figure(flights, track), script=True),
        guard=_guard(guard),
        plots=_drawn(plots_figure(flights, guard), script=False),
        settings=_rows(
            {key: v for key, v in _flat(report.get("settings", {})).items() if v is not None}
        ),
    )
    path = Path(path)
    aside = path.with_name(path.name + ".part")
    aside.write_text(page, encoding="utf-8")
    aside.replace(path)


def _drawn(figure: Any, *, script: bool) -> str:
    """A figure's part of the page; one of them brings the script along that draws all."""
    figure.update_layout(template="plotly_white", font={"color": "#222"})
    drawn: str = pio.to_html(
        figure, full_html=False, include_plotlyjs=script, config={"displaylogo": False}
    )
    return drawn


def _figures(report: Mapping[str, Any]) -> dict[str, Any]:
    """What a reader looks for: all that is neither a setting nor told elsewhere on the page."""
    elsewhere = {"settings", "problems", "faults", "run"}
    return _flat({key: value for key, value in report.items() if key not in elsewhere})


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as one, their keys joined."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{name}: ")
        else:
            flat[name] = value
    return flat


def _rows(table: Mapping[str, Any]) -> str:
    return "".join(
        f"<tr><th>{escape(_words(key))}</th><td>{escape(_told(value))}</td></tr>"
        for key, value in table.items()
    )


def _words(key: str) -> str:
    """A key of report.json as words, its unit in brackets."""
    with_unit = re.sub(r"_(m_s|ms|m|s)(?=:|$)", lambda unit: f" [{unit[1]}]", key)
    return with_unit.replace("[m_s]", "[m/s]").replace("_", " ")


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{round(value, 9):.4g}"  # of a difference of two times, rounding is no figure
    if isinstance(value, list | tuple):
        return ", ".join(_told(v) for v in value)
    return "-" if value is None else str(value)


def _guard(entries: Sequence[GuardEntry]) -> str:
    if not entries:
        return "<p>It watched, and did not step in.</p>"
    rows = "".join(
        f"<tr><td>{e.time_s:.2f} s</td><td>{escape(e.drone)}</td><td>{escape(e.stage)}</td>"
        f"<td>{escape(e.reason)}</td></tr>"
        for e in entries
    )
    return f"<table><tr><th>time</th><th>drone</th><th>stage</th><th>why</th></tr>{rows}</table>"
