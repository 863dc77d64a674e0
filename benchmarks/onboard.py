# SPDX-License-Identifier: Apache-2.0
"""What becomes of a policy on board: how far off it is, what it takes, how int8 weights fly.

`python benchmarks/onboard.py` exports policies/universal.onnx with hover, lemniscate and race, with
float32 and with int8 weights. Each is held against onnxruntime over a million observations of
simulated flights, compiled for this machine; against it on an emulated Cortex-M4F, bit by bit;
and flown past the referees on drones drawn as in training, beside the policy file itself: hover, a
lemniscate, and races through unseen courses of lsy level 2. With --motors also a policy that
commands the motors, of `martlet train --action motors`, whose step is due 500 times a second.
Records results/onboard.json and writes the tables of docs/onboard.md.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from marked import replace_between
from onboard_table import tables
from recording import RESULTS, record

from evaluation.evaluate import Recording, Trial, fly_drones, fly_episodes
from evaluation.races import RaceTrial, fly_races
from martlet import firmware
from martlet.eval_environment import judged_in
from policy_export.firmware import cortex
from policy_export.firmware.budget import CYCLES_PER_INSTRUCTION
from policy_export.firmware.export import FirmwarePlan, Weights, write_firmware
from policy_export.firmware.host import HostPolicy, build_host
from policy_export.firmware.observations import flown_observations
from policy_export.runtime import PolicyRunner

ROOT = Path(__file__).parents[1]
POLICY = ROOT / "policies" / "universal.onnx"
PAGE = ROOT / "docs" / "onboard.md"
MARKERS = ("<!-- on board -->", "<!-- end of on board -->")
TASKS = ("hover", "lemniscate", "race")
PATHS = ("hover", "lemniscate")
RACE = RaceTrial("lsy", 2)
UNSEEN = 100_000
"""Courses' seeds from here on are never drawn in training."""

CHUNK = 50_000
STATES = 500


def errors(plan: FirmwarePlan, board: HostPolicy, rows: int) -> dict[str, Any]:
    """Largest difference from onnxruntime, entry by entry [N, rad/s]."""
    runner = PolicyRunner(plan.policy)
    worst, seen = np.zeros(4), 0
    while seen < rows:
        some = flown_observations(plan.policy, plan.board.tasks, min(CHUNK, rows - seen), seed=seen)
        worst = np.maximum(worst, np.abs(board.infer(some) - runner.infer(some)).max(axis=0))
        seen += len(some)
    return {"observations": seen, "largest_error": [float(f"{x:.3g}") for x in worst]}


def takes(plan: FirmwarePlan, folder: Path) -> dict[str, Any]:
    """Flash, RAM, stack, instructions and time on the Cortex-M4F, and whether the bits are ours."""
    out: dict[str, Any] = {"cycles_per_instruction_assumed": CYCLES_PER_INSTRUCTION}
    for number, name in enumerate(plan.board.names[:2]):  # what flies on a path
        states = np.zeros((STATES, 13), np.float32)
        rng = np.random.default_rng(number)
        states[:, :3] = plan.board.starts_m()[number] + rng.normal(0.0, 0.1, (STATES, 3))
        states[:, 3:7] = rng.normal(0.0, 0.1, (STATES, 4))
        states[:, 6] += 1.0
        states[:, 3:7] /= np.linalg.norm(states[:, 3:7], axis=1, keepdims=True)
        states[:, 7:] = rng.normal(0.0, 0.5, (STATES, 6))
        here = cortex.prove_on_host(folder, states, number)
        there, figures = cortex.prove_on_cortex(folder, states, number)
        same = all(
            np.array_equal(getattr(here, part), getattr(there, part))
            for part in ("observations", "commands")
        )
        out[name] = {
            "same_bits": same,
            **vars(figures),
            "step_ms_at_168_mhz": round(figures.step_ms, 3),
        }
    return out


def refereed(
    policy: Path, tasks: tuple[str, ...], plan: FirmwarePlan | None, episodes: int
) -> dict[str, Any]:
    """The referees' figures of a policy on board, or of the policy file itself."""
    environment = judged_in("track", (), policy)
    runner = PolicyRunner(policy, airframe=environment.airframe)
    if plan is not None:
        runner.infer = plan.network.forward  # type: ignore[method-assign]

    def fly(trial: Trial, count: int, seed: int) -> Recording:
        return fly_drones(runner, trial, environment, count, seed)

    told = {}
    for task in (name for name in tasks if name in PATHS):
        told[task] = _numbers(fly_episodes(policy.name, fly, task, episodes, 1).figures)
    if "race" in tasks:
        course = judged_in("race", (), policy)
        figures = fly_races(runner, policy.name, RACE, course, episodes, UNSEEN).figures
        lap = {f"lap_time_s_{name}": value for name, value in figures["lap_time_s"].items()}
        told[f"race {RACE.track} {RACE.level}"] = _numbers(figures | lap)
    return told


def _numbers(figures: dict[str, Any]) -> dict[str, float]:
    return {name: round(value, 5) for name, value in figures.items() if isinstance(value, float)}


def measured(policy: Path, tasks: tuple[str, ...], rows: int, episodes: int) -> dict[str, Any]:
    """All figures of one policy."""
    figures: dict[str, Any] = {
        "policy": policy.name,
        "tasks": tasks,
        "onnxruntime": {"referee": refereed(policy, tasks, None, episodes)},
    }
    kinds: tuple[Weights, ...] = ("float32", "int8")
    for weights in kinds:
        plan = firmware.plan(policy, tasks, weights=weights)
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "app"
            write_firmware(plan, folder)
            board = HostPolicy(build_host(folder, Path(scratch) / "policy.so"))
            figures[weights] = {
                "weights_bytes": sum(layer.weights.nbytes for layer in plan.network.layers),
                "tables_bytes": plan.board.bytes,
                "period_ms": board.period_ms,
                **errors(plan, board, rows),
                **takes(plan, folder),
                "referee": refereed(policy, tasks, plan, episodes),
            }
    return figures


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--episodes", type=int, default=512)
    parser.add_argument("--policy", type=Path, default=POLICY)
    parser.add_argument("--motors", type=Path, help="a policy that commands the motors")
    asked = parser.parse_args()
    figures = {
        "episodes": asked.episodes,
        **measured(asked.policy, TASKS, asked.rows, asked.episodes),
    }
    known = RESULTS / "onboard.json"
    if asked.motors is not None:
        figures["motors"] = measured(asked.motors, PATHS, asked.rows, asked.episodes)
    elif known.exists() and "motors" in (before := json.loads(known.read_text())["figures"]):
        figures["motors"] = before["motors"]
    record("onboard", figures)
    PAGE.write_text(replace_between(PAGE.read_text(), *MARKERS, tables(figures)))


if __name__ == "__main__":
    main()
