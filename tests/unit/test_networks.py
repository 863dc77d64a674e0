# SPDX-License-Identifier: Apache-2.0
"""The networks: SI outside, numbers of order one inside."""

import numpy as np
import pytest
import torch

from sim_core import _core
from sim_core.environment import load_environment
from sim_core.vec_env import VecEnv
from training.networks import Actor, Critic

TRACK = _core.TASKS["track"]

ENVIRONMENT = load_environment("track")
HOVER_N = 0.029 * 9.81


@pytest.fixture(scope="module")
def actor():
    torch.manual_seed(0)
    return Actor(ENVIRONMENT, 64, -0.5)


@pytest.fixture(scope="module")
def critic():
    torch.manual_seed(0)
    return Critic(ENVIRONMENT, 64)


@pytest.fixture(scope="module")
def core():
    env = VecEnv(2000, ENVIRONMENT, threads=1)
    env.reset(seed=0)
    rng = np.random.default_rng(0)
    for _ in range(30):
        env.step(rng.normal([HOVER_N, 0, 0, 0], [0.05, 1, 1, 0.5], (2000, 4)).astype(np.float32))
    return env.core


def fields_of(described):
    end = 0
    for field in described:
        yield field["name"], slice(end, end + field["size"])
        end += field["size"]


def test_action_zero_is_hover_and_one_is_half_a_range_more(actor):
    # Half ranges: (0.48 - 0.048) / 2 N, 6, 6 and 3 rad/s.
    hover, more = actor.to_command(torch.tensor([[0.0] * 4, [1.0] * 4])).tolist()
    assert hover == pytest.approx([HOVER_N, 0, 0, 0])
    assert more == pytest.approx([HOVER_N + 0.216, 6, 6, 3])


def test_an_untrained_actor_hovers(actor, core):
    with torch.no_grad():
        commands = actor(torch.from_numpy(core.observation)).numpy()
    assert np.abs(commands - [HOVER_N, 0, 0, 0]).max(axis=0) == pytest.approx([0.0] * 4, abs=0.3)
    assert np.abs(commands[:, 0] - HOVER_N).max() < 0.02


def test_forward_is_normalize_body_and_scale(actor, core):
    seen = torch.from_numpy(core.observation)
    with torch.no_grad():
        by_hand = actor.to_command(actor.body(actor.normalize(seen)))
        assert torch.equal(actor(seen), by_hand)


def test_what_the_actor_sees_is_of_order_one(actor, core):
    seen = actor.normalize(torch.from_numpy(core.observation)).numpy()
    for name, part in fields_of(TRACK["observation"]):
        size = np.sqrt((seen[:, part] ** 2).mean())
        assert 0.03 < size < 3.0, name


def test_what_the_critic_sees_is_of_order_one(critic, core):
    extra = critic.join(torch.zeros(2000, 0), torch.from_numpy(core.privileged)).numpy()
    assert extra.shape == (2000, TRACK["privileged_size"])
    for name, part in fields_of(TRACK["privileged"]):
        size = np.sqrt((extra[:, part] ** 2).mean())
        assert 0.03 < size < 3.0, name


def test_a_drawn_parameter_spans_minus_one_to_one(critic, core):
    extra = critic.join(torch.zeros(2000, 0), torch.from_numpy(core.privileged)).numpy()
    for name, part in fields_of(TRACK["privileged"]):
        if name in ("mass_kg", "thrust_gain", "trim_torque_n_m", "rotor_lag_up_s",
                    "rotor_lag_down_s", "rotor_dead_time_s", "link_delay_s",
                    "attitude_bias_rad"):  # fmt: skip
            assert extra[:, part].min(axis=0) == pytest.approx(-1.0, abs=0.01), name
            assert extra[:, part].max(axis=0) == pytest.approx(1.0, abs=0.01), name


def test_a_parameter_that_is_not_drawn_is_not_seen():
    environment = load_environment("track", ["randomization={}"])
    critic = Critic(environment, 16)
    privileged = torch.full((1, TRACK["privileged_size"]), 3.0)
    extra = critic.join(torch.zeros(1, 0), privileged)[0]
    for name, part in fields_of(TRACK["privileged"]):
        if name in _core.PARAMETER_NAMES:
            assert extra[part].tolist() == [0.0], name
    assert torch.isfinite(extra).all()


def test_past_commands_are_seen_in_half_ranges_about_hover(actor):
    seen = torch.zeros(1, TRACK["observation_size"])
    part = dict(fields_of(TRACK["observation"]))["past_commands"]
    seen[0, part] = torch.tensor([HOVER_N, 0, 0, 0, HOVER_N + 0.216, 6, -6, 1.5])
    assert actor.normalize(seen)[0, part].tolist() == pytest.approx(
        [0, 0, 0, 0, 1, 1, -1, 0.5], abs=1e-6
    )


def test_exploration_is_of_the_set_size(actor):
    assert actor.log_std.tolist() == [-0.5] * 4
    assert actor.log_std.requires_grad
