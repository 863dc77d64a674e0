# SPDX-License-Identifier: Apache-2.0
"""Ring courses, drawn from a seed: a closed wobbly loop of rings that are only counted.

The ranges are PufferLib's definitions (its ring races are the field's yardstick); the generator is
ours. Radius and height of the loop are sums of two harmonics of the way round, each with a phase
and a weight of its own, so that the course rises, falls, widens and narrows smoothly.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim_core.errors import SettingsError
from sim_core.settings_file import build
from sim_core.track_model import Gate, Room, Start, Track, Two
from sim_core.track_rules import MOST_GATES, faults_of

Array = NDArray[np.float64]

_ATTEMPTS = 2000
_TAU = 2.0 * math.pi
_JITTER = 0.25  # of the even spacing round the loop  # guess: uneven, and in order
_WIDEST_TURN = (
    1.2  # [rad] between a ring's axis and the ways to its neighbours  # guess: no hairpin
)


@dataclass(frozen=True)
class RingCourse:
    """What courses are drawn from.

    Attributes:
        kind: Of the file.
        name: What reports call the courses.
        rings: How many there are in a course.
        gap_m: Shortest and longest way between neighbours, centre to centre.
        start_before_m: How far before the first ring, on its axis, the drone begins.
        loop_radius_m: Nearest and farthest to the room's centre, horizontally.
        height_m: Lowest and highest centre.
        yaw_off_rad: Most that a ring turns off the direction of its neighbours.
        room: The box to stay in.
        frame: A ring, wherever it stands.
    """

    kind: Literal["rings"]
    name: str
    rings: int
    gap_m: Two
    start_before_m: Two
    loop_radius_m: Two
    height_m: Two
    yaw_off_rad: float
    room: Room
    frame: Gate


def ring_settings(table: dict[str, Any], where: str) -> RingCourse:
    """Ranges from the table of a file.

    Raises:
        SettingsError: Every fault of it in one sentence.
    """
    frame = table.get("frame")
    if isinstance(frame, dict):
        table = {**table, "frame": {"position_m": [0.0, 0.0, 0.0], "yaw_rad": 0.0, **frame}}
    settings = build(RingCourse, table, where)
    faults = list(_faults(settings))
    if faults:
        raise SettingsError(f"{where}: {'; '.join(faults)}.")
    return settings


def draw_ring_course(seed: int, settings: RingCourse) -> Track:
    """Draw a course.

    Args:
        seed: All of the course is a function of it and the settings.
        settings: The ranges; `tracks.load_rings` has those that ship with the project.

    Raises:
        SettingsError: Ranges that leave no course.
    """
    rng = np.random.default_rng((seed, 0x51))  # a stream apart from other draws of this seed
    for _ in range(_ATTEMPTS):
        track = _candidate(rng, settings)
        if track is not None and not faults_of(track):
            return track
    raise SettingsError(
        f"track {settings.name!r}: expected ranges that leave a course of {settings.rings} rings,"
        f" found none in {_ATTEMPTS} draws."
    )


def _candidate(rng: np.random.Generator, settings: RingCourse) -> Track | None:
    centres = _loop(rng, settings)
    following = np.roll(centres, -1, axis=0)
    gaps = np.linalg.norm(following - centres, axis=1)
    if gaps.min() < settings.gap_m[0] or gaps.max() > settings.gap_m[1]:
        return None
    way = following - np.roll(centres, 1, axis=0)
    off = rng.uniform(-settings.yaw_off_rad, settings.yaw_off_rad, settings.rings)
    yaw = (np.arctan2(way[:, 1], way[:, 0]) + off + math.pi) % _TAU - math.pi
    axis = np.stack([np.cos(yaw), np.sin(yaw), np.zeros_like(yaw)], axis=1)
    out = np.sum((following - centres) * axis, axis=1) / gaps
    into = np.sum((centres - np.roll(centres, 1, axis=0)) * axis, axis=1) / np.roll(gaps, 1)
    if min(out.min(), into.min()) < math.cos(_WIDEST_TURN):
        return None
    first = int(rng.integers(settings.rings))
    before = rng.uniform(*settings.start_before_m)
    start = Start(_three(centres[first] - before * axis[first]), float(yaw[first]), first)
    gates = tuple(
        replace(settings.frame, position_m=_three(p), yaw_rad=float(a))
        for p, a in zip(centres, yaw, strict=True)
    )
    return Track(settings.name, 0, True, settings.room, start, gates)


def _loop(rng: np.random.Generator, settings: RingCourse) -> Array:
    """Ring centres in order, shape (R, 3)."""
    count = settings.rings
    even = np.arange(count) + rng.uniform(-_JITTER, _JITTER, count)
    round_ = rng.choice([-1.0, 1.0]) * _TAU * even / count + rng.uniform(0.0, _TAU)
    radius = _wobble(rng, round_, settings.loop_radius_m)
    height = _wobble(rng, round_, settings.height_m)
    middle = np.add(settings.room.low_m, settings.room.high_m)[:2] / 2.0
    x, y = middle[0] + radius * np.cos(round_), middle[1] + radius * np.sin(round_)
    return np.stack([x, y, height], axis=1)


def _wobble(rng: np.random.Generator, angle: Array, bounds: Two) -> Array:
    """A smooth closed function of the angle within the bounds."""
    weight, phase = rng.uniform(-0.5, 0.5, 2), rng.uniform(0.0, _TAU, 2)
    wave = weight[0] * np.sin(angle + phase[0]) + weight[1] * np.sin(2.0 * angle + phase[1])
    out: Array = (bounds[0] + bounds[1]) / 2.0 + (bounds[1] - bounds[0]) / 2.0 * wave
    return out


def _three(point: Array) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in point)
    return x, y, z


def _faults(settings: RingCourse) -> Iterator[str]:
    if not 2 <= settings.rings <= MOST_GATES:
        yield f"rings: expected 2 to {MOST_GATES}, got {settings.rings}"
    for name in ("gap_m", "start_before_m", "loop_radius_m", "height_m"):
        low, high = getattr(settings, name)
        if not 0.0 < low <= high:
            yield f"{name}: expected more than 0, low to high, got [{low:g}, {high:g}]"
    if not 0.0 <= settings.yaw_off_rad <= _WIDEST_TURN:
        yield f"yaw_off_rad: expected 0 to {_WIDEST_TURN:g}, got {settings.yaw_off_rad:g}"
