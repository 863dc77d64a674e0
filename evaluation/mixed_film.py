# SPDX-License-Identifier: Apache-2.0
"""Mixed flights one can look at: the worst in one picture (PNG), a middling one as a film (GIF)."""

from functools import partial
from pathlib import Path

import numpy as np

from evaluation.film import draw_film, draw_still
from evaluation.mixed_flights import FlownMixed, MixedFlight
from evaluation.rendering import write_picture
from evaluation.scene import Scene, kind_of
from sim_core.mixed import RACE_S

_SCALE = 1.5  # as swarms are drawn
_EVERY_S = 0.4  # in a picture: a flight lasts most of a minute
_TRAIL_S = 1.0
_BEFORE_S = 3.0  # of a film, before the first race
_SLOWER = 0.5  # all of it, in less time: GIFs grow by a megabyte in some three seconds


def render(flown: FlownMixed, path: str | Path) -> None:
    """Draw an evaluation of mixed flights.

    Args:
        flown: What was flown.
        path: Where to write: a .png or a .gif, beside its place first, then renamed.

    Raises:
        PictureError: Another kind of file.
    """
    write_picture(path, partial(_page, flown), partial(draw_mixed, flown))


def draw_mixed(flown: FlownMixed, path: str | Path) -> None:
    """Draw the middling flight, two races of it, and write a GIF."""
    flight = flown.middle
    scene = _scene(flight)
    leaves = flight.task.leaves_s
    end = min(leaves[min(1, len(leaves) - 1)] + RACE_S, float(scene.times_s[-1]))
    draw_film(
        scene, path, begin_s=max(0.0, leaves[0] - _BEFORE_S), end_s=end, title=_title(flown),
        caption=lambda t: f"a formation that leaves for the track    {t:.1f} s",
        trail_s=_TRAIL_S, slower=_SLOWER,
    )  # fmt: skip


def _page(flown: FlownMixed, path: Path) -> None:
    flight = flown.worst[0]
    names = [f"drone {number + 1}" for number in range(flight.task.drones)]
    told = "; ".join(flight.score.faults(names)) or "nothing went wrong"
    draw_still(
        _scene(flight), path, every_s=_EVERY_S, title=_title(flown), caption=f"the worst: {told}"
    )


def _title(flown: FlownMixed) -> str:
    found = flown.figures
    low, high = found["success_ci95"]
    return (
        f"{found['success_rate']:.1%} of {found['episodes']} flights of {found['drones']} without"
        f" a fault (95 %: {low:.1%} to {high:.1%}), {found['race_success_rate']:.1%} of the races"
    )


def _scene(flight: MixedFlight) -> Scene:
    """A flight up to its end, or the first number that is none."""
    flown = flight.flown
    whole = np.isfinite(flown.truth).all(axis=(1, 2))
    rows = len(flown.truth) if whole.all() else max(1, int(np.argmin(whole)))
    return Scene(
        flown.times_s[:rows], flown.truth[:rows], track=flight.task.course.true,
        kind=kind_of(flown.parameters[0]), drone_scale=_SCALE,
    )  # fmt: skip
