# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: all that a run needs to go on, and never half of one."""

import os
from dataclasses import replace

import pytest
import torch

from sim_core.environment import load_environment
from sim_core.vec_env import VecEnv
from training import checkpoint, ppo
from training.checkpoint import load_checkpoint, read_checkpoint, save_checkpoint
from training.errors import CheckpointError
from training.settings import PPOSettings

ENVIRONMENT = load_environment("track")
SETTINGS = PPOSettings(
    steps=512, num_envs=16, horizon=8, minibatch=64, hidden=16, threads=1, device="cpu"
)


def trained(updates=2, seed=0):
    learner = ppo.new_learner(ENVIRONMENT, SETTINGS)
    go_on(learner, updates, seed)
    return learner


def go_on(learner, updates, seed=0):
    env = VecEnv(16, ENVIRONMENT, threads=1, seed=seed)
    env.reset(seed=seed)
    storage = ppo.Storage(learner)
    for _ in range(updates):
        ppo.collect(learner, env, storage)
        ppo.estimate_advantages(learner, storage)
        ppo.update(learner, storage)
        learner.steps += 128


def weights_of(learner):
    return {
        **learner.actor.state_dict(),
        **{f"c{k}": v for k, v in learner.critic.state_dict().items()},
    }


def assert_equal_weights(one, other):
    one, other = weights_of(one), weights_of(other)
    assert one.keys() == other.keys()
    for name in one:
        assert torch.equal(one[name], other[name]), name


def test_a_checkpoint_brings_back_the_learner(tmp_path):
    learner = trained()
    save_checkpoint(learner, tmp_path / "checkpoint.pt")
    back = load_checkpoint(tmp_path / "checkpoint.pt", ENVIRONMENT, SETTINGS)
    assert back.steps == 256
    assert_equal_weights(learner, back)
    # Adam's moments and the noise's generator too: both go on alike, to the bit.
    go_on(learner, 2, seed=5)
    go_on(back, 2, seed=5)
    assert_equal_weights(learner, back)


def test_a_checkpoint_leaves_nothing_beside_it(tmp_path):
    save_checkpoint(trained(0), tmp_path / "checkpoint.pt")
    assert os.listdir(tmp_path) == ["checkpoint.pt"]


def dies_halfway_through_the_content(monkeypatch):
    whole = torch.save

    def half(content, file):
        whole(content, file)
        file.truncate(1000)
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint.torch, "save", half)


def dies_before_the_content_is_on_the_disk(monkeypatch):
    def killed(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint.os, "fsync", killed)


@pytest.mark.parametrize(
    "death", [dies_halfway_through_the_content, dies_before_the_content_is_on_the_disk]
)
def test_a_kill_while_it_is_written_leaves_the_old_one(tmp_path, monkeypatch, death):
    path = tmp_path / "checkpoint.pt"
    learner = trained()
    save_checkpoint(learner, path)
    before = path.read_bytes()
    go_on(learner, 1)
    with monkeypatch.context() as patch:
        death(patch)
        with pytest.raises(KeyboardInterrupt):
            save_checkpoint(learner, path)
    assert path.read_bytes() == before
    assert load_checkpoint(path, ENVIRONMENT, SETTINGS).steps == 256
    save_checkpoint(learner, path)  # what was left aside is in nobody's way
    assert load_checkpoint(path, ENVIRONMENT, SETTINGS).steps == 384


def refusal(path, settings=SETTINGS):
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(path, ENVIRONMENT, settings)
    message = str(caught.value)
    assert message.startswith((f"{path}: expected ", f"{path}: cannot be read"))
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path):
    assert "cannot be read: Is a directory" in refusal(tmp_path)
    path = tmp_path / "checkpoint.pt"
    assert "got no file" in refusal(path)
    path.write_bytes(b"")
    assert "expected a checkpoint, got no whole one" in refusal(path)
    path.write_bytes(b"PK\x03\x04 not a checkpoint at all")
    assert "expected a checkpoint, got " in refusal(path)
    torch.save({"weights": torch.zeros(3)}, path)
    assert "expected a checkpoint of format 1" in refusal(path)
    torch.save([1, 2, 3], path)
    assert "expected a checkpoint of format 1" in refusal(path)
    torch.save({"format": 1, "steps": 3}, path)
    assert "expected a whole checkpoint, got one without 'actor'" in refusal(path)


def test_a_truncated_checkpoint_is_refused(tmp_path):
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(trained(0), path)
    whole = path.read_bytes()
    for share in (0.1, 0.5, 0.99):
        path.write_bytes(whole[: int(len(whole) * share)])
        assert "expected a checkpoint, got " in refusal(path)


def test_a_checkpoint_of_other_shapes_is_refused(tmp_path):
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(trained(0), path)
    wider = replace(SETTINGS, hidden=32)
    assert "expected networks of this run's shapes: size mismatch" in refusal(path, wider)


def test_a_checkpoint_runs_no_code_when_it_is_read(tmp_path):
    path = tmp_path / "checkpoint.pt"

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "owned"),)

    torch.save({"format": 1, "actor": Evil()}, path)
    with pytest.raises(CheckpointError):
        read_checkpoint(path)
    assert not (tmp_path / "owned").exists()
