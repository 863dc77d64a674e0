# SPDX-License-Identifier: Apache-2.0
"""What stands in one episode: a level's draws about a track, from a seed alone.

level 0, 1, 2   uniform about the track as written and nothing refused, as lsy_drone_racing
                draws: frames may come to cross, or a pole to stand in one, and then they do
whole_track     the track is drawn first: as many gates and poles, the same frames, anywhere in
                the room where it can be flown; then the level's other draws, until what stands
                there can be flown too
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim_core.errors import SettingsError
from sim_core.track_model import Level, Obstacle, Start, Three, Track
from sim_core.track_rules import RUN_UP_M, faults_of

Array = NDArray[np.float64]

_ATTEMPTS = 20_000
_YAW_OFF_RAD = (
    0.8  # of a drawn gate, off the way between its neighbours  # guess: hairpins are rare
)
_LEAST_LEG_M = 0.8  # between the centres of gates in a row  # guess: lsy's shortest leg is 0.89 m


@dataclass(frozen=True)
class Course:
    """One episode's track.

    Attributes:
        told: Where things should stand: what a drone knows of those that it has not come near.
        true: Where they stand, and where the drone begins: what the referee judges by.
        sensing_range_m: Horizontal distance within which a drone knows the truth; 0: everywhere.
        mass_kg: To add to the drone's mass.
    """

    told: Track
    true: Track
    sensing_range_m: float
    mass_kg: float


def draw_course(track: Track, level: int, seed: int) -> Course:
    """Draw an episode.

    Args:
        track: The track as written.
        level: Which of its levels.
        seed: Every draw is a function of it, the track and the level.

    Raises:
        SettingsError: A level that the track has not, or one that leaves no track.
    """
    if not 0 <= level < len(track.levels):
        raise SettingsError(
            f"track {track.name!r}: level: expected 0 to {len(track.levels) - 1}, got {level}."
        )
    drawn = track.levels[level]
    rng = np.random.default_rng((seed, level))
    mass = float(rng.uniform(-1.0, 1.0) * drawn.mass_kg)
    for _ in range(_ATTEMPTS):
        told = _anywhere(track, rng) if drawn.whole_track else track
        if drawn.whole_track and faults_of(told):
            continue
        true = _moved(told, drawn, rng)
        if not drawn.whole_track or not faults_of(true):
            return Course(told, true, drawn.sensing_range_m, mass)
    raise SettingsError(
        f"track {track.name!r}, level {level}: expected a room that leaves a track to fly,"
        f" found none in {_ATTEMPTS} draws."
    )


def _moved(track: Track, level: Level, rng: np.random.Generator) -> Track:
    gates = tuple(
        replace(
            gate,
            position_m=_off(gate.position_m, level.gate_m, rng),
            yaw_rad=gate.yaw_rad + float(rng.uniform(-1.0, 1.0) * level.gate_yaw_rad),
        )
        for gate in track.gates
    )
    poles = tuple(_pole_off(pole, level.obstacle_m, rng) for pole in track.obstacles)
    start = replace(
        track.start,
        position_m=_off(track.start.position_m, level.start_m, rng),
        yaw_rad=track.start.yaw_rad + float(rng.uniform(-1.0, 1.0) * level.start_yaw_rad),
    )
    return replace(track, gates=gates, obstacles=poles, start=start)


def _off(position: Three, half_width: Three, rng: np.random.Generator) -> Three:
    x, y, z = (p + h * float(u) for p, h, u in zip(position, half_width, _units(rng), strict=True))
    return x, y, z


def _units(rng: np.random.Generator) -> Array:
    return rng.uniform(-1.0, 1.0, 3)


def _pole_off(pole: Obstacle, half_width: float, rng: np.random.Generator) -> Obstacle:
    x, y = rng.uniform(-half_width, half_width, 2)
    return replace(pole, x_m=pole.x_m + float(x), y_m=pole.y_m + float(y))


def _anywhere(track: Track, rng: np.random.Generator) -> Track:
    """The track's frames, poles and start in new places; mostly one that cannot be flown."""
    low, high = np.array(track.room.low_m), np.array(track.room.high_m)
    heights = rng.permutation([gate.position_m[2] for gate in track.gates])
    margin = max(gate.outer_m for gate in track.gates) / 2.0 + RUN_UP_M / 2.0
    points = rng.uniform(low[:2] + margin, high[:2] - margin, (len(track.gates) + 1, 2))
    floor = track.start.position_m[2]
    begin, places = points[0], points[1:]
    legs = np.diff(points, axis=0)
    if np.hypot(legs[:, 0], legs[:, 1]).min() < _LEAST_LEG_M:
        return replace(track, gates=())  # a fault of its own
    before = np.concatenate([places[-1:] if track.closed else points[:1], places[:-1]])
    after = np.concatenate([places[1:], places[:1] if track.closed else places[-1:]])
    gates = tuple(
        replace(gate, position_m=(float(p[0]), float(p[1]), float(z)), yaw_rad=_facing(way, rng))
        for gate, p, z, way in zip(track.gates, places, heights, after - before, strict=True)
    )
    first = gates[track.start.first_gate].position_m
    start = Start(
        (float(begin[0]), float(begin[1]), floor),
        math.atan2(first[1] - begin[1], first[0] - begin[0]),
        track.start.first_gate,
    )
    poles = tuple(_standing(pole, low, high, rng) for pole in track.obstacles)
    return replace(track, gates=gates, obstacles=poles, start=start)


def _facing(way: Array, rng: np.random.Generator) -> float:
    off = rng.uniform(-_YAW_OFF_RAD, _YAW_OFF_RAD)
    return float((math.atan2(way[1], way[0]) + off + math.pi) % (2.0 * math.pi) - math.pi)


def _standing(pole: Obstacle, low: Array, high: Array, rng: np.random.Generator) -> Obstacle:
    x, y = rng.uniform(low[:2] + pole.radius_m, high[:2] - pole.radius_m)
    return replace(pole, x_m=float(x), y_m=float(y))
