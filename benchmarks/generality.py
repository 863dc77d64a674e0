# SPDX-License-Identifier: Apache-2.0
"""What generality costs: the one network beside specialists of equal size.

python benchmarks/generality.py           ten minutes on 2 cores

Each specialist is trained as the one network is, by the same settings and with the same network,
on one kind of work alone and for as many steps as the one network spends on it; the same referee
judges all. The runs stay in --out; what is there is not trained again. Records
results/generality.json and writes the table of docs/one_network.md.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import tyro
from marked import replace_between
from one_network import PAGE, PATHS, RACES, ROWS, SWARMS, Trials, judged
from recording import record
from training_quality import trained

from martlet.shipped import POLICIES, shipped_policy
from training.recipe import load_recipe

ROOT = Path(__file__).parents[1]
MARKERS = ("<!-- generality -->", "<!-- end of generality -->")

SPECIALISTS: dict[str, Trials] = {
    "path": (PATHS[:3], (), ()),
    "race": ((), RACES[:2], ()),
    "more_races": ((), RACES[2:], ()),
    "formation": ((), (), SWARMS[:2]),
}
"""Kind of work in [mix], and by what it is judged."""


def main(
    seed: int = 0, drones: int = 4096, worlds: int = 400, out: Path = ROOT / "runs" / "specialists"
) -> None:
    """Train, judge, write.

    Args:
        seed: Of networks, drones and noise.
        drones: That fly each path and race.
        worlds: That fly each formation.
        out: Folder of the runs.
    """
    recipe = load_recipe("all")
    kinds = (*SPECIALISTS, "both")
    shares = {kind: recipe[-1].environment.numbers[f"mix.{kind}"] for kind in kinds}
    one = judged(shipped_policy(next(iter(POLICIES))), drones, worlds)
    found: dict[str, Any] = {"one network": one}
    for kind, trials in SPECIALISTS.items():
        steps = round(recipe[-1].settings.steps * shares[kind] / sum(shares.values()))
        alone = [f"mix.{name}={float(name == kind)}" for name in shares]
        own = load_recipe("all", alone, ppo={"seed": seed, "steps": steps})
        run = trained(out / f"{kind}-{seed}", own)
        found[kind] = judged(Path(run["policy"]), drones, worlds, trials) | {"steps": steps}
        found[kind]["seconds"] = run["seconds"]
    record("generality", found)
    PAGE.write_text(replace_between(PAGE.read_text(), *MARKERS, table(found)))


def table(found: dict[str, Any]) -> list[str]:
    """A line for each figure that a specialist has too."""
    lines = ["| what | specialist, steps | alone | one network |", "|---|---|---|---|"]
    for what, _, tell in ROWS:
        for kind in SPECIALISTS:
            told = _told(tell, found[kind])
            if told is not None:
                steps = f"{kind}, {found[kind]['steps'] / 1e6:.0f} M"
                lines.append(f"| {what} | {steps} | {told} | {tell(found['one network'])} |")
    return lines


def _told(tell: Callable[[dict[str, Any]], str], figures: dict[str, Any]) -> str | None:
    """What a figure reads; None where it was not judged by it."""
    with suppress(KeyError):
        return tell(figures)
    return None


if __name__ == "__main__":
    tyro.cli(main)
