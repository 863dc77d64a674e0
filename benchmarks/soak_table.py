# SPDX-License-Identifier: Apache-2.0
"""What soak.py found, as a table of Markdown."""

from collections import Counter
from typing import Any

UNITS = {"memory": "MiB", "rate": "Hz", "latency": "ms"}
WORDS = {"rate": "commands to each drone", "latency": "command latency, median of 5 s"}


def table(found: dict[str, Any]) -> list[str]:
    """Lines: a row for each thing that may drift."""
    lines = [
        f"{found['drones']} twins, {found['minutes']:.0f} minutes, {found['flights']} flights by"
        " the same nodes; the change is that of a straight line (Theil and Sen) over the run, with"
        " its bounds at 95 % confidence.",
        "",
        "| | at first | at last | change |",
        "|---|---|---|---|",
    ]
    for name, line in found["lines"].items():
        unit = UNITS[name.split()[0]]
        cells = [
            WORDS.get(name, name),
            f"{line['first']:.1f} {unit}",
            f"{line['last']:.1f} {unit}",
            f"{line['change']:+.1f} {unit} ({line['low']:+.1f} to {line['high']:+.1f})",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    wrong = [sentence for sentence in found["faults"] if sentence not in found["problems"]]
    ended = [why.rpartition(": ")[0].split(": ", 2)[-1] for why in found["problems"]]
    if ended:
        kinds = ", ".join(f"{count} by {kind}" for kind, count in Counter(ended).most_common())
        wrong.append(f"{len(ended)} of the flights ended early: {kinds}")
    return [*lines, "", "What went wrong: " + ("; ".join(wrong) or "nothing") + "."]
