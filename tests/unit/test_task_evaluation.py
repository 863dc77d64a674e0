# SPDX-License-Identifier: Apache-2.0
"""`martlet eval` for a task without a referee; test_tutorial.py has a task of its own."""

from dataclasses import replace
from pathlib import Path

import pytest

from martlet.errors import UsageError
from martlet.eval_order import Order
from martlet.task_evaluation import fly_task_order


@pytest.fixture
def order(policy_path):
    return Order(policy_path, "track", 32, 5)


def test_a_pilot_is_judged_by_how_its_episodes_end(order):
    easy = ("references.hover=1", "references.lemniscate=0", "references.lissajous=0",
            "start.position_m=0.1", "start.tilt_rad=0.1", "episode.max_steps=100",
            "randomization={}")  # fmt: skip
    calm = fly_task_order(replace(order, changes=easy))
    assert calm["episodes"] == 32
    assert calm["failed_rate"] == 0.0
    lost = fly_task_order(replace(order, changes=(*easy, "episode.max_distance_m=0.01")))
    assert lost["failed_rate"] == 1.0
    assert lost["episode_return"] < calm["episode_return"]
    assert fly_task_order(replace(order, changes=easy, seed=6)) != calm


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"policy": None}, "expected a policy file"),
        ({"task": "circle"}, "expected a policy for task 'circle', got one for track"),
        ({"episodes": 0}, "expected at least 1, got 0"),
        ({"baselines": ("stock",)}, "no referee"),
        ({"render": Path("page.png")}, "no referee"),
        ({"level": 0}, "neither --track nor --level for task 'track'"),
    ],
)
def test_what_cannot_be_judged_is_refused(order, change, words):
    with pytest.raises(UsageError, match=words):
        fly_task_order(replace(order, **change))
