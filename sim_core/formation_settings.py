# SPDX-License-Identifier: Apache-2.0
"""What formations are drawn from: every number of it, with its source."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from sim_core.formation_model import FEWEST_DRONES, MOST_DRONES
from sim_core.formation_shapes import SHAPES, Shape
from sim_core.task_files import LONGEST_S
from sim_core.track_model import Three, Two

Scenario = Literal["static", "changing", "swapped", "moving", "turning"]

SCENARIOS: tuple[Scenario, ...] = get_args(Scenario)
"""Kinds of formation, after quad-swarm-rl's scenarios (Huang et al. 2024, arXiv 2309.13285).

static: one shape, held (static_diff_goal). changing: another shape in another place every so often,
slots dealt out anew (dynamic_diff_goal). swapped: slots on a circle, dealt out anew every so often,
all at once, to every drone another (swap_goals). moving: a shape along a circle or a Lissajous
curve (ep_lissajous3D, with a shape). turning: a shape that turns about its middle.
"""


@dataclass(frozen=True)
class FormationSettings:
    """Ranges, two numbers low to high; keys of `[formation]` in a user's file.

    Attributes:
        scenario: One of `SCENARIOS`, or "mix": one after the other by seed.
        duration_s: How long it is flown.
        shapes: That are drawn from.
        slots_m: Instead of shapes: slots x, y, z [m; W].
        files: Instead of all that: a path file (.csv) for each drone.
        out_of: Numbers of slots, one of which is drawn, or as many as there are drones. Where it is
            more than these, they stand on two bunches of neighbouring slots, drawn anew at every
            jump. Of scenarios that jump.
        spacing_m: Between neighbours; no wider than `WITHIN_M` has room for.
        radius_m: Of the circle of swapped slots; wider where neighbours would be too near.
        rise_m: Slots of flat shapes stand off their height by at most this.
        centre_m: Middles stand off x = y = 0 by at most this.
        height_m: Of the middle.
        change_s: Between two changes of shape, drawn once a formation.
        swap_s: Between two swaps, drawn once a formation.
        sway_m: Half-widths of a moving formation's path.
        speed_m_s: Of a moving formation's middle, or of a turning one's outermost slot, at most.
        acceleration_m_s2: Highest of a slot.
        yaw_rad: Each formation keeps a heading drawn within ± this.
        room_low_m: Lowest x, y, z of a slot.
        room_high_m: Highest.
    """

    scenario: Literal["static", "changing", "swapped", "moving", "turning", "mix"] = "mix"
    duration_s: float = 15.0  # quad-swarm-rl's episodes: 15 to 16 s
    shapes: tuple[Shape, ...] = SHAPES
    slots_m: tuple[Three, ...] = ()
    files: tuple[str, ...] = ()
    out_of: tuple[int, ...] = ()
    spacing_m: Two = (0.32, 0.8)  # three to eight collision distances  # guess
    radius_m: Two = (0.45, 0.9)  # 8 neighbours are 0.34 to 0.69 m apart, environments/swarm.toml
    rise_m: float = 0.2  # environments/swarm.toml: so that wakes are met
    centre_m: float = 0.3  # guess: leaves the guard's ±2.5 m a metre and a half each way
    height_m: Two = (1.0, 1.3)  # guess: the middle of 0.5 to 2.0 m
    change_s: Two = (4.0, 6.0)  # quad-swarm-rl: 4 to 6 s
    swap_s: Two = (5.0, 5.0)  # the middle of quad-swarm-rl's 4 to 6 s
    sway_m: Two = (0.2, 0.8)  # guess: with the shape's own size inside ±2.3 m
    speed_m_s: Two = (0.3, 1.0)  # guess: at 1 m/s the loop's 60 to 90 ms of delay are 0.1 m
    acceleration_m_s2: float = 2.0  # 11° of tilt  # guess: half of what slow lemniscates ask
    yaw_rad: float = 3.1416  # as environments/track.toml
    room_low_m: Three = (-2.5, -2.5, 0.3)  # the guard's geofence; below 0.3 m is ground effect
    room_high_m: Three = (2.5, 2.5, 2.2)


LOWEST_M, HIGHEST_M = 0.5, 2.0
"""Drawn slots stay between these heights, wherever the middle is."""

WITHIN_M = 1.8
"""Drawn slots that jump are no farther than this from x = y = 0: with 1.5 m of height no jump is
longer than 3.9 m, and a drone 4 m from its slot counts as lost."""


def settings_faults(settings: FormationSettings) -> Iterator[str]:
    """What is wrong with ranges, whoever flies them."""
    ranges = ("spacing_m", "radius_m", "height_m", "change_s", "swap_s", "sway_m", "speed_m_s")
    for name in ranges:
        low, high = getattr(settings, name)
        if not 0.0 < low <= high:
            yield f"{name}: expected more than 0, low to high, got [{low:g}, {high:g}]"
    for name in ("rise_m", "centre_m", "yaw_rad"):
        if getattr(settings, name) < 0.0:
            yield f"{name}: expected 0 or more, got {getattr(settings, name):g}"
    for name in ("swap_s", "change_s"):
        if getattr(settings, name)[0] < 1.0:  # a jump takes longer than that to fly
            yield f"{name}: expected at least 1 s, got {getattr(settings, name)[0]:g}"
    if any(not FEWEST_DRONES <= count <= MOST_DRONES for count in settings.out_of):
        yield (
            f"out_of: expected numbers of {FEWEST_DRONES} to {MOST_DRONES} slots,"
            f" got {list(settings.out_of)}"
        )
    if settings.acceleration_m_s2 <= 0.0:
        yield f"acceleration_m_s2: expected more than 0, got {settings.acceleration_m_s2:g}"
    if not 0.1 <= settings.duration_s <= LONGEST_S:
        yield f"duration_s: expected 0.1 to {LONGEST_S:g}, got {settings.duration_s:g}"
    if not settings.shapes:
        yield f"shapes: expected some of {', '.join(SHAPES)}, got none"
    if settings.slots_m and settings.files:
        yield "expected slots_m or files, got both"
    if settings.slots_m and settings.scenario in ("changing", "mix"):
        yield (
            "slots_m: expected scenario static, swapped, moving or turning with it,"
            f" got {settings.scenario!r}"
        )


def count_fault(drones: int, settings: FormationSettings) -> str | None:
    """What is wrong with so many drones."""
    if not FEWEST_DRONES <= drones <= MOST_DRONES:
        return f"drones: expected {FEWEST_DRONES} to {MOST_DRONES}, got {drones}"
    for name in ("slots_m", "files"):
        given = len(getattr(settings, name))
        if given and given != drones:
            return f"{name}: expected one for each of {drones} drones, got {given}"
    return None
