# SPDX-License-Identifier: Apache-2.0
"""Races as they are evaluated: who flies what, what is stated, what is kept."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from evaluation.errors import EpisodeError, PictureError
from evaluation.race_figures import race_figures
from evaluation.race_film import RaceCaption, passing_times, race_scene
from evaluation.race_picture import render
from evaluation.race_replay import save_races
from evaluation.races import RaceTrial, fly_races, worst_first
from policy_export.errors import PolicyFileError
from policy_export.export import export_policy
from policy_export.runtime import PolicyRunner
from sim_core.course_library import TRAINING_SEEDS
from sim_core.environment import load_environment
from sim_core.errors import SettingsError
from sim_core.races import load_race
from training.manifest_of import manifest_of
from training.networks import Actor
from training.settings import PPOSettings

RACE = load_environment("race")
LSY = RaceTrial("lsy", 2)


class Hoverer:
    """Answers every state with the thrust that carries the drone."""

    def __init__(self, thrust=1.0):
        self.thrust = np.float32(thrust * RACE.load_airframe().hover_thrust_n)
        self.asked = []

    def start(self, task, controlled):  # noqa: ARG002  # a pilot's
        self.asked.append([t.course for t in task])
        return self

    def command(self, state, dt):  # noqa: ARG002  # a pilot's
        return np.tile(np.float32([self.thrust, 0, 0, 0]), (len(state), 1))


@pytest.fixture(scope="module")
def flown():
    return fly_races(Hoverer(1.1), "hoverer", LSY, RACE, 24, 500)


def test_nobody_finishes_who_only_rises(flown):
    found = flown.figures
    assert found["success_rate"] == 0.0
    assert found["crash_rate"] == 1.0
    assert found["crashes"]["room"] > 20
    assert found["gates_passed"] == 0.0
    assert found["lost_before_gate"] == {"1": 1.0, "2": 0.0, "3": 0.0, "4": 0.0}
    assert found["lap_time_s"] == {"median": None, "p95": None}
    low, high = found["success_ci95"]
    assert low == 0.0
    assert 0.1 < high < 0.2


def test_every_drone_flies_a_course_of_its_own_that_training_never_draws(flown):
    del flown
    pilot = Hoverer()
    fly_races(pilot, "", LSY, RACE, 3, 500)
    (courses,) = pilot.asked
    places = [c.true.gates[0].position_m for c in courses]
    assert len(set(places)) == 3
    assert places[1] == load_race("lsy", 2, 501).course.true.gates[0].position_m
    assert TRAINING_SEEDS > 500 + 10_000


def test_the_same_seed_gives_the_same_races():
    one, two = (fly_races(Hoverer(1.1), "", LSY, RACE, 8, 3) for _ in range(2))
    assert one.figures == two.figures


def test_the_worst_are_those_that_came_least_far(flown):
    order = worst_first(flown.score)
    passed, ended = flown.score.gates_passed[order], flown.score.crash_time_s[order]
    assert (np.diff(passed) >= 0).all()
    assert (np.diff(ended) >= 0).all()
    assert flown.worst[0].end_s == ended[0]


def test_races_are_kept_whole(flown, tmp_path):
    save_races(flown.worst, tmp_path / "worst.npz", {"pilot": "hoverer"})
    kept = np.load(tmp_path / "worst.npz")
    assert kept["states"].shape == (len(kept["times_s"]), 5, 13)
    assert kept["gates"].shape == (5, 4, 12)
    course = load_race("lsy", 2, int(kept["seeds"][0])).course
    np.testing.assert_array_equal(kept["gates"][0], course.true.gate_table())
    assert [path.name for path in tmp_path.iterdir()] == ["worst.npz"]


@pytest.mark.parametrize("name", ["page.png", "film.gif"])
def test_races_are_drawn(flown, tmp_path, name):
    render(flown, tmp_path / name)
    with Image.open(tmp_path / name) as picture:
        assert np.asarray(picture.convert("L")).std() > 10
        assert getattr(picture, "n_frames", 1) >= (8 if name.endswith("gif") else 1)


def test_films_count_gates_when_the_referee_does(flown):
    """A flight straight through the first gate, half a metre before to half a metre behind it."""
    gate = flown.middle.task.course.true.gates[0]
    times = np.arange(101) * 0.01
    along = np.array([np.cos(gate.yaw_rad), np.sin(gate.yaw_rad), 0.0])
    truth = np.zeros((101, 13), np.float32)
    truth[:, :3] = gate.position_m + (times[:, None] - 0.505) * along
    race = replace(flown.middle, times_s=times, truth=truth, end_s=1.0)
    assert passing_times(race, 1.0) == pytest.approx((0.51,))
    assert passing_times(race, 0.4) == ()
    scene = race_scene(race)
    assert scene.passed_s == pytest.approx((0.51,))
    assert scene.kind == "brushless"
    caption = RaceCaption(LSY, race, scene)
    assert caption(0.5) == "lsy, level 2    0.50 s    gate 0/4    0.0 m/s"
    assert caption(0.52) == "lsy, level 2    0.52 s    gate 1/4    0.0 m/s"


def test_another_kind_of_picture_is_refused(flown, tmp_path):
    with pytest.raises(PictureError, match=r"expected a \.png or \.gif file"):
        render(flown, tmp_path / "page.jpg")


def test_no_episodes_and_no_level_are_refused():
    with pytest.raises(EpisodeError, match="expected at least 1, got 0"):
        fly_races(Hoverer(), "", LSY, RACE, 0, 0)
    with pytest.raises(SettingsError, match="level: expected 0 to 3, got 9"):
        fly_races(Hoverer(), "", RaceTrial("lsy", 9), RACE, 1, 0)


def test_a_race_without_end_is_a_success_where_nothing_is_hit():
    flown = fly_races(Hoverer(), "", RaceTrial("rings", 0), load_environment("rings"), 4, 0)
    score = flown.score
    figures = race_figures(score, 0)
    assert figures["success_rate"] == 1.0 - figures["crash_rate"]
    assert figures["race_perf"] == pytest.approx(np.minimum(score.gates_passed / 10, 1).mean())
    assert "lost_before_gate" not in figures


def write_policy(environment, path):
    """One with random weights."""
    export_policy(Actor(environment, 16, -0.5), manifest_of(environment, PPOSettings(), 0), path)


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    path = tmp_path_factory.mktemp("race") / "racer.onnx"
    write_policy(RACE, path)
    return path


def test_a_policy_file_races(policy):
    runner = PolicyRunner(policy, airframe="cf21_brushless")
    session = runner.start("race")
    state = np.float32([[-1.5, 0.75, 1.0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]])
    command = session.command(state, 0.0)
    assert np.isfinite(command).all()
    progress = session.progress
    np.testing.assert_allclose(progress.goal, [[0.5, 0.25, 0.7]])
    assert not progress.finished
    # Straight through the first gate, along its yaw.
    ahead = np.array([np.cos(-0.78), np.sin(-0.78), 0.0])
    for step in (-0.05, 0.05):
        state[0, :3] = [0.5, 0.25, 0.7] + step * ahead
        session.command(state, 0.01)
    assert session.progress.passed.tolist() == [1]
    np.testing.assert_allclose(session.progress.goal, [[1.05, 0.75, 1.2]])
    session.command(state, 100.0)
    assert session.progress.finished  # given up


def test_a_tracker_does_not_race_nor_a_racer_track(policy, tmp_path):
    runner = PolicyRunner(policy)
    with pytest.raises(PolicyFileError, match=r"expected one that this policy flies \(race\)"):
        runner.start("lemniscate")
    tracker = tmp_path / "tracker.onnx"
    write_policy(load_environment("track"), tracker)
    with pytest.raises(PolicyFileError, match=r"'lsy': expected one that this policy flies"):
        PolicyRunner(tracker).start("race")
    with pytest.raises(PolicyFileError, match="races alone or none"):
        runner.start(["race", "hover"], controlled=(0, 1))


def test_the_command_line_races(policy, martlet):
    words = ["eval", policy, "--task", "race", "--episodes", "4", "--level", "0"]
    told = json.loads(martlet(*words, "--json").out)
    keys = {"success_rate", "success_ci95", "gates_passed_share", "lap_time_s", "crash_rate"}
    assert keys <= set(told)
    assert (policy.parent / "racer-race-worst.npz").exists()
    refused = martlet(*words, "--baseline", "stock")
    assert refused.code == 2
    assert "expected no --baseline in a race" in refused.errors
