# SPDX-License-Identifier: Apache-2.0
"""A race as a film: frames turn green as the referee counts them, the trail tells the speed."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluation.camera import View, behind
from evaluation.film import draw_film
from evaluation.race_course import race_course
from evaluation.race_referee import score_race
from evaluation.races import FlownRaces, Race, RaceTrial
from evaluation.scene import Scene, kind_of
from sim_core.races import LONGEST_S as LONGEST_RACE_S

Array = NDArray[np.float64]

LONGEST_S = 8.0
"""Films of longer races end here: GIFs grow by a megabyte in some three seconds."""

_WIDE_M = 12.0  # in rooms that are longer, the camera follows  # guess: a drone is to be seen
_TRAIL_S = 1.5  # where the camera follows


def draw_race(flown: FlownRaces, path: str | Path) -> None:
    """Draw the evaluation's middling race and write a GIF.

    Args:
        flown: What was flown.
        path: Where to write, beside its place first, then renamed.
    """
    race = flown.middle
    scene = race_scene(race)
    follow = race_view(scene)
    draw_film(
        scene, path, title=race_title(flown),
        caption=RaceCaption(flown.trial, race, scene), camera=follow,
        trail_s=_TRAIL_S if follow else None,
    )  # fmt: skip


def race_title(flown: FlownRaces) -> str:
    """How many finished, in what time; of a race without end, how far they came."""
    found = flown.figures
    told = f"{found['success_rate']:.1%} of {found['episodes']} drones"
    if not flown.middle.task.gates:
        word = _word(flown.middle)
        return f"{told} unharmed, {found['gates_passed']:.1f} {word}s in {LONGEST_RACE_S:g} s"
    median = found["lap_time_s"]["median"]
    return f"{told} finished" + (f", median {median:.2f} s" if median else "")


def race_scene(race: Race) -> Scene:
    """A race up to its end, or `LONGEST_S`."""
    last = min(race.end_s, LONGEST_S)
    rows = max(2, int(np.searchsorted(race.times_s, last)) + 1)
    times, states = race.times_s[:rows], race.truth[:rows]
    whole = np.isfinite(states).all(axis=1)
    if not whole.all():
        until = max(1, int(np.argmin(whole)))
        times, states = times[:until], states[:until]
    track = race.task.course.true
    return Scene(
        times,
        states[:, None],
        track=track,
        passed_s=passing_times(race, times[-1]),
        kind=kind_of(race.parameters),
    )


def race_view(scene: Scene) -> View | None:
    """In wide rooms a camera that follows the drone; None: one that sees all does."""
    room = scene.shown_room()
    if max(np.subtract(room.high_m, room.low_m)) <= _WIDE_M:
        return None
    return behind(scene.times_s, scene.states[:, 0, :3], distance_m=1.6, above_m=0.6, smooth_s=0.35)


def passing_times(race: Race, until_s: float) -> tuple[float, ...]:
    """When the referee counted each gate, to a sample: what he says of ever longer beginnings."""
    rows = max(2, int(np.searchsorted(race.times_s, until_s)) + 1)
    times, states = race.times_s[:rows], race.truth[:rows]
    course = race_course(race.task.course.true)
    passed = int(score_race(times, states[:, None], course).gates_passed[0])
    low, high = np.zeros(passed, int), np.full(passed, len(times) - 1)
    wanted = np.arange(1, passed + 1)
    while (high - low > 1).any():
        half = (low + high) // 2
        begun = np.minimum(np.arange(len(times))[:, None], half)  # held from there on
        enough = score_race(times, states[begun], course).gates_passed >= wanted
        low, high = np.where(enough, low, half), np.where(enough, half, high)
    return tuple(float(times[row]) for row in high)


class RaceCaption:
    """What is told of a race: track, time, gates counted so far, speed."""

    def __init__(self, trial: RaceTrial, race: Race, scene: Scene) -> None:
        self._race, self._scene = race, scene
        self._title = f"{Path(trial.track).stem}, level {trial.level}"

    def __call__(self, time_s: float) -> str:
        """The line at an instant."""
        race, scene = self._race, self._scene
        passed = sum(at <= time_s + 1e-9 for at in scene.passed_s)
        count = f"{passed}/{race.task.gates}" if race.task.gates else f"{passed}"
        speed = float(np.linalg.norm(scene.states[scene.row(time_s), 0, 7:10]))
        clock = f"{min(time_s, race.end_s):.2f} s"
        told = f"{self._title}    {clock}    {_word(race)} {count}    {speed:.1f} m/s"
        if time_s < race.end_s - 1e-6 or race.end_s >= race.times_s[-1]:
            return told
        return told + ("    finished" if race.finished else "    crashed")


def _word(race: Race) -> str:
    return "ring" if race.task.course.true.gates[0].shape == "round" else "gate"
