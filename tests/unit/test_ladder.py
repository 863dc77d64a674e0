# SPDX-License-Identifier: Apache-2.0
"""The ladder of docs/training.md: each rung is accepted, and does what it says."""

import re
from pathlib import Path

import numpy as np
import pytest

from sim_core import _core
from sim_core.environment import load_environment
from sim_core.vec_env import VecEnv

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text()
RUNGS = dict(re.findall(r"^\| ([a-z ]+) \| `(\S+=\S+)` \|", PAGE, re.MULTILINE))

RACE_RUNGS = dict(re.findall(r"^\| ([a-z ]+) \(race\) \| `(\S+=\S+)` \|", PAGE, re.MULTILINE))


def flown(*changes, steps=150, thrust_n=0.0):
    """A drone that falls, unless told otherwise, and how often episodes ended by a crash."""
    env = VecEnv(64, load_environment("track", changes), threads=1)
    env.reset(seed=0)
    crashed = 0
    for _ in range(steps):
        env.step(np.tile(np.float32([thrust_n, 0, 0, 0]), (64, 1)))
        crashed += env.core.terminated.sum()
    terms = dict(zip(env.task["reward_terms"], env.core.take_reward_terms(), strict=True))
    return env.core, crashed, {name for name, total in terms.items() if total}


def exact(core):
    core.fly(np.tile(np.float32([0.3, 0.1, 0, 0]), (64, 1)))
    return np.array_equal(core.estimate, core.truth)


def alike(core):
    """But for the bias of the estimate, which is the rung above."""
    drone = [not name.startswith("attitude_bias") for name in _core.PARAMETER_NAMES]
    return (core.parameters == core.parameters[0]).all(axis=0)[drone].all()


SAYS = {
    "noise off": lambda core, *_: exact(core),
    "nominal airframe": lambda core, *_: alike(core),
    "one path": lambda core, *_: len(set(core.places[:, 0])) == 1,
    "no far crash": lambda _, crashed, __: crashed == 0,
    "sparse reward": lambda _, __, terms: terms == {"precision", "crash"},
}


def test_the_page_has_the_rungs_that_are_tested():
    assert RUNGS.keys() == SAYS.keys()


@pytest.mark.parametrize("rung", SAYS)
def test_a_rung_does_what_it_says_and_nothing_else_does(rung):
    assert SAYS[rung](*flown(RUNGS[rung]))
    others = [change for name, change in RUNGS.items() if name != rung]
    if rung in ("no far crash", "sparse reward"):
        assert not SAYS[rung](*flown())
    else:
        assert not SAYS[rung](*flown(*others))


def raced(*changes, steps=200):
    """Drones that drift from before their gates: reward terms, and what episodes ended with."""
    easy = ["start.ground=0", "start.aside_m=0", "start.tilt_rad=0", "start.yaw_rad=0"]
    env = VecEnv(256, load_environment("race", [*easy, *changes]), threads=1)
    env.reset(seed=0)
    hover = env.settings.load_airframe().hover_thrust_n
    for _ in range(steps):
        env.step(np.tile(np.float32([hover, 0, 0, 0]), (256, 1)))
    return dict(zip(env.task["reward_terms"], env.core.take_reward_terms(), strict=True))


def test_the_rungs_of_the_race_do_what_they_say():
    assert RACE_RUNGS.keys() == {"one gate", "collisions off", "sparse reward"}
    usual = raced()
    assert usual["crash"] < 0.0 < usual["gate"]
    assert usual["progress"] != 0.0
    # Every gate passed is then a finish.
    one = raced(RACE_RUNGS["one gate"])
    assert one["finish"] / 5.0 == one["gate"] / 2.0 > usual["finish"] / 5.0
    assert raced(RACE_RUNGS["collisions off"])["crash"] > usual["crash"]
    assert raced(RACE_RUNGS["sparse reward"])["progress"] == 0.0
