# SPDX-License-Identifier: Apache-2.0
"""What `martlet eval` tells of a policy and of a baseline on the same drones."""

from pathlib import Path
from typing import Any

import pytest

from martlet.commands import learning
from martlet.errors import UsageError
from martlet.eval_order import Order, judge_of
from martlet.evaluation import fly_order
from sim_core.environment_files import environment_file
from sim_core.tasks import task_names


def told(policy: Path, task: str, out: Path) -> dict[str, Any]:
    return fly_order(Order(policy, task, 4, 1, ("stock",), out))


@pytest.fixture(scope="module")
def track(policy_path: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return told(policy_path, "track", tmp_path_factory.mktemp("track"))


@pytest.mark.parametrize("task", ["lemniscate", "zigzag", "pentagram"])
def test_every_path_is_told_as_track_is(
    task: str, track: dict[str, Any], policy_path: Path, tmp_path: Path
) -> None:
    found = told(policy_path, task, tmp_path)
    stock, stock_on_track = found["baselines"]["stock"], track["baselines"]["stock"]
    assert (found.keys(), stock.keys()) == (track.keys(), stock_on_track.keys())
    assert (found["task"], stock["task"]) == (task, task)
    assert 0.0 < found["rmse_m"] < stock["rmse_m"]
    assert Path(found["worst"]).name == f"policy-{task}-worst.npz"


def test_a_path_of_ones_own_is_flown(policy_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "there.csv"
    path.write_text("t,x,y,z\n0,0,0,1\n1,0.1,0,1\n2,0.3,0,1\n3,0.4,0,1\n")
    found = told(policy_path, str(path), tmp_path)
    assert 0.0 < found["rmse_m"] < 0.2
    assert Path(found["worst"]).name == "policy-there-worst.npz"


def test_hover_tells_pufferlibs_score_of_the_policy(policy_path: Path, tmp_path: Path) -> None:
    found = told(policy_path, "hover", tmp_path)
    assert 0.0 < found["hover_perf"] < 1.0
    assert "hover_perf" not in found["baselines"]["stock"]


def test_help_names_every_built_in_path() -> None:
    for name in task_names():
        assert f'"{name}"' in (learning.evaluate.__doc__ or "")


@pytest.mark.parametrize(
    ("task", "judge"),
    [("hover", "paths"), ("track", "paths"), ("there.csv", "paths"), ("nowhere", "paths"),
     ("race", "races"), ("rings", "races"), ("split_s", "races"), ("swarm", "swarms"),
     ("swapped", "swarms"), ("mix", "swarms")],
)  # fmt: skip
def test_each_task_has_its_judge(task: str, judge: str) -> None:
    assert judge_of(task) == judge


def test_files_have_theirs(tmp_path: Path) -> None:
    race, hover = tmp_path / "mine.toml", tmp_path / "hover.toml"
    race.write_text(environment_file("rings").read_text())
    hover.write_text('kind = "hover"\n')
    assert (judge_of(str(race)), judge_of(str(hover))) == ("races", "paths")
    swarm, formation = tmp_path / "s.toml", tmp_path / "f.toml"
    swarm.write_text(environment_file("swarm").read_text())
    formation.write_text('[formation]\nscenario = "static"\n')
    assert (judge_of(str(swarm)), judge_of(str(formation))) == ("swarms", "swarms")


def test_a_track_is_of_races(policy_path: Path) -> None:
    with pytest.raises(UsageError, match="for task 'hover', which is no race"):
        fly_order(Order(policy_path, "hover", 4, 1, track="rings"))


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"task": "rins"}, "expected one of all, .*rings, .*swarm, .*got 'rins', which is neither"),
        ({"task": "there.csv"}, "got 'there.csv', which is neither"),
        ({"seed": -1}, "--seed: expected 0 to 4294967292, got -1"),
        ({"seed": 2**32 - 1}, "--seed: expected 0 to 4294967292"),
        ({"out": Path("file") / "deeper"}, "--out .*: expected a folder, got a file, .*file"),
        ({"render": Path("folder.gif")}, "--render .*: expected a file, got a folder"),
        ({"policy": Path("file") / "p.onnx"}, "expected a folder, got a file"),
    ],
)
def test_what_nobody_could_fly_or_keep_is_refused_before_anything_flies(
    asked: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.gif").mkdir()
    asked = {k: tmp_path / v if isinstance(v, Path) else v for k, v in asked.items()}
    order = {"policy": tmp_path / "p.onnx", "task": "hover", "episodes": 4, "seed": 1, **asked}
    with pytest.raises(UsageError, match=sentence):
        Order(**order).check()
    Order(tmp_path / "p.onnx", "rings", 4, 1, out=tmp_path / "new" / "folder").check()
    assert not (tmp_path / "new").exists()
