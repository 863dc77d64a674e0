# SPDX-License-Identifier: Apache-2.0
"""Everything at once: drones leave a formation one after the other, race a course, come back.

A drone flies over to where the course begins, and down to a hover there, as before any race. Behind
the last gate it gathers itself, a little lower; then it rises, and flies home.
"""

import itertools
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim_core.errors import SettingsError
from sim_core.formation_model import FormationTask
from sim_core.formation_rules import check_clear, too_near
from sim_core.references import CONTROL_DT, quintic, sample_times
from sim_core.track_draws import Course, draw_course
from sim_core.track_model import Track
from sim_core.tracks import load_track

Array = NDArray[np.float64]

RACE_S = 6.0
"""So long has a drone for its race; then it goes home, whatever is left.  # guess: lsy's course is
flown in 3 to 4 s from the ground, and slots are farther away"""

_FIRST_S = 2.0  # until the first sets out; the others do when the race before theirs is over
_REST_S = 3.0  # after the last has come home
_START_M = 0.8  # above where the course begins; races are learned from 0.3 to 1.5 m: all.toml
_READY_S = 0.5  # of hover there
_HIDDEN_S = 1.0
"""So long after a race's begin the slot stays where it began: a path shows half a second ahead, and
a drone that saw its slot leap behind the last gate set out for it before its race."""

_ABOVE_M = 0.26
"""Of the formation and the ways over all that stands there: CLEAR_M and a little. lsy's room ends
0.44 m above its frames."""

_WALL_M = 0.5  # of the formation from the wall behind it
_SIDE_M = 0.4  # and from those beside it
_SPACING_M = (0.35, 0.6)  # between slots  # as formations': over three collision distances
_BEHIND_M = 0.65  # a racer gathers itself so far behind the last gate
_LOWER_M = 0.15
"""And so much lower, but not below what a formation may fly: who comes almost to rest in the gate
swings up as it sets out again; of the 2.1+, one in five met the frame so: docs/one_network.md."""

_LOWEST_M = 0.3  # as formations: FormationSettings
_WAY_M_S = 0.8  # on the ways, on average
_SHORTEST_WAY_S = 1.0  # guess: of a few centimetres


@dataclass(frozen=True, eq=False)
class MixedTask:
    """Keep to the slots of a formation, but for one race each.

    Attributes:
        name: What reports call it.
        formation: Where each drone should be while it does not race: its slot, the way to the
            start; a second after its race began, a point behind the last gate; then the way home.
        course: What is raced through.
        leaves_s: When each drone's race begins.
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
    name = f"mixed on {course.told.name}"
    slots = _line(course.true, drones, name)
    # Who comes home and who sets out cross each other's ways one way round, or neither.
    for order in (slots, slots[::-1]):
        formation, leaves = _in_turn(course, order, name)
        faults = list(too_near(formation))
        if not faults:
            break
    else:
        raise SettingsError(f"{name}: {faults[0]}.")
    check_clear(formation, course.true)
    return MixedTask(name, formation, course, leaves)


def _in_turn(course: Course, slots: Array, name: str) -> tuple[FormationTask, tuple[float, ...]]:
    """Each drone's slot over time, and when its race begins: one sets out as the last one ended."""
    told = course.told
    x, y, z = told.start.position_m
    start = np.array([x, y, min(z + _START_M, slots[0, 2])])
    gate = told.gates[(told.start.first_gate - 1) % len(told.gates)]
    ahead = np.array([math.cos(gate.yaw_rad), math.sin(gate.yaw_rad), 0.0])
    behind = np.array(gate.position_m) + _BEHIND_M * ahead
    behind[2] = min(behind[2], max(behind[2] - _LOWER_M, _LOWEST_M))
    ready = np.tile(start, (round(_READY_S / CONTROL_DT), 1))
    races = np.tile(behind, (round(RACE_S / CONTROL_DT), 1))
    races[: round(_HIDDEN_S / CONTROL_DT)] = start
    ways, leaves, sets_out = [], [], round(_FIRST_S / CONTROL_DT)
    for slot in slots:
        aside = np.array([start[0], slot[1], slot[2]])
        out = _along(slot, aside, _over(start, slot), start)
        before = np.concatenate([np.tile(slot, (sets_out, 1)), out, ready])
        ways.append(np.concatenate([before, races, _along(behind, _over(behind, slot), slot)]))
        leaves.append(len(before) * CONTROL_DT)
        sets_out = len(before) + len(races)
    rows = max(len(way) for way in ways) + round(_REST_S / CONTROL_DT)
    held = [np.concatenate([w, np.repeat(w[-1:], rows - len(w), axis=0)]) for w in ways]
    path = np.concatenate([held, np.zeros((len(slots), rows, 1))], axis=2).astype(np.float32)
    return FormationTask(name, path, settle_s=RACE_S + 1.0), tuple(leaves)


def _line(track: Track, drones: int, name: str) -> Array:
    """Slots across the room (drones, 3)."""
    room = track.room
    tops = [gate.position_m[2] + gate.outer_m / 2.0 for gate in track.gates]
    top = max([*tops, *(pole.height_m for pole in track.obstacles)])
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


def _over(place: Array, slot: Array) -> Array:
    """Straight above a place, as high as a slot."""
    return np.array([place[0], place[1], slot[2]])


def _along(*points: Array) -> Array:
    """From point to point, at rest in each, a row a control step (M, 3)."""
    still = np.zeros(3)
    legs = []
    for one, two in itertools.pairwise(points):
        at = sample_times(max(float(np.linalg.norm(two - one)) / _WAY_M_S, _SHORTEST_WAY_S))
        legs.append(quintic((one, still, still), (two, still, still), float(at[-1]), at))
    return np.concatenate(legs)
