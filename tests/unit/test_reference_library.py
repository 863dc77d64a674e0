# SPDX-License-Identifier: Apache-2.0
"""The paths of training: shapes, shares, limits, and a function of seed and number alone."""

from dataclasses import replace

import numpy as np
import pytest

from sim_core.environment import load_environment
from sim_core.reference_library import draw_references

SETTINGS = load_environment("track").references
PATHS = draw_references(SETTINGS, 12.0, seed=3)
STEP_S = 0.01


def of_kind(hover=0.0, lemniscate=0.0, lissajous=0.0, count=60, seed=0, **changes):
    chosen = replace(
        SETTINGS, hover=hover, lemniscate=lemniscate, lissajous=lissajous, count=count, **changes
    )
    return draw_references(chosen, 12.0, seed)


def test_paths_are_rows_of_float32_at_the_control_rate():
    assert len(PATHS) == SETTINGS.count
    for path in PATHS:
        assert path.dtype == np.float32
        assert path.shape in ((1, 4), (1200, 4))
        assert path.flags.c_contiguous
        assert np.isfinite(path).all()


def test_shares_hold():
    # 256 paths: 30 % of them are 76.8, and so on.
    still = sum(len(path) == 1 for path in PATHS)
    level = sum(len(path) > 1 and np.ptp(path[:, 2]) == 0.0 for path in PATHS)
    assert still == 77
    assert level == 115
    assert len(PATHS) - still - level == 64


def test_a_hover_stands_a_metre_above_the_origin():
    for path in of_kind(hover=1.0):
        assert path[0, :3].tolist() == [0.0, 0.0, 1.0]


def test_a_lemniscate_is_the_published_curve_whatever_its_phase():
    # x = cos, y = sin cos: y^2 = x^2 (1 - x^2).
    ways = []
    for path in of_kind(lemniscate=1.0):
        x, y = path[:, :2].astype(float).T
        assert np.abs(y**2 - x**2 * (1 - x**2)).max() < 1e-6
        assert (path[:, 2] == 1.0).all()
        # y / x^2 is the tangent of the phase, known but for half turns.
        phase = np.unwrap(np.arctan2(y, x**2), period=np.pi)
        rate = np.abs(np.diff(phase)).mean() / STEP_S
        assert 2 * np.pi / 9.0 - 1e-3 <= rate <= 2 * np.pi / 3.2 + 1e-3
        ways.append(np.sign(phase[-1] - phase[0]))
    assert 15 < ways.count(1.0) < 45  # either way round


def test_a_lissajous_curve_keeps_within_its_room():
    for path in of_kind(lissajous=1.0, count=200):
        assert np.abs(path[:, :2]).max() <= 1.2 + 1e-6
        assert np.abs(path[:, 2] - 1.0).max() <= 0.4 + 1e-6


def test_a_lissajous_curve_too_quick_is_slowed_down_to_the_acceleration_limit():
    for path in of_kind(lissajous=1.0, count=50, period_s=(0.5, 1.0)):
        # Each axis is a sine: the peaks of its acceleration, were they to meet, make the limit.
        acceleration = np.diff(path[::5, :3].astype(float), n=2, axis=0) / (5 * STEP_S) ** 2
        peak = np.linalg.norm(np.abs(acceleration).max(axis=0))
        assert peak == pytest.approx(SETTINGS.max_acceleration_m_s2, rel=0.05)


def test_a_path_keeps_one_heading_drawn_within_its_range():
    paths = of_kind(lissajous=1.0, count=200, yaw_rad=0.7)
    yaws = np.array([path[0, 3] for path in paths])
    assert all((path[:, 3] == path[0, 3]).all() for path in paths)
    assert np.abs(yaws).max() <= 0.7
    assert np.ptp(yaws) > 1.3


def test_equal_seeds_draw_equal_paths_and_others_do_not():
    again, other = (draw_references(SETTINGS, 12.0, seed) for seed in (3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(PATHS, again, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(PATHS, other, strict=True))


def test_paths_differ_from_one_another():
    moving = [path for path in PATHS if len(path) > 1]
    assert len({path.tobytes() for path in moving}) == len(moving)


def test_a_path_of_a_number_does_not_depend_on_how_many_there_are():
    few, many = of_kind(lissajous=1.0, count=3), of_kind(lissajous=1.0, count=9)
    assert all(np.array_equal(a, b) for a, b in zip(few, many[:3], strict=True))
