# SPDX-License-Identifier: Apache-2.0
"""How long a laptop takes from a state to the command on its way to the radio, and where it goes.

Run it with `python benchmarks/fleet_latency.py`; it takes six minutes by the wall's clock. One,
four and eight drones hover by one policy over the fleet's topics, recorder included, in the
simulator and over the twin. The table goes into docs/twin.md. Other load on the machine shows: it
is recorded.
"""

import argparse
from pathlib import Path
from typing import Any

from fleet.hovering import POLICY, hovering
from marked import replace_between
from recording import record, recorded

NAME = "fleet_latency"
PAGE = Path(__file__).parent.parent / "docs" / "twin.md"
BEGIN, END = "<!-- latency -->", "<!-- end of latency -->"

AIMS_MS = {1: 3.0, 8: 8.0}
"""Of the 99th percentile, by the number of drones."""

LOSS = 0.02


def main() -> None:
    """Measure, record, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drones", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--table", action="store_true", help="of what was recorded before")
    asked = parser.parse_args()
    if not asked.table:
        record(NAME, _measured(asked.drones, asked.seconds))
    figures = recorded(NAME)
    PAGE.write_text(replace_between(PAGE.read_text(), BEGIN, END, table(figures)))


def _measured(sizes: list[int], seconds: float) -> dict[str, Any]:
    """A row for each backend and number of drones."""
    rows = []
    for backend in ("sim", "twin"):
        for drones in sizes:
            rows.append(hovering(backend, drones, seconds, LOSS))
            print(rows[-1], flush=True)  # noqa: T201
    return {"policy": POLICY.name, "seconds": seconds, "rows": rows}


def table(figures: dict[str, Any]) -> list[str]:
    """Lines: a row for each backend and number of drones."""
    parts = ("state to topic", "topic to answer", "answer to link")
    lines = [
        f"Milliseconds, median / 99th percentile over {figures['seconds']:g} s.",
        "",
        f"| drones | state to link | {' | '.join(parts)} | cores |",
        "|---|---|---|---|---|---|",
    ]
    for row in figures["rows"]:
        name = f"{row['drones']}, {row['backend']}"
        ways = row.get("ways_ms")
        if not ways:
            lines.append(f"| {name} | not flown: {row['why']} | | | | |")
            continue
        whole, *rest = (
            f"{ways[part]['p50']:.1f} / {ways[part]['p99']:.1f}"
            for part in ("state to link", *parts)
        )
        aim = AIMS_MS.get(row["drones"])
        if aim is not None and ways["state to link"]["p99"] > aim:
            whole += f", aim {aim:g}"
        cores = sum(row["cores"].values()) if "cores" in row else float("nan")
        lines.append(f"| {name} | {whole} | {' | '.join(rest)} | {cores:.2f} |")
    loads = [row["load"] for row in figures["rows"]]
    return [*lines, "", f"Other load when flights began: {min(loads):.1f} to {max(loads):.1f}."]


if __name__ == "__main__":
    main()
