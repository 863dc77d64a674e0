# SPDX-License-Identifier: Apache-2.0
"""How to learn a task, as its file and the command line say it."""

import pytest
import tyro

from martlet.cli import READING
from martlet.commands import learning
from sim_core.errors import SettingsError
from training.errors import TrainingSettingsError
from training.recipe import load_recipe, stage_at


def test_stages_follow_each_other_to_the_end():
    recipe = load_recipe("race", ["ppo.steps=1000"])
    ends = [stage.settings.steps for stage in recipe]
    assert [stage.began for stage in recipe] == [0, *ends[:-1]]
    assert ends == sorted(set(ends))
    assert ends[-1] == 1000
    assert stage_at(recipe, ends[0] - 1) is recipe[0]
    assert stage_at(recipe, ends[0]) is recipe[1]
    assert stage_at(recipe, 5000) is recipe[-1]


def test_a_stage_changes_what_it_says_and_the_user_has_the_last_word():
    crash = [stage.environment.numbers["reward.crash"] for stage in load_recipe("race")]
    assert crash == sorted(set(crash))
    mine = load_recipe("race", ["reward.crash=7", "ppo.minibatch=256"], {"discount": 0.9})
    for stage in mine:
        assert stage.environment.numbers["reward.crash"] == 7.0
        assert (stage.settings.minibatch, stage.settings.discount) == (256, 0.9)


def test_a_task_without_stages_has_one():
    (stage,) = load_recipe("track")
    assert stage.began == 0
    assert stage.settings.steps > 1_000_000


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        ("stages=5", "stages: expected a list of sections, got 5"),
        ("stages=[{share=0.5, set=[]}]", "stages: expected shares that sum to 1"),
        ("stages=[{share=1.0}]", "stage 1: expected share and set"),
        ("ppo.luck=1", "--set: expected KEY=VALUE of a known key, got 'ppo.luck=1'"),
        ("ppo.steps='many'", "ppo"),
        ("ppo.steps=-5", "race.toml: [ppo]: steps: expected 0 to 9007199254740992, got -5."),
        ("ppo.num_envs=0", "num_envs: expected 1 to"),
        ("ppo.seed=-1", "seed: expected 0 to 4294967295, got -1"),
        ("ppo.seed=4294967296", "seed: expected 0 to 4294967295"),
        ("ppo.discount=1.5", "discount: expected 0.0 to 1.0, got 1.5"),
        ("ppo.minibatch=0", "minibatch: expected 1 to"),
        ("ppo.minibatch=99999999", "minibatch: expected at most num_envs x horizon ="),
        ("ppo.threads=9999", "threads: expected 0 to 256"),
    ],
)
def test_what_cannot_be_learnt_by_is_refused(change, phrase):
    with pytest.raises((SettingsError, TrainingSettingsError)) as caught:
        load_recipe("race", [change])
    assert phrase in str(caught.value)


def test_a_discount_that_would_change_nothing_is_refused():
    with pytest.raises(SettingsError, match=r"ppo\.discount: would be set beside one for each"):
        load_recipe("all", ["ppo.discount=0.98"])
    with pytest.raises(SettingsError, match=r"ppo\.discount"):
        load_recipe("all", ppo={"discount": 0.98})
    for stage in load_recipe("all", ["ppo.discounts=[]", "ppo.discount=0.98"]):
        assert (stage.settings.discounts, stage.settings.discount) == ((), 0.98)


def test_split_s_is_learnt_on_its_own_track():
    recipe = load_recipe("split_s")
    assert {stage.environment.course.track for stage in recipe} == {"split_s"}
    assert recipe[-1].settings.steps == 60_000_000


def test_every_set_of_a_command_counts_and_may_name_several(monkeypatch):
    heard = []
    monkeypatch.setattr("training.recipe.load_recipe", lambda _, changes, __: heard.append(changes))
    monkeypatch.setattr("training.parallel.rank", lambda: 1)
    monkeypatch.setattr("training.run.follow_run", lambda _: None)
    words = ["--set", "a=1", "b=2", "--set", "c=3", "--action", "motors"]
    tyro.cli(learning.train, args=words, config=READING)
    assert heard == [("a=1", "b=2", "c=3", 'action.kind="motors"')]
