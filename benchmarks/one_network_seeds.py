# SPDX-License-Identifier: Apache-2.0
"""What a seed is worth: the one network trained from several, each judged at every task.

python benchmarks/universal_policies.py --only universal_brushless --no-ship --seed 1
python benchmarks/one_network_seeds.py runs/one/universal_brushless-*/policy.onnx

Records results/one_network_seeds.json and writes the second table of docs/one_network.md.
"""

from pathlib import Path
from typing import Annotated

import tyro
from marked import replace_between
from one_network import PAGE, judged, table
from recording import record

from policy_export.runtime import PolicyRunner

DRONES, WORLDS = 2048, 400
"""That fly each path and race; swarms of 8, and fewer of larger ones. Half as many drones as
one_network.py takes: two and a half minutes a seed."""

MARKERS = ("<!-- seeds -->", "<!-- end of seeds -->")


def main(policies: Annotated[tuple[Path, ...], tyro.conf.Positional]) -> None:
    """Judge a policy file of each seed."""
    by_seed = {PolicyRunner(p).manifest.training.seed: p for p in policies}
    found = {f"seed {seed}": judged(by_seed[seed], DRONES, WORLDS) for seed in sorted(by_seed)}
    record("one_network_seeds", found)
    PAGE.write_text(replace_between(PAGE.read_text(), *MARKERS, table(found)))


if __name__ == "__main__":
    tyro.cli(main)
