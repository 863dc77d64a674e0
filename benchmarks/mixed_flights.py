# SPDX-License-Identifier: Apache-2.0
"""Formations whose drones leave one by one, race, and come home: how often all of it goes well.

python benchmarks/mixed_flights.py                 the two files of policies/: some minutes

Flies what `martlet fly --task mixed` flies, many times, with drones that training never draws;
judged by the referees of swarms and of races. The table goes into docs/one_network.md.
"""

from pathlib import Path
from typing import Any

import tyro
from marked import replace_between
from recording import record

from evaluation.mixed_flights import MixedTrial, fly_mixed
from martlet.eval_environment import judged_in
from policy_export.runtime import PolicyRunner

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "one_network.md"
MARKERS = ("<!-- mixed flights -->", "<!-- end of mixed flights -->")
TRIALS = tuple(MixedTrial("lsy", level, drones) for level in (0, 2) for drones in (2, 4))

UNSEEN = 100_000
"""Seed of the first drone and course: training draws none of these."""


def main(
    policies: tuple[Path, ...] = (
        ROOT / "policies" / "universal_brushless.onnx",
        ROOT / "policies" / "universal.onnx",
    ),
    episodes: int = 256,
) -> None:
    """Fly, record, write the table.

    Args:
        policies: Files that fly any task.
        episodes: Flights of each number of drones.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for policy in policies:
        environment = judged_in("all", (), policy)
        runner = PolicyRunner(policy, airframe=environment.airframe)
        for trial in TRIALS:
            flown = fly_mixed(runner, "", trial, environment, episodes, UNSEEN, threads=2)
            found.setdefault(policy.name, []).append(flown.figures)
    record("mixed_flights", found)
    PAGE.write_text(replace_between(PAGE.read_text(), *MARKERS, table(found, episodes)))


def table(found: dict[str, list[dict[str, Any]]], episodes: int) -> list[str]:
    """Lines of Markdown: a row for each policy, level and number of drones."""
    lines = [
        f"{episodes} flights each; shares as 95 % intervals.",
        "",
        "| policy | lsy, level | drones | without a fault | races finished | race, median"
        " | crashed waiting, racing, coming home | nearest two |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for policy, flights in found.items():
        for f in flights:
            crashed = ", ".join(str(count) for count in f["crashed_while"].values())
            cells = [
                f"`{policy}`", str(f["level"]), str(f["drones"]), _share(f["success_ci95"]),
                _share(f["race_success_ci95"]), f"{f['lap_time_s']['median']:.2f} s", crashed,
                f"{f['min_separation_m']:.2f} m",
            ]  # fmt: skip
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def _share(interval: list[float]) -> str:
    low, high = interval
    return f"{100 * low:.1f} to {100 * high:.1f} %"


if __name__ == "__main__":
    tyro.cli(main)
