# SPDX-License-Identifier: Apache-2.0
"""A training run from outside: it learns, leaves its records, resumes, stops when it must."""

import json
from dataclasses import replace

import numpy as np
import pytest

from evaluation.evaluate import fly_chunk, trial_of
from sim_core.environment import load_environment
from sim_core.vec_env import VecEnv
from training import ppo, run
from training.checkpoint import load_checkpoint
from training.errors import CheckpointError, DivergenceError, TrainingError
from training.judge import LivePolicy
from training.manifest_of import manifest_of
from training.recipe import plain
from training.settings import PPOSettings

ENVIRONMENT = load_environment("track")
BATCH = 1024
SETTINGS = PPOSettings(
    steps=3 * BATCH, num_envs=64, horizon=16, minibatch=256, hidden=16, threads=1, device="cpu"
)


# A drone without surprises that starts near its place: what a policy learns in seconds.
EASY = load_environment(
    "track",
    ["references.hover=1", "references.lemniscate=0", "references.lissajous=0",
     "references.yaw_rad=0", "start.position_m=0.5", "start.velocity_m_s=0.3",
     "start.tilt_rad=0.3", "start.yaw_rad=0.2", "start.body_rate_rad_s=0.5", "randomization={}"],
)  # fmt: skip


def test_a_moment_of_training_makes_a_better_pilot():
    settings = PPOSettings(
        steps=240_000, num_envs=64, horizon=32, minibatch=512, epochs=4, hidden=32, seed=1,
        final_learning_rate=1e-3, threads=1, device="cpu",
    )  # fmt: skip
    learner = ppo.new_learner(EASY, settings)
    near = replace(trial_of("hover"), start=(0.3, 0.2, 0.1, 0.1, 0.2))

    def score():
        policy = LivePolicy(learner.actor, manifest_of(EASY, settings, learner.steps))
        return fly_chunk(policy, near, EASY, 64, seed=9001)

    before = score()
    env = VecEnv(settings.num_envs, EASY, threads=1, seed=settings.seed)
    rewards = []
    ppo.train(learner, env, lambda _, figures: rewards.append(figures["reward"]))
    after = score()
    # The referee: untrained, most drones are lost in five seconds. Four seeds gave 3 to 11 cm.
    assert before.crashed.mean() > 0.4
    assert after.crashed.mean() < 0.05
    assert np.median(after.settled_error_m) < 0.25
    assert np.mean(rewards[-3:]) > np.mean(rewards[:3]) + 0.1


@pytest.fixture
def train(tmp_path, monkeypatch):
    # Without the export of a policy, which has tests of its own and takes seconds.
    monkeypatch.setattr(run, "export_run", lambda *_: None)
    monkeypatch.setattr(run, "VERDICTS", 1)

    def start(settings=SETTINGS, **options):
        folder = tmp_path / "first"
        return run.train_run(
            folder, plain(ENVIRONMENT, settings), quiet=True, tensorboard=False, **options
        )

    return start


def lines_of(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_a_long_run_asks_the_referee_oftener(train, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "VERDICT_EVERY_STEPS", BATCH)
    train()
    asked = [line["steps"] for line in lines_of(tmp_path / "first") if "referee/score" in line]
    assert asked == [BATCH, 2 * BATCH, 3 * BATCH]


def test_a_run_leaves_settings_metrics_and_a_checkpoint(train, tmp_path):
    trained = train()
    folder = tmp_path / "first"
    assert trained.steps == 3 * BATCH
    assert load_checkpoint(folder / "checkpoint.pt", ENVIRONMENT, SETTINGS).steps == 3 * BATCH
    content = json.loads((folder / "settings.json").read_text())
    assert content["stages"][0]["ppo"]["minibatch"] == 256
    assert content["stages"][0]["environment"]["airframe"] == "cf21_plus"
    lines = lines_of(folder)
    assert [line["steps"] for line in lines] == [BATCH, 2 * BATCH, 3 * BATCH]
    for line in lines:
        assert np.isfinite(list(line.values())).all()
    # The referee's word too, not only the reward.
    assert {"referee/crash_rate", "reward/precision", "steps_per_s"} <= set(lines[-1])


def test_a_second_run_in_the_same_folder_is_refused(train, tmp_path):
    train()
    before = (tmp_path / "first" / "checkpoint.pt").read_bytes()
    with pytest.raises(CheckpointError, match="expected a new folder, got one with a checkpoint"):
        train()
    assert (tmp_path / "first" / "checkpoint.pt").read_bytes() == before


def test_a_resumed_run_goes_on_counting(train, tmp_path):
    train()
    trained = train(replace(SETTINGS, steps=5 * BATCH), resume=True)
    assert trained.steps == 5 * BATCH
    assert [line["steps"] // BATCH for line in lines_of(tmp_path / "first")] == [1, 2, 3, 4, 5]
    for line in lines_of(tmp_path / "first"):
        assert np.isfinite(list(line.values())).all()


def test_a_run_that_is_done_resumes_to_the_same(train, tmp_path):
    train()
    assert train(resume=True).steps == 3 * BATCH
    assert load_checkpoint(tmp_path / "first" / "checkpoint.pt", ENVIRONMENT, SETTINGS).steps == (
        3 * BATCH
    )


def test_resuming_a_run_that_is_not_there_is_refused_and_leaves_nothing(train, tmp_path):
    with pytest.raises(CheckpointError, match="expected a checkpoint, got no file"):
        train(resume=True)
    assert not (tmp_path / "first").exists()


def test_resuming_with_other_networks_is_refused_and_changes_nothing(train, tmp_path):
    train()
    folder = tmp_path / "first"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(CheckpointError, match="expected networks of this run's shapes"):
        train(replace(SETTINGS, hidden=32), resume=True)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_run_with_an_impossible_minibatch_leaves_nothing(train, tmp_path):
    with pytest.raises(TrainingError, match="minibatch: expected at most"):
        train(replace(SETTINGS, minibatch=10 * BATCH))
    assert not (tmp_path / "first").exists()


def test_a_run_that_diverges_keeps_its_last_good_checkpoint(train, tmp_path, monkeypatch):
    train()
    checkpoint = tmp_path / "first" / "checkpoint.pt"
    before = checkpoint.read_bytes()
    collect = ppo.collect

    def poisoned(*arguments):
        collect(*arguments)
        arguments[2].rewards[2, 7] = float("nan")

    longer = replace(SETTINGS, steps=5 * BATCH, learner="torch")
    with monkeypatch.context() as patch:
        patch.setattr(ppo, "collect", poisoned)
        with pytest.raises(DivergenceError, match="the last good checkpoint stands"):
            train(longer, resume=True)
    assert checkpoint.read_bytes() == before
    assert train(longer, resume=True).steps == 5 * BATCH


def test_a_checkpoint_is_kept_while_the_run_goes_on(train, monkeypatch):
    monkeypatch.setattr(run, "CHECKPOINT_EVERY_S", 0.0)
    kept = []
    save = run.save_checkpoint

    def saved(learner, path):
        save(learner, path)
        kept.append(load_checkpoint(path, ENVIRONMENT, SETTINGS).steps // BATCH)

    monkeypatch.setattr(run, "save_checkpoint", saved)
    train()
    assert kept == [1, 2, 3, 3]
