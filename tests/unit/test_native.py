# SPDX-License-Identifier: Apache-2.0
"""The native learner held to torch: activation, rollout, gradients, whole updates; its faults."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from sim_core import _core
from sim_core.environment import load_environment
from sim_core.vec_env import VecEnv
from training import _native, ppo
from training.errors import DivergenceError, TrainingSettingsError
from training.native import NativeLearner, train
from training.settings import PPOSettings

TRACK = _core.TASKS["track"]

ENVIRONMENT = load_environment("track", ["episode.max_steps=12"])
MOTORS = load_environment("track", ["episode.max_steps=12", 'action.kind="motors"'])
SETTINGS = PPOSettings(
    steps=4096, num_envs=80, horizon=16, minibatch=300, hidden=32, threads=2, device="cpu"
)
ISAS = _native.instruction_sets()


def both(isa="auto", threads=2, environment=ENVIRONMENT, **changes):
    settings = replace(SETTINGS, **changes)
    learner = ppo.new_learner(environment, settings)
    env = VecEnv(settings.num_envs, environment, threads=threads)
    env.reset(seed=3, options={"staggered": True})
    return learner, NativeLearner(learner, env, isa=isa), env


def storage_of(learner, core):
    """The native rollout as ppo.py stores one."""
    steps, drones = learner.settings.horizon, learner.settings.num_envs
    rows = torch.from_numpy(core.inputs[: (steps + 1) * drones * core.stride].copy())
    rows = rows.view(steps + 1, drones, core.stride)
    task = learner.environment.about
    seen, extra = task["observation_size"], task["privileged_size"]
    inputs = torch.cat([rows[..., :seen], rows[..., seen + 1 : seen + 1 + extra]], -1)

    def column(name, *shape):
        return torch.from_numpy(getattr(core, name)[: steps * drones * (shape or (1,))[0]].copy())

    return SimpleNamespace(
        inputs=inputs,
        actions=column("actions", 4).view(steps, drones, 4),
        log_probs=column("log_probs").view(steps, drones),
        rewards=column("rewards").view(steps, drones),
        done=(column("counts") == 0.0).float().view(steps, drones),
        discounts=ppo.discounts_of(learner.settings, np.zeros(drones, np.int32)),
        advantages=column("advantages").view(steps, drones),
        returns=column("returns").view(steps, drones),
        weights=column("weights").view(steps, drones),
    )


def in_double(learner, storage):
    """Let torch learn in double: its own rounding, which Adam enlarges, is no measure."""
    learner.actor.double()
    learner.critic.double()
    return SimpleNamespace(**{name: value.double() for name, value in vars(storage).items()})


def flat(tensors):
    return torch.cat([tensor.detach().flatten() for tensor in tensors])


def assert_close(ours, theirs, name, tolerance=1e-5):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert np.linalg.norm(ours - theirs) <= tolerance * np.linalg.norm(theirs), name


@pytest.mark.parametrize("isa", ISAS)
def test_tanh_is_right_to_a_few_units_in_the_last_place(isa):
    x = np.concatenate([np.linspace(-12, 12, 400_001), np.logspace(-30, 0, 10_000)])
    x = x.astype(np.float32)
    exact = np.tanh(x.astype(np.float64))
    error = np.abs(_native.tanh(x, isa) - exact) / np.spacing(np.abs(exact).astype(np.float32))
    assert error[exact != 0].max() < 8.0


@pytest.mark.parametrize("environment", [ENVIRONMENT, MOTORS], ids=["rate_thrust", "motors"])
@pytest.mark.parametrize("isa", ISAS)
def test_a_rollout_is_what_torch_makes_of_it(isa, environment):
    learner, native, _ = both(isa, environment=environment)
    assert native.core.collect()["fault"] is None
    storage = storage_of(learner, native.core)
    with torch.no_grad():
        mean = learner.actor.body(storage.inputs[:-1, :, : TRACK["observation_size"]])
        theirs = ppo.log_prob(storage.actions, mean, ppo.bounded_log_std(learner))
    assert_close(storage.log_probs, theirs, "log_probs")
    assert storage.done.sum() > 80
    kept = storage.advantages.clone(), storage.returns.clone()
    ppo.estimate_advantages(learner, storage)
    assert_close(kept[0], storage.advantages, "advantages")
    assert_close(kept[1], storage.returns, "returns")


@pytest.mark.parametrize("isa", ISAS)
def test_kinds_of_work_are_weighed_as_torch_does(isa):
    few = [f"{name}.count=16" for name in ("references", "more_courses", "formations")]
    mixed = load_environment("all", ["mix.both=0", "episode.max_steps=12", *few])
    learner, native, env = both(
        isa, environment=mixed, num_envs=96, horizon=12, minibatch=1152, max_gradient_norm=1e9,
        discounts=(0.9, 0.95, 0.98, 0.99),
    )  # fmt: skip
    native.core.collect()
    kept = storage_of(learner, native.core)
    kept.discounts = ppo.discounts_of(learner.settings, env.core.kinds)
    assert len(kept.discounts.unique()) > 2
    theirs = SimpleNamespace(**(vars(kept) | {"weights": torch.ones(12, 96)}))
    theirs.advantages = torch.zeros(12, 96)
    ppo.estimate_advantages(learner, theirs)
    ppo.weigh_kinds(theirs, torch.from_numpy(env.core.kinds))
    assert len(theirs.weights.unique()) == len(np.unique(env.core.kinds)) > 2
    assert_close(kept.advantages, theirs.advantages, "advantages")
    assert_close(kept.weights, theirs.weights, "weights")
    # And the weights reach the gradient.
    kept = in_double(learner, kept)
    orders = [torch.randperm(1152)]
    told = native.core.differentiate(orders[0].numpy().astype(np.uint32))
    figures = ppo.fit_critic(learner, kept, orders)
    assert told["value_loss"] == pytest.approx(figures["value_loss"], rel=1e-5)
    assert_close(told["critic"], flat(p.grad for p in learner.critic.parameters()), "gradient")


def test_a_discount_for_each_kind_of_work_or_one_sentence():
    settings = replace(SETTINGS, discounts=(0.9, 0.95))
    found = ppo.discounts_of(settings, np.array([1, 0, 1], np.int32))
    assert found.tolist() == pytest.approx([0.95, 0.9, 0.95])
    with pytest.raises(TrainingSettingsError, match="one for each of 3 kinds of work, got 2"):
        ppo.discounts_of(settings, np.array([0, 2], np.int32))


@pytest.mark.parametrize("hidden", [16, 64, 144, 256])
@pytest.mark.parametrize("isa", ISAS)
def test_an_update_is_torchs(isa, hidden):
    check_an_update(*both(isa, hidden=hidden)[:2])


def test_an_update_of_motors_is_torchs():
    check_an_update(*both(environment=MOTORS)[:2])


def check_an_update(learner, native):
    native.core.collect()
    storage = in_double(learner, storage_of(learner, native.core))
    orders = [torch.randperm(1280) for _ in range(2)]
    rows = torch.stack(orders).numpy().astype(np.uint32)
    told = native.core.update(learner.settings.learning_rate, rows, 2)
    theirs = ppo.fit_actor(learner, storage, orders) | ppo.fit_critic(learner, storage, orders)
    for name, value in theirs.items():
        assert told[name] == pytest.approx(value, rel=1e-5, abs=1e-7), name
    for critic, (network, optimizer) in enumerate(native._halves):
        weights, mean, square, steps = native.core.save(bool(critic))
        assert steps == 10
        # A network as a whole; a gradient is held to torch's tensor by tensor below. After ten
        # steps of Adam, which makes a full step even of a gradient that is little but rounding,
        # a single tensor of float32 is up to 1.2e-5 off, a network 5e-6, mostly 5e-7.
        parameters = list(network.parameters())
        moments = [optimizer.state[p] for p in parameters]
        assert_close(weights, flat(parameters), f"weights {critic}")
        assert_close(mean, flat(m["exp_avg"] for m in moments), f"mean {critic}")
        assert_close(square, flat(m["exp_avg_sq"] for m in moments), f"square {critic}")


@pytest.mark.parametrize("isa", ISAS)
def test_a_gradient_is_torchs(isa):
    learner, native, _ = both(isa, entropy=0.01, max_gradient_norm=1e9, minibatch=1280)
    native.core.collect()
    with torch.no_grad():  # away from the rollout's policy, so that some ratios are cut
        for p in (*learner.actor.parameters(), *learner.critic.parameters()):
            p += 0.05 * torch.randn_like(p)
    native.pull()
    storage = in_double(learner, storage_of(learner, native.core))
    order = torch.randperm(1280)[:777]
    told = native.core.differentiate(order.numpy().astype(np.uint32))
    for name, fit in (("actor", ppo.fit_actor), ("critic", ppo.fit_critic)):
        figures = fit(learner, storage, [order])
        for key, value in figures.items():
            assert told[key] == pytest.approx(value, rel=1e-5), key
        begin = 0
        for tensor, p in getattr(learner, name).named_parameters():
            part = told[name][begin : begin + p.numel()]
            begin += p.numel()
            assert_close(part, p.grad.flatten(), f"{name} {tensor}")


@pytest.mark.parametrize("isa", ISAS)
def test_equal_bits_for_any_number_of_threads(isa):
    saved = []
    for threads in (1, 2, 3):
        _, native, _ = both(isa, threads=threads)
        for _ in range(3):
            native.core.train(1e-3)
        saved.append([native.core.save(c)[k].tobytes() for c in (False, True) for k in range(3)])
    assert saved[0] == saved[1] == saved[2]


def test_a_poisoned_reward_is_named_and_reaches_no_weight():
    learner, _, env = both(threads=1)
    before = [p.detach().clone() for p in learner.actor.parameters()]
    settings = ENVIRONMENT.core_settings()
    settings["reward.velocity"] = float("nan")
    paths = [np.zeros((400, 4), np.float32)]
    env.core = _core.VecSim(80, settings, paths, threads=2)
    with pytest.raises(DivergenceError, match=r"a reward 'velocity' of environment 0 that is none"):
        train(learner, env, lambda *_: None)
    assert all(torch.equal(a, b) for a, b in zip(before, learner.actor.parameters(), strict=True))


def test_a_poisoned_return_is_named():
    _, native, _ = both()
    native.core.collect()
    native.core.returns[5 * 80 + 7] = np.nan
    what, environment, tick, *_ = native.core.update(1e-3, None, 2)["fault"]
    assert (what, environment, tick) == (6, 7, 5)
    assert np.isfinite(native.core.save(True)[0]).all()
