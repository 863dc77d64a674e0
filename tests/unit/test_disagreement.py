# SPDX-License-Identifier: Apache-2.0
"""A warning where reward rises and the referee's score does not, and none elsewhere."""

import numpy as np
import pytest

from training.disagreement import Disagreement


def warnings(rewards, scores):
    said = []
    watch = Disagreement(said.append)
    flags = [watch.note(r, s, best=1.0) for r, s in zip(rewards, scores, strict=True)]
    return flags, said


def test_reward_that_rises_past_a_score_that_stands_is_said_once():
    flags, said = warnings([0, 1, 2, 3, 4, 5, 6], [0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6])
    assert flags == [False] * 4 + [True] * 3
    assert len(said) == 1
    assert "\n" not in said[0]
    assert "reward rose by 3 a step over 3 verdicts" in said[0]
    assert "score went from 0.60 to 0.60" in said[0]


def test_it_is_said_again_after_the_score_has_moved():
    scores = [0.5, 0.5, 0.5, 0.5, 0.5, 0.7, 0.7, 0.7, 0.7, 0.7]
    flags, said = warnings(range(10), scores)
    assert flags == [False] * 4 + [True] + [False] * 3 + [True] * 2
    assert len(said) == 2


def test_a_score_that_falls_is_said():
    _, said = warnings([0, 1, 2, 3, 4], [0.6, 0.6, 0.5, 0.4, 0.3])
    assert len(said) == 1


@pytest.mark.parametrize(
    ("rewards", "scores"),
    [
        ([-3, -1, 0, 0.5, 0.8, 0.9], [0.0, 0.2, 0.5, 0.7, 0.8, 0.85]),  # both rise
        ([-3, 0, 0.9, 0.95, 0.97, 0.98], [0.0, 0.5, 0.8, 0.8, 0.8, 0.8]),  # both have arrived
        ([3, 2, 1, 0, -1, -2], [0.5] * 6),  # reward falls
        ([0, 1, 2, 3, 4, 5], [0.99] * 6),  # there is nothing left to gain
        ([0, 1, 2, 3], [0.0] * 4),  # too early to say
    ],
)
def test_no_false_alarm(rewards, scores):
    assert warnings(rewards, scores)[1] == []


def test_no_false_alarm_where_a_run_as_recorded_scatters():
    """A reward that nears its end, a score whose verdicts scatter as those of 64 drones do."""
    rng = np.random.default_rng(0)
    t = np.arange(10)
    for _ in range(500):
        rewards = 1.0 - 3.0 * np.exp(-t / 1.5) + 0.005 * rng.standard_normal(10)
        scores = 0.85 - 0.8 * np.exp(-t / 2.0) + 0.005 * rng.standard_normal(10)
        assert warnings(rewards, scores)[1] == []
