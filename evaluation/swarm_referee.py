# SPDX-License-Identifier: Apache-2.0
"""The referee of swarms. Reads like the rules; knows recorded positions and slots alone.

Everything is float64 numpy. Nothing of ours is imported, above all no reward and no task logic. A
drone is taken to fly straight from each sample to the next; distances between drones are exact on
those straights, however long they are: the square of a distance is then a parabola in time, so that
each pair is nearest at a sample or at the parabola's bottom, and farthest at a sample.

    separation  distance of a pair, centre to centre                                          [m]
    collision   a pair comes below `collision_m`; the same pair collides again only after it has
                been above `apart_m`: one approach is one collision, however it trembles
    crashed     at the first sample with one of
                  - not finite: a number that is none
                  - ground: below floor_m after having been above twice that, or having begun above
                  - lost: farther than `lost_m` from its slot
                from the next sample on a crashed drone is out: it neither collides nor counts
    settled     a sample before which the slot has not jumped for `settle_s`; a slot jumps where it
                moves faster than `jump_m_s`, and the begin of the recording is a jump, too
    slot error  mean over settled samples of the distance between drone and slot              [m]
    clean       a world in which no pair collided and no drone crashed

`settle_s` is 2.5 s: across a circle of 0.9 m, the widest that slots are swapped on, it is 1.8 m;
speeding up and braking at 2 m/s² (11° of tilt) takes 1.9 s of it, and 0.6 s are left to come to
rest. Longer jumps need longer: a world may have its own.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.joined import joined

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Counts = NDArray[np.int64]

CRASH_REASONS = ("none", "not finite", "ground", "lost")
"""What `SwarmScore.crash_reason` counts."""

PAIRS_AT_ONCE = 512
"""Pairs judged at once: of 1500 samples some 60 MB of intermediate numbers."""


@dataclass(frozen=True)
class Rules:
    """The numbers in the rules above.

    Attributes:
        collision_m: A Crazyflie 2.1 is 0.092 m from motor to motor across: below this, props meet
            however the two are turned.
        apart_m: Half as far again.  # guess
        floor_m: A drone that stands has its centre some 0.015 m up.
        lost_m: A room's width away from where it should be.  # guess
        jump_m_s: A slot that moves faster asks for what no drone of this size flies indoors.
    """

    collision_m: float = 0.10
    apart_m: float = 0.15
    floor_m: float = 0.02
    lost_m: float = 4.0
    jump_m_s: float = 5.0


RULES = Rules()


@dataclass(frozen=True, eq=False)
class SwarmScore:
    """What the referee found in W worlds of N drones.

    Attributes:
        collided: Whether any pair did, shape (W,).
        collisions: How often, shape (W,).
        collision_time_s: First instant below the collision distance, on the recording's clock; not
            a number without a collision, shape (W,).
        separation_m: The smallest of all pairs at all times, shape (W,); infinite without a pair
            of numbers.
        separation_time_s: When that was, shape (W,).
        separation_pair: Of which drones of the world, the lower number first, shape (W, 2).
        crashed: Shape (W, N).
        crash_time_s: Not a number without a crash, shape (W, N).
        crash_reason: Index into `CRASH_REASONS`, shape (W, N).
        slot_error_m: Infinite of a drone that crashed; not a number where no sample was settled,
            shape (W, N).
    """

    collided: Flags
    collisions: Counts
    collision_time_s: Array
    separation_m: Array
    separation_time_s: Array
    separation_pair: Counts
    crashed: Flags
    crash_time_s: Array
    crash_reason: Counts
    slot_error_m: Array

    @property
    def clean(self) -> Flags:
        """Worlds without any collision or crash, shape (W,)."""
        return ~self.collided & ~self.crashed.any(axis=1)


def score_swarm(
    times_s: ArrayLike,
    states: ArrayLike,
    slots_m: ArrayLike,
    settle_s: ArrayLike = 2.5,
    rules: Rules = RULES,
) -> SwarmScore:
    """Judge worlds of drones.

    Args:
        times_s: When the states were taken, rising, shape (T,).
        states: Rows that begin with p_WB [m; W], shape (T, W, N, 3 or more); any float type.
        slots_m: Where each drone should have been [m; W], shape (T, W, N, 3).
        settle_s: See above; one for all or one for each world, shape (W,).
        rules: The numbers in the rules.

    Raises:
        ValueError: Shapes that disagree, fewer than two drones, or times that do not rise.
    """
    times, state, slots = np.asarray(times_s, np.float64), np.asarray(states), np.asarray(slots_m)
    _check(times, state, slots)
    worlds, drones = state.shape[1:3]
    settle = np.broadcast_to(np.asarray(settle_s, np.float64), worlds)
    step = max(1, PAIRS_AT_ONCE // (drones * (drones - 1) // 2))
    parts = [
        _judge(times, state[:, w : w + step], slots[:, w : w + step], settle[w : w + step], rules)
        for w in range(0, worlds, step)
    ]
    return joined(parts)


def _judge(
    times: Array,
    state: NDArray[np.floating],
    slots: NDArray[np.floating],
    settle: Array,
    rules: Rules,
) -> SwarmScore:
    """The rules on a few worlds."""
    p, goal = state[..., :3].astype(np.float64), slots.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.linalg.norm(p - goal, axis=3)
    reason, crash = _crashes(np.isfinite(state).all(axis=3), p[..., 2], error, rules)
    crashed = reason > 0
    p[np.arange(len(times))[:, None, None] > np.where(crashed, crash, len(times))] = np.nan
    p[~np.isfinite(state).all(axis=3)] = np.nan

    settled = _settled(times, goal, settle, rules)
    count = settled.sum(axis=0)
    mean = np.where(settled, error, 0.0).sum(axis=0) / np.where(count, count, np.nan)
    return SwarmScore(
        **_approaches(times, p, rules),
        crashed=crashed,
        crash_time_s=np.where(crashed, times[crash], np.nan),
        crash_reason=reason,
        slot_error_m=np.where(crashed, np.inf, mean),
    )


def _crashes(whole: Flags, z: Array, error: Array, rules: Rules) -> tuple[Counts, Counts]:
    """The first rule broken, and at which sample; each (W, N)."""
    flown = np.logical_or.accumulate(z > 2.0 * rules.floor_m, axis=0) | (z[0] >= rules.floor_m)
    broken = np.stack([~whole, flown & (z < rules.floor_m), error > rules.lost_m])
    at_fault = broken.any(axis=0)
    first = np.argmax(at_fault, axis=0)
    rule = np.argmax(np.take_along_axis(broken, first[None, None], axis=1)[:, 0], axis=0)
    return np.where(at_fault.any(axis=0), rule + 1, 0), first


def _settled(times: Array, slots: Array, settle: Array, rules: Rules) -> Flags:
    """Samples that count for the slot error, (T, W, N)."""
    moved = np.linalg.norm(np.diff(slots, axis=0), axis=3)
    last_jump = np.full(slots.shape[:3], times[0])
    fast = moved > rules.jump_m_s * np.diff(times)[:, None, None]
    last_jump[1:] = np.where(fast, times[1:, None, None], times[0])
    last_jump = np.maximum.accumulate(last_jump, axis=0)
    since = times[:, None, None] - last_jump
    out: Flags = since >= settle[:, None] - 1e-6  # a microsecond of rounding
    return out


def _approaches(times: Array, p: Array, rules: Rules) -> dict[str, Any]:
    """Collisions and smallest separations of p (T, W, N, 3), by the fields' names."""
    one, two = np.triu_indices(p.shape[2], 1)
    r = p[:, :, one] - p[:, :, two]  # (T, W, P, 3)
    at = np.einsum("...i,...i", r, r)
    change = np.diff(r, axis=0)
    a = np.einsum("...i,...i", change, change)
    b = np.einsum("...i,...i", change, r[:-1])
    share = np.clip(np.where(a > 0.0, -b / np.where(a > 0.0, a, 1.0), 0.0), 0.0, 1.0)
    dip = np.maximum(at[:-1] + share * (2.0 * b + share * a), 0.0)
    # Samples and the bottoms between them, in the order of time; squares of distances.
    track = np.full((2 * len(at) - 1, *at.shape[1:]), np.inf)
    track[0::2], track[1::2] = at, dip
    track = np.where(np.isnan(track), np.inf, track)

    worlds, pairs = track.shape[1:]
    lowest = track.transpose(1, 0, 2).reshape(worlds, -1)
    step, pair = np.divmod(np.argmin(lowest, axis=1), pairs)
    k, w = step // 2, np.arange(worlds)
    between = np.where(step % 2 == 1, share[np.minimum(k, len(share) - 1), w, pair], 0.0)
    later = times[np.minimum(k + 1, len(times) - 1)]
    hits, first = _collisions(times, track, at, a, b, rules)
    return {
        "collided": hits > 0,
        "collisions": hits,
        "collision_time_s": first,
        "separation_m": np.sqrt(lowest.min(axis=1)),
        "separation_time_s": times[k] + between * (later - times[k]),
        "separation_pair": np.stack([one[pair], two[pair]], axis=1),
    }


def _collisions(
    times: Array, track: Array, at: Array, a: Array, b: Array, rules: Rules
) -> tuple[Counts, Array]:
    """How often pairs of each world collided, and when the first did, each (W,)."""
    limit = rules.collision_m**2
    hits = np.zeros(track.shape[1], np.int64)
    first = np.full(track.shape[1], np.nan)
    for w, pair in zip(*np.nonzero((track < limit).any(axis=0)), strict=True):
        way = track[:, w, pair]
        hits[w] += _approaches_of(way, limit, rules.apart_m**2)
        step = int(np.argmax(way < limit))
        k, when = step // 2, times[step // 2]
        if step % 2:  # between two samples: where the parabola goes through the limit
            a_, b_, c_ = a[k, w, pair], b[k, w, pair], at[k, w, pair] - limit
            share = (-b_ - np.sqrt(max(b_**2 - a_ * c_, 0.0))) / a_
            when = times[k] + share * (times[k + 1] - times[k])
        first[w] = np.fmin(first[w], when)
    return hits, first


def _approaches_of(way: Array, near: float, far: float) -> int:
    """How often `way` comes below `near`, having been above `far` in between."""
    said = np.where(way < near, 1, np.where(way > far, 2, 0))
    said = said[said > 0]
    return int(((said == 1) & np.concatenate([[True], said[:-1] == 2])).sum())


def _check(times: Array, state: NDArray[np.floating], slots: NDArray[np.floating]) -> None:
    if times.ndim != 1 or len(times) < 2 or not (np.diff(times) > 0.0).all():
        raise ValueError(f"times: expected rising times (T ≥ 2,), got shape {times.shape}.")
    if state.ndim != 4 or len(state) != len(times) or state.shape[3] < 3:
        raise ValueError(f"states: expected ({len(times)}, W, N, ≥ 3), got {state.shape}.")
    if state.shape[2] < 2:
        raise ValueError(f"states: expected at least 2 drones a world, got {state.shape[2]}.")
    if slots.shape != (*state.shape[:3], 3):
        raise ValueError(f"slots: expected {(*state.shape[:3], 3)}, got {slots.shape}.")
