# SPDX-License-Identifier: Apache-2.0
"""What a person sees of a flight: a line that moves for each phase, and a table at the end."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


class Display:
    """Shows a flight on the terminal, line by line."""

    def __init__(self, *, quiet: bool) -> None:
        """Show on standard output, or nothing."""
        self._console = Console(quiet=quiet, highlight=False)
        self._live = self._console.is_terminal

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
            self._line(f"[red]guard        {stage}: {event['reason']}[/]", keep=True)
        elif kind == "abandoned":
            self._line(f"[red]abandoned    {event['reason']}[/]", keep=True)

    def report(self, report: dict[str, Any], folder: Path) -> None:
        """Show the figures of the whole flight."""
        table = Table(title="flight", title_justify="left", show_header=False, box=None)
        table.add_column(style="dim")
        table.add_column()
        table.add_row("landed", "yes" if report["landed"] else "[red]no[/]")
        table.add_row("guard stepped in", str(report["guard_interventions"]))
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
        for name in ("report.json", "report.png", "flight", "policy.onnx"):
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
    if "error_m" in event:
        words.append(f"error {100 * event['error_m']:.1f} cm")
    return ", ".join(words)


def _ending(event: dict[str, Any]) -> str:
    if not event["success"]:
        return f"[red]failed: {event['reason']}[/]"
    if "rmse_m" in event:
        return f"[green]done[/], RMSE {_centimetres(event['rmse_m'])}"
    return f"[green]done[/], height {event.get('reached_m', 0.0):.2f} m"


def _centimetres(metres: float | None) -> str:
    return "[red]not flown to its end[/]" if metres is None else f"{100 * metres:.1f} cm"
