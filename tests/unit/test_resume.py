# SPDX-License-Identifier: Apache-2.0
"""A run that is killed at any moment goes on from its last checkpoint as if it had not been."""

import json
import time
from dataclasses import replace

import killed_run
import pytest
import torch

from sim_core.environment import load_environment
from training import run
from training.checkpoint import load_run
from training.errors import CheckpointError
from training.recipe import plain
from training.settings import PPOSettings

pytestmark = pytest.mark.slow

ENVIRONMENT = load_environment("track")
BATCH = 512
UPDATES = 5
SETTINGS = PPOSettings(
    steps=UPDATES * BATCH, num_envs=32, horizon=16, minibatch=128, hidden=16, threads=2,
    device="cpu",
)  # fmt: skip


@pytest.fixture
def whole_run(monkeypatch):
    monkeypatch.setattr(run, "export_run", lambda *_: None)
    monkeypatch.setattr(run, "VERDICTS", 1)
    monkeypatch.setattr(run, "CHECKPOINT_EVERY_S", 0.0)

    def start(folder, learner, steps=SETTINGS.steps, resume=False):
        settings = replace(SETTINGS, learner=learner, steps=steps, final_learning_rate=3e-3)
        recipe = plain(ENVIRONMENT, settings)
        run.train_run(folder, recipe, resume=resume, quiet=True, tensorboard=False)
        return load_run(folder / "checkpoint.pt")

    return start


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The folder of a whole run by its learner, for all whose run was killed to be held to."""
    return {learner: tmp_path_factory.mktemp(learner) / "whole" for learner in ("native", "torch")}


def exit_code(process):
    process.join(120)
    return process.exitcode


def assert_equal_bits(one, other):
    assert one.steps == other.steps
    for name in ("actor", "critic"):
        pairs = zip(getattr(one, name).parameters(), getattr(other, name).parameters(), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs), name
    assert (one.world == other.world).all()


def counted(folder):
    """Updates in the log."""
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["steps"] // BATCH for line in lines]


@pytest.mark.parametrize(
    ("learner", "place", "call", "stands_at"),
    [
        ("native", "push", 3, 2),  # the third update is done in the core alone
        ("native", "write", 3, 2),  # or in the networks
        ("native", "fsync", 3, 2),  # or in a file that may not be on the disk
        ("native", "replace", 4, 2),  # or on the disk, not yet in its place; settings come first
        ("torch", "collect", 4, 3),
        ("torch", "update", 2, 1),
    ],
)
def test_a_killed_run_goes_on_to_the_bit(
    tmp_path, whole_run, undisturbed, learner, place, call, stands_at
):
    folder, whole = tmp_path / "killed", undisturbed[learner]
    if not whole.exists():
        whole_run(whole, learner)
    assert exit_code(killed_run.start(folder, learner, SETTINGS.steps, place, call)) == -9
    assert load_run(folder / "checkpoint.pt").steps == stands_at * BATCH
    resumed = whole_run(folder, learner, resume=True)
    assert_equal_bits(resumed, load_run(whole / "checkpoint.pt"))
    assert counted(folder) == counted(whole) == [1, 2, 3, 4, 5]


def test_a_run_killed_before_its_first_checkpoint_begins_anew(tmp_path, whole_run):
    folder = tmp_path / "killed"
    assert exit_code(killed_run.start(folder, "native", SETTINGS.steps, "begin", 1)) == -9
    with pytest.raises(CheckpointError, match="expected a checkpoint, got no file"):
        whole_run(folder, "native", resume=True)
    assert whole_run(folder, "native").steps == SETTINGS.steps


def test_a_run_killed_from_outside_goes_on_to_the_bit(tmp_path, whole_run):
    folder = tmp_path / "killed"
    running = killed_run.start(folder, "native", 10**9, "nowhere", 0)
    while not (folder / "checkpoint.pt").exists():
        assert running.is_alive()
        time.sleep(0.01)
    time.sleep(0.2)  # some dozens of updates, and the kill anywhere in one
    running.kill()
    assert exit_code(running) == -9
    stood_at = load_run(folder / "checkpoint.pt").steps
    assert stood_at >= BATCH
    resumed = whole_run(folder, "native", stood_at + 2 * BATCH, resume=True)
    assert_equal_bits(resumed, whole_run(tmp_path / "whole", "native", resumed.steps))


def test_learners_take_over_from_each_other(tmp_path, whole_run):
    folder = tmp_path / "run"
    per_update = SETTINGS.epochs * BATCH // SETTINGS.minibatch
    before = whole_run(folder, "native", 2 * BATCH)
    for number, learner in ((3, "torch"), (4, "native"), (5, "torch")):
        after = whole_run(folder, learner, number * BATCH, resume=True)
        assert after.steps == number * BATCH
        for name in ("actor", "critic"):
            # Adam goes on counting, and its moments are moved, not lost.
            states = getattr(after, f"{name}_optimizer").state
            for old, new in zip(
                getattr(before, name).parameters(), getattr(after, name).parameters(), strict=True
            ):
                assert not torch.equal(old, new)
                assert states[new]["step"] == number * per_update
                kept = getattr(before, f"{name}_optimizer").state[old]["exp_avg_sq"]
                # In these few steps the mean square keeps 0.999 of itself a step.
                assert (states[new]["exp_avg_sq"] >= 0.99 * kept).all()
        before = after
