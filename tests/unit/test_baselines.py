# SPDX-License-Identifier: Apache-2.0
"""The live baselines: the stock controller, and a motor policy in RAPTOR's place."""

import dataclasses
import sys

import numpy as np
import pytest

from evaluation import baselines as room
from evaluation.baselines import BASELINES, NOT_ALIKE, fly_baseline, fly_motors, fly_stock
from evaluation.errors import BaselineError
from evaluation.evaluate import drawn_drones, trial_of
from sim_core.environment import load_environment

ENVIRONMENT = load_environment("track")
QUIET = load_environment(
    "track",
    ["randomization={}", *(f"estimate.{name}=0.0" for name in (
        "position_m", "position_z_m", "velocity_m_s", "velocity_z_m_s", "attitude_rad",
        "attitude_bias_rad", "body_rate_rad_s"))],
)  # fmt: skip


class Proportional:
    """A motor policy for the nominal CF2.1+: a cascade of proportional terms from RAPTOR's 22."""

    def __init__(self) -> None:
        self.seen: list[np.ndarray] = []
        self.resets = 0

    def reset(self) -> None:
        self.resets += 1

    def evaluate_step(self, observation: np.ndarray) -> np.ndarray:
        self.seen.append(observation.copy())
        p, R, v, w = (observation[:, a:b] for a, b in ((0, 3), (3, 12), (12, 15), (15, 18)))
        wanted = -4.0 * p - 3.5 * v + [0.0, 0.0, 9.81]
        level = R.reshape(-1, 3, 3)
        z = level[:, :, 2]
        thrust = 0.029 * np.sum(wanted * z, axis=1) / 4.0
        tilt = np.cross(z, wanted / np.linalg.norm(wanted, axis=1, keepdims=True))
        tilt = np.einsum("nji,nj->ni", level, tilt)
        torque = 1.66e-5 * (60.0 * tilt - 12.0 * w)
        roll, pitch = torque[:, 0] / 0.13, torque[:, 1] / 0.13
        yaw = -2e-4 * w[:, 2] / 0.028
        sign = ((-1, -1, -1), (-1, 1, 1), (1, 1, -1), (1, -1, 1))
        force = np.stack([thrust + a * roll + b * pitch + c * yaw for a, b, c in sign], axis=1)
        share = np.clip(force / 0.12, 0.0, 1.0) * (0.0915 + 0.0677)
        u = (-0.0677 + np.sqrt(0.0677**2 + 4 * 0.0915 * share)) / (2 * 0.0915)
        return 2.0 * u - 1.0


def test_stock_flies_the_drones_that_a_policy_flies() -> None:
    trial = trial_of("lemniscate_slow")
    flight = fly_stock(trial, ENVIRONMENT, 16, seed=5)
    drawn = drawn_drones(trial, ENVIRONMENT, 16, 5)
    np.testing.assert_array_equal(flight.parameters, drawn.parameters)
    np.testing.assert_allclose(flight.truth[0, :, :3], drawn.truth[:, :3], atol=1e-6)
    assert not flight.score.crashed.any()
    assert 0.05 < np.median(flight.score.rmse_m) < 0.5  # it lags behind, and follows


def test_stock_takes_each_drones_link_delay() -> None:
    trial = trial_of("lemniscate_slow")
    errors = []
    for delay in (0.0, 0.040):
        changes = [f"randomization={{ link_delay_s = {{ range = [{delay}, {delay}] }} }}"]
        environment = load_environment("track", changes)
        errors.append(np.median(fly_stock(trial, environment, 8, seed=5).score.rmse_m))
    # 40 ms at a mean speed of some 0.55 m/s are 2 cm further behind.
    assert errors[1] - errors[0] == pytest.approx(0.022, abs=0.008)


def test_motors_hover_where_they_are_asked_to() -> None:
    trial = trial_of("hover")
    policy = Proportional()
    flight = fly_motors(policy, trial, QUIET, 8, seed=1)
    assert policy.resets == 1
    assert not flight.score.crashed.any()
    assert np.median(flight.score.settled_error_m) < 0.05
    assert policy.seen[0].shape == (8, 22)


def test_motors_see_the_reference_in_its_heading() -> None:
    trial = trial_of("kind = 'hover'\nposition_m = [0, 0, 1]\nyaw_rad = 1.5707963\n")
    trial = dataclasses.replace(trial, start=(0.5, 0.0, 0.0, 0.0, 0.0))
    policy = Proportional()
    flight = fly_motors(policy, trial, QUIET, 4, seed=1)
    offset = flight.truth[0, :, :3] - flight.goal_m[0]
    turned = np.stack([offset[:, 1], -offset[:, 0], offset[:, 2]], axis=1)
    np.testing.assert_allclose(policy.seen[0][:, :3], turned, atol=1e-5)
    np.testing.assert_allclose(policy.seen[0][:, 3:12], [np.eye(3).ravel()] * 4, atol=1e-5)
    assert np.median(flight.score.settled_error_m) < 0.05


@pytest.mark.parametrize("motor", range(4))
def test_motors_are_numbered_from_front_right_on_clockwise(motor: int) -> None:
    class One(Proportional):
        def evaluate_step(self, observation: np.ndarray) -> np.ndarray:
            out = np.full((len(observation), 4), 0.4)
            out[:, motor] = 0.6
            return out

    trial = dataclasses.replace(trial_of("hover"), start=(0.0,) * 5)
    w = fly_motors(One(), trial, QUIET, 1, seed=1).truth[5, 0, 10:13]
    front, left = motor in (0, 3), motor in (2, 3)
    assert np.sign(w[0]) == (1 if left else -1)
    assert np.sign(w[1]) == (-1 if front else 1)
    assert np.sign(w[2]) == (-1 if motor in (0, 2) else 1)


def test_motor_thrust_runs_from_nothing_to_the_airframes_most() -> None:
    action = np.array([[-1.0, 1.0, 0.0, 7.0]])
    found = room.motor_thrust(action, np.array([0.12]))[0]
    half = 0.12 * (0.0915 / 4 + 0.0677 / 2) / (0.0915 + 0.0677)
    np.testing.assert_allclose(found, [0.0, 0.12, half, 0.12])


def test_estimate_is_the_truth_where_nothing_disturbs_it() -> None:
    rng = np.random.default_rng(1)
    body = np.concatenate([rng.normal(size=(5, 13)), np.zeros((5, 4))], axis=1)
    body[:, 3:7] /= np.linalg.norm(body[:, 3:7], axis=1, keepdims=True)
    none = {"attitude_bias_x_rad": np.zeros(5), "attitude_bias_y_rad": np.zeros(5)}
    np.testing.assert_allclose(room._estimate(body, none, QUIET, rng), body[:, :13], atol=1e-12)
    bias = none | {"attitude_bias_x_rad": np.full(5, 0.02)}
    seen = room._estimate(body, bias, QUIET, rng)
    turn = np.swapaxes(room._rotation(body[:, 3:7]), 1, 2) @ room._rotation(seen[:, 3:7])
    np.testing.assert_allclose(np.arcsin(turn[:, 2, 1]), 0.02, atol=1e-5)


def test_baseline_figures_say_what_is_not_alike() -> None:
    flown = fly_baseline("stock", "hover", 8, seed=2)
    assert flown.pilot == "stock"
    assert flown.figures["not_alike"] == list(NOT_ALIKE["stock"])
    assert flown.figures["episodes"] == 8
    assert set(BASELINES) == {"stock", "raptor"}


def test_baseline_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BaselineError, match="expected one of stock, raptor, got 'pid'"):
        fly_baseline("pid", "hover", 1)
    monkeypatch.setitem(sys.modules, "foundation_policy", None)
    with pytest.raises(BaselineError, match="baseline raptor: not installed"):
        fly_baseline("raptor", "hover", 1)


def test_raptor_hovers_in_our_simulator() -> None:
    pytest.importorskip("foundation_policy")
    flown = fly_baseline("raptor", "hover", 32, seed=1)
    assert flown.figures["crash_rate"] < 0.15
    assert flown.figures["settled_error_m"]["median"] < 0.08  # published: 5.3 cm
