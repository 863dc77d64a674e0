# SPDX-License-Identifier: Apache-2.0
"""A swarm as a film: a world's drones, their slots, how near the nearest two are."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from evaluation.film import draw_film
from evaluation.scene import Scene, kind_of
from evaluation.swarms import FlownSwarms, SwarmFlight, slots_over

Array = NDArray[np.float64]

LONGEST_S = 8.0
"""Films end here, after one swap and a half: GIFs grow by a megabyte in some three seconds."""

_BEGIN_S = 3.0  # the first swap or change is at 4 to 6 s
_TRAIL_S = 0.8
_SCALE = 1.5  # larger, drones that keep their distance would seem to touch


def draw_swarm(flown: FlownSwarms, path: str | Path) -> None:
    """Draw the evaluation's middling world and write a GIF.

    Args:
        flown: What was flown.
        path: Where to write, beside its place first, then renamed.
    """
    flight = flown.middle
    scene = swarm_scene(flight)
    found = flown.figures
    title = f"{found['collision_free_rate']:.1%} of {found['episodes']} swarms without collision"
    begin_s = min(_BEGIN_S, scene.times_s[-1] / 2.0)
    draw_film(
        scene, path, begin_s=begin_s, end_s=min(begin_s + LONGEST_S, float(scene.times_s[-1])),
        title=title, caption=SwarmCaption(flight, scene), trail_s=_TRAIL_S,
    )  # fmt: skip


def swarm_scene(flight: SwarmFlight) -> Scene:
    """A world up to its end, or to a state that is no number."""
    whole = np.asarray(np.isfinite(flight.truth).all(axis=(1, 2)))
    rows = len(flight.truth) if whole.all() else max(1, int(np.argmin(whole)))
    slots = slots_over([flight.task], len(flight.truth))[:rows, 0]
    return Scene(
        flight.times_s[:rows], flight.truth[:rows], slots_m=slots,
        kind=kind_of(flight.parameters[0]), drone_scale=_SCALE,
    )  # fmt: skip


class SwarmCaption:
    """What is told of a swarm: formation, time, how near the nearest two are."""

    def __init__(self, flight: SwarmFlight, scene: Scene) -> None:
        self._flight, self._scene = flight, scene

    def __call__(self, time_s: float) -> str:
        """The line at an instant."""
        row = self._scene.row(time_s)
        p = np.asarray(self._scene.states[row, :, :3], np.float64)
        return (
            f"{self._flight.task.drones} drones, {self._flight.task.name}    {time_s:.1f} s"
            f"    nearest two {pdist(p).min():.2f} m apart"
        )
