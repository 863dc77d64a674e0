# SPDX-License-Identifier: Apache-2.0
"""What a person sees of a flight: a line that moves for each phase, and a table at the end."""

import math
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from firmware_bridge.guard_rules import GuardLimits
from martlet.flight.grouped import rows_of
from martlet.flight.programme import Programme


class Display:
    """Shows a flight on the terminal, line by line."""

    def __init__(self, *, quiet: bool) -> None:
        """Show on standard output, or nothing."""
        self._console = Console(quiet=quiet, highlight=False)
        self._live = self._console.is_terminal
        self._several = False

    def show(self, event: dict[str, Any]) -> None:
        """Show one thing that the pilot said."""
        kind = event["event"]
        if kind == "phase":
            self._line(f"[bold]{event['name']:<12}[/] …", keep=False)
        elif kind == "progress":
            self._line(f"[bold]{event['name']:<12}[/] {_standing(event)}", keep=False)
        elif kind == "result":
            self._line(f"[bold]{event['name']:<12}[/] {_ending(event)}", keep=True)
        elif kind == "guard":
            stage = ("nominal", "hold", "land", "off")[event["stage"]]
            of = f"{event['drone']}: " if self._several else ""
            self._line(f"[red]guard        {of}{stage}: {event['reason']}[/]", keep=True)
        elif kind == "waiting":
            self._line(f"[yellow]waiting      {event['reason']}[/]", keep=True)
        elif kind == "stopping":
            self._line("[yellow]stopping     a key was pressed: landing[/]", keep=True)
        elif kind == "abandoned":
            self._line(f"[red]abandoned    {event['reason']}[/]", keep=True)

    def plan(self, planned: Programme) -> None:
        """Show what is out of the ordinary about a flight before it begins."""
        self._several = len(planned.drones) > 1
        if planned.race is None and not self._several:
            return
        low, high = planned.box_low_m, planned.box_high_m
        fence = ", ".join(
            f"{axis} {a:g} to {b:g}" for axis, a, b in zip("xyz", low, high, strict=True)
        )
        what = ", ".join(task.name for task in planned.flown)
        if planned.race is not None:
            race = planned.race
            what = f"race on {race.name}, {race.gates or 'any number of'} gates"
        if planned.group is not None:
            task = planned.group.task
            what += f" ({task.name}), {task.duration_s:.1f} s"
        self._line(f"[dim]to fly       {what}; drones: {len(planned.drones)}[/]", keep=True)
        rates = ", ".join(f"{rate:g}" for rate in GuardLimits.body_rate_rad_s)
        self._line(f"[dim]guard fence  {fence} m[/]", keep=True)
        self._line(f"[dim]guard rates  up to {rates} rad/s[/]", keep=True)

    def warn(self, sentence: str) -> None:
        """Show what a person should know before the drones take off."""
        self._line(f"[yellow]preflight    {sentence}[/]", keep=True)

    def keys(self) -> None:
        """Show what ends the flight at any moment."""
        self._line("[bold]keys         space or l: stop and land[/]", keep=True)

    def report(self, report: dict[str, Any], folder: Path) -> None:
        """Show the figures of the whole flight."""
        table = Table(title="flight", title_justify="left", show_header=False, box=None)
        table.add_column(style="dim")
        table.add_column()
        for fault in report["faults"]:
            table.add_row("failed", f"[red]{escape(fault)}[/]")
        table.add_row("landed", "yes" if report["landed"] else "[red]no[/]")
        table.add_row("guard stepped in", str(report["guard_interventions"]))
        together = report.get("swarm") or report.get("mixed")
        if worst := report.get("worst"):
            below = "" if together else f"; below the worst of them, {worst}"
            table.add_row("drones", f"{len(report['drones'])}{below}")
            if report["closest_m"] is not None:
                table.add_row("closest two", f"{report['closest_m']:.2f} m")
        if together or report.get("race"):
            for row in rows_of(together) if together else _race_rows(report["race"]):
                table.add_row(*row)
        else:
            table.add_row("hover error", _centimetres(report["hover_error_m"]))
        for name, figures in report["references"].items():
            table.add_row(f"{name} RMSE", _centimetres(figures["rmse_m"]))
        latency = report["command_latency_ms"]
        if latency["p99"] is not None:
            table.add_row(
                "command latency", f"{latency['p50']:.1f} ms median, {latency['p99']:.1f} ms p99"
            )
        for name, seconds in report["durations_s"].items():
            table.add_row(name, f"{seconds:.1f} s")
        for name in ("report.json", "report.png", "report.html", "flight", "policy.onnx"):
            table.add_row(name, str(folder / name))
        self._console.print(table)

    def _line(self, text: str, *, keep: bool) -> None:
        """Write a line: over the last one, if that was not to be kept."""
        if not self._live and not keep:
            return
        self._console.print(f"\r\x1b[2K{text}" if self._live else text, end="\n" if keep else "")


def _standing(event: dict[str, Any]) -> str:
    words = [f"{event['time_s']:5.1f} s"]
    if "height_m" in event:
        words.append(f"height {event['height_m']:.2f} m")
    if math.isfinite(event.get("error_m", math.nan)):
        words.append(f"error {100 * event['error_m']:.1f} cm")
    return ", ".join(words)


def _ending(event: dict[str, Any]) -> str:
    if not event["success"]:
        return f"[red]failed: {event['reason']}[/]"
    if math.isfinite(event.get("separation_m", math.nan)):
        return f"[green]done[/], never nearer than {event['separation_m']:.2f} m"
    if math.isfinite(event.get("rmse_m", math.nan)):
        return f"[green]done[/], RMSE {_centimetres(event['rmse_m'])}"
    return "[green]done[/]" + (
        f", height {event['reached_m']:.2f} m" if "reached_m" in event else ""
    )


def _race_rows(race: dict[str, Any]) -> list[tuple[str, str]]:
    """The referee's word on a race."""
    wanted = f" of {race['gates']}" if race["gates"] else ""
    rows = [
        ("track", f"{race['track']}, level {race['level']}, course seed {race['course_seed']}"),
        ("gates passed", f"{race['gates_passed']}{wanted}"),
    ]
    name, key = ("race time", "time_s") if race["gates"] else ("best lap", "lap_time_s")
    if race.get(key) is not None:
        rows.append((name, f"{race[key]:.2f} s"))
    if "top_speed_m_s" in race:
        rows.append(("top speed", f"{race['top_speed_m_s']:.1f} m/s"))
    if race.get("crashed"):
        what = f"{race['crash_reason']}, after {race['crash_time_s']:.2f} s"
        rows.append(("crashed", f"[red]{what}[/]"))
    return rows


def _centimetres(metres: float | None) -> str:
    return "[red]not flown to its end[/]" if metres is None else f"{100 * metres:.1f} cm"
