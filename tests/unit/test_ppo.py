# SPDX-License-Identifier: Apache-2.0
"""The pieces of PPO, each against a case worked out by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from sim_core import _core
from sim_core.environment import load_environment
from sim_core.vec_env import VecEnv
from training import ppo
from training.errors import DivergenceError, TrainingError
from training.settings import PPOSettings

TRACK = _core.TASKS["track"]

ENVIRONMENT = load_environment("track")
INPUTS = TRACK["observation_size"] + TRACK["privileged_size"]


def settings(**changes):
    small = {"num_envs": 16, "horizon": 8, "minibatch": 64, "epochs": 2, "hidden": 16,
             "threads": 1, "steps": 1024, "device": "cpu"}  # fmt: skip
    return PPOSettings(**(small | changes))


def learner(environment=ENVIRONMENT, **changes):
    return ppo.new_learner(environment, settings(**changes))


def rollout(chosen, environment=ENVIRONMENT, seed=0):
    env = VecEnv(chosen.settings.num_envs, environment, threads=1)
    env.reset(seed=seed)
    storage = ppo.Storage(chosen)
    ppo.collect(chosen, env, storage)
    return storage


# --- densities and advantages -------------------------------------------------------------------


def test_log_prob_is_that_of_a_gaussian_but_for_its_constant():
    torch.manual_seed(0)
    action, mean, log_std = torch.randn(5, 4), torch.randn(5, 4), torch.randn(4)
    normal = torch.distributions.Normal(mean, log_std.exp()).log_prob(action).sum(-1)
    constant = 4 * 0.5 * np.log(2 * np.pi)
    assert ppo.log_prob(action, mean, log_std).tolist() == pytest.approx(
        (normal + constant).tolist(), rel=1e-5
    )


def advantages_of(rewards, done, values, discount, trace):
    """Each given as rows of time for one drone a column."""
    storage = SimpleNamespace(
        inputs=torch.tensor(values)[..., None],
        rewards=torch.tensor(rewards),
        done=torch.tensor(done),
        advantages=torch.zeros(len(rewards), len(rewards[0])),
        returns=torch.zeros(len(rewards), len(rewards[0])),
        discounts=torch.full((len(rewards[0]),), discount),
    )
    stub = SimpleNamespace(
        settings=SimpleNamespace(trace=trace, horizon=len(rewards)),
        critic=lambda inputs: inputs[..., 0],
        environment=SimpleNamespace(about=_core.TASKS["track"]),
        control_step=0,
    )
    ppo.estimate_advantages(stub, storage)
    return storage.advantages, storage.returns


def test_advantages_of_three_steps_by_hand():
    # Discount 0.5, trace 0.5, values 1, 2, 3 and 6 behind the end, reward 1 a step.
    # Surprises: 1 + 3 - 3 = 1, 1 + 1.5 - 2 = 0.5, 1 + 1 - 1 = 1; carried on by a quarter:
    # 1, 0.75, 1.1875. The second drone's episode ends in the middle step: there 1 - 2 = -1 with
    # nothing carried on, and before it 1 - 0.25 = 0.75; after it all is as for the first.
    advantages, returns = advantages_of(
        rewards=[[1.0, 1.0]] * 3,
        done=[[0.0, 0.0], [0.0, 1.0], [0.0, 0.0]],
        values=[[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [6.0, 6.0]],
        discount=0.5,
        trace=0.5,
    )
    assert advantages.T.tolist() == [[1.1875, 0.75, 1.0], [0.75, -1.0, 1.0]]
    assert returns.T.tolist() == [[2.1875, 2.75, 4.0], [1.75, 1.0, 4.0]]


def test_a_trace_of_one_gives_discounted_returns():
    _, returns = advantages_of(
        rewards=[[1.0], [2.0], [4.0]],
        done=[[0.0], [0.0], [1.0]],
        values=[[7.0], [-3.0], [5.0], [11.0]],  # none of which must matter
        discount=0.5,
        trace=1.0,
    )
    assert returns[:, 0].tolist() == [1.0 + 1.0 + 1.0, 2.0 + 2.0, 4.0]


def test_each_kind_of_work_counts_alike():
    advantages = torch.tensor([[1.0, 300.0, 7.0], [3.0, 100.0, 5.0]])  # of two steps
    storage = SimpleNamespace(advantages=advantages.clone(), weights=torch.ones(2, 3))
    ppo.weigh_kinds(storage, torch.tensor([4, 4, 4]))
    assert storage.advantages.tolist() == advantages.tolist()
    ppo.weigh_kinds(storage, torch.tensor([0, 1, 0]))
    # The first kind: 1, 3, 7, 5 about 4, deviation the root of 5; the second: 200 +- 100.
    expected = [[-3 / 5**0.5, 1.0, 3 / 5**0.5], [-1 / 5**0.5, -1.0, 1 / 5**0.5]]
    torch.testing.assert_close(storage.advantages, torch.tensor(expected))
    torch.testing.assert_close(storage.weights, torch.tensor([[0.2, 1e-4, 0.2]] * 2))
    same = SimpleNamespace(advantages=torch.full((2, 2), 3.0), weights=torch.ones(2, 2))
    ppo.weigh_kinds(same, torch.tensor([0, 1]))
    assert same.advantages.abs().max() == 0.0
    assert torch.isfinite(same.weights).all()


# --- rollout ------------------------------------------------------------------------------------


def test_a_rollout_holds_what_was_seen_done_and_got():
    chosen = learner()
    storage = rollout(chosen)
    # The same flight, with the actions that the storage holds.
    env = VecEnv(16, ENVIRONMENT, threads=1)
    env.reset(seed=0)
    for t in range(8):
        seen = ppo.look(chosen, env.core.observation, env.core.privileged)
        assert torch.equal(storage.inputs[t], seen)
        with torch.no_grad():
            command = chosen.actor.to_command(storage.actions[t]).numpy()
            mean = chosen.actor.body(seen[:, : TRACK["observation_size"]])
        expected = ppo.log_prob(storage.actions[t], mean, chosen.actor.log_std)
        assert storage.log_probs[t].tolist() == pytest.approx(expected.tolist(), abs=1e-4)
        env.core.step(command)
        assert storage.rewards[t].tolist() == env.core.reward.tolist()
        assert storage.done[t].tolist() == env.core.terminated.astype(float).tolist()
    assert torch.equal(
        storage.inputs[8], ppo.look(chosen, env.core.observation, env.core.privileged)
    )


def test_exploration_has_the_set_size():
    chosen = learner(num_envs=512, horizon=16, minibatch=512, initial_log_std=-1.0)
    storage = rollout(chosen)
    with torch.no_grad():
        mean = chosen.actor.body(storage.inputs[:-1, :, : TRACK["observation_size"]])
    spread = (storage.actions - mean).flatten(0, 1).std(dim=0)
    assert spread.tolist() == pytest.approx([np.exp(-1.0)] * 4, rel=0.03)  # 4 sd of 8192 samples


def test_a_time_limit_adds_the_value_of_what_came_after_and_a_crash_does_not():
    environment = load_environment("track", ["episode.max_steps=3", "episode.max_distance_m=1.2"])
    chosen = learner(environment)
    storage = rollout(chosen, environment)
    env = VecEnv(16, environment, threads=1)
    env.reset(seed=0)
    crashes = limits = 0
    for t in range(8):
        env.core.step(chosen.actor.to_command(storage.actions[t]).detach().numpy())
        final = ppo.look(chosen, env.core.final_observation, env.core.final_privileged)
        with torch.no_grad():
            values = chosen.critic(final).numpy()
        expected = env.core.reward + 0.98 * values * env.core.truncated
        assert storage.rewards[t].tolist() == pytest.approx(expected.tolist(), abs=1e-5)
        over = env.core.terminated | env.core.truncated
        assert storage.done[t].tolist() == over.astype(float).tolist()
        crashes, limits = crashes + env.core.terminated.sum(), limits + env.core.truncated.sum()
    assert crashes > 3
    assert limits > 3


# --- update -------------------------------------------------------------------------------------


def batch_of(chosen, ratios, advantages):
    """A rollout of one step whose probability ratios are as given; the critic is right about it."""
    torch.manual_seed(1)
    inputs = torch.randn(1, len(ratios), INPUTS)
    with torch.no_grad():
        mean = chosen.actor.body(inputs[..., : TRACK["observation_size"]])
        actions = mean + 0.5
        now = ppo.log_prob(actions, mean, chosen.actor.log_std)
        returns = chosen.critic(inputs)
    return SimpleNamespace(
        inputs=torch.cat([inputs, torch.zeros_like(inputs)]),
        actions=actions,
        log_probs=now - torch.log(torch.tensor([ratios])),
        advantages=torch.tensor([advantages]),
        returns=returns,
        weights=torch.ones_like(returns),
        orders=[torch.arange(len(ratios))],
    )


@pytest.mark.parametrize(
    ("ratios", "moves"),
    [
        # The first advantage is positive, the second negative (they are centred).
        ([1.3, 0.7], False),  # both have gone too far already: no gradient
        ([1.1, 0.9], True),
        ([0.7, 1.3], True),  # both went the wrong way: the full gradient brings them back
        ([1.3, 0.9], True),
    ],
)
def test_the_clipped_loss_pulls_no_further_than_its_clip(ratios, moves):
    chosen = learner()
    batch = batch_of(chosen, ratios, [1.0, -1.0])
    figures = ppo.fit_actor(chosen, batch, batch.orders)
    assert (figures["actor_gradient_norm"] > 1e-3) == moves
    if not moves:
        assert figures["actor_gradient_norm"] == 0.0
        # min(1.3, 1.2) and min(-0.7, -0.8): half of 1.2 - 0.8.
        assert figures["policy_loss"] == pytest.approx(-0.2)


def test_an_update_makes_good_actions_likelier_and_bad_ones_rarer():
    chosen = learner(learning_rate=1e-3)
    batch = batch_of(chosen, [1.0, 1.0], [1.0, -1.0])
    ppo.fit_actor(chosen, batch, batch.orders * 5)
    with torch.no_grad():
        mean = chosen.actor.body(batch.inputs[:1, :, : TRACK["observation_size"]])
        change = ppo.log_prob(batch.actions, mean, chosen.actor.log_std) - batch.log_probs
    assert change[0, 0] > 0.0 > change[0, 1]


def test_the_critic_learns_the_returns():
    chosen = learner()
    batch = batch_of(chosen, [1.0] * 8, [1.0, -1.0] * 4)
    assert ppo.fit_critic(chosen, batch, batch.orders)["value_loss"] == pytest.approx(0.0)
    batch = batch_of(chosen, [1.0] * 8, [1.0, -1.0] * 4)
    batch.returns += 1.0
    losses = [ppo.fit_critic(chosen, batch, batch.orders)["value_loss"] for _ in range(50)]
    assert losses[0] == pytest.approx(0.5)  # half of a squared error of one
    assert losses[-1] < 0.1 * losses[0]


def test_a_gradient_is_cut_to_its_limit():
    chosen = learner(max_gradient_norm=1e-3)
    batch = batch_of(chosen, [1.0] * 2, [1.0, -1.0])
    assert ppo.fit_actor(chosen, batch, batch.orders)["actor_gradient_norm"] > 1e-3
    squares = sum(float(p.grad.square().sum()) for p in chosen.actor.parameters())
    assert squares**0.5 == pytest.approx(1e-3, rel=1e-3)


def test_minibatches_show_every_sample_once_an_epoch():
    rows = torch.arange(128).reshape(8, 16)
    pairs = torch.stack([rows, -rows], dim=-1)
    orders = [torch.randperm(128) for _ in range(2)]
    sizes, order = [], []
    for drawn, numbers, both in ppo.minibatches(orders, 50, rows, pairs):
        assert torch.equal(drawn, numbers)
        assert torch.equal(both, torch.stack([numbers, -numbers], dim=-1))  # rows stay together
        sizes.append(len(numbers))
        order += numbers.tolist()
    assert sizes == [50, 50, 28] * 2
    assert order == torch.cat(orders).tolist()


def test_an_update_shuffles_every_epoch_anew(monkeypatch):
    chosen = learner(epochs=3)
    storage = rollout(chosen)
    seen = {}

    def noted(name, fit):
        def noting(learner, storage, orders):
            seen[name] = orders
            return fit(learner, storage, orders)

        monkeypatch.setattr(ppo, fit.__name__, noting)

    noted("actor", ppo.fit_actor)
    noted("critic", ppo.fit_critic)
    ppo.update(chosen, storage)
    assert all(sorted(order.tolist()) == list(range(128)) for order in seen["actor"])
    assert len({tuple(order.tolist()) for order in seen["actor"]}) == 3
    assert all(torch.equal(a, b) for a, b in zip(seen["actor"], seen["critic"], strict=True))


def test_a_minibatch_of_one_sample_is_no_divergence():
    chosen = learner(minibatch=127)  # 128 samples: one is left over
    storage = rollout(chosen)
    ppo.estimate_advantages(chosen, storage)
    assert np.isfinite(list(ppo.update(chosen, storage).values())).all()


def test_the_learning_rate_falls_in_a_straight_line():
    chosen = learner(learning_rate=3e-3, final_learning_rate=1e-3, steps=1000)
    storage = rollout(chosen)
    for steps, rate in ((0, 3e-3), (500, 2e-3), (1000, 1e-3), (2000, 1e-3)):
        chosen.steps = steps
        assert ppo.update(chosen, storage)["learning_rate"] == pytest.approx(rate)
        for optimizer in (chosen.actor_optimizer, chosen.critic_optimizer):
            assert optimizer.param_groups[0]["lr"] == pytest.approx(rate)


def test_exploration_does_not_fall_below_its_floor():
    chosen = learner(min_log_std=-1.0, initial_log_std=-5.0)
    assert ppo.bounded_log_std(chosen).tolist() == [-1.0] * 4


# --- loop ---------------------------------------------------------------------------------------


def trained(updates=3, seed=0, **changes):
    """A learner after some updates, and the figures of each."""
    chosen = learner(seed=seed, steps=128 * updates, **changes)
    env = VecEnv(16, ENVIRONMENT, threads=1, seed=seed)
    log = []
    ppo.train(chosen, env, lambda _, figures: log.append(figures))
    return chosen, log


def test_training_counts_its_steps_and_tells_its_figures():
    chosen, log = trained()
    assert chosen.steps == 3 * 128
    assert len(log) == 3
    for figures in log:
        assert np.isfinite(list(figures.values())).all()
        parts = sum(v for k, v in figures.items() if k.startswith("reward/"))
        assert figures["reward"] == pytest.approx(parts)
        assert {f"reward/{name}" for name in TRACK["reward_terms"]} <= set(figures)


def weights_of(chosen):
    return [p.detach().clone() for p in (*chosen.actor.parameters(), *chosen.critic.parameters())]


def test_equal_seeds_train_equal_weights_and_others_do_not():
    one, same, other = (weights_of(trained(seed=seed)[0]) for seed in (0, 0, 1))
    assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(one[:1], other[:1], strict=True))


@pytest.mark.parametrize("poison", [float("nan"), float("inf")])
def test_a_reward_that_is_no_number_stops_training_with_its_weights_good(monkeypatch, poison):
    chosen = learner(steps=128 * 4)
    env = VecEnv(16, ENVIRONMENT, threads=1)
    updates = []

    def after_update(_, figures):
        updates.append(figures)
        if len(updates) == 2:
            collect = ppo.collect

            def poisoned(*arguments):
                collect(*arguments)
                arguments[2].rewards[3, 5] = poison

            monkeypatch.setattr(ppo, "collect", poisoned)

    with pytest.raises(
        DivergenceError, match=r"got a reward of environment 5 .* at step 256 \(control step 19\)"
    ):
        ppo.train(chosen, env, after_update)
    assert len(updates) == 2
    assert all(torch.isfinite(w).all() for w in weights_of(chosen))


def test_an_actor_that_is_no_number_stops_training():
    chosen = learner()
    env = VecEnv(16, ENVIRONMENT, threads=1)
    with torch.no_grad():
        chosen.actor.body[0].weight[0, 0] = float("nan")
    with pytest.raises(DivergenceError):
        ppo.train(chosen, env, lambda *_: None)


def test_a_minibatch_larger_than_the_rollout_is_refused():
    with pytest.raises(TrainingError, match="minibatch: expected at most num_envs x horizon = 128"):
        learner(minibatch=129)
