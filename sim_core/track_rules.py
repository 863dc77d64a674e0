# SPDX-License-Identifier: Apache-2.0
"""What makes a track one that can be flown: every fault of it, a phrase each.

Plan geometry: a gate is a rectangle (depth along n, width along l) that stands between two heights,
a pole or a post a circle with a height.
"""

import itertools
import math
from collections.abc import Iterator

from sim_core.track_model import Gate, Level, Obstacle, Track, Two

DRONE_RADIUS_M = 0.05
"""A Crazyflie 2.1 from its centre to the tip of its props is 0.07 m; racing leagues of this size
count 0.05 m (a 92 mm frame, motor to motor)."""

RUN_UP_M = 0.3
"""Free way that a drone needs before and after a gate.  # guess: 0.1 s at racing speed"""

MOST_GATES, MOST_OBSTACLES, MOST_LAPS = 64, 64, 1000
"""More than any course of the field has; memory per drone goes with them."""

_TURN = 2.0 * math.pi


def faults_of(track: Track) -> list[str]:
    """All that is wrong with a track; empty for a good one."""
    faults = list(_impossible_numbers(track))
    if faults:
        return faults  # geometry of impossible numbers says nothing
    return [
        *_outside(track),
        *_overlaps(track),
        *_unreachable(track),
        *_start_faults(track),
    ]


def _impossible_numbers(track: Track) -> Iterator[str]:
    room = track.room
    for axis, low, high in zip("xyz", room.low_m, room.high_m, strict=True):
        if low >= high:
            yield f"room: expected low_m below high_m in {axis}, got {low:g} and {high:g}"
    if not 1 <= len(track.gates) <= MOST_GATES:
        yield f"gates: expected 1 to {MOST_GATES}, got {len(track.gates)}"
    if len(track.obstacles) > MOST_OBSTACLES:
        yield f"obstacles: expected at most {MOST_OBSTACLES}, got {len(track.obstacles)}"
    if not 0 <= track.laps <= MOST_LAPS:
        yield f"laps: expected 0 (without end) to {MOST_LAPS}, got {track.laps}"
    if track.laps != 1 and not track.closed:
        yield f"laps: expected 1 on a course that is not closed, got {track.laps}"
    if not 0 <= track.start.first_gate < max(len(track.gates), 1):
        yield (
            f"start.first_gate: expected 0 to {len(track.gates) - 1}, got {track.start.first_gate}"
        )
    elif track.start.first_gate and not track.closed:
        yield (
            "start.first_gate: expected 0 on a course that is not closed,"
            f" got {track.start.first_gate}"
        )
    for i, gate in enumerate(track.gates):
        yield from (f"gates[{i}].{fault}" for fault in _gate_numbers(gate))
    for i, pole in enumerate(track.obstacles):
        for name, value in (("radius_m", pole.radius_m), ("height_m", pole.height_m)):
            if value <= 0.0:
                yield f"obstacles[{i}].{name}: expected more than 0, got {value:g}"
    if not track.levels:
        yield "levels: expected at least one, got none"
    for i, level in enumerate(track.levels):
        yield from (f"levels[{i}].{fault}" for fault in _level_numbers(level))


def _gate_numbers(gate: Gate) -> Iterator[str]:
    least = 2.0 * DRONE_RADIUS_M
    if gate.opening_m <= least:
        yield f"opening_m: expected more than a drone's {least:g}, got {gate.opening_m:g}"
    if gate.outer_m < gate.opening_m:
        yield f"outer_m: expected at least opening_m, {gate.opening_m:g}, got {gate.outer_m:g}"
    if gate.depth_m <= 0.0:
        yield f"depth_m: expected more than 0, got {gate.depth_m:g}"
    if gate.post_radius_m < 0.0:
        yield f"post_radius_m: expected 0 or more, got {gate.post_radius_m:g}"
    if not 0.0 < gate.counted_share <= 1.0:
        yield f"counted_share: expected more than 0 and at most 1, got {gate.counted_share:g}"
    if abs(gate.yaw_rad) > _TURN:
        yield f"yaw_rad: expected within one turn, ±{_TURN:.4f}, got {gate.yaw_rad:g}"


def _level_numbers(level: Level) -> Iterator[str]:
    for name, value in vars(level).items():
        values = value if isinstance(value, tuple) else (value,)
        if min(values) < 0:
            yield f"{name}: expected 0 or more, got {value}"


def _outside(track: Track) -> Iterator[str]:
    low, high = track.room.low_m, track.room.high_m
    for i, gate in enumerate(track.gates):
        bottom = gate.position_m[2] - _half_height(gate)
        if bottom < low[2]:
            yield f"gates[{i}]: reaches below the floor, to {bottom:.3g} m"
        if gate.position_m[2] + _half_height(gate) > high[2]:
            yield (
                f"gates[{i}]: reaches above the room, to"
                f" {gate.position_m[2] + _half_height(gate):.3g} m"
            )
        corners = _corners(gate, _half_height(gate))
        if not all(_in_plan(track, corner) for corner in corners):
            yield f"gates[{i}]: stands outside the room, at {_said(gate.position_m)}"
    for i, pole in enumerate(track.obstacles):
        if not _in_plan(track, (pole.x_m, pole.y_m)):
            yield f"obstacles[{i}]: stands outside the room, at {_said((pole.x_m, pole.y_m))}"


def _overlaps(track: Track) -> Iterator[str]:
    for (i, one), (j, two) in itertools.combinations(enumerate(track.gates), 2):
        if _gates_overlap(one, two):
            yield f"gates[{i}] and gates[{j}]: overlap"
        elif _post_in(one, two) or _post_in(two, one):
            yield f"gates[{i}] and gates[{j}]: a post stands in the other's frame or opening"
    for i, gate in enumerate(track.gates):
        for j, pole in enumerate(track.obstacles):
            if _pole_in(pole, gate):
                yield f"obstacles[{j}]: stands in the frame or opening of gates[{i}]"
    for (i, a), (j, b) in itertools.combinations(enumerate(track.obstacles), 2):
        if math.hypot(a.x_m - b.x_m, a.y_m - b.y_m) < a.radius_m + b.radius_m:
            yield f"obstacles[{i}] and obstacles[{j}]: overlap"


def _unreachable(track: Track) -> Iterator[str]:
    for i, gate in enumerate(track.gates):
        for side, words in ((-1.0, "before"), (1.0, "after")):
            n_x, n_y = math.cos(gate.yaw_rad), math.sin(gate.yaw_rad)
            reach = side * (gate.depth_m / 2.0 + RUN_UP_M)
            x, y = gate.position_m[0] + reach * n_x, gate.position_m[1] + reach * n_y
            if not _in_plan(track, (x, y), DRONE_RADIUS_M):
                yield (
                    f"gates[{i}]: unreachable, the way {RUN_UP_M:g} m {words} it leads through the"
                    f" room's wall at {_said((x, y))}"
                )
            yield from (
                f"gates[{i}]: unreachable, {name} stands {RUN_UP_M:g} m {words} it"
                for name in _standing_at(track, (x, y, gate.position_m[2]), but=i)
            )


def _start_faults(track: Track) -> Iterator[str]:
    p, low, high = track.start.position_m, track.room.low_m, track.room.high_m
    if not all(a <= x <= b for a, x, b in zip(low, p, high, strict=True)):
        yield f"start.position_m: outside the room, at {_said(p)}"
    yield from (f"start.position_m: within {name}" for name in _standing_at(track, p))


def _standing_at(
    track: Track, point: tuple[float, float, float], but: int | None = None
) -> Iterator[str]:
    """Names of what a drone at `point` would touch."""
    for i, gate in enumerate(track.gates):
        along, across = _in_gate(gate, (point[0], point[1]))
        up = abs(point[2] - gate.position_m[2])
        half = gate.outer_m / 2.0 + DRONE_RADIUS_M
        within = max(abs(across), up) < half and abs(along) < gate.depth_m / 2.0 + DRONE_RADIUS_M
        if gate.solid and i != but and within:
            yield f"the frame of gates[{i}]"
    for i, pole in enumerate(track.obstacles):
        away = math.hypot(point[0] - pole.x_m, point[1] - pole.y_m)
        if away < pole.radius_m + DRONE_RADIUS_M and point[2] < pole.height_m + DRONE_RADIUS_M:
            yield f"obstacles[{i}]"


def _in_gate(gate: Gate, point: Two) -> Two:
    """A point of the plan in the gate's frame: along n, across along l [m]."""
    c, s = math.cos(gate.yaw_rad), math.sin(gate.yaw_rad)
    x, y = point[0] - gate.position_m[0], point[1] - gate.position_m[1]
    return c * x + s * y, -s * x + c * y


def _half_height(gate: Gate) -> float:
    """What has to fit into the room: the frame where it is solid, else the opening."""
    return (gate.outer_m if gate.solid else gate.opening_m) / 2.0


def _corners(gate: Gate, half_width: float) -> list[Two]:
    c, s = math.cos(gate.yaw_rad), math.sin(gate.yaw_rad)
    x, y = gate.position_m[:2]
    return [
        (x + c * a - s * b, y + s * a + c * b)
        for a in (-gate.depth_m / 2.0, gate.depth_m / 2.0)
        for b in (-half_width, half_width)
    ]


def _gates_overlap(one: Gate, two: Gate) -> bool:
    """Whether two gates' boxes share space: no axis of either rectangle parts them."""
    if abs(one.position_m[2] - two.position_m[2]) >= (one.outer_m + two.outer_m) / 2.0:
        return False
    for gate in (one, two):
        shadows = [
            [_in_gate(gate, corner) for corner in _corners(g, g.outer_m / 2.0)] for g in (one, two)
        ]
        for axis in (0, 1):
            first, second = ([point[axis] for point in shadow] for shadow in shadows)
            if max(first) <= min(second) or max(second) <= min(first):
                return False
    return True


def _post_in(of: Gate, other: Gate) -> bool:
    height = of.position_m[2] - of.outer_m / 2.0
    return of.post_radius_m > 0.0 and _pole_in(
        Obstacle(*of.position_m[:2], of.post_radius_m, height), other
    )


def _pole_in(pole: Obstacle, gate: Gate) -> bool:
    """Whether a pole leaves a drone no way through the gate's opening, or pierces its frame."""
    if pole.height_m <= gate.position_m[2] - gate.outer_m / 2.0:
        return False
    along, across = _in_gate(gate, (pole.x_m, pole.y_m))
    deep = gate.depth_m / 2.0 + DRONE_RADIUS_M
    over = max(abs(along) - deep, 0.0), max(abs(across) - gate.outer_m / 2.0, 0.0)
    return math.hypot(*over) < pole.radius_m


def _in_plan(track: Track, point: Two, margin: float = 0.0) -> bool:
    low, high = track.room.low_m, track.room.high_m
    return all(low[i] + margin <= point[i] <= high[i] - margin for i in (0, 1))


def _said(point: tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{x:.3g}" for x in point) + ")"
