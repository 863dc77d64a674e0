# SPDX-License-Identifier: Apache-2.0
"""The README's films and stills: middling flights of evaluations, with what was measured.

python benchmarks/readme_films.py
python benchmarks/readme_films.py --race runs/race/policy.onnx --rings runs/rings/policy.onnx

Without a policy named, those of policies/ fly: races, rings, a swarm, and a formation whose drones
leave it one after the other to race. Courses are those of seeds that training never draws. Pictures
are written to docs/images, figures to results/readme_films.json.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tyro
from recording import record

from evaluation.evaluate import Flight
from evaluation.film import draw_film, draw_still
from evaluation.race_course import race_course
from evaluation.race_film import RaceCaption, draw_race, race_scene, race_title
from evaluation.race_referee import score_race
from evaluation.races import FlownRaces, RaceTrial, fly_races
from evaluation.scene import Scene
from evaluation.swarm_film import draw_swarm
from evaluation.swarms import SwarmRecording, SwarmTrial, fly_swarms, fly_together
from martlet.eval_environment import judged_in
from martlet.shipped import shipped_policy
from policy_export.runtime import PolicyRunner
from sim_core.formations import FormationTask
from sim_core.mixed import RACE_S, MixedTask, load_mixed
from sim_core.tasks import CONTROL_DT

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
        episodes: Drones, each on a course of its own; an eighth as many swarms.
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
    record("readme_films", figures | {"mixed": _mixed(mixed, out / "mixed.gif")})


def _mixed(policy: Path, path: Path) -> dict[str, Any]:
    """Four drones, a race each."""
    task = load_mixed(4)
    environment = judged_in("all", (), policy)
    recording = fly_together(Leaving(policy, task), [task.formation], environment, UNSEEN, 2)
    passed = [gates_of(recording, task, number) for number in range(task.drones)]
    score = recording.score
    separation = float(score.separation_m[0])
    through = sum(gates == task.gates for gates in passed)
    told = f"{through} of {task.drones} races finished, never nearer than {separation:.2f} m"
    scene = Scene(recording.times_s, recording.truth[:, 0], track=task.course.true, drone_scale=1.5)
    end = task.leaves_s[1] + RACE_S
    draw_film(
        scene, path, end_s=end, title=told,
        caption=lambda t: f"a formation that leaves for the track    {t:.1f} s",
        trail_s=1.0, slower=0.75,
    )  # fmt: skip
    return {"gates_passed": passed, "min_separation_m": separation}


class Leaving:
    """Flies a mixed task where its formation is asked for."""

    def __init__(self, policy: Path, task: MixedTask) -> None:
        self._runner, self._task = PolicyRunner(policy), task

    def start(self, _task: Sequence[FormationTask], controlled: Sequence[int]) -> Flight:
        """See `PolicyRunner.start`."""
        return self._runner.start([self._task], controlled)


def gates_of(recording: SwarmRecording, task: MixedTask, number: int) -> int:
    """How many gates the referee counted for a drone in its race."""
    rows = slice(*(round((task.leaves_s[number] + s) / CONTROL_DT) for s in (0.0, RACE_S)))
    flown = recording.truth[rows, 0, [number]]
    course = race_course(task.course.true)
    return int(score_race(recording.times_s[rows], flown, course).gates_passed[0])


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
