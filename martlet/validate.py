# SPDX-License-Identifier: Apache-2.0
"""`martlet validate`: recordings in, report, table and picture out."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from evaluation.validation.discovery import OWN_AIRFRAME
from evaluation.validation.picture import draw_validation
from evaluation.validation.table import rows_of
from evaluation.validation.validate import validate, validate_logs
from martlet.flight_bag import is_bag, logs_of_bag


def run(data: Path, airframe: str | None, out: Path | None) -> dict[str, Any]:
    """Judge by what is at `data`; write validation.json and validation.png to `out`."""
    if is_bag(data):
        report = validate_logs(data.stem, logs_of_bag(data), airframe or OWN_AIRFRAME)
    else:
        report = validate(data, airframe)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        aside = out / "validation.json.part"
        aside.write_text(json.dumps(report, indent=2) + "\n")
        aside.replace(out / "validation.json")
        draw_validation(report, out / "validation.png")
    return report


def show(report: dict[str, Any]) -> None:
    """The report for people."""
    rows = rows_of(report)
    others = list(dict.fromkeys(name for row in rows for name in row.published))
    table = Table(title="errors of prediction, RMS", title_justify="left", box=None, pad_edge=False)
    for head in ("measure", "data set", "", "ours", "nothing changes", *others):
        table.add_column(head, justify="left" if head in ("measure", "data set", "") else "right")
    for row in rows:
        name = row.data_set + (" (in sample)" if row.in_sample else "")
        theirs = [f"{row.published[o]:.3g}" if o in row.published else "" for o in others]
        table.add_row(row.measure, name, row.unit, f"{row.ours:.3g}", f"{row.naive:.3g}", *theirs)
    console = Console(width=130)
    console.print(table)
    for found in report["sets"].values():
        for reason in found.get("left_out", {}).values():
            console.print(f"left out: {reason}", style="dim", highlight=False)
