# SPDX-License-Identifier: Apache-2.0
"""Same seed, same bits: for any number of threads, any instruction set, any number of drones."""

from functools import cache

import numpy as np
import pytest

from sim_core import _core
from sim_core.environment import load_environment
from sim_core.vec_env import VecEnv

DRONES, STEPS = 37, 150  # a multiple of no vector's width
BUFFERS = ("observation", "privileged", "reward", "terminated", "truncated")
# Short episodes and wild commands: drones crash, run out of time and begin again on the way.
SHORT = ["episode.max_steps=60", "episode.max_distance_m=1.2"]
ENVIRONMENT = load_environment("track", SHORT)
OTHERS = {
    "motors": load_environment("track", [*SHORT, 'action.kind="motors"', "estimate.lag_s=0.02"]),
    "race": load_environment("race", ["episode.max_steps=60"]),
}


def commands(count):
    """The same for drone i whatever their number."""
    rng = np.random.default_rng(0)
    all_of_them = rng.normal([0.28, 0, 0, 0], [0.1, 4, 4, 2], (STEPS, 96, 4))
    return np.ascontiguousarray(all_of_them[:, :count], np.float32)


def flown(seed=11, count=DRONES, staggered=True, threads=1, isa="auto", environment=ENVIRONMENT):
    """Everything a run puts out, step by step, and the drones at its end."""
    env = VecEnv(count, environment, threads=threads, isa=isa, seed=1)
    env.reset(seed=seed, options={"staggered": staggered})
    record = {name: [getattr(env.core, name).copy()] for name in BUFFERS}
    finals = []
    for command in commands(count):
        *_, info = env.step(command)
        for name in BUFFERS:
            record[name].append(getattr(env.core, name).copy())
        if info:
            ended = info["_final_obs"]
            finals.append((info["final_obs"][ended], env.core.final_privileged[ended]))
    out = {name: np.array(rows) for name, rows in record.items()}
    out["final_observation"] = np.concatenate([f[0] for f in finals])
    out["final_privileged"] = np.concatenate([f[1] for f in finals])
    out["parameters"] = env.core.parameters
    out["places"] = env.core.places
    return out


def assert_equal_bits(one, other):
    for name in one:
        assert one[name].tobytes() == other[name].tobytes(), name


@pytest.fixture(scope="module")
def reference_run():
    run = flown()
    assert run["terminated"].sum() > 20  # the test has something to compare
    assert run["truncated"].sum() > 20
    assert np.isfinite(run["observation"]).all()
    return run


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("isa", _core.instruction_sets())
def test_equal_seeds_give_equal_bits(reference_run, threads, isa):
    assert_equal_bits(reference_run, flown(threads=threads, isa=isa))


@cache
def flown_in(other):
    return flown(environment=OTHERS[other])


@pytest.mark.parametrize("isa", _core.instruction_sets())
@pytest.mark.parametrize("other", OTHERS)
def test_motors_and_races_give_equal_bits(other, isa):
    run = flown_in(other)
    assert run["terminated"].sum() > 20
    assert run["truncated"].sum() > 20
    assert_equal_bits(run, flown(threads=3, isa=isa, environment=OTHERS[other]))


@cache
def all_tasks_at_once(drones, count):
    """Worlds of drones at every kind of work, few of each kind drawn, and how they fly."""
    kinds = [f"mix.{name}=0.2" for name in ("path", "race", "more_races", "formation", "both")]
    few = [f"{name}.count=16" for name in ("references", "more_courses", "formations")]
    changes = ["episode.max_steps=60", "episode.max_distance_m=1.2", *kinds, *few]
    everything = load_environment("all", [*changes, f"world.drones={drones}"])
    return everything, flown(count=count, isa="scalar", environment=everything)


@pytest.mark.parametrize("isa", _core.instruction_sets())
@pytest.mark.parametrize(("drones", "count"), [(4, 84), (8, 96), (16, 96), (64, 64)])
def test_all_tasks_at_once_give_equal_bits(drones, count, isa):
    everything, run = all_tasks_at_once(drones, count)
    assert run["terminated"].sum() > 20
    assert run["truncated"].sum() > 20
    assert_equal_bits(run, flown(count=count, threads=3, isa=isa, environment=everything))


def test_another_seed_draws_another_run(reference_run):
    other = flown(seed=12)
    for name in ("observation", "privileged", "reward", "parameters"):
        assert not np.array_equal(reference_run[name], other[name])


def test_a_restart_repeats_the_run(reference_run):
    env = VecEnv(DRONES, ENVIRONMENT, threads=2, seed=1)
    for _ in range(2):
        env.reset(seed=11, options={"staggered": True})
        for row, command in enumerate(commands(DRONES)[:30]):
            env.step(command)
            np.testing.assert_array_equal(
                env.core.observation, reference_run["observation"][row + 1]
            )


@pytest.mark.parametrize("count", [1, 5, 64])
def test_a_drone_does_not_depend_on_how_many_there_are(reference_run, count):
    run, shared = flown(count=count), min(count, DRONES)
    for name in BUFFERS:
        ours, theirs = run[name][:, :shared], reference_run[name][:, :shared]
        np.testing.assert_array_equal(ours, theirs, err_msg=name)


def test_drones_of_one_run_differ(reference_run):
    assert len(np.unique(reference_run["parameters"][:, 0])) == DRONES
    assert len(np.unique(reference_run["observation"][0], axis=0)) == DRONES


@pytest.mark.parametrize("isa", _core.instruction_sets())
def test_physics_alone_gives_equal_bits(isa):
    states = []
    for chosen, threads in (("scalar", 1), (isa, 3)):
        env = VecEnv(DRONES, ENVIRONMENT, threads=threads, isa=chosen, seed=1)
        env.reset(seed=5)
        for command in commands(DRONES)[:50]:
            env.core.fly(command)
        states.append((env.core.truth.tobytes(), env.core.estimate.tobytes()))
    assert states[0] == states[1]


def test_an_instruction_set_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"isa: expected auto or one of .*scalar, got sse9"):
        VecEnv(1, ENVIRONMENT, isa="sse9")
