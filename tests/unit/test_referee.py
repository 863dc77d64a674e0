# SPDX-License-Identifier: Apache-2.0
"""The referee against flights whose figures can be worked out on paper."""

import ast
import dataclasses
from pathlib import Path

import numpy as np
import pytest

from evaluation import referee
from evaluation.referee import CRASH_REASONS, HOVERING, TRACKING, score_tracking, tilt

TIMES = np.arange(601) * 0.01
GOAL = np.array([0.0, 0.0, 1.0])


def still(count: int = 1) -> np.ndarray:
    """Drones that stand at the goal, upright, for six seconds."""
    states = np.zeros((len(TIMES), count, 13))
    states[:, :, 0:3] = GOAL
    states[:, :, 6] = 1.0
    return states


def score(states: np.ndarray, window=(0.0, 6.0), rules=TRACKING) -> referee.Score:
    return score_tracking(TIMES, states, np.tile(GOAL, (len(TIMES), 1)), window, rules)


def test_score_constant_offset_is_every_error() -> None:
    states = still(2)
    states[:, 1, 0:3] += [0.03, 0.04, 0.0]
    found = score(states)
    np.testing.assert_allclose(found.rmse_m, [0.0, 0.05], atol=1e-15)
    np.testing.assert_allclose(found.settled_error_m, [0.0, 0.05], atol=1e-15)
    np.testing.assert_allclose(found.max_error_m, [0.0, 0.05], atol=1e-15)
    assert found.success.all()


def test_rmse_error_of_two_sizes_is_their_quadratic_mean() -> None:
    states = still()
    states[::2, 0, 0] += 0.1  # 301 of 601 samples
    assert score(states).rmse_m[0] == pytest.approx(0.1 * np.sqrt(301 / 601))


def test_settled_error_only_the_last_three_seconds_count() -> None:
    states = still()
    states[TIMES < 2.995, 0, 0] += 0.2
    found = score(states)
    assert found.settled_error_m[0] == 0.0
    assert found.max_error_m[0] == pytest.approx(0.2)


def test_window_errors_outside_do_not_count() -> None:
    states = still()
    states[TIMES < 1.995, 0, 1] += 0.25
    states[TIMES > 5.005, 0, 1] += 0.25
    assert score(states, (2.0, 5.0)).max_error_m[0] == 0.0
    assert score(states, (1.9, 5.0)).max_error_m[0] == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("reason", "entry", "value"),
    [
        ("not finite", 9, np.nan),
        ("not finite", 0, np.inf),
        ("floor", 2, 0.0149),
        ("lost", 0, 3.001),
        ("upset", slice(3, 7), [np.sin(0.8), 0.0, 0.0, np.cos(0.8)]),  # tilted by 1.6 rad
        ("upset", slice(3, 7), [0.0, 0.0, 0.0, 0.0]),  # no rotation at all
    ],
)
def test_crash_one_sample_at_fault_ends_the_flight(reason: str, entry, value) -> None:
    states = still(2)
    states[350, 1, entry] = value
    found = score(states)
    assert found.crashed.tolist() == [False, True]
    assert [CRASH_REASONS[i] for i in found.crash_reason] == ["none", reason]
    assert np.isnan(found.crash_time_s[0])
    assert found.crash_time_s[1] == pytest.approx(3.5)
    for errors in (found.rmse_m, found.settled_error_m, found.max_error_m):
        assert errors.tolist() == [0.0, np.inf]
    assert found.success.tolist() == [True, False]


def test_crash_within_every_limit_is_none() -> None:
    states = still()
    states[100, 0, 2] = 0.0151
    states[200, 0, 0] = 2.999
    states[300, 0, 3:7] = [0.0, np.sin(0.78), 0.0, np.cos(0.78)]  # 1.56 rad
    assert not score(states).crashed[0]


def test_crash_two_faults_the_first_is_named() -> None:
    states = still()
    states[400:, 0, 2] = -1.0
    states[300:, 0, 0] = 4.0
    found = score(states)
    assert CRASH_REASONS[found.crash_reason[0]] == "lost"
    assert found.crash_time_s[0] == pytest.approx(3.0)


def test_crash_before_the_window_counts() -> None:
    states = still()
    states[10, 0, 2] = 0.0
    assert score(states, (3.0, 6.0)).crashed[0]


@pytest.mark.parametrize(
    ("entry", "value", "at", "success"),
    [
        (0, 0.101, 4.5, False),  # too far within the last two seconds
        (0, 0.099, 4.5, True),
        (0, 0.500, 3.9, True),  # far before them
        (8, 0.21, 4.5, False),  # too fast
        (8, 0.19, 4.5, True),
    ],
)
def test_success_hovering_means_near_and_steady_for_the_last_two_seconds(
    entry: int, value: float, at: float, success: bool
) -> None:
    states = still()
    states[np.argmin(np.abs(TIMES - at)), 0, entry] = value
    assert score(states, rules=HOVERING).success[0] == success


def test_success_tracking_means_never_farther_than_allowed() -> None:
    states = still(2)
    states[50, :, 0] = [0.299, 0.301]
    assert score(states).success.tolist() == [True, False]


@pytest.mark.parametrize("angle", [0.0, 0.3, 1.0, np.pi / 2, 2.5, np.pi])
@pytest.mark.parametrize("axis", [(1.0, 0.0), (0.0, 1.0), (0.6, 0.8)])
def test_tilt_about_a_level_axis_is_the_angle(angle: float, axis: tuple[float, float]) -> None:
    half = angle / 2
    q = np.array([np.sin(half) * axis[0], np.sin(half) * axis[1], 0.0, np.cos(half)])
    assert tilt(q) == pytest.approx(angle, abs=1e-7)
    assert tilt(-q) == pytest.approx(angle, abs=1e-7)


def test_tilt_yaw_alone_is_level() -> None:
    assert tilt(np.array([0.0, 0.0, np.sin(1.0), np.cos(1.0)])) == 0.0


def test_score_one_drone_alone_equals_one_of_many() -> None:
    rng = np.random.default_rng(1)
    states = still(5)
    states[:, :, 0:3] += 0.1 * rng.normal(size=(len(TIMES), 5, 3))
    many = score(states)
    for i in range(5):
        one = score(states[:, i])
        for field in dataclasses.fields(one):
            np.testing.assert_allclose(
                getattr(one, field.name)[0], getattr(many, field.name)[i], rtol=1e-12
            )


@pytest.mark.parametrize(
    ("times", "shape", "reference", "window", "sentence"),
    [
        (TIMES[::-1], (601, 1, 13), (601, 3), (0, 6), "rising times"),
        (TIMES[:0], (0, 1, 13), (0, 3), (0, 6), "rising times"),
        (TIMES, (600, 1, 13), (601, 3), (0, 6), r"expected \(601, N, 13\)"),
        (TIMES, (601, 1, 12), (601, 3), (0, 6), r"expected \(601, N, 13\)"),
        (TIMES, (601, 4, 13), (601, 3, 3), (0, 6), "4 or 1, 3"),
        (TIMES, (601, 1, 13), (601, 3), (7, 9), "window: expected samples from 7"),
    ],
)
def test_score_recording_that_does_not_fit_is_refused(
    times, shape, reference, window, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        score_tracking(times, np.ones(shape), np.ones(reference), window)


def test_referee_imports_numpy_alone() -> None:
    tree = ast.parse(Path(referee.__file__).read_text())
    roots = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            roots.add((node.module or "").split(".")[0])
    assert roots == {"dataclasses", "numpy"}
