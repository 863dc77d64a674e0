# SPDX-License-Identifier: Apache-2.0
"""`martlet replay`: a flight's own commands in the simulator, and how far the two part."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from evaluation.replay.picture import draw_replay
from evaluation.replay.replay import figures_of, replay_log
from martlet.flight_logs import logs_at


def run(log: Path, airframe: str, out: Path | None, mass_kg: float | None) -> dict[str, Any]:
    """Replay what is at `log`; write replay.png (of several drones, one each) to `out`.

    Returns:
        By the name of each drone's log, what `figures_of` says and its `picture`.

    Raises:
        LogError, UsageError: No flight log or bag, or none with commands.
    """
    found: dict[str, Any] = {}
    logs = logs_at(log)
    folder = out or (log if log.is_dir() else log.parent)
    folder.mkdir(parents=True, exist_ok=True)
    for number, flown in enumerate(logs):
        replay = replay_log(flown, airframe, mass_kg or 0.0)
        picture = folder / (f"replay_{number + 1}.png" if len(logs) > 1 else "replay.png")
        draw_replay(replay, picture)
        found[flown.name] = figures_of(replay) | {"picture": str(picture)}
    return found


def show(found: dict[str, Any]) -> None:
    """The gap for people."""
    console = Console(width=110)
    for name, figures in found.items():
        title = f"{name}: simulator less drone, RMS of {figures['windows']} starts"
        table = Table(title=title, title_justify="left", box=None, pad_edge=False)
        for head in ("after", "position", "straight on", "velocity", "attitude"):
            table.add_column(head, justify="right")
        for horizon, row in figures["horizons"].items():
            table.add_row(
                f"{horizon} s",
                f"{100.0 * row['position_m']:.1f} cm",
                f"{100.0 * row['naive_position_m']:.1f} cm",
                f"{row['velocity_m_s']:.3f} m/s",
                f"{row['attitude_deg']:.1f} deg",
            )
        console.print(table)
        if "rates_rad_s" in figures:
            console.print(
                f"body rates {figures['rates_rad_s']:.3f} rad/s apart, commands"
                f" {1e3 * figures['delay_s']:.0f} ms under way",
                highlight=False,
            )
        console.print(
            f"thrust as if times {figures['thrust_gain']:.3f}; picture {figures['picture']}",
            highlight=False, soft_wrap=True,
        )  # fmt: skip
