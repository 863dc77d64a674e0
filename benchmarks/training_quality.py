# SPDX-License-Identifier: Apache-2.0
"""What the training of `make fly` reaches: three seeds, 1000 unseen drones each.

Run it with `python benchmarks/training_quality.py`.
"""

import tempfile
from pathlib import Path

from recording import record

from evaluation.evaluate import evaluate
from sim_core.environment import load_environment
from training.recipe import plain
from training.run import train_run
from training.settings import PPOSettings

SEEDS = (0, 1, 2)
EPISODES = 1000


def main() -> None:
    """Train, export and evaluate once a seed."""
    environment = load_environment("track")
    runs = {}
    with tempfile.TemporaryDirectory() as folder:
        for seed in SEEDS:
            trained = train_run(
                Path(folder) / str(seed), plain(environment, PPOSettings(seed=seed))
            )
            runs[str(seed)] = {
                "seconds": round(trained.seconds, 1),
                "steps": trained.steps,
                "steps_per_s": round(trained.steps_per_s),
                **{task: evaluate(trained.policy, task, EPISODES) for task in ("hover", "track")},
            }
    record("training_quality", {"seeds": runs})


if __name__ == "__main__":
    main()
