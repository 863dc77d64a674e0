# SPDX-License-Identifier: Apache-2.0
"""One network at every task: the referees' figures beside each line, and beside PufferLib's claims.

python benchmarks/one_network.py policies/universal_brushless.onnx

Judges each policy file on drones, courses and formations that training never draws, records
results/one_network.json and writes the table of docs/one_network.md.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import tyro
from marked import replace_between
from recording import RESULTS, record

from evaluation.evaluate import fly_policy
from evaluation.puffer_hover import fly_puffer_hover
from evaluation.races import RaceTrial, fly_races
from evaluation.swarms import SwarmTrial, fly_swarms
from martlet.eval_environment import judged_in
from policy_export.runtime import PolicyRunner

PAGE = Path(__file__).parents[1] / "docs" / "one_network.md"
MARKERS = ("<!-- one network -->", "<!-- end of one network -->")

UNSEEN = 100_000
"""Seed of the first drone, course and formation: training draws none of these."""

PATHS = ("hover", "lemniscate", "lemniscate_fast", "zigzag", "pentagram")
RACES = (RaceTrial("lsy", 2), RaceTrial("lsy", 0), RaceTrial("rings", 0))
SWARMS = (
    SwarmTrial("mix", 8),
    SwarmTrial("swapped", 8),
    SwarmTrial("mix", 16),
    SwarmTrial("mix", 32),
    SwarmTrial("mix", 64),
)

Trials = tuple[tuple[str, ...], tuple[RaceTrial, ...], tuple[SwarmTrial, ...]]
"""Paths, races and swarms to be judged by."""

EVERYTHING: Trials = (PATHS, RACES, SWARMS)


def main(
    policies: Annotated[tuple[Path, ...], tyro.conf.Positional],
    drones: int = 4096,
    worlds: int = 400,
) -> None:
    """Judge policy files.

    Args:
        policies: Files that fly any task.
        drones: That fly each path and race.
        worlds: That fly each formation of 8; fewer, the more drones are in one.
    """
    known = RESULTS / "one_network.json"
    found = json.loads(known.read_text())["figures"] if known.exists() else {}
    for policy in policies:
        found[policy.stem] = judged(policy, drones, worlds)
        record("one_network", found)
    shown = {f"`{name}.onnx`": figures for name, figures in found.items()}
    PAGE.write_text(replace_between(PAGE.read_text(), *MARKERS, table(shown)))


def judged(
    policy: Path,
    drones: int,
    worlds: int,
    trials: Trials = EVERYTHING,
) -> dict[str, Any]:
    """Figures of a policy, by trial."""
    paths, races, swarms = trials
    runner = PolicyRunner(policy)
    track = judged_in("track", (), policy)
    found: dict[str, Any] = {"training": training_of(runner)}
    for name in paths:
        flown = fly_policy(policy, name, drones, UNSEEN, environment=track)
        found[name] = flown.figures
    if "hover" in paths:
        found["hover"] |= fly_puffer_hover(runner, track, drones, UNSEEN, threads=2)
    race = judged_in("race", (), policy)
    for course in races:
        name = f"{course.track} {course.level}"
        found[name] = fly_races(runner, "", course, race, drones, UNSEEN, threads=2).figures
    swarm = judged_in("swarm", (), policy)
    for trial in swarms:
        count = max(20, worlds * 8 // trial.drones)
        flown = fly_swarms(runner, "", trial, swarm, count, UNSEEN, threads=2)
        found[f"{trial.scenario} of {trial.drones}"] = flown.figures
    return found


def training_of(runner: PolicyRunner) -> dict[str, Any]:
    """Where a file comes from."""
    training = runner.manifest.training
    return {"commit": training.commit, "seed": training.seed, "steps": training.steps}


Row = tuple[str, str, Callable[[dict[str, Any]], str]]

ROWS: tuple[Row, ...] = (
    ("hover from ±1 m, 60°: settled", "99.5 %", lambda f: _share(f["hover"]["success_ci95"])),
    ("steady error, median, p95", "1.5, 3 cm", lambda f: _cm(f["hover"]["settled_error_m"])),
    ("lemniscate, T = 5.5 s: RMSE, median", "2.5 cm", lambda f: _cm(f["lemniscate"]["rmse_m"])),
    ("the same, T = 3.5 s", "5 cm", lambda f: _cm(f["lemniscate_fast"]["rmse_m"])),
    ("zigzag, pentagram", "half of stock's", lambda f: (
        f"{_cm(f['zigzag']['rmse_m'])}, {_cm(f['pentagram']['rmse_m'])}")),
    ("lsy, level 2: finished", "90 %", lambda f: _share(f["lsy 2"]["success_ci95"])),
    ("its race, median", "3.3 s", lambda f: _s(f["lsy 2"]["lap_time_s"])),
    ("lsy, level 0: finished", "all", lambda f: _share(f["lsy 0"]["success_ci95"])),
    ("its race, median", "3.3 s", lambda f: _s(f["lsy 0"]["lap_time_s"])),
    ("PufferLib's rings in 20.48 s", "13 (claimed there: 11.4)",
     lambda f: f"{f['rings 0']['gates_passed']:.1f}"),
    ("its race perf", "0.99 (0.956)", lambda f: f"{f['rings 0']['race_perf']:.3f}"),
    ("its hover perf", "0.92 (0.877)", lambda f: f"{f['hover']['hover_perf']:.3f}"),
    ("swarm of 8, mix: without collision", "95 %",
     lambda f: _share(f["mix of 8"]["collision_free_ci95"])),
    ("mean distance to slots, settled", "10 cm", lambda f: _mean(f["mix of 8"])),
    ("smallest separation of all", "", lambda f: _metres(f["mix of 8"])),
    ("swarm of 8, all slots swapped: collisions a drone-minute", "0.1",
     lambda f: f"{f['swapped of 8']['collisions_per_drone_minute']:.2f}"),
    ("swarm of 16: without collision", "",
     lambda f: _share(f["mix of 16"]["collision_free_ci95"])),
    ("swarm of 32", "85 %", lambda f: _share(f["mix of 32"]["collision_free_ci95"])),
    ("swarm of 64", "85 %", lambda f: _share(f["mix of 64"]["collision_free_ci95"])),
)  # fmt: skip
"""What is told, the line, and how to find it."""


def table(found: dict[str, Any]) -> list[str]:
    """The page's table; shares as 95 % intervals."""
    names = list(found)
    lines = [
        "| what | line | " + " | ".join(names) + " |",
        "|---|---|" + "---|" * len(names),
    ]
    lines += [
        f"| {what} | {line} | " + " | ".join(tell(found[name]) for name in names) + " |"
        for what, line, tell in ROWS
    ]
    return lines


def _share(interval: list[float] | None) -> str:
    return "-" if interval is None else f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f} %"


def _cm(error: float | dict[str, float | None] | None) -> str:
    """A median, or all of several quantiles."""
    wanted = list(error.values()) if isinstance(error, dict) else [error]
    return ", ".join("lost" if e is None else f"{100 * e:.1f}" for e in wanted) + " cm"


def _s(lap: dict[str, float | None]) -> str:
    return "none" if lap["median"] is None else f"{lap['median']:.2f} s"


def _mean(figures: dict[str, Any]) -> str:
    mean = figures["slot_error_m"]["mean"]
    return "lost" if mean is None else f"{100 * mean:.1f} cm"


def _metres(figures: dict[str, Any]) -> str:
    return f"{figures['min_separation_m']:.3f} m"


if __name__ == "__main__":
    tyro.cli(main)
