# SPDX-License-Identifier: Apache-2.0
"""What training reaches, and when: a few seeds a task, judged on unseen drones and courses.

python benchmarks/training_quality.py                    track, rings and race: half an hour
python benchmarks/training_quality.py --only race --seeds 0 --episodes 1024

Runs stay in --out; one that is there is not trained again. Ends with a table in
docs/training.md and a picture of the learning curves, the referee's score over wall time.
"""

import json
from pathlib import Path
from typing import Any

import tyro
from learning_curves import draw_curves
from marked import replace_between
from recording import RESULTS, record

from evaluation.evaluate import evaluate
from evaluation.races import RaceTrial, fly_races
from policy_export.runtime import PolicyRunner
from sim_core.environment import load_environment
from training.recipe import load_recipe
from training.run import train_run

ROOT = Path(__file__).parents[1]
TASKS = ("track", "rings", "race")
TRIALS = {"rings": (RaceTrial("rings", 0),), "race": (RaceTrial("lsy", 2), RaceTrial("lsy", 0))}
"""What a racer is judged by; a tracker by "hover" and "track"."""

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
        episodes: Drones that fly each trial.
        out: Folder of the runs.
    """
    known = RESULTS / "training_quality.json"
    runs = json.loads(known.read_text())["figures"].get("runs", {}) if known.exists() else {}
    for task in only:
        for seed in seeds:
            found = _trained(task, seed, out / f"{task}-{seed}")
            found["trials"] = _judged(task, Path(found["policy"]), episodes)
            found["policy"] = str(Path(found["policy"]).relative_to(out))
            runs.setdefault(task, {})[str(seed)] = found
            record("training_quality", {"runs": runs})
    page = ROOT / "docs" / "training.md"
    page.write_text(replace_between(page.read_text(), *MARKERS, table(runs)))
    draw_curves(runs, ROOT / "docs" / "images" / "learning_curves.png")


def _trained(task: str, seed: int, folder: Path) -> dict[str, Any]:
    """Seconds, steps and the referee's verdicts on the way of a run."""
    summary = folder / "summary.json"
    if not summary.exists():
        trained = train_run(folder, load_recipe(task, ppo={"seed": seed}))
        told = {
            "seconds": round(trained.seconds, 1),
            "steps": trained.steps,
            "steps_per_s": round(trained.steps_per_s),
            "policy": str(trained.policy),
        }
        summary.write_text(json.dumps(told))
    found: dict[str, Any] = json.loads(summary.read_text())
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    names = [name for name in lines[-1] if name.startswith("referee/")]
    found["verdicts"] = [
        {"seconds": line["seconds"]} | {n.removeprefix("referee/"): line.get(n) for n in names}
        for line in lines
        if any(name in line for name in names)
    ]
    return found


def _judged(task: str, policy: Path, episodes: int) -> dict[str, Any]:
    if task == "track":
        return {name: evaluate(policy, name, episodes, UNSEEN) for name in ("hover", "track")}
    environment = load_environment(task)
    runner = PolicyRunner(policy)
    return {
        f"{trial.track} {trial.level}": fly_races(
            runner, policy.name, trial, environment, episodes, UNSEEN, threads=2
        ).figures
        for trial in TRIALS[task]
    }


def table(runs: dict[str, Any]) -> list[str]:
    """Rows of Markdown: a line for each task, seed and trial."""
    rows = ["| task, seed | training | trial | done (95 %) | figures |", "|---|---|---|---|---|"]
    for task, seeds in runs.items():
        for seed, found in seeds.items():
            for trial, judged in found["trials"].items():
                low, high = judged["success_ci95"]
                steps, seconds = found["steps"] / 1e6, found["seconds"]
                rows.append(
                    f"| {task}, {seed} | {steps:.0f} M steps, {seconds:.0f} s"
                    f" | {trial} | {judged['success_rate']:.1%} ({low:.1%} to {high:.1%})"
                    f" | {_figures(judged)} |"
                )
    return rows


def _figures(judged: dict[str, Any]) -> str:
    if "settled_error_m" in judged:
        settled = judged["settled_error_m"]
        if judged["task"] == "hover":
            return (
                f"steady error {100 * settled['median']:.1f} cm median,"
                f" {100 * settled['p95']:.1f} cm at 95 %"
            )
        return f"RMSE {100 * judged['rmse_m']:.1f} cm median"
    lap = judged["lap_time_s"]["median"]
    seconds = f"{lap:.2f} s median" if lap else "no lap"
    perf = f", perf {judged['race_perf']:.3f}" if "race_perf" in judged else ""
    return f"{judged['gates_passed']:.1f} gates, {seconds}{perf}"


if __name__ == "__main__":
    tyro.cli(main)
