# SPDX-License-Identifier: Apache-2.0
"""How many drones one machine flies at 100 Hz, all processes on it, and where the time goes.

Run it with `python benchmarks/fleet_size.py`; each number of drones takes a minute by the wall's
clock. `--backend sim` does the same with the simulator in place of twins and radio. They hover by
one policy; twins, backend with its guards, policy and recorder share the machine. A command is on
time that comes within 10 ms of the state it answers, and one is due to each drone every 10 ms, so
what a late twin does not ask for is missed as well. The links lose nothing. It goes up as long as
`AIM` of the commands are on time. The tables go into docs/twin.md.
"""

import argparse
from pathlib import Path
from typing import Any

from fleet.hovering import POLICY, hovering
from marked import replace_between
from recording import record, recorded

NAME = "fleet_size"
PAGE = Path(__file__).parent.parent / "docs" / "twin.md"
MARKS = {
    "twin": ("<!-- size -->", "<!-- end of size -->"),
    "sim": ("<!-- size in simulation -->", "<!-- end of size in simulation -->"),
}

AIM = 0.99
PROCESSES = {
    "twin": ("twin", "crazyflie_backend", "policy", "recorder"),
    "sim": ("sim_backend", "policy", "recorder"),
}
SIZES = (1, 2, 4, 6, 8, 10, 12, 14, 16)


def main() -> None:
    """Measure, record, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drones", type=int, nargs="+", default=SIZES)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--all", action="store_true", help="go on where commands are late")
    parser.add_argument("--backend", choices=list(PROCESSES), default="twin")
    parser.add_argument("--table", action="store_true", help="of what was recorded before")
    asked = parser.parse_args()
    backend = asked.backend
    name = NAME if backend == "twin" else f"{NAME}_{backend}"
    if not asked.table:
        record(name, _measured(backend, asked.drones, asked.seconds, on=asked.all))
    lines = table(recorded(name), backend)
    PAGE.write_text(replace_between(PAGE.read_text(), *MARKS[backend], lines))


def _measured(backend: str, sizes: list[int], seconds: float, *, on: bool) -> dict[str, Any]:
    """A row for each number of drones, up to the first that is too large, or to the end."""
    rows: list[dict[str, Any]] = []
    for drones in sizes:
        rows.append(hovering(backend, drones, seconds, 0.0))
        print(rows[-1], flush=True)  # noqa: T201
        if not (on or _on_time(rows[-1])):
            break
    return {"policy": POLICY.name, "seconds": seconds, "rows": rows}


def table(figures: dict[str, Any], backend: str) -> list[str]:
    """Lines: a row for each number of drones, and the largest that holds."""
    names, drones = PROCESSES[backend], {"twin": "twins", "sim": "drones"}[backend]
    heads = (drones, "commands on time", "each drone", "latency, median / p99", *names)
    lines = [
        f"| {' | '.join(heads)} |",
        "|---" * (4 + len(names)) + "|",
    ]
    for row in figures["rows"]:
        if row.get("on_time") is None:
            lines.append(f"| {row['drones']} | not flown: {row['why']} {'| ' * (2 + len(names))}|")
            continue
        cores = " | ".join(f"{row['cores'][name]:.2f}" for name in names)
        lines.append(
            f"| {row['drones']} | {row['on_time']:.1%} | {row['commands_hz']:.1f} Hz |"
            f" {row['p50_ms']:.1f} / {row['p99_ms']:.1f} ms | {cores} |"
        )
    most = max((row["drones"] for row in figures["rows"] if _on_time(row)), default=0)
    loads = [row["load"] for row in figures["rows"]]
    return [
        *lines,
        "",
        f"The last columns are cores used. At least {AIM:.0%} on time: {most} {drones}. Other"
        f" load when flights began: {min(loads):.1f} to {max(loads):.1f}.",
    ]


def _on_time(row: dict[str, Any]) -> bool:
    return not row["why"] and (row.get("on_time") or 0.0) >= AIM


if __name__ == "__main__":
    main()
