# SPDX-License-Identifier: Apache-2.0
"""The race referee against a slow one, written apart: thousands of random ways."""

import dataclasses

import numpy as np
import pytest
from race_courses import random_course

from evaluation import race_referee
from evaluation.race_referee import Course, score_race

# The slow referee: walks along each straight in small steps and looks where the drone is.

STEPS = 4000


def touches(q: np.ndarray, what: Course, i: int, g: int, radius: float) -> np.ndarray:
    """Whether points q (M, 3) touch the frame of gate g."""
    c, s = np.cos(what.yaw_rad[i, g]), np.sin(what.yaw_rad[i, g])
    local = (q - what.position_m[i, g]) @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])
    along, u, w = np.abs(local).T
    size = np.hypot(u, w) if what.round[g] else np.maximum(u, w)
    near = (along <= what.half_depth_m[g] + radius) & (size <= what.half_outer_m[g] + radius)
    return near & (size >= what.half_opening_m[g] - radius)


def in_pole(q: np.ndarray, x, y, reach, top) -> np.ndarray:
    return (np.hypot(q[:, 0] - x, q[:, 1] - y) <= reach) & (q[:, 2] <= top)


def slow_contact(p0, p1, what: Course, i: int, kind: str, radius: float) -> float:
    """Share of the straight at which `kind` is first touched, to within 1 / STEPS."""
    share = np.linspace(0.0, 1.0, STEPS + 1)
    q = p0 + share[:, None] * (p1 - p0)
    hit = np.zeros(len(q), dtype=bool)
    if kind == "pole":
        for x, y, r, h in what.poles[i]:
            hit |= in_pole(q, x, y, r + radius, h + radius)
    for g in range(what.position_m.shape[1]):
        x, y, z = what.position_m[i, g]
        if kind == "frame" and what.solid[g]:
            hit |= touches(q, what, i, g, radius)
        if kind == "post":
            top = z - what.half_outer_m[g]
            hit |= in_pole(q, x, y, what.post_radius_m[g] + radius, top)
    return share[np.argmax(hit)] if hit.any() else np.inf


@pytest.mark.parametrize("rings", [False, True])
def test_contacts_of_thousands_of_straights_agree_with_the_slow_referee(rings: bool) -> None:
    rng = np.random.default_rng(4 + rings)
    count, radius = 1500, 0.05
    what = random_course(rng, count, rings=rings)
    ends = rng.uniform([-1.5, -1.5, 0.2], [1.5, 1.5, 2.0], (2, count, 3))
    found = list(race_referee._contacts(np.array([0.0, 1.0]), ends, what, radius))
    seen = {}
    for kind, instants in zip(("frame", "post", "pole"), found[2:], strict=True):
        slow = [slow_contact(*ends[:, i], what, i, kind, radius) for i in range(count)]
        slow = np.array(slow)
        # A touch shorter than a step of the slow one is the only thing that it may miss.
        brief = np.isinf(slow) & np.isfinite(instants)
        assert brief.sum() <= 0.01 * count
        assert not (np.isinf(instants) & np.isfinite(slow)).any()
        both = np.isfinite(slow) & np.isfinite(instants)
        late = slow[both] - instants[both]
        assert (late >= -1e-9).all()
        assert np.quantile(late, 0.99) <= 1.01 / STEPS
        seen[kind] = both.sum()
    assert min(seen.values()) > 50


def slow_passes(p: np.ndarray, what: Course, i: int, end: float) -> tuple[int, int, float]:
    """Passes, crossings the wrong way and the last pass, gate by gate along one drone's path."""
    passed = wrong = 0
    last, expected = -1.0, int(what.first_gate[i])
    for k in range(len(p) - 1):
        after = 0.0  # share of this straight that has been looked at
        while True:
            c, s = np.cos(what.yaw_rad[i, expected]), np.sin(what.yaw_rad[i, expected])
            begin, stop = (q - what.position_m[i, expected] for q in (p[k], p[k + 1]))
            here, there = (c * q[0] + s * q[1] for q in (begin, stop))
            if (here >= 0) == (there >= 0):
                break
            share = here / (here - there)
            q = begin + share * (stop - begin)
            u, w = -s * q[0] + c * q[1], q[2]
            size = np.hypot(u, w) if what.round[expected] else max(abs(u), abs(w))
            limit = what.counted_share[expected] * what.half_opening_m[expected]
            if share < after or size > limit or k + share > end:
                break
            if there < 0:
                wrong += 1
                break
            passed, last, after = passed + 1, k + share, share
            expected = (expected + 1) % what.position_m.shape[1]
    return passed, wrong, last


def test_passes_of_random_paths_agree_with_the_slow_referee() -> None:
    rng = np.random.default_rng(8)
    count, steps = 300, 200
    what = random_course(rng, count, rings=False)
    what = dataclasses.replace(
        what, solid=np.zeros(3, bool), half_opening_m=np.full(3, 0.6),
        post_radius_m=np.zeros(3), poles=np.zeros((1, 0, 4)),
    )  # fmt: skip
    p = rng.uniform([-1.5, -1.5, 0.5], [1.5, 1.5, 2.0], (steps, count, 3))
    score = score_race(np.arange(steps) * 1.0, p, what)
    passes = 0
    for i in range(count):
        end = score.crash_time_s[i] if score.crashed[i] else np.inf
        expected = slow_passes(p[:, i], what, i, end)
        assert (score.gates_passed[i], score.wrong_way[i]) == expected[:2]
        passes += expected[0]
    assert passes > 300
    assert score.wrong_way.sum() > 50
