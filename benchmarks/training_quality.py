# SPDX-License-Identifier: Apache-2.0
"""What training reaches, and when: a few seeds a task, judged on unseen drones and courses.

python benchmarks/training_quality.py                    all tasks: an hour
python benchmarks/training_quality.py --only race --seeds 0 --episodes 1024

Runs stay in --out; one that is there is not trained again. Ends with a table in
docs/training.md and a picture of the learning curves, the referee's score over wall time.
"""

import functools
import json
from pathlib import Path
from typing import Any

import tyro
from learning_curves import draw_curves
from marked import replace_between
from quality_table import table
from recording import RESULTS, record

from evaluation.baselines import fly_baseline
from evaluation.evaluate import evaluate
from evaluation.puffer_hover import fly_puffer_hover
from evaluation.races import RaceTrial, fly_races
from evaluation.swarms import SwarmTrial, fly_swarms
from policy_export.runtime import PolicyRunner
from sim_core.environment import load_environment
from training.recipe import Recipe, load_recipe
from training.run import train_run

ROOT = Path(__file__).parents[1]
TASKS = ("track", "motors", "rings", "split_s", "race", "swarm")
TRIALS = {
    "rings": (RaceTrial("rings", 0),),
    "split_s": (RaceTrial("split_s", 1), RaceTrial("split_s", 0)),
    "race": (RaceTrial("lsy", 2), RaceTrial("lsy", 0)),
}
"""What a racer is judged by."""

SWARMS = (SwarmTrial("mix", 8), SwarmTrial("swapped", 8), SwarmTrial("mix", 32))
"""What a swarm is judged by."""

PATHS = ("lemniscate", "lemniscate_fast", "zigzag", "pentagram")
"""What a tracker is judged by, after "hover": T = 5.5 and 3.5 s, and SimpleFlight's corners."""

MOTORS = 'action.kind="motors"'
"""What makes of a tracker one that sits on board, without the firmware's rate loop."""

HOVERS = 10_000
"""Drones that a hover is judged by."""

MARKERS = ("<!-- what it reaches -->", "<!-- end of what it reaches -->")

UNSEEN = 100_000
"""Seed of the first drone and course: training draws none of these."""


def main(
    only: tuple[str, ...] = TASKS,
    seeds: tuple[int, ...] = (0, 1, 2),
    episodes: int = 4096,
    out: Path = ROOT / "runs" / "quality",
) -> None:
    """Train, export and evaluate once a task and seed.

    Args:
        only: Tasks.
        seeds: Of networks, drones and noise.
        episodes: Drones that fly each trial; `HOVERS` hover.
        out: Folder of the runs.
    """
    known = RESULTS / "training_quality.json"
    runs = json.loads(known.read_text())["figures"].get("runs", {}) if known.exists() else {}
    for task in only:
        for seed in seeds:
            name, changes = ("track", (MOTORS,)) if task == "motors" else (task, ())
            recipe = load_recipe(name, changes, ppo={"seed": seed})
            found = trained(out / f"{task}-{seed}", recipe)
            found["trials"] = _judged(task, Path(found["policy"]), episodes)
            found["policy"] = str(Path(found["policy"]).relative_to(out))
            runs.setdefault(task, {})[str(seed)] = found
            record("training_quality", {"runs": runs})
    page = ROOT / "docs" / "training.md"
    page.write_text(replace_between(page.read_text(), *MARKERS, table(runs)))
    draw_curves(runs, ROOT / "docs" / "images" / "learning_curves.png")


def trained(folder: Path, recipe: Recipe) -> dict[str, Any]:
    """Seconds, steps and the referee's verdicts on the way of a run, made where it is not there."""
    summary = folder / "summary.json"
    if not summary.exists():
        run = train_run(folder, recipe)
        told = {
            "seconds": round(run.seconds, 1),
            "steps": run.steps,
            "steps_per_s": round(run.steps_per_s),
            "policy": str(run.policy),
        }
        summary.write_text(json.dumps(told))
    found: dict[str, Any] = json.loads(summary.read_text())
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    names = [name for name in lines[-1] if name.startswith("referee/")]
    found["verdicts"] = [
        {"steps": line["steps"], "seconds": line["seconds"]}
        | {n.removeprefix("referee/"): line.get(n) for n in names}
        for line in lines
        if any(name in line for name in names)
    ]
    return found


def _judged(task: str, policy: Path, episodes: int) -> dict[str, Any]:
    if task == "track":
        return _tracked(policy, episodes)
    if task == "motors":  # five times as many commands a second: fewer flights
        trials = ("hover", "lemniscate", "lemniscate_fast")
        return {name: evaluate(policy, name, episodes, UNSEEN, threads=2) for name in trials}
    if task == "swarm":
        return _swarmed(policy, episodes)
    environment = load_environment(task)
    runner = PolicyRunner(policy)
    return {
        f"{trial.track} {trial.level}": fly_races(
            runner, policy.name, trial, environment, episodes, UNSEEN, threads=2
        ).figures
        for trial in TRIALS[task]
    }


def _tracked(policy: Path, episodes: int) -> dict[str, Any]:
    """Hover and paths, each with the stock controller's figures on the same drones."""
    flights = {"hover": HOVERS} | dict.fromkeys(PATHS, episodes)
    found = {
        name: evaluate(policy, name, drones, UNSEEN, threads=2) | {"stock": _stock(name, drones)}
        for name, drones in flights.items()
    }
    runner, environment = PolicyRunner(policy), load_environment("track")
    found["hover"] |= fly_puffer_hover(runner, environment, HOVERS, UNSEEN, threads=2)
    return found


def _swarmed(policy: Path, episodes: int) -> dict[str, Any]:
    """As many worlds as hold these drones."""
    runner, environment = PolicyRunner(policy), load_environment("swarm")
    return {
        f"{trial.scenario} of {trial.drones}": fly_swarms(
            runner, policy.name, trial, environment, episodes // trial.drones, UNSEEN, threads=2
        ).figures
        for trial in SWARMS
    }


@functools.cache
def _stock(trial: str, episodes: int) -> dict[str, Any]:
    figures = fly_baseline("stock", trial, episodes, UNSEEN).figures
    return {name: figures[name] for name in ("success_rate", "rmse_m", "settled_error_m")}


if __name__ == "__main__":
    tyro.cli(main)
