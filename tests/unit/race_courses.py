# SPDX-License-Identifier: Apache-2.0
"""Courses that can be worked out on paper, and one drone along points on them."""

import numpy as np

from evaluation import race_referee
from evaluation.race_referee import CRASH_REASONS, Course, score_race


def course(**changes) -> Course:
    """One square gate of ±0.2 m inside and ±0.36 m outside, 1 m up at the origin, facing +x."""
    values = {
        "position_m": np.array([[[0.0, 0.0, 1.0]]]),
        "yaw_rad": np.zeros((1, 1)),
        "half_opening_m": np.array([0.2]),
        "round": np.array([False]),
        "half_outer_m": np.array([0.36]),
        "half_depth_m": np.array([0.01]),
        "solid": np.array([True]),
        "post_radius_m": np.array([0.0]),
        "counted_share": np.array([1.0]),
        "poles": np.zeros((1, 0, 4)),
        "room_m": np.array([[-5.0, -5.0, 0.0], [5.0, 5.0, 3.0]]),
        "laps": 1,
        "first_gate": np.array([0]),
    }
    return Course(**(values | changes))


def two_gates(**changes) -> Course:
    """The same, and a second one a metre on."""
    doubled = {
        name: np.repeat(getattr(course(), name), 2)
        for name in ("half_opening_m", "round", "half_outer_m", "half_depth_m", "solid",
                     "post_radius_m", "counted_share")
    }  # fmt: skip
    places = np.array([[[0.0, 0.0, 1.0], [1.0, 0.0, 1.0]]])
    return course(position_m=places, yaw_rad=np.zeros((1, 2)), **(doubled | changes))


def fly(points, what: Course, times=None, radius: float = 0.05) -> race_referee.RaceScore:
    """One drone along the points, a second apart."""
    p = np.array(points, dtype=np.float64)[:, None, :]
    return score_race(np.arange(len(p)) * 1.0 if times is None else times, p, what, radius)


def reason(score) -> str:
    return CRASH_REASONS[score.crash_reason[0]]


def random_course(rng: np.random.Generator, count: int, *, rings: bool) -> Course:
    shape = (count, 3)
    return course(
        position_m=rng.uniform([-1, -1, 0.9], [1, 1, 1.5], (*shape, 3)),
        yaw_rad=rng.uniform(-4, 4, shape),
        half_opening_m=rng.uniform(0.15, 0.3, 3),
        round=np.array([rings, not rings, rings]),
        half_outer_m=rng.uniform(0.3, 0.4, 3),
        half_depth_m=rng.uniform(0.01, 0.1, 3),
        solid=np.array([True, True, False]),
        post_radius_m=rng.uniform(0.02, 0.1, 3),
        counted_share=rng.uniform(0.7, 1.0, 3),
        poles=rng.uniform([-1, -1, 0.02, 0.5], [1, 1, 0.1, 2], (count, 2, 4)),
        first_gate=rng.integers(3, size=count),
        laps=0,
    )
