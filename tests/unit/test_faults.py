# SPDX-License-Identifier: Apache-2.0
"""Numbers that are none: both learners stop, name who made them, and leave a file that shows it."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from sim_core import _core
from sim_core.environment import load_environment
from training import run
from training.checkpoint import load_run
from training.errors import DivergenceError, TrainingError
from training.faults import Fault, first_fault
from training.recipe import plain
from training.reproducer import reproduce
from training.settings import PPOSettings

BATCH = 1024
SETTINGS = PPOSettings(
    steps=3 * BATCH, num_envs=64, horizon=16, minibatch=256, hidden=16, threads=1, device="cpu"
)
HUGE = 1e30  # a number yet, but not its square

# Each is a number in the file, and none in single precision or in what is made of it.
POISONS = {
    "observation": (["estimate.velocity_m_s=1e39"], {}, ("velocity",)),
    "action": ([], {"learning_rate": 1e38, "minibatch": BATCH, "epochs": 1}, ()),
    "reward": ({"reward.velocity": 3e38, "reward.scale": 10.0}, {}, ("velocity",)),
    "value loss": ({"reward.scale": HUGE}, {}, ()),
    "gradient": ([], {"entropy": 1e39}, ("actor log_std",)),
}


@pytest.fixture
def train(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "export_run", lambda *_: None)
    monkeypatch.setattr(run, "VERDICTS", 1)
    monkeypatch.setattr(run, "CHECKPOINT_EVERY_S", 0.0)

    def start(changes=(), resume=False, **settings):
        # Numbers that the file would refuse, as a bug elsewhere would make them.
        numbers, changes = (changes, ()) if isinstance(changes, dict) else ({}, changes)
        environment = load_environment("track", changes)
        environment = replace(environment, numbers=environment.numbers | numbers)
        made = replace(SETTINGS, **settings)
        return run.train_run(
            tmp_path / "run", plain(environment, made), resume=resume, quiet=True, tensorboard=False
        )

    return start


@pytest.mark.parametrize("learner", ["native", "torch"])
@pytest.mark.parametrize("what", POISONS)
def test_a_poisoned_run_names_it_and_shows_it_again(train, tmp_path, learner, what):
    changes, settings, names = POISONS[what]
    with pytest.raises(DivergenceError, match="the last good checkpoint stands") as caught:
        train(changes, learner=learner, **settings)
    fault = caught.value.fault
    assert (fault.what, fault.names) == (what, names)
    assert (fault.environment is None) == (what == "gradient")

    told = json.loads((tmp_path / "run" / "fault.json").read_text())
    assert told["fault"]["what"] == what
    assert told["sentence"] in str(caught.value)
    if fault.environment is not None:
        rows = told["fault"]["rows"]
        assert len(rows["observation"]) == _core.TASKS["track"]["observation_size"]
        assert np.isfinite(rows["observation"]).all() == (what != "observation")
        if what in ("action", "reward"):
            assert not np.isfinite(rows[what]).all()

    again = reproduce(tmp_path / "run" / "fault.pt").fault
    assert (again.what, again.environment, again.control_step, again.names) == (
        (what, fault.environment, fault.control_step, names)
    )
    assert str(again.rows) == str(fault.rows)  # to the bit; nan is not equal to itself


@pytest.mark.parametrize("learner", ["native", "torch"])
def test_a_late_fault_keeps_the_last_good_checkpoint(train, tmp_path, learner):
    """The third update fails: what was kept is the second one's, and so is what is shown again."""
    train(learner=learner, steps=2 * BATCH)
    folder = tmp_path / "run"
    before = (folder / "checkpoint.pt").read_bytes()
    with pytest.raises(DivergenceError, match=f"at step {2 * BATCH}"):
        train(learner=learner, resume=True, entropy=1e39)
    assert (folder / "checkpoint.pt").read_bytes() == before
    kept, shown = load_run(folder / "checkpoint.pt"), load_run(folder / "fault.pt")
    assert kept.steps == shown.steps == 2 * BATCH
    for a, b in zip(kept.actor.parameters(), shown.actor.parameters(), strict=True):
        assert torch.equal(a, b)
    assert np.array_equal(kept.world, shown.world)
    # Mended, it goes on.
    assert train(learner=learner, resume=True).steps == 3 * BATCH


def test_the_command_line_shows_it_again(train, tmp_path, martlet):
    changes, settings, _ = POISONS["reward"]
    with pytest.raises(DivergenceError):
        train(changes, **settings)
    path = tmp_path / "run" / "fault.pt"
    answer = martlet("train", "--reproduce", path)
    assert "got a reward 'velocity' of environment 0 that is none" in answer.out


def test_a_file_without_a_fault_is_no_reproducer(train, tmp_path):
    train(steps=BATCH)
    with pytest.raises(TrainingError, match="expected a reproducer"):
        reproduce(tmp_path / "run" / "checkpoint.pt")


def test_a_fault_that_does_not_come_again_is_said(train, tmp_path):
    with pytest.raises(DivergenceError):
        train(entropy=1e39)
    path = tmp_path / "run" / "fault.pt"
    content = torch.load(path, weights_only=True)
    content["settings"]["entropy"] = 0.0
    torch.save(content, path)
    with pytest.raises(TrainingError, match="expected a gradient that is none, got an update"):
        reproduce(path)


def test_the_earliest_fault_is_named_and_of_one_step_what_was_made_first():
    columns = {"observation": torch.zeros(4, 3, 2), "action": torch.zeros(4, 3, 4),
               "reward": torch.zeros(4, 3)}  # fmt: skip
    assert first_fault(_core.TASKS["track"], columns, 0) is None
    columns["reward"][2, 1] = torch.inf
    columns["action"][3, 0, 2] = torch.nan
    assert first_fault(_core.TASKS["track"], columns, 100) == Fault("reward", 102, 1)
    columns["action"][2, 2, 0] = torch.nan
    assert first_fault(_core.TASKS["track"], columns, 100) == Fault("action", 102, 2)
    columns["observation"][2, 2, 1] = torch.nan
    assert first_fault(_core.TASKS["track"], columns, 100) == Fault(
        "observation", 102, 2, ("reference_now",)
    )


def test_a_sum_that_overflows_is_no_fault():
    assert first_fault(_core.TASKS["track"], {"reward": torch.full((4, 4), 3e38)}, 0) is None
