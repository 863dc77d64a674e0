# SPDX-License-Identifier: Apache-2.0
"""Evaluation of a policy that is known to fly, and of pilots that are known not to."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from sample_policy import ENVIRONMENT

from evaluation import evaluate as room
from evaluation.errors import EpisodeError
from evaluation.evaluate import evaluate, fly_chunk, fly_drones, fly_policy, trial_of
from evaluation.figures import tracking_figures, wilson_95
from evaluation.recording import badness, thrust_to_weight
from evaluation.referee import Score
from policy_export.errors import PolicyFileError
from sim_core.tasks import TrackTask


class Constant:
    """A pilot that gives one command for ever, whoever flies."""

    def __init__(self, thrust_n: float, rates: Sequence[float] = (0.0, 0.0, 0.0)) -> None:
        self.row = np.array([thrust_n, *rates], np.float32)
        self.states: list[np.ndarray] = []

    def start(self, task: Sequence[TrackTask], controlled: Sequence[int]) -> "Constant":
        assert len(task) == len(controlled)
        return self

    def command(self, state: np.ndarray, dt: float) -> np.ndarray:  # noqa: ARG002
        self.states.append(state.copy())
        return np.tile(self.row, (len(state), 1))


def test_evaluate_policy_that_flies_settles_and_tracks(policy_path: Path) -> None:
    hover = evaluate(policy_path, "hover", 64, seed=2)
    assert set(hover) >= {
        "task", "episodes", "success_rate", "crash_rate", "rmse_m", "settled_error_m",
    }  # fmt: skip
    assert (hover["task"], hover["episodes"], hover["crash_rate"]) == ("hover", 64, 0.0)
    assert hover["success_rate"] > 0.7
    assert 0.0 < hover["settled_error_m"]["median"] < 0.05
    assert hover["settled_error_m"]["median"] <= hover["settled_error_m"]["p95"]
    track = evaluate(policy_path, "lemniscate", 32, seed=2)
    assert track["success_rate"] > 0.9
    assert 0.01 < track["rmse_m"] < 0.08
    fast = evaluate(policy_path, "track", 32, seed=2)
    assert fast["rmse_m"] > 2.0 * track["rmse_m"]
    json.dumps([hover, track], allow_nan=False)


def test_evaluate_equal_seeds_are_equal_in_chunks_too(
    policy_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "CHUNK", 8)
    first, second, other = (evaluate(policy_path, "hover", 20, seed=s) for s in (3, 3, 4))
    assert first == second
    assert first["episodes"] == 20
    assert first["settled_error_m"] != other["settled_error_m"]


def test_evaluate_chunks_fly_different_drones(
    policy_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flown, fly = [], fly_drones
    monkeypatch.setattr(room, "CHUNK", 8)
    monkeypatch.setattr(room, "fly_drones", lambda *a: (flown.append(a[3:5]), fly(*a))[1])
    evaluate(policy_path, "hover", 20, seed=3)
    assert [count for count, _ in flown] == [8, 8, 4]
    assert len({seed for _, seed in flown}) == 3


def test_evaluate_the_truth_is_judged_and_not_the_estimate() -> None:
    noisy = dataclasses.replace(ENVIRONMENT.estimate, position_m=100.0)
    environment = dataclasses.replace(ENVIRONMENT, estimate=noisy)
    score = fly_chunk(Constant(0.28), trial_of("hover"), environment, 16, seed=1)
    assert not (score.crash_time_s < 0.3).any()  # an estimate 100 m away would be lost at once


def test_evaluate_pilot_that_lets_go_hits_the_floor() -> None:
    trial = trial_of("hover")
    score = fly_chunk(Constant(0.05), trial, ENVIRONMENT, 16, seed=1)
    assert score.crashed.all()
    assert not score.success.any()
    assert (score.crash_reason == 2).any()
    assert np.isinf(score.rmse_m).all()


def test_figures_crash_of_most_leaves_no_median() -> None:
    score = fly_chunk(Constant(0.05), trial_of("hover"), ENVIRONMENT, 16, seed=1)
    figures = tracking_figures(score, np.full(16, 1.6))
    assert figures["crash_rate"] == 1.0
    assert figures["rmse_m"] is None
    assert figures["settled_error_m"] == {"median": None, "p95": None}


def test_trial_hover_starts_as_wide_as_said() -> None:
    trial = trial_of("hover")
    pilot = Constant(0.28)
    quiet = dataclasses.replace(
        ENVIRONMENT,
        estimate=dataclasses.replace(
            ENVIRONMENT.estimate,
            position_m=0.0, position_z_m=0.0, velocity_m_s=0.0, velocity_z_m_s=0.0,
            attitude_rad=0.0, body_rate_rad_s=0.0,
        ),
    )  # fmt: skip
    fly_chunk(pilot, trial, quiet, 1024, seed=1)
    begin = pilot.states[0].astype(np.float64)
    offset = begin[:, :3] - trial.task.reference.position(0.0)
    assert 0.95 < np.abs(offset).max() <= 1.0
    assert begin[:, 2].min() > 0.95  # well above the floor
    assert 0.95 < np.abs(begin[:, 7:10]).max() <= 1.0
    tilt = np.degrees(np.arccos(1 - 2 * (begin[:, 3] ** 2 + begin[:, 4] ** 2)))
    assert 55.0 < tilt.max() < 62.0  # 60 and the estimate's bias of 0.01 rad an axis


def test_trial_track_leads_in_for_two_seconds() -> None:
    trial = trial_of("track")
    assert trial.task.name == "lemniscate_fast"
    assert trial.window_s == trial.task.reference.scored
    assert 2.0 <= trial.window_s[0] <= 2.5
    assert trial.window_s[1] - trial.window_s[0] == pytest.approx(10.5)


def test_numbers_that_run_away_in_one_drone_leave_the_others_flying(
    policy_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    core = room._core.VecSim

    class Leaky:
        """The core, but drone 1 turns into not-a-number after 50 steps."""

        def __init__(self, *args: object, **named: object) -> None:
            self.sim, self.tick = core(*args, **named), 0  # type: ignore[arg-type]

        def start(self, seed: int) -> None:
            self.sim.start(seed)

        def fly(self, commands: np.ndarray) -> None:
            assert np.isfinite(commands).all()
            self.sim.fly(commands)
            self.tick += 1
            if self.tick == 50:
                self.sim.estimate[1, 4] = self.sim.truth[1, 4] = np.nan

        parameters = property(lambda self: self.sim.parameters)
        truth = property(lambda self: self.sim.truth)
        estimate = property(lambda self: self.sim.estimate)

    monkeypatch.setattr(room._core, "VecSim", Leaky)
    runner = room.PolicyRunner(policy_path)
    score = fly_chunk(runner, trial_of("hover"), ENVIRONMENT, 3, seed=1)
    assert score.crashed.tolist() == [False, True, False]
    assert score.crash_reason[1] == 1
    assert score.crash_time_s[1] == pytest.approx(0.5)


@pytest.mark.parametrize("episodes", [0, -1])
def test_evaluate_no_episodes_is_refused(policy_path: Path, episodes: int) -> None:
    with pytest.raises(EpisodeError, match="episodes: expected at least 1"):
        evaluate(policy_path, "hover", episodes)


def test_evaluate_policy_for_another_airframe_is_refused(policy_path: Path) -> None:
    other = dataclasses.replace(ENVIRONMENT, airframe="cf21_other")
    with pytest.raises(PolicyFileError, match="airframe cf21_other"):
        evaluate(policy_path, "hover", 1, environment=other)


def score_of(rmse: list[float], success: list[bool]) -> Score:
    error, crashed = np.array(rmse), np.isinf(rmse)
    when = np.where(crashed, np.arange(len(rmse)) + 1.0, np.nan)
    return Score(error, error, error, crashed, when, np.where(crashed, 2, 0), np.array(success))


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(0, 10, 0.0, 0.27753), (10, 10, 0.72247, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_wilson_interval_is_the_published_one(successes, trials, low, high) -> None:
    # 81 of 263: Newcombe 1998, table I, method 3: 0.2553 to 0.3662.
    assert wilson_95(successes, trials) == pytest.approx((low, high), abs=6e-5)
    assert wilson_95(0, 0) is None


def test_figures_weak_drones_are_reported_apart() -> None:
    score = score_of([0.1, 0.3, 0.2, np.inf], [True, False, True, False])
    figures = tracking_figures(score, np.array([1.4, 1.29, 1.8, 1.2]))
    assert figures["success_rate"] == 1.0
    assert figures["success_ci95"][1] == 1.0
    assert figures["crash_rate"] == 0.0
    assert figures["rmse_m"] == 0.1
    assert figures["tail"] == {"episodes": 2, "success_rate": 0.0, "rmse_m": 0.3}
    bins = figures["by_thrust_to_weight"]
    assert bins["1.3 to 1.5"] == {"episodes": 1, "success_rate": 1.0, "rmse_m": 0.1}
    assert bins["1.5 to 1.7"] == {"episodes": 0, "success_rate": None, "rmse_m": None}
    assert bins["1.7 to 1.9"]["rmse_m"] == 0.2


def test_figures_weak_drones_alone_leave_none() -> None:
    figures = tracking_figures(score_of([0.1], [True]), np.array([1.0]))
    assert figures["success_rate"] is figures["success_ci95"] is figures["rmse_m"] is None
    assert figures["tail"]["episodes"] == 1


def test_badness_crashes_come_first_the_earliest_of_them_before() -> None:
    score = score_of([0.1, np.inf, 0.3, np.inf, 0.2], [True] * 5)
    assert badness(score).tolist() == [1, 3, 2, 4, 0]


def test_thrust_to_weight_of_a_nominal_drone_is_the_airframes() -> None:
    airframe = ENVIRONMENT.load_airframe()
    found = thrust_to_weight(airframe.parameters[None])
    assert found == pytest.approx(0.48 / (0.029 * 9.81), rel=1e-6)


def test_worst_episodes_are_kept_to_fly_again(
    policy_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "CHUNK", 8)
    flown = fly_policy(policy_path, "hover", 20, seed=3)
    path = flown.save_worst(tmp_path / "new")
    assert path.name == "policy-hover-worst.npz"
    with np.load(path) as kept:
        assert kept["states"].shape == (501, 5, 13)
        assert kept["rmse_m"].tolist() == sorted(flown.rmse_m.tolist(), reverse=True)[:5]
        assert str(kept["task"]) == "hover"
        seed, drone = int(kept["seeds"][0]), int(kept["drones"][0])
        first, numbers = kept["states"][:, 0], kept["parameters"][0]
    runner = room.PolicyRunner(policy_path)
    again = fly_drones(runner, trial_of("hover"), ENVIRONMENT, 8 if seed < 19 else 4, seed)
    np.testing.assert_array_equal(again.truth[:, drone], first)
    np.testing.assert_array_equal(again.parameters[drone], numbers)
    assert flown.errors_m.shape == (501, 20)
