# SPDX-License-Identifier: Apache-2.0
"""The README's films and stills: middling flights of evaluations, with what was measured.

python benchmarks/readme_films.py --race runs/race/policy.onnx --rings runs/rings/policy.onnx

Courses are those of seeds that training never draws. Pictures are written to docs/images, figures
to results/readme_films.json.
"""

from pathlib import Path
from typing import Any

import tyro
from recording import record

from evaluation.film import draw_still
from evaluation.race_film import RaceCaption, draw_race, race_scene, race_title
from evaluation.races import FlownRaces, RaceTrial, fly_races
from policy_export.runtime import PolicyRunner
from sim_core.environment import load_environment

IMAGES = Path(__file__).parents[1] / "docs" / "images"

UNSEEN = 100_000
"""Seed of the first drone and course: training draws none of these."""


def main(
    race: Path | None = None,
    rings: Path | None = None,
    episodes: int = 1024,
    out: Path = IMAGES,
) -> None:
    """Fly and draw.

    Args:
        race: Policy to race on lsy, level 2: race.gif and race.png.
        rings: Policy to fly rings: rings.gif.
        episodes: Drones, each on a course of its own.
        out: Folder of the pictures.
    """
    figures: dict[str, Any] = {}
    if race is not None:
        flown = _flown(race, "race", RaceTrial("lsy", 2), episodes)
        draw_race(flown, out / "race.gif")
        _strobe(flown, out / "race.png")
        figures["race"] = flown.figures
    if rings is not None:
        flown = _flown(rings, "rings", RaceTrial("rings", 0), episodes)
        draw_race(flown, out / "rings.gif")
        figures["rings"] = flown.figures
    record("readme_films", figures)


def _flown(policy: Path, task: str, trial: RaceTrial, episodes: int) -> FlownRaces:
    environment = load_environment(task)
    pilot = PolicyRunner(policy, airframe=environment.airframe)
    return fly_races(pilot, policy.name, trial, environment, episodes, UNSEEN, threads=2)


def _strobe(flown: FlownRaces, path: Path) -> None:
    """The middling race in one picture, a drone every 0.2 s."""
    scene = race_scene(flown.middle)
    caption = RaceCaption(flown.trial, flown.middle, scene)
    draw_still(scene, path, title=race_title(flown), caption=caption)


if __name__ == "__main__":
    tyro.cli(main)
