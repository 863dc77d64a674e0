# SPDX-License-Identifier: Apache-2.0
"""What a flight is made of: where its drones begin, what they fly, how far they may go.

Paths are flown by one drone or by several, each about a place of its own: on a grid, or where a
fleet file says. A race is flown by one, from a hover above the place where its course begins. A
swarm takes off from such places, and flies into its formation and home again; the drones of a mixed
flight take off below their slots.
"""

import math
from dataclasses import dataclass

import numpy as np

from firmware_bridge.fleet import Fleet
from firmware_bridge.guard_rules import GuardLimits
from martlet.errors import UsageError
from martlet.flight.fleet_settings import fleet_of
from martlet.flight.settings import FlySettings
from policy_export.manifest import MotorActionSpec
from policy_export.policy_file import over_radio
from policy_export.runtime import PolicyRunner
from sim_core.formation_ways import nearest_order
from sim_core.group_flights import GroupFlight, MixedText, SwarmText
from sim_core.races import RaceTask, RaceText, race_of
from sim_core.tasks import load_task
from sim_core.track_model import Room

Place = tuple[float, float, float, float]
Corner = tuple[float, float, float]

HEIGHT_M = 1.0
APART_M = 0.8  # guess: eight drone's widths; a neighbour's wake is felt to some 0.3 m aside

LIFT_M = 0.75
"""A race that begins on the floor is begun in a hover so far above: the middle of the hover starts
that races are trained with (sim_core/environments/race.toml)."""

ON_FLOOR_M = 0.1

RUN_OUT_M = 4.0
"""The fence stands so far outside a race's room, which only the referee watches: from 4.6 m/s the
drone's own controller takes 4.1 m to come to rest, and so long may the policy fly at it."""

RACE_TILT_DEG, RACE_SPEED_M_S = 135.0, 15.0
"""What is not racing any more: the rings are flown at 9.8 m/s, tilted by 96 degrees."""

FORMATION_OUT_M = 1.0
"""The fence stands so far outside a formation's slots: from 2 m/s it takes 0.7 m to brake."""


@dataclass(frozen=True)
class Flown:
    """A task that was flown: its phase's name, what it was, and how long it was to last at most."""

    name: str
    task: str
    duration_s: float


@dataclass(frozen=True)
class Programme:
    """A flight before it is flown.

    Attributes:
        drones: Their names, in the order of their rows.
        flown: The tasks, in their order.
        height_m: Of the takeoff.
        starts: Where simulated drones stand, x, y, z [m; W] and yaw [rad]; empty: as always.
        over: Where drones hover before the first task; empty: where they took off.
        box_low_m: Corner of the geofence [m; W].
        box_high_m: The opposite corner.
        max_tilt_deg: Largest tilt that the guard allows.
        max_speed_m_s: Largest speed.
        added_mass_kg: That a simulated drone carries.
        race: What one drone races, if anything.
        group: What all drones fly together, if anything: from where they are to hover.
    """

    drones: tuple[str, ...]
    flown: tuple[Flown, ...]
    height_m: float = HEIGHT_M
    starts: tuple[Place, ...] = ()
    over: tuple[Place, ...] = ()
    box_low_m: Corner = GuardLimits.box_low_m
    box_high_m: Corner = GuardLimits.box_high_m
    max_tilt_deg: float = GuardLimits.max_tilt_deg
    max_speed_m_s: float = GuardLimits.max_speed_m_s
    added_mass_kg: float = 0.0
    race: RaceTask | None = None
    group: GroupFlight | None = None

    @property
    def offsets_m(self) -> tuple[Corner, ...]:
        """By how much each drone's path is moved; empty: none is."""
        if self.race or self.group:
            return ()
        return tuple((x, y, 0.0) for x, y, _, _ in self.starts)

    def check(self, runner: PolicyRunner, *, onboard: bool = False) -> None:
        """See whether a policy flies these tasks, and the guard lets it.

        Args:
            runner: The policy.
            onboard: Whether it is flown on board, and not over a radio.

        Raises:
            PolicyFileError: It was not made for them, or not for a radio.
            UsageError: It commands more than the guard passes.
        """
        if not onboard:
            over_radio(runner.manifest, str(runner.path))
        if self.group:
            runner.start(self.group.task, controlled=range(len(self.drones)))
        else:
            for task in self.flown:
                runner.start(self.race or load_task(task.task))
        action = runner.manifest.action
        if isinstance(action, MotorActionSpec):
            return
        asked = action.body_rates_rad_s
        if any(rate > most for rate, most in zip(asked, GuardLimits.body_rate_rad_s, strict=True)):
            raise UsageError(
                f"{runner.path}: expected a policy that commands body rates of at most"
                f" {GuardLimits.body_rate_rad_s} rad/s, which the guard passes, got {asked}."
            )


def programme(settings: FlySettings) -> Programme:
    """What these settings ask for.

    Raises:
        SettingsError: A task that cannot be loaded, no such track, level or formation, or not one
            for so many drones.
    """
    course = settings.track, settings.level, settings.course_seed
    if settings.task == "race":
        return _race(RaceText(*course))
    count = settings.drones
    fleet = None if settings.fleet is None else fleet_of(settings.fleet)
    if settings.task == "swarm":
        text = SwarmText(settings.scenario or "mix", settings.course_seed)
        return _swarm(text, count, fleet)
    if settings.task == "mixed":
        return _mixed(MixedText(*course), count)
    places = grid(count) if count > 1 else ()
    if fleet is not None:
        places = tuple(drone.place for drone in fleet.drones)
    reach = np.abs([place[:2] for place in places]).max(axis=0) if places else np.zeros(2)
    low, high = np.array(GuardLimits.box_low_m), np.array(GuardLimits.box_high_m)
    low[:2] -= reach
    high[:2] += reach
    return Programme(
        drones=_names(count) if fleet is None else fleet.names,
        flown=tuple(_paths(settings)),
        starts=places,
        box_low_m=_corner(low),
        box_high_m=_corner(high),
    )


def _names(count: int) -> tuple[str, ...]:
    return tuple(f"cf{number}" for number in range(1, count + 1))


def grid(count: int) -> tuple[Place, ...]:
    """Places on the floor about the origin, in rows, `APART_M` apart."""
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    return tuple(
        (
            APART_M * (i // columns - (rows - 1) / 2.0),
            APART_M * (i % columns - (columns - 1) / 2.0),
            0.0,
            0.0,
        )
        for i in range(count)
    )


def _paths(settings: FlySettings) -> list[Flown]:
    """The hover and the tasks after it; loaded once, so that a bad one is refused on the ground."""
    tasks = settings.tasks if settings.task is None else (settings.task,)
    tasks = tuple(task for task in tasks if settings.task is None or task != "hover")
    for task in tasks:
        load_task(task)
    here = f"kind = 'hover'\nposition_m = [0.0, 0.0, {HEIGHT_M}]\nduration_s = {settings.hover_s}"
    load_task(here)
    return [Flown("hover", here, 0.0), *(Flown(_name(task), task, 0.0) for task in tasks)]


def _name(task: str) -> str:
    return task.rpartition("/")[2].rpartition(".")[0] or task


def _race(text: RaceText) -> Programme:
    race = race_of(text.text())
    assert race is not None, "a text of a race"
    track = race.course.true
    (x, y, z), yaw, room = track.start.position_m, track.start.yaw_rad, track.room
    height = z + (LIFT_M if z - room.low_m[2] < ON_FLOOR_M else 0.0)
    low, high = _about(room)
    return Programme(
        drones=_names(1),
        flown=(Flown("race", text.text(), 0.0),),
        height_m=height,
        starts=((x, y, 0.0, yaw),),
        over=((x, y, height, yaw),),
        box_low_m=low,
        box_high_m=high,
        max_tilt_deg=RACE_TILT_DEG,
        max_speed_m_s=RACE_SPEED_M_S,
        added_mass_kg=race.course.mass_kg,
        race=race,
    )


def _swarm(text: SwarmText, count: int, fleet: Fleet | None) -> Programme:
    formation = text.formation(count)
    floor = np.array(grid(count) if fleet is None else [drone.place for drone in fleet.drones])
    places = floor + np.array([0.0, 0.0, HEIGHT_M, 0.0])
    # Drone i stands where the ways are shortest if it flies slot i, as a user's formation says.
    order = nearest_order(formation.slots[:, 0, :3], places[:, :3])
    floor, places = floor[order], places[order]
    group = text.flight(places)
    slots = group.formation.slots[..., :3].astype(np.float64)
    low = np.minimum(slots.min(axis=(0, 1)) - FORMATION_OUT_M, GuardLimits.box_low_m)
    high = np.maximum(slots.max(axis=(0, 1)) + FORMATION_OUT_M, GuardLimits.box_high_m)
    low[2] = GuardLimits.box_low_m[2]
    return Programme(
        drones=_names(count) if fleet is None else fleet.in_order(order.tolist()).names,
        flown=(Flown("swarm", text.text(), 0.0),),
        starts=tuple((float(x), float(y), float(z), float(yaw)) for x, y, z, yaw in floor),
        box_low_m=_corner(low),
        box_high_m=_corner(high),
        group=group,
    )


def _mixed(text: MixedText, count: int) -> Programme:
    task = text.mixed(count)
    slots = task.formation.slots[:, 0].astype(np.float64)
    low, high = _about(task.course.true.room)
    return Programme(
        drones=_names(count),
        flown=(Flown("mixed", text.text(), 0.0),),
        height_m=float(slots[0, 2]),
        starts=tuple((float(x), float(y), 0.0, float(yaw)) for x, y, _, yaw in slots),
        box_low_m=low,
        box_high_m=high,
        max_tilt_deg=RACE_TILT_DEG,
        max_speed_m_s=RACE_SPEED_M_S,
        added_mass_kg=task.course.mass_kg,
        group=text.flight(slots),
    )


def race_fence(race: RaceTask) -> tuple[Corner, Corner]:
    """The fence of a race: it flies in the room of its course."""
    return _about(race.course.true.room)


def _about(room: Room) -> tuple[Corner, Corner]:
    """The fence about a room where drones race."""
    low, high = np.array(room.low_m) - RUN_OUT_M, np.array(room.high_m) + RUN_OUT_M
    return _corner(low), _corner(high)


def _corner(values: np.typing.NDArray[np.float64]) -> Corner:
    x, y, z = (round(float(value), 3) for value in values)
    return x, y, z
