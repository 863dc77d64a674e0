# SPDX-License-Identifier: Apache-2.0
"""What commands print for people: short tables on standard output."""

import dataclasses
from typing import Any

from rich.console import Console
from rich.table import Table

from training.run import Trained


def trained_report(trained: Trained) -> dict[str, Any]:
    """A training run's result for machines."""
    return {
        "policy": str(trained.policy),
        "steps": trained.steps,
        "seconds": round(trained.seconds, 2),
        "train_env_steps_per_s": round(trained.steps_per_s),
        "referee": trained.verdict.figures(),
        "parity": dataclasses.asdict(trained.parity),
    }


def show_trained(trained: Trained) -> None:
    """A training run's result for people."""
    verdict, parity = trained.verdict, trained.parity
    table = _table("trained")
    table.add_row("training", f"{trained.steps / 1e6:.1f} M steps in {trained.seconds:.1f} s")
    for label, (text, meaning) in verdict.told().items():
        table.add_row(label, f"{text.strip()} {meaning}")
    table.add_row(
        "parity",
        f"torch = onnxruntime = PolicyRunner within {parity.largest:.1e} of a command's unit",
    )
    table.add_row("policy", str(trained.policy))
    Console().print(table)


def show_figures(title: str, figures: dict[str, Any]) -> None:
    """Any figures, nested ones with their path."""
    table = _table(title)
    for name, value in _flat(figures):
        table.add_row(name, value)
    Console().print(table)


def show_evaluation(figures: dict[str, Any]) -> None:
    """An evaluation for people: a column for each who flew."""
    pilots = [figures, *figures.get("baselines", {}).values()]
    title = f"{figures['task']}, {figures['episodes']} episodes"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("", no_wrap=True)
    columns = []
    for pilot in pilots:
        table.add_column(pilot["pilot"])
        columns.append(dict(_flat(_brief(pilot))))
    for name in columns[0]:
        table.add_row(name, *(column.get(name, "") for column in columns))
    console = Console()
    console.print(table)
    for pilot in pilots:
        for sentence in pilot.get("not_alike", ()):
            console.print(f"{pilot['pilot']}: {sentence}", style="dim")
        if "worst" in pilot:
            console.print(f"worst episodes: {pilot['worst']}", style="dim")
    if "picture" in figures:
        console.print(f"picture: {figures['picture']}", style="dim")


def _brief(pilot: dict[str, Any]) -> dict[str, Any]:
    """A pilot's figures, with a line for each bin of drones."""
    told = {name: value for name, value in pilot.items() if name not in _NOT_IN_TABLE}
    bins = {"weak, apart": told.pop("tail"), **told.pop("by_thrust_to_weight")}
    for name, part in bins.items():
        error = "crashed" if part["rmse_m"] is None else f"{100 * part['rmse_m']:.1f} cm"
        told[f"thrust/weight {name}"] = (
            f"{part['success_rate']:.1%} of {part['episodes']}, {error}"
            if part["episodes"]
            else "none"
        )
    return told


_NOT_IN_TABLE = ("pilot", "task", "episodes", "baselines", "not_alike", "worst", "picture")


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    return table


def _flat(figures: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in figures.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{prefix}{name}.")
        else:
            rows.append((prefix + name, _said(value)))
    return rows


def _said(value: object) -> str:
    if isinstance(value, list):
        numbers = all(isinstance(each, int | float) for each in value)
        return (" to " if numbers and len(value) == 2 else ", ").join(map(_said, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)
