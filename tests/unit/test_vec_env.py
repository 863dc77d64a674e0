# SPDX-License-Identifier: Apache-2.0
"""The environment as gymnasium knows it: spaces, episodes that end and begin, refusals."""

import math
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from sim_core import _core
from sim_core.environment import load_environment
from sim_core.errors import SettingsError, ShapeError
from sim_core.reference_library import draw_references
from sim_core.vec_env import VecEnv

TRACK = _core.TASKS["track"]

STILL = ["start.position_m=0", "start.velocity_m_s=0", "start.tilt_rad=0", "start.yaw_rad=0",
         "start.body_rate_rad_s=0"]  # fmt: skip
HOVER = ["references.hover=1", "references.lemniscate=0", "references.lissajous=0",
         "references.count=1"]  # fmt: skip
EXACT = [f"estimate.{name}=0" for name in (
    "position_m", "position_z_m", "velocity_m_s", "velocity_z_m_s", "attitude_rad",
    "body_rate_rad_s", "attitude_bias_rad")]  # fmt: skip
NOMINAL = ["randomization={}"]


def hover_commands(count):
    return np.tile(np.float32([0.28449, 0, 0, 0]), (count, 1))


def started(count, *changes, seed=1, **options):
    env = VecEnv(
        count, load_environment("track", [c for group in changes for c in group]), threads=1
    )
    env.reset(seed=seed, options=options)
    return env


def reward_terms(env):
    return dict(zip(TRACK["reward_terms"], env.core.take_reward_terms(), strict=True))


# --- gymnasium's contract -----------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 7, 16, 33])
def test_shapes_and_types_are_those_of_the_spaces(count):
    env = VecEnv(count, threads=1)
    observation, info = env.reset(seed=0)
    assert env.observation_space.contains(observation)
    assert info == {}
    env.action_space.seed(0)
    for _ in range(20):
        observation, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        assert env.observation_space.contains(observation)
        assert (reward.shape, reward.dtype) == ((count,), np.float32)
        assert (terminated.shape, terminated.dtype) == ((count,), bool)
        assert (truncated.shape, truncated.dtype) == ((count,), bool)


def test_action_space_is_what_may_be_commanded():
    space = VecEnv(2).single_action_space
    # 4 x 0.12 N: a tenth of it at least; rates as the environment's file says.
    assert space.low == pytest.approx([0.048, -6, -6, -3])
    assert space.high == pytest.approx([0.48, 6, 6, 3])


def test_gymnasium_makes_it_by_name():
    env = gymnasium.make_vec("martlet/Track-v0", num_envs=3)
    observation, _ = env.reset(seed=0)
    assert observation.shape == (3, TRACK["observation_size"])
    env.close()


class OneDrone(gymnasium.Env):
    """A single drone behind gymnasium's interface of single environments."""

    def __init__(self):
        self.env = VecEnv(1, load_environment("track", ["episode.max_steps=30"]), threads=1)
        self.observation_space = self.env.single_observation_space
        self.action_space = self.env.single_action_space

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        drawn = int(self.np_random.integers(2**32)) if seed is None else seed
        observation, info = self.env.reset(seed=drawn, options=options)
        return observation[0].copy(), info

    def step(self, action):
        observation, reward, terminated, truncated, info = self.env.step(action[None])
        seen = info["final_obs"] if info else observation
        return seen[0].copy(), float(reward[0]), bool(terminated[0]), bool(truncated[0]), {}


def test_gymnasiums_own_checker_finds_no_fault():
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        check_env(OneDrone(), skip_render_check=True)
    # Bounds are open, and actions in newtons and rad/s: advice that an SI interface cannot take.
    advice = ("symmetric and normalized", "minimum value is -infinity", "maximum value is infinity")
    rest = [str(w.message) for w in found if not any(a in str(w.message) for a in advice)]
    assert rest == []


# --- episodes -----------------------------------------------------------------------------------


def test_an_episode_out_of_time_is_truncated_and_begins_anew():
    env = started(5, STILL, HOVER, NOMINAL, EXACT, ["episode.max_steps=3"])
    first = env.core.observation.copy()
    climbing = hover_commands(5) + np.float32([0.1, 0, 0, 0])
    for step in range(1, 7):
        observation, _, terminated, truncated, info = env.step(climbing)
        over = step % 3 == 0
        assert truncated.all() == over
        assert truncated.any() == over
        assert not terminated.any()
        assert bool(info) == over
    # In the very step that ends it, the new start is seen, and the old end beside it.
    np.testing.assert_array_equal(observation, first)
    assert info["_final_obs"].all()
    # 30 ms less 8 ms of dead time, behind 44 ms of lag: a few hundredths of a metre a second up.
    assert ((info["final_obs"][:, 32] > 0.005) & (info["final_obs"][:, 32] < 0.05)).all()


def test_a_drone_too_far_from_its_path_has_crashed():
    env = started(4, STILL, HOVER, NOMINAL, EXACT, ["episode.max_distance_m=0.1"])
    falling = hover_commands(4)
    falling[2, 0] = 0.048
    steps = 0
    while steps < 100:
        steps += 1
        _, reward, terminated, truncated, info = env.step(falling)
        if terminated.any():
            break
    # 9.81 (1 - 0.048 / 0.28449) = 8.15 m/s^2, behind the rotors' lag of 76 ms: 0.1 m in 0.23 s.
    assert 0.157 < steps * 0.01 < 0.26
    assert terminated.tolist() == [False, False, True, False]
    assert not truncated.any()
    assert info["_final_obs"].tolist() == terminated.tolist()
    assert reward[2] == -3.0
    assert info["final_obs"][2, 2] == pytest.approx(0.1, abs=0.02)  # the reference, above it
    assert np.abs(env.core.observation[2, :3]).max() < 1e-6  # and at the start again


def test_a_crash_in_the_last_step_is_a_crash():
    changes = ["episode.max_distance_m=0.001", "episode.max_steps=1"]
    env = started(3, HOVER, NOMINAL, changes)
    *_, terminated, truncated, _ = env.step(hover_commands(3))
    assert terminated.all()
    assert not truncated.any()


def test_a_drone_that_spins_too_fast_has_crashed():
    env = started(2, STILL, HOVER, NOMINAL, EXACT, ["episode.max_body_rate_rad_s=1.0"])
    turning = hover_commands(2)
    turning[1, 3] = 3.0
    for _ in range(50):
        _, _, terminated, _, _ = env.step(turning)
        if terminated.any():
            break
    assert terminated.tolist() == [False, True]


def test_an_episode_draws_a_new_drone_and_start():
    env = started(8, ["episode.max_steps=1"])
    drones, starts = [], []
    for _ in range(3):
        drones.append(env.core.parameters.copy())
        starts.append(env.core.observation.copy())
        env.step(hover_commands(8))
    for a, b in ((0, 1), (1, 2)):
        assert (drones[a][:, 0] != drones[b][:, 0]).all()
        assert (starts[a][:, 0] != starts[b][:, 0]).all()


def test_staggered_starts_spread_the_ends_of_episodes():
    env = started(400, STILL, HOVER, NOMINAL, EXACT, ["episode.max_steps=50"], staggered=True)
    ends = [int(env.step(hover_commands(400))[3].sum()) for _ in range(50)]
    assert sum(ends) == 400
    assert max(ends) < 30  # 8 a step on average
    assert min(ends) > 0


def test_starts_lie_within_their_ranges():
    widths = {"position_m": 0.5, "velocity_m_s": 0.8, "tilt_rad": 0.6, "yaw_rad": 0.3,
              "body_rate_rad_s": 1.5}  # fmt: skip
    changes = [f"start.{name}={value}" for name, value in widths.items()]
    env = started(4000, changes, HOVER, ["references.yaw_rad=3.1416"])
    truth = env.core.truth.astype(float)
    x, y, z, w = truth[:, 3:7].T
    tilt = np.arccos(np.clip(1 - 2 * (x * x + y * y), -1, 1))
    turn = 2 * np.arctan2(z, w) - path_yaw(env)  # the tilt's axis lies level: it has no part in z
    turn = np.abs((turn + np.pi) % (2 * np.pi) - np.pi)
    for values, width in ((np.abs(truth[:, :3] - [0, 0, 1]), 0.5), (np.abs(truth[:, 7:10]), 0.8),
                          (np.abs(truth[:, 10:13]), 1.5), (tilt, 0.6), (turn, 0.3)):  # fmt: skip
        assert values.max() <= width + 1e-5
        assert values.max() > 0.98 * width
        assert values.mean() == pytest.approx(width / 2, rel=0.06)


def path_yaw(env):
    """Of the one path of a run that hovers."""
    return float(draw_references(env.settings.references, 1.0, 0)[0][0, 3])


# --- rewards ------------------------------------------------------------------------------------


WEIGHTS = [
    "reward.scale=0.1", "reward.distance=1", "reward.precision=1", "reward.precision_width_m=0.1",
    "reward.velocity=0.1", "reward.body_rate=0.002", "reward.heading=0.3", "reward.smoothness=0.3",
    "reward.overshoot=0.02", "reward.effort=0.5", "reward.crash=3",
]  # fmt: skip
"""What is worked out by hand here, whatever track.toml's are."""


def test_reward_of_a_perfect_hover():
    env = started(1, STILL, HOVER, NOMINAL, EXACT, WEIGHTS)
    _, reward, *_ = env.step(hover_commands(1))
    # Everything in its place: 0.1 (distance 1 + precision 1); all else is zero.
    assert reward[0] == pytest.approx(0.2, abs=1e-4)
    terms = reward_terms(env)
    assert terms["distance"] == pytest.approx(0.1, abs=1e-4)
    assert terms["precision"] == pytest.approx(0.1, abs=1e-4)
    assert sum(abs(v) for k, v in terms.items() if k not in ("distance", "precision")) < 1e-4


def test_reward_terms_of_a_command_that_jumps_and_oversteps():
    env = started(1, STILL, HOVER, NOMINAL, EXACT, WEIGHTS)
    # Half ranges: (0.48 - 0.048) / 2 = 0.216 N, 6 and 3 rad/s. Roll asked 9: half a range beyond 6.
    env.step(np.float32([[0.28449 + 0.108, 9.0, 0.0, -3.0]]))
    terms = reward_terms(env)
    # Change: 0.5, 1 (limited to 6), 0, 1 half ranges: squares 2.25, times 0.1 * 0.3.
    assert terms["smoothness"] == pytest.approx(-0.03 * 2.25, rel=1e-4)
    assert terms["overshoot"] == pytest.approx(-0.1 * 0.02 * 0.25, rel=1e-4)
    assert terms["effort"] == pytest.approx(-0.1 * 0.5 * 0.25, rel=1e-3)  # half a range over hover
    # The second time it is no change any more.
    env.step(np.float32([[0.28449 + 0.108, 9.0, 0.0, -3.0]]))
    assert reward_terms(env)["smoothness"] == pytest.approx(0.0, abs=1e-7)


def test_reward_terms_of_a_distance_a_speed_and_a_heading():
    quiet = ["start.tilt_rad=0", "start.body_rate_rad_s=0"]
    changes = [*quiet, "start.position_m=1", "start.velocity_m_s=1", "start.yaw_rad=1.0"]
    env = started(1, changes, HOVER, NOMINAL, EXACT, WEIGHTS, seed=4)
    env.step(hover_commands(1))
    seen, terms = env.core.observation[0], reward_terms(env)
    d, v = (float(np.linalg.norm(seen[part])) for part in (slice(0, 3), slice(30, 33)))
    assert d > 0.3
    assert terms["distance"] == pytest.approx(0.1 * (1 - min(d, 4)), abs=1e-5)
    assert terms["precision"] == pytest.approx(0.1 / (1 + (d / 0.1) ** 2), rel=1e-4)
    assert terms["velocity"] == pytest.approx(-0.1 * 0.1 * v, rel=1e-4)
    yaw_error = math.atan2(seen[36], seen[33])  # x axis of B in H
    assert abs(yaw_error) > 0.1
    assert terms["heading"] == pytest.approx(-0.1 * 0.3 * (1 - math.cos(yaw_error)), rel=1e-3)
    assert terms["body_rate"] == pytest.approx(0.0, abs=1e-6)


def test_reward_term_of_turning():
    env = started(1, STILL, HOVER, NOMINAL, EXACT, WEIGHTS)
    yawing = hover_commands(1)
    yawing[0, 3] = 2.0
    for _ in range(50):
        env.step(yawing)
    env.core.take_reward_terms()
    env.step(yawing)
    squares = float(np.square(env.core.privileged[0, 6:9]).sum())  # true_body_rates
    assert squares > 1.0
    assert reward_terms(env)["body_rate"] == pytest.approx(-0.1 * 0.002 * squares, rel=1e-4)


def test_reward_is_the_sum_of_its_terms():
    env = started(50)
    total = 0.0
    rng = np.random.default_rng(0)
    for _ in range(40):
        noise = rng.normal(0, [0.05, 2, 2, 1], (50, 4))
        total += float(env.step((hover_commands(50) + noise).astype(np.float32))[1].sum())
    assert sum(env.core.take_reward_terms()) == pytest.approx(total, rel=1e-4)
    assert not any(env.core.take_reward_terms())


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize("entry", range(4))
def test_a_command_that_is_no_number_is_a_crash_and_a_clean_restart(bad, entry):
    env = started(5)
    commands = hover_commands(5)
    commands[3, entry] = bad
    observation, reward, terminated, _, info = env.step(commands)
    assert terminated.tolist() == [False, False, False, True, False]
    assert reward[3] == -3.0
    assert np.isfinite(observation).all()
    assert np.isfinite(info["final_obs"][3]).all()
    assert np.isfinite(env.core.privileged).all()
    for _ in range(30):
        observation, reward, *_ = env.step(hover_commands(5))
        assert np.isfinite(observation).all()
        assert np.isfinite(reward).all()
    assert np.isfinite(env.core.take_reward_terms()).all()


def test_wild_commands_never_put_out_what_is_no_number():
    env = started(64)
    rng = np.random.default_rng(1)
    for _ in range(200):
        commands = rng.normal(0, 10.0 ** rng.uniform(-2, 12), (64, 4)).astype(np.float32)
        observation, reward, *_, info = env.step(commands)
        assert np.isfinite(observation).all()
        assert np.isfinite(reward).all()
        assert not info or np.isfinite(info["final_obs"][info["_final_obs"]]).all()


@pytest.mark.parametrize(
    ("actions", "got"),
    [
        (np.zeros((4, 4)), r"float64 \(4, 4\)"),
        (np.zeros((4, 3), np.float32), r"float32 \(4, 3\)"),
        (np.zeros((3, 4), np.float32), r"float32 \(3, 4\)"),
        (np.zeros(16, np.float32), r"float32 \(16,\)"),
        (np.zeros((4, 4), np.float32, order="F"), r"float32 \(4, 4\)"),
        (np.zeros((4, 8), np.float32)[:, ::2], r"float32 \(4, 4\)"),
    ],
)
def test_actions_of_another_shape_or_type_are_refused_in_one_sentence(actions, got):
    env = started(4)
    with pytest.raises(ShapeError, match=rf"expected contiguous float32 \(4, 4\), got {got}"):
        env.step(actions)
    env.step(hover_commands(4))  # and nothing is broken


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_does_not_fit_is_refused_in_one_sentence(seed):
    with pytest.raises(SettingsError, match=f"seed: expected 0 to 4294967295, got {seed}"):
        started(1).reset(seed=seed)
    with pytest.raises(SettingsError, match=f"seed: expected 0 to 4294967295, got {seed}"):
        VecEnv(1, seed=seed)


def test_no_drones_are_refused():
    with pytest.raises(ValueError, match="num_drones: expected at least 1, got 0"):
        VecEnv(0)


def test_a_step_before_the_first_reset_is_refused():
    with pytest.raises(gymnasium.error.ResetNeeded):
        VecEnv(2).step(hover_commands(2))


def test_a_snapshot_goes_on_to_the_bit_in_another_simulator():
    one, other = started(20, ["episode.max_steps=9"], seed=4, staggered=True), started(20, seed=5)
    other.core = _core.VecSim(20, one.settings.core_settings(), draw_references(
        one.settings.references, 9 * 0.01 + 3.0, 0))  # fmt: skip
    for _ in range(5):
        one.step(hover_commands(20))
    other.core.restore(one.core.snapshot())
    assert np.array_equal(one.core.observation, other.core.observation)
    for _ in range(12):
        seen = [[np.copy(a) for a in env.step(hover_commands(20))[:4]] for env in (one, other)]
        assert all(np.array_equal(a, b) for a, b in zip(*seen, strict=True))
        assert np.array_equal(one.core.privileged, other.core.privileged)
    assert one.core.take_reward_terms() == other.core.take_reward_terms()


def test_a_snapshot_of_other_drones_is_refused():
    with pytest.raises(ValueError, match=r"snapshot: expected .* bytes of 4 drones"):
        started(4).core.restore(started(5).core.snapshot())
    with pytest.raises(ValueError, match=r"snapshot: expected .* got 3 bytes"):
        started(4).core.restore(np.zeros(3, np.uint8))
