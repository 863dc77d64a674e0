# SPDX-License-Identifier: Apache-2.0
"""Do both learners learn alike? The referee's curves of each, over steps, from the same seeds.

python benchmarks/learner_parity.py                      two seeds of 6 M steps each: minutes

Runs stay in --out; one that is there is not trained again. Ends with a table in
docs/training.md and a picture of the curves.
"""

from pathlib import Path
from typing import Any

import tyro
from learning_curves import draw_learners
from marked import replace_between
from quality_table import learners_table
from recording import record
from training_quality import ROOT, trained

from training.recipe import load_recipe

LEARNERS = ("torch", "native")

MARKERS = ("<!-- both learners -->", "<!-- end of both learners -->")

PICTURE = "![What the referee saw of either learner, over steps](images/learner_parity.png)"


def main(
    seeds: tuple[int, ...] = (0, 1),
    steps: int = 6_000_000,
    out: Path = ROOT / "runs" / "learner_parity",
) -> None:
    """Train track with each learner, all else equal.

    Args:
        seeds: Of networks, drones and noise.
        steps: Of each run.
        out: Folder of the runs.
    """
    runs: dict[str, Any] = {learner: {} for learner in LEARNERS}
    for seed in seeds:
        for learner in LEARNERS:
            settings = {"learner": learner, "seed": seed, "steps": steps}
            folder = out / f"{learner}-{seed}-{steps}"
            found = trained(folder, load_recipe("track", ppo=settings))
            runs[learner][str(seed)] = {k: v for k, v in found.items() if k != "policy"}
    record("learner_parity", {"runs": runs})
    page = ROOT / "docs" / "training.md"
    rows = [*learners_table(runs), "", PICTURE]
    page.write_text(replace_between(page.read_text(), *MARKERS, rows))
    draw_learners(runs, ROOT / "docs" / "images" / "learner_parity.png")


if __name__ == "__main__":
    tyro.cli(main)
