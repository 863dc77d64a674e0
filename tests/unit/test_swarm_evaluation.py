# SPDX-License-Identifier: Apache-2.0
"""`martlet eval` of swarms, over points instead of the simulator."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from swarm_points import Points, Straight

from evaluation import swarms
from evaluation.errors import PictureError
from martlet import swarm_evaluation
from martlet.commands import learning
from martlet.errors import UsageError
from martlet.eval_order import Order
from martlet.evaluation import fly_order
from martlet.race_evaluation import fly_race_order
from martlet.swarm_evaluation import fly_swarm_order
from martlet.task_evaluation import fly_task_order
from policy_export import runtime
from sim_core.environment import load_environment
from sim_core.errors import SettingsError
from sim_core.formations import SCENARIOS


@pytest.fixture
def order(monkeypatch, tmp_path):
    def drawn(tasks, _environment, seed, _threads):
        return Points(tasks, seed)

    monkeypatch.setattr(swarms, "drawn_swarm", drawn)
    monkeypatch.setattr(runtime, "PolicyRunner", lambda *_, **__: Straight())
    monkeypatch.setattr(
        swarm_evaluation,
        "judged_in",
        lambda name, changes, _policy: load_environment(name, changes),
    )
    return Order(tmp_path / "mine.onnx", "swarm", 5, 30, out=tmp_path)


def test_a_mix_is_flown_as_the_task_learns(order):
    told = fly_swarm_order(order)
    assert (told["scenario"], told["drones"], told["episodes"]) == ("mix", 8, 5)
    assert set(told["by_scenario"]) == set(SCENARIOS)
    assert Path(told["worst"]).name == "mine-swarm-worst.npz"
    assert Path(told["worst"]).exists()
    assert "picture" not in told
    four = fly_swarm_order(replace(order, changes=("world.drones=4",), episodes=1))
    assert four["drones"] == 4


def test_a_formation_is_named_by_task_or_scenario(order, tmp_path):
    one = fly_swarm_order(replace(order, task="static", drones=4))
    two = fly_swarm_order(replace(order, scenario="static", drones=4))
    assert Path(one.pop("worst")).name == "mine-static-worst.npz"
    assert two.pop("worst")
    assert one == two
    path = tmp_path / "circle.toml"
    path.write_text('[formation]\nscenario = "turning"\nduration_s = 2.0\n')
    told = fly_swarm_order(replace(order, task=str(path), drones=3, episodes=1))
    assert (told["seconds"], told["drones"], told["collision_free_rate"]) == (2.0, 3, 1.0)


def test_the_command_line_tells_machines(order, martlet, tmp_path):
    words = ["eval", order.policy, "--task", "swarm", "--scenario", "static"]
    words += ["--drones", 4, "--episodes", 2, "--render", tmp_path / "p.png"]
    told = json.loads(martlet(*words, "--json").out)
    assert told["collision_free_rate"] == 1.0
    assert told["min_separation_m"] > 0.2
    assert told["slot_error_m"]["median"] < 0.01
    assert Path(told["picture"]).exists()


def test_help_names_every_scenario():
    for name in SCENARIOS:
        assert f'"{name}"' in (learning.evaluate.__doc__ or "")


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"policy": None}, UsageError, "expected a policy file to fly in a swarm"),
        ({"baselines": ("stock",)}, UsageError, "no --baseline in a swarm"),
        ({"level": 0}, UsageError, "neither --track nor --level for task 'swarm'"),
        ({"task": "static", "scenario": "swapped"}, UsageError, "expected one formation"),
        ({"scenario": "waltz"}, SettingsError, "formation 'waltz'"),
        ({"drones": 1}, SettingsError, "drones: expected 2 to 64, got 1"),
        ({"render": Path("page.jpg")}, PictureError, "expected a .png or .gif file"),
    ],
)
def test_what_cannot_be_flown_is_refused(order, change, error, words):
    with pytest.raises(error, match=words):
        fly_swarm_order(replace(order, **change))


@pytest.mark.parametrize("fly", [fly_order, fly_race_order, fly_task_order])
def test_a_formation_is_of_swarms(order, fly):
    with pytest.raises(UsageError, match="neither --scenario nor --drones for task 'race'"):
        fly(replace(order, task="race", drones=4))
