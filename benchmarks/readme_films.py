# SPDX-License-Identifier: Apache-2.0
"""The README's films and stills: middling flights of evaluations, with what was measured.

python benchmarks/readme_films.py
python benchmarks/readme_films.py --race runs/race/policy.onnx --rings runs/rings/policy.onnx

Without a policy named, those of policies/ fly: races, rings, a swarm, and a formation whose drones
leave it one after the other to race. Courses are those of seeds that training never draws. Pictures
are written to docs/images, figures to results/readme_films.json.
"""

from pathlib import Path

import tyro
from recording import record

from evaluation.film import draw_still
from evaluation.mixed_film import draw_mixed
from evaluation.mixed_flights import MixedTrial, fly_mixed
from evaluation.race_film import RaceCaption, draw_race, race_scene, race_title
from evaluation.races import FlownRaces, RaceTrial, fly_races
from evaluation.swarm_film import draw_swarm
from evaluation.swarms import SwarmTrial, fly_swarms
from martlet.eval_environment import judged_in
from martlet.shipped import shipped_policy
from policy_export.runtime import PolicyRunner

IMAGES = Path(__file__).parents[1] / "docs" / "images"

FAST = shipped_policy("cf21_brushless")

UNSEEN = 100_000
"""Seed of the first drone and course: training draws none of these."""


def main(
    race: Path = FAST,
    rings: Path = FAST,
    swarm: Path = FAST,
    mixed: Path = FAST,
    episodes: int = 1024,
    out: Path = IMAGES,
) -> None:
    """Fly and draw.

    Args:
        race: Policy to race on lsy, level 2: race.gif and race.png.
        rings: Policy to fly rings: rings.gif.
        swarm: Policy to fly in formations of 8 drones: swarm.gif.
        mixed: Policy to fly in formation and race: mixed.gif.
        episodes: Drones, each on a course of its own; an eighth as many swarms, a sixteenth as many
            mixed flights.
        out: Folder of the pictures.
    """
    raced = _raced(race, "race", RaceTrial("lsy", 2), episodes)
    draw_race(raced, out / "race.gif")
    _strobe(raced, out / "race.png")
    ringed = _raced(rings, "rings", RaceTrial("rings", 0), episodes)
    draw_race(ringed, out / "rings.gif")
    swarmed = fly_swarms(
        PolicyRunner(swarm), "", SwarmTrial("mix", 8), judged_in("swarm", (), swarm),
        episodes // 8, UNSEEN, threads=2,
    )  # fmt: skip
    draw_swarm(swarmed, out / "swarm.gif")
    figures = {"race": raced.figures, "rings": ringed.figures, "swarm": swarmed.figures}
    mingled = fly_mixed(
        PolicyRunner(mixed), "", MixedTrial(), judged_in("all", (), mixed),
        episodes // 16, UNSEEN, threads=2,
    )  # fmt: skip
    draw_mixed(mingled, out / "mixed.gif")
    record("readme_films", figures | {"mixed": mingled.figures})


def _raced(policy: Path, task: str, trial: RaceTrial, episodes: int) -> FlownRaces:
    environment = judged_in(task, (), policy)
    pilot = PolicyRunner(policy)
    return fly_races(pilot, policy.name, trial, environment, episodes, UNSEEN, threads=2)


def _strobe(flown: FlownRaces, path: Path) -> None:
    """The middling race in one picture, a drone every 0.2 s."""
    scene = race_scene(flown.middle)
    caption = RaceCaption(flown.trial, flown.middle, scene)
    draw_still(scene, path, title=race_title(flown), caption=caption)


if __name__ == "__main__":
    tyro.cli(main)
