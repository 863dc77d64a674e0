# SPDX-License-Identifier: Apache-2.0
"""Makes what policies/ ships, and keeps how it learned.

python benchmarks/universal_policies.py            forty minutes on 2 cores

The run stays in --out; if it is there it is not trained again. Writes policies/<name>.onnx and
policies/<name>.json, the referee's verdicts on the way, and draws docs/images/one_network.png.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import tyro
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from training_quality import trained

from evaluation.picture import BLUE, INK, VERMILION, clean
from training.recipe import load_recipe

ROOT = Path(__file__).parents[1]
POLICIES = ROOT / "policies"
ENVIRONMENTS = {"universal_brushless": "all", "universal": "all_plus"}

CURVES = (
    ("hover_error_m", "Hover: steady error [cm]", 100.0, 10.0),
    ("track_rmse_m", "Lemniscate, T = 5.5 s: RMSE [cm]", 100.0, 20.0),
    ("race_success_rate", "lsy, level 2: finished [%]", 100.0, 100.0),
    ("rings_gates_passed", "Rings in 20.5 s", 1.0, 40.0),
    ("swarm_collision_free_rate", "Swarms of 8 without collision [%]", 100.0, 100.0),
    ("swarm_slot_error_m", "Distance to settled slots [cm]", 100.0, 40.0),
)
"""Figure of a verdict, title, factor, highest that is shown."""


def main(
    only: tuple[str, ...] = tuple(ENVIRONMENTS),
    seed: int = 0,
    out: Path = ROOT / "runs" / "one",
    ship: bool = True,
) -> None:
    """Train, export, keep.

    Args:
        only: Names of policies.
        seed: Of networks, drones and noise.
        out: Folder of the runs.
        ship: Into policies/; otherwise the run stays where it is.
    """
    POLICIES.mkdir(exist_ok=True)
    for name in only:
        found = trained(out / f"{name}-{seed}", load_recipe(ENVIRONMENTS[name], ppo={"seed": seed}))
        if not ship:
            continue
        shutil.copy(found.pop("policy"), POLICIES / f"{name}.onnx")
        (POLICIES / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")
    if ship:
        draw(ROOT / "docs" / "images" / "one_network.png")


def draw(path: Path) -> None:
    """The referee's figures over steps, of all policies that are there."""
    figure = Figure(figsize=(12.0, 6.4), dpi=100, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, 3).flat
    for ax, (key, title, factor, most) in zip(axes, CURVES, strict=True):
        clean(ax, title, "million steps", "")
        for name, colour in zip(ENVIRONMENTS, (BLUE, VERMILION), strict=True):
            shown = [v for v in _verdicts(POLICIES / f"{name}.json") if v.get(key) is not None]
            steps = [v["steps"] / 1e6 for v in shown]
            values = [min(v[key] * factor, most) for v in shown]
            ax.plot(steps, values, "o-", color=colour, ms=3, label=name)
        ax.set_ylim(0.0, most)
        if ax is figure.axes[0]:
            ax.legend(fontsize=8.5, frameon=False, labelcolor=INK)
    figure.savefig(path, format="png")


def _verdicts(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    found: list[dict[str, Any]] = json.loads(path.read_text())["verdicts"]
    return found


if __name__ == "__main__":
    tyro.cli(main)
