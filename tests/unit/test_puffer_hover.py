# SPDX-License-Identifier: Apache-2.0
"""PufferLib's hover, flown by its definition."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from sample_policy import ENVIRONMENT

from evaluation import puffer_hover as room
from evaluation.puffer_hover import fly_puffer_hover, in_ball
from policy_export.runtime import PolicyRunner
from sim_core.tasks import TrackTask


class LetsGo:
    """A pilot that commands the least thrust there is, and keeps what it was told."""

    def __init__(self) -> None:
        self.goals: list[np.ndarray] = []
        self.first: list[np.ndarray] = []

    def start(self, task: Sequence[TrackTask], controlled: Sequence[int]) -> "LetsGo":
        assert len(task) == len(controlled)
        self.goals.append(np.array([each.reference.position(9.9) for each in task]))
        self.first.append(np.empty(0))
        return self

    def command(self, state: np.ndarray, dt: float) -> np.ndarray:
        if dt == 0.0:
            self.first[-1] = state.copy()
        return np.tile(np.array([0.05, 0.0, 0.0, 0.0], np.float32), (len(state), 1))


def test_ball_is_filled_evenly() -> None:
    points = in_ball(20_000, seed=1)
    radius = np.linalg.norm(points, axis=1)
    assert 4.99 < radius.max() <= 5.0
    assert radius.mean() == pytest.approx(3.75, abs=0.02)  # 3/4 of the ball's
    np.testing.assert_allclose(points.mean(axis=0), 0.0, atol=0.06)
    assert not np.array_equal(points, in_ball(20_000, seed=2))


def test_drones_begin_at_rest_and_level_in_the_ball_about_their_goals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "CHUNK", 8)
    pilot = LetsGo()
    fly_puffer_hover(pilot, ENVIRONMENT, 20, seed=3)
    assert [len(goals) for goals in pilot.goals] == [8, 8, 4]
    goals, begun = np.concatenate(pilot.goals), np.concatenate(pilot.first)
    assert len(np.unique(goals, axis=0)) == 20
    offset = np.linalg.norm(begun[:, :3] - goals, axis=1)
    assert 1.0 < offset.mean() <= offset.max() < 5.1
    assert np.abs(begun[:, 7:13]).max() < 0.2  # the estimate's noise
    assert np.abs(begun[:, 3:5]).max() < 0.05


def test_drones_that_stray_score_next_to_nothing() -> None:
    found = fly_puffer_hover(LetsGo(), ENVIRONMENT, 16, seed=1)
    assert found["hover_strayed"] == 1.0
    assert found["hover_perf"] is not None
    assert 0.0 < found["hover_perf"] < 0.1


def test_a_policy_that_hovers_scores_high_at_its_goals(
    policy_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "BALL_M", 1.0)
    found = fly_puffer_hover(PolicyRunner(policy_path), ENVIRONMENT, 32, seed=1)
    assert found["hover_strayed"] == 0.0
    assert found["hover_perf"] is not None
    assert 0.5 < found["hover_perf"] < 1.0


def test_weak_drones_alone_leave_no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "WEAK", 99.0)
    monkeypatch.setattr(room, "STEPS", 3)
    found = fly_puffer_hover(LetsGo(), ENVIRONMENT, 2, seed=1)
    assert found == {"hover_perf": None, "hover_strayed": None}
