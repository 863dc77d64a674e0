# SPDX-License-Identifier: Apache-2.0
"""The referee of races. Reads like the rules; knows recorded states and true gate poses alone.

Everything is float64 numpy. Nothing but geometry (sweep.py) is imported, above all no reward and no
task logic. A drone is taken to fly straight from each sample to the next, and all instants below
are exact on those straights, however long they are.

Gate frame: n = (cos yaw, sin yaw, 0) is the direction in which the gate is to be passed,
l = (−sin yaw, cos yaw, 0) points left, up is up; s, u, w are a point's coordinates along them from
the gate's centre. `a` is half the opening, `h` half the frame's outer edge, `d` half its depth, R
the drone's radius. |u, w| is max(|u|, |w|) for a square gate, √(u² + w²) for a ring.

    passed     the way goes from s < 0 to s ≥ 0 and meets s = 0 where |u, w| ≤ share · a, and the
               gate is the next in order
    wrong way  the same from s ≥ 0 to s < 0, of the gate that is next: not counted, but told
    lap        all gates passed in order; the first is timed from the first sample
    finished   `laps` laps are flown; what comes after does not count
    crashed    at the first instant of
                 - not finite: a sample with a number that is none
                 - ground: below z = R after having been above z = 2 R, or having begun above R;
                   or 1 mm under the floor
                 - room: the centre beyond a wall or the ceiling
                 - frame: |s| ≤ d + R and |u, w| ≤ h + R, yet not |u, w| < a − R (solid frames)
                 - post: within post radius + R of the axis under the gate, below the frame
                 - pole: within pole radius + R of its axis, below its height + R
               what comes after does not count
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation import sweep
from evaluation.joined import joined

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

CRASH_REASONS = ("none", "not finite", "ground", "room", "frame", "post", "pole")
"""What `RaceScore.crash_reason` counts."""

CHUNK = 64
"""Drones judged at once: 64 of 3000 samples are some 40 MB of intermediate numbers."""

_UNDER_FLOOR_M = 0.001  # a drone at rest on a floor may sink by a rounding


@dataclass(frozen=True, eq=False)
class Course:
    """What stood there: of every drone its own (N, …), or the same for all (1, …).

    Attributes:
        position_m: Gate centres in the order of passing [m; W], shape (N or 1, G, 3).
        yaw_rad: Passing directions, shape (N or 1, G).
        half_opening_m: Half the side, or the radius, of the opening, shape (G,).
        round: Rings, shape (G,).
        half_outer_m: Half the side, or the radius, of the frame's outer edge, shape (G,).
        half_depth_m: Half the frame's depth, shape (G,).
        solid: Frames that end a flight, shape (G,).
        post_radius_m: Of the post under the frame; 0 for none, shape (G,).
        counted_share: Of the opening, within which a crossing counts, shape (G,).
        poles: x, y, radius, height [m; W], shape (N or 1, O, 4).
        room_m: Lowest and highest x, y, z of the centre [m; W], shape (2, 3).
        laps: To fly; 0 for laps without end.
        first_gate: Index of the gate that is passed first, shape (N or 1,).
    """

    position_m: Array
    yaw_rad: Array
    half_opening_m: Array
    round: Flags
    half_outer_m: Array
    half_depth_m: Array
    solid: Flags
    post_radius_m: Array
    counted_share: Array
    poles: Array
    room_m: Array
    laps: int
    first_gate: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RaceScore:
    """What the referee found, one entry for each drone, each of shape (N,).

    Attributes:
        gates_passed: In order and the right way, until crash or finish.
        gates_passed_share: Of the race; of one lap, at most 1, where laps have no end.
        wrong_way: How often the next gate was crossed from behind.
        finished: Whether all laps were flown.
        finish_time_s: From the first sample to the last gate; not a number unless finished.
        laps: Complete ones.
        lap_time_s: Shortest complete lap; not a number without one.
        crashed: Whether a rule was broken before the finish.
        crash_time_s: When, on the recording's clock; not a number without a crash.
        crash_reason: Index into `CRASH_REASONS`.
    """

    gates_passed: NDArray[np.int64]
    gates_passed_share: Array
    wrong_way: NDArray[np.int64]
    finished: Flags
    finish_time_s: Array
    laps: NDArray[np.int64]
    lap_time_s: Array
    crashed: Flags
    crash_time_s: Array
    crash_reason: NDArray[np.int64]


def score_race(
    times_s: ArrayLike, states: ArrayLike, course: Course, drone_radius_m: float = 0.05
) -> RaceScore:
    """Judge flights through gates.

    Args:
        times_s: When the states were taken, rising, shape (T,).
        states: Rows that begin with p_WB [m; W], shape (T, N, 3 or more); any float type.
        course: What stood there.
        drone_radius_m: R in the rules.

    Raises:
        ValueError: Shapes that disagree, or times that do not rise.
    """
    times, state = np.asarray(times_s, dtype=np.float64), np.asarray(states)
    _check(times, state, course)
    parts = [
        _judge(times, state[:, i : i + CHUNK], _drones(course, i, i + CHUNK), drone_radius_m)
        for i in range(0, state.shape[1], CHUNK)
    ]
    return joined(parts)


def _judge(times: Array, state: NDArray[np.floating], course: Course, radius: float) -> RaceScore:
    """The rules on a few drones."""
    p = state[:, :, 0:3].astype(np.float64)
    whole = np.isfinite(state).all(axis=2)
    broken = np.where(whole.all(axis=0), np.inf, times[np.argmin(whole, axis=0)])
    p[~whole] = np.nan  # compares false everywhere below: no contact, no crossing
    when = np.stack([broken, *_contacts(times, p, course, radius)])  # (reason − 1, N)
    crash_time = when.min(axis=0)
    reason = np.where(np.isfinite(crash_time), np.argmin(when, axis=0) + 1, 0)
    found = _progress(times, _crossings(times, p, course), crash_time, course)
    passed, wrong, laps, best, finish = (np.array(column) for column in zip(*found, strict=True))
    crashed = (reason > 0) & np.isnan(finish)
    gates = course.position_m.shape[1]
    return RaceScore(
        gates_passed=passed.astype(np.int64),
        gates_passed_share=np.minimum(passed / (gates * max(course.laps, 1)), 1.0),
        wrong_way=wrong.astype(np.int64),
        finished=np.isfinite(finish),
        finish_time_s=finish,
        laps=laps.astype(np.int64),
        lap_time_s=best,
        crashed=crashed,
        crash_time_s=np.where(crashed, crash_time, np.nan),
        crash_reason=np.where(crashed, reason, 0).astype(np.int64),
    )


Event = tuple[float, int, bool]
"""An opening crossed: when [s], which gate, whether the right way."""


def _progress(
    times: Array, events: list[list[Event]], crash_time: Array, course: Course
) -> Iterator[tuple[int, int, int, float, float]]:
    """Gates passed, crossings the wrong way, laps, shortest lap and finish time of each drone."""
    gates = course.position_m.shape[1]
    firsts = np.broadcast_to(course.first_gate, crash_time.shape)
    for mine, end, first in zip(events, crash_time, firsts, strict=True):
        passed = wrong = laps = 0
        best, finish, lap_start = np.nan, np.nan, times[0]
        for time, gate, forward in sorted(mine):
            if time > end or (course.laps and laps == course.laps):
                break
            if gate != (first + passed) % gates:
                continue
            if not forward:
                wrong += 1
                continue
            passed += 1
            if passed % gates == 0:
                laps += 1
                best = np.fmin(best, time - lap_start)
                lap_start = time
        if course.laps and laps == course.laps:
            finish = lap_start - times[0]
        yield passed, wrong, laps, best, finish


def _crossings(times: Array, p: Array, course: Course) -> list[list[Event]]:
    """Every crossing of an opening, either way, by drone."""
    events: list[list[Event]] = [[] for _ in range(p.shape[1])]
    for g in range(course.position_m.shape[1]):
        s, u, w = _in_gate(p, course, g)
        ahead = s >= 0.0
        k, i = np.nonzero((ahead[1:] != ahead[:-1]) & np.isfinite(s[1:]) & np.isfinite(s[:-1]))
        share = s[k, i] / (s[k, i] - s[k + 1, i])
        across = _size(_between(u, k, i, share), _between(w, k, i, share), course.round[g])
        inside = across <= course.counted_share[g] * course.half_opening_m[g]
        at = times[k] + share * (times[k + 1] - times[k])
        for time, drone, forward in zip(
            at[inside].tolist(), i[inside].tolist(), ahead[k + 1, i][inside].tolist(), strict=True
        ):
            events[drone].append((time, g, forward))
    return events


def _contacts(times: Array, p: Array, course: Course, radius: float) -> Iterator[Array]:
    """First instant of each reason but the first, infinite where there is none, each (N,)."""
    yield _ground(times, p, course, radius)
    yield _room(times, p, course)
    gates = range(course.position_m.shape[1])
    none = np.full(p.shape[1], np.inf)
    yield _earliest(none, (_frame(times, p, course, g, radius) for g in gates if course.solid[g]))
    posts = (
        _cylinder(
            times, p, course.position_m[:, g, :2], course.post_radius_m[g] + radius,
            course.position_m[:, g, 2] - course.half_outer_m[g],
        )
        for g in gates if course.post_radius_m[g] > 0.0
    )  # fmt: skip
    yield _earliest(none, posts)
    poles = (
        _cylinder(times, p, pole[:, :2], pole[:, 2] + radius, pole[:, 3] + radius)
        for pole in np.moveaxis(course.poles, 1, 0)
    )
    yield _earliest(none, poles)


def _ground(times: Array, p: Array, course: Course, radius: float) -> Array:
    floor = course.room_m[0, 2]
    z = p[:, :, 2] - floor
    flown = np.logical_or.accumulate(z > 2.0 * radius, axis=0) | (z[0] >= radius)
    landed = _first_below(times, np.where(flown, z - radius, np.inf), z - radius)
    under = _first_below(times, z + _UNDER_FLOOR_M, z + _UNDER_FLOOR_M)
    return np.minimum(landed, under)


def _room(times: Array, p: Array, course: Course) -> Array:
    low, high = course.room_m
    slack = [high[2] - p[:, :, 2]]
    for axis in (0, 1):
        slack += [p[:, :, axis] - low[axis], high[axis] - p[:, :, axis]]
    out: Array = np.min([_first_below(times, x, x) for x in slack], axis=0)
    return out


def _first_below(times: Array, judged: Array, value: Array) -> Array:
    """When `value` first goes below 0 where `judged` is at fault, by straight lines, (N,)."""
    bad = judged < 0.0
    k, i = np.argmax(bad, axis=0), np.arange(bad.shape[1])
    before = np.maximum(k - 1, 0)
    fall = value[before, i] - value[k, i]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where((fall > 0.0) & np.isfinite(fall), value[before, i] / fall, 1.0)
    at = times[before] + np.clip(share, 0.0, 1.0) * (times[k] - times[before])
    return np.where(bad.any(axis=0), at, np.inf)


def _frame(times: Array, p: Array, course: Course, g: int, radius: float) -> Array:
    """First instant at which a drone touches the frame of gate g, (N,)."""
    s, u, w = _in_gate(p, course, g)
    deep, outer = course.half_depth_m[g] + radius, course.half_outer_m[g] + radius
    inner = course.half_opening_m[g] - radius
    k, i = sweep.near(s, u, w, (deep, outer, outer))
    lines = [(x[k, i], x[k + 1, i] - x[k, i]) for x in (s, u, w)]
    start, end = np.zeros(len(k)), np.ones(len(k))
    start, end = sweep.cut(start, end, *sweep.slab(*lines[0], deep))
    start, end = sweep.cut(start, end, *sweep.within(lines[1], lines[2], outer, course.round[g]))
    # Between `start` and `end` the way lies in the grown block; where it leaves the shrunk hole,
    # or where it comes in beside it, it touches.
    hole_in, hole_out = sweep.within(lines[1], lines[2], inner, course.round[g], shut=False)
    in_hole = (hole_in <= start) & (start < hole_out)
    touch = np.where(in_hole, np.where(hole_out <= end, hole_out, np.inf), start)
    touch = np.where(start <= end, touch, np.inf)
    return sweep.first(times, k, i, touch, p.shape[1])


def _cylinder(
    times: Array, p: Array, axis: Array, reach: Array | float, top: Array | float
) -> Array:
    """First instant within `reach` of a vertical axis (N or 1, 2) below `top`, (N,)."""
    reach = np.broadcast_to(np.asarray(reach, np.float64), p.shape[1:2])
    top = np.broadcast_to(np.asarray(top, np.float64), p.shape[1:2])
    x, y = p[:, :, 0] - axis[:, 0], p[:, :, 1] - axis[:, 1]
    low = np.minimum(p[1:, :, 2], p[:-1, :, 2]) <= top
    k, i = sweep.near(x, y, np.zeros_like(x), (reach, reach, reach))
    keep = low[k, i]
    k, i = k[keep], i[keep]
    x_line, y_line = ((q[k, i], q[k + 1, i] - q[k, i]) for q in (x, y))
    start, end = sweep.cut(np.zeros(len(k)), np.ones(len(k)), *sweep.disc(x_line, y_line, reach[i]))
    z, dz = p[k, i, 2], p[k + 1, i, 2] - p[k, i, 2]
    start, end = sweep.cut(start, end, *sweep.half_line(z, dz, top[i]))
    return sweep.first(times, k, i, np.where(start <= end, start, np.inf), p.shape[1])


def _earliest(none: Array, instants: Iterator[Array]) -> Array:
    out: Array = np.min([none, *instants], axis=0)
    return out


def _in_gate(p: Array, course: Course, g: int) -> tuple[Array, Array, Array]:
    """Coordinates s, u, w of every sample, each of shape (T, N)."""
    c, s = np.cos(course.yaw_rad[:, g]), np.sin(course.yaw_rad[:, g])
    x, y, z = np.moveaxis(p - course.position_m[:, g], 2, 0)
    return c * x + s * y, -s * x + c * y, z


def _size(u: Array, w: Array, round_: bool) -> Array:
    out: Array = np.hypot(u, w) if round_ else np.maximum(np.abs(u), np.abs(w))
    return out


def _between(q: Array, k: NDArray[np.intp], i: NDArray[np.intp], share: Array) -> Array:
    out: Array = q[k, i] + share * (q[k + 1, i] - q[k, i])
    return out


def _drones(course: Course, start: int, end: int) -> Course:
    """The course of some of the drones; what all share is kept as it is."""
    own = {"position_m", "yaw_rad", "poles", "first_gate"}
    values = {f.name: getattr(course, f.name) for f in fields(Course)}
    for name in own:
        if len(values[name]) > 1:
            values[name] = values[name][start:end]
    return Course(**values)


def _check(times: Array, state: NDArray[np.floating], course: Course) -> None:
    if times.ndim != 1 or len(times) < 2 or not (np.diff(times) > 0.0).all():
        raise ValueError(f"times: expected rising times (T ≥ 2,), got shape {times.shape}.")
    if state.ndim != 3 or len(state) != len(times) or state.shape[2] < 3:
        raise ValueError(f"states: expected ({len(times)}, N, ≥ 3), got {state.shape}.")
    gates = course.position_m.shape[1] if course.position_m.ndim == 3 else 0
    counts = {len(getattr(course, name)) for name in ("position_m", "yaw_rad", "poles")}
    if not gates or counts - {1, state.shape[1]}:
        raise ValueError(
            f"course: expected gates and poles of {state.shape[1]} drones or of one for all,"
            f" got {course.position_m.shape} and {course.poles.shape}."
        )
