# SPDX-License-Identifier: Apache-2.0
"""Everything at once: drones leave a formation one after the other, race a course, come back."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim_core.errors import SettingsError
from sim_core.formation_model import FormationTask
from sim_core.formation_rules import check_clear
from sim_core.references import CONTROL_DT, quintic, sample_times
from sim_core.track_draws import Course, draw_course
from sim_core.track_model import Track
from sim_core.tracks import load_track

Array = NDArray[np.float64]

RACE_S = 6.0
"""So long has a drone for its race; then it goes home, whatever is left.  # guess: lsy's course is
flown in 3 to 4 s from the ground, and slots are farther away"""

_FIRST_S = 2.0  # until the first leaves
_EVERY_S = 6.0  # between two that leave: one races at a time
_REST_S = 3.0  # after the last has come home
_ABOVE_M = 0.26
"""Of the formation and ways home over the highest frame: CLEAR_M and a little. Who leaves swings up
by 0.14 m before it dives, and lsy's room ends 0.44 m above its frames."""

_WALL_M = 0.5  # of the formation from the wall behind it
_SIDE_M = 0.4  # and from those beside it
_SPACING_M = (0.35, 0.6)  # between slots  # as formations': over three collision distances
_BEHIND_M = 0.8  # a racer gathers itself so far behind the last gate
_HOME_M_S = 0.8  # on the way home, on average


@dataclass(frozen=True, eq=False)
class MixedTask:
    """Keep to the slots of a formation, but for one race each.

    Attributes:
        name: What reports call it.
        formation: Where each drone should be while it does not race: its slot, then, from when it
            leaves, a point behind the last gate, then on the way home.
        course: What is raced through.
        leaves_s: When each drone leaves.
    """

    name: str
    formation: FormationTask
    course: Course
    leaves_s: tuple[float, ...]

    @property
    def drones(self) -> int:
        """How many fly it."""
        return self.formation.drones

    @property
    def gates(self) -> int:
        """Of a race."""
        return len(self.course.told.gates)

    @property
    def duration_s(self) -> float:
        """Time from the first row to the last."""
        return self.formation.duration_s


def load_mixed(
    drones: int = 4, track: str | Path = "lsy", level: int = 0, seed: int = 0
) -> MixedTask:
    """A line of drones at the far end of a course, above its frames, that race one after the other.

    Args:
        drones: 2 or more, as many as the room is wide.
        track: Name or file of the track.
        level: Which of its levels is drawn.
        seed: Of the draw.

    Raises:
        SettingsError: No such track or level, a room too narrow or too low for the formation.
    """
    course = draw_course(load_track(track, seed=seed), level, seed)
    told = course.told
    name = f"mixed on {told.name}"
    slots = _line(course.true, drones, name)
    leaves = tuple(_FIRST_S + _EVERY_S * number for number in range(drones))
    gate = told.gates[(told.start.first_gate - 1) % len(told.gates)]
    ahead = np.array([math.cos(gate.yaw_rad), math.sin(gate.yaw_rad), 0.0])
    behind = np.array(gate.position_m) + _BEHIND_M * ahead
    behind[2] = slots[0, 2]
    ways = [_way(slot, behind, leave) for slot, leave in zip(slots, leaves, strict=True)]
    rows = max(len(way) for way in ways) + round(_REST_S / CONTROL_DT)
    held = [np.concatenate([w, np.repeat(w[-1:], rows - len(w), axis=0)]) for w in ways]
    yaw = np.zeros((drones, rows, 1))
    formation = FormationTask(
        name, np.concatenate([held, yaw], axis=2).astype(np.float32), settle_s=RACE_S + 1.0
    )
    check_clear(formation, course.true)
    return MixedTask(name, formation, course, leaves)


def _line(track: Track, drones: int, name: str) -> Array:
    """Slots across the room (drones, 3)."""
    room = track.room
    top = max(gate.position_m[2] + gate.outer_m / 2.0 for gate in track.gates)
    height = top + _ABOVE_M
    if height > room.high_m[2]:
        raise SettingsError(
            f"{name}: expected a room of at least {height:.2f} m for a formation above the frames,"
            f" got one of {room.high_m[2]:g} m."
        )
    width = room.high_m[1] - room.low_m[1] - 2.0 * _SIDE_M
    if width < _SPACING_M[0]:
        raise SettingsError(
            f"{name}: expected a room at least {_SPACING_M[0] + 2.0 * _SIDE_M:g} m wide for two"
            f" drones side by side, got one of {width + 2.0 * _SIDE_M:g} m."
        )
    most = 1 + int(width / _SPACING_M[0])
    if not 2 <= drones <= most:
        raise SettingsError(
            f"{name}: drones: expected 2 to {most} in a room that is {width:.1f} m wide,"
            f" got {drones}."
        )
    spacing = min(_SPACING_M[1], width / (drones - 1))
    middle = (room.high_m[1] + room.low_m[1]) / 2.0
    y = middle + spacing * (np.arange(drones) - (drones - 1) / 2.0)
    return np.column_stack([np.full(drones, room.low_m[0] + _WALL_M), y, np.full(drones, height)])


def _way(slot: Array, behind: Array, leave_s: float) -> Array:
    """One drone's slot over time (M, 3): until it leaves, behind the last gate, home."""
    waits = np.tile(slot, (round(leave_s / CONTROL_DT), 1))
    gathers = np.tile(behind, (round(RACE_S / CONTROL_DT), 1))
    still = np.zeros(3)
    seconds = float(np.linalg.norm(slot - behind)) / _HOME_M_S
    at = sample_times(seconds)
    home = quintic((behind, still, still), (slot, still, still), float(at[-1]), at)
    return np.concatenate([waits, gathers, home])
