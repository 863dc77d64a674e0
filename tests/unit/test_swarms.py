# SPDX-License-Identifier: Apache-2.0
"""Swarms as they are evaluated: who flies what, what is stated, what is kept."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from swarm_points import Points, Straight

from evaluation import swarms
from evaluation.errors import EpisodeError, PictureError
from evaluation.figures import wilson_95
from evaluation.swarm_figures import swarm_figures
from evaluation.swarm_picture import render
from evaluation.swarm_referee import score_swarm
from evaluation.swarm_replay import save_swarms
from evaluation.swarms import SwarmTrial, fly_swarms, slots_over
from sim_core import _core
from sim_core.environment import load_environment
from sim_core.errors import SettingsError
from sim_core.formations import SCENARIOS, TRAINING_SEEDS, load_formation

SWARM = load_environment("swarm")


@pytest.fixture
def points(monkeypatch):
    """Points instead of the simulator; what they do can be set."""
    how = {}

    def drawn(tasks, _environment, seed, _threads):
        return Points(tasks, seed, **how)

    monkeypatch.setattr(swarms, "drawn_swarm", drawn)
    return how


def fly(trial, episodes=10, seed=40, pilot=None):
    return fly_swarms(pilot or Straight(), "straight", trial, SWARM, episodes, seed)


def test_the_core_gets_the_slots_drone_by_drone_and_world_by_world(monkeypatch):
    got = {}

    class Core:
        def __init__(self, count, settings, paths, **how):
            got.update(count=count, settings=settings, paths=paths, **how)

        def start(self, seed):
            got["seed"] = seed

    def formations(size, in_order):
        return size, in_order

    monkeypatch.setattr(_core, "VecSim", Core)
    monkeypatch.setattr(_core, "Formations", formations)
    tasks = SwarmTrial("mix", 4, 2.0).tasks(3, 5)
    swarms.drawn_swarm(tasks, SWARM, 2**32 + 5, threads=2)
    assert (got["count"], got["threads"], got["seed"]) == (12, 2, 5)
    assert got["formations"] == (4, True)
    assert len(got["paths"]) == 12
    np.testing.assert_array_equal(got["paths"][6], tasks[1].slots[2])
    assert got["settings"]["world.drones"] == 4
    assert got["settings"]["mix.formation"] == 1.0
    assert got["settings"]["mix.race"] == 0.0
    assert got["settings"]["company.start_m"] == pytest.approx(0.05)
    assert got["settings"]["company.start_share"] == 0.0


@pytest.mark.usefixtures("points")
def test_formations_that_stand_are_kept_without_collisions():
    found = fly(SwarmTrial("static", 8, 5.0)).figures
    assert (found["task"], found["scenario"], found["drones"]) == ("swarm", "static", 8)
    assert (found["episodes"], found["seconds"]) == (10, 5.0)
    assert found["collision_free_rate"] == 1.0
    assert found["collision_free_ci95"] == list(wilson_95(10, 10))
    assert found["collisions_per_drone_minute"] == found["crash_rate"] == 0.0
    assert found["min_separation_m"] > 0.2
    assert found["min_separation_m"] <= found["min_separation_median_m"]
    assert all(0.0 <= error < 1e-3 for error in found["slot_error_m"].values())
    assert "by_scenario" not in found


@pytest.mark.usefixtures("points")
def test_straight_ways_through_swaps_collide():
    flown = fly(SwarmTrial("swapped", 8, 12.0))
    found, score = flown.figures, flown.score
    assert found["collision_free_rate"] < 0.5
    assert found["min_separation_m"] < 0.1
    expected = 2 * score.collisions.sum() / (10 * 8 * 12.0 / 60.0)
    assert found["collisions_per_drone_minute"] == pytest.approx(expected)
    assert found["slot_error_m"]["p95"] < 0.05  # they all arrive


@pytest.mark.usefixtures("points")
def test_mixes_are_told_by_scenario():
    found = fly(SwarmTrial("mix", 4, 6.0)).figures
    assert set(found["by_scenario"]) == set(SCENARIOS)
    parts = found["by_scenario"].values()
    assert [part["episodes"] for part in parts] == [2] * 5
    free = sum(part["collision_free_rate"] * part["episodes"] for part in parts)
    assert free / 10 == pytest.approx(found["collision_free_rate"])
    assert min(part["min_separation_m"] for part in parts) == found["min_separation_m"]


def test_a_drone_that_crashes_spoils_its_world_alone(points):
    points["nan_at"] = (5, 100)
    flown = fly(SwarmTrial("static", 4, 4.0), episodes=8)
    assert flown.score.clean.tolist() == [True, False] + [True] * 6
    assert flown.figures["collision_free_rate"] == 0.875
    assert flown.figures["crash_rate"] == pytest.approx(1 / 32)
    assert flown.figures["crashes"] == {"not_finite": 1, "ground": 0, "lost": 0}
    assert flown.figures["slot_error_m"]["p95"] is not None  # one of 32
    assert flown.worst[0].seed == 41


def test_drones_that_fall_are_told(points):
    points["sinks"] = [0, 1, 2]
    flown = fly(SwarmTrial("static", 4, 4.0), episodes=2, pilot=Straight(0.5))
    assert flown.figures["crashes"]["ground"] == 3
    assert flown.figures["slot_error_m"]["median"] is not None
    assert flown.figures["slot_error_m"]["p95"] is None
    assert flown.figures["slot_error_m"]["mean"] < 0.01


@pytest.mark.usefixtures("points")
def test_tasks_are_flown_in_order_and_never_those_of_training(monkeypatch):
    pilot = Straight()
    monkeypatch.setattr(swarms, "CHUNK", 16)
    fly(SwarmTrial("mix", 8, 1.0), episodes=3, seed=7, pilot=pilot)
    assert [len(tasks) for tasks, _ in pilot.asked] == [2, 1]
    assert [list(controlled)[-1] for _, controlled in pilot.asked] == [15, 7]
    names = [task.name for tasks, _ in pilot.asked for task in tasks]
    assert names == [SCENARIOS[seed % 5] for seed in (7, 8, 9)]
    assert TRAINING_SEEDS > 10_000_000


@pytest.mark.usefixtures("points")
def test_the_same_seed_gives_the_same_figures():
    one, two = (fly(SwarmTrial("mix", 4, 2.0), episodes=5).figures for _ in range(2))
    assert one == two


@pytest.mark.usefixtures("points")
def test_the_worst_are_kept_whole(tmp_path):
    flown = fly(SwarmTrial("swapped", 4, 7.0), episodes=8)
    hits = [int(flight.score.collisions[0]) for flight in flown.worst]
    assert hits == sorted(flown.score.collisions.tolist(), reverse=True)[:5]
    save_swarms(flown.worst, tmp_path / "worst.npz", {"pilot": "straight"})
    kept = np.load(tmp_path / "worst.npz")
    assert kept["states"].shape == (701, 5, 4, 13)
    assert kept["collisions"].tolist() == hits
    again = score_swarm(kept["times_s"], kept["states"], kept["slots_m"])
    np.testing.assert_array_equal(again.collisions, kept["collisions"])
    task = load_formation("swapped", 4, int(kept["seeds"][0]))
    np.testing.assert_array_equal(kept["slots_m"][:, 0], task.slots[:, :701, :3].swapaxes(0, 1))
    assert [path.name for path in tmp_path.iterdir()] == ["worst.npz"]


@pytest.mark.usefixtures("points")
def test_a_formation_of_ones_own_is_flown(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('[formation]\nscenario = "turning"\nduration_s = 3.0\n')
    found = fly(SwarmTrial(str(path), 6), episodes=2).figures
    assert (found["seconds"], found["drones"]) == (3.0, 6)
    assert found["collision_free_rate"] == 1.0


def test_slots_are_held_after_a_formation_ends():
    long, short = (load_formation("moving", 3, seed) for seed in (1, 2))
    cut = type(short)(short.name, short.slots[:, :400], short.settle_s)
    slots = slots_over([long, cut], 1501)
    np.testing.assert_array_equal(slots[399, 1], slots[1500, 1])
    np.testing.assert_array_equal(slots[1500, 0], long.slots[:, 1500, :3])


def test_nobody_settled_and_nobody_flown_are_none():
    p = np.zeros((3, 1, 2, 3))
    p[..., 1, 0] = 1.0
    p[..., 2] = 1.0
    score = score_swarm([0.0, 0.1, 0.2], p, p)
    figures = swarm_figures(score, ["static"], 0.2)
    assert figures["slot_error_m"] == {"mean": None, "median": None, "p95": None}
    gone = swarm_figures(score_swarm([0.0, 0.1, 0.2], p * np.nan, p), ["static"], 0.2)
    assert gone["collisions_per_drone_minute"] is None
    assert gone["min_separation_m"] is None


@pytest.mark.usefixtures("points")
def test_what_cannot_be_flown_is_refused():
    with pytest.raises(EpisodeError, match="expected at least 1, got 0"):
        fly(SwarmTrial(), episodes=0)
    with pytest.raises(EpisodeError, match=r"seconds: expected 0\.01 to 600, got 0"):
        fly(SwarmTrial("static", 8, 0.0))
    with pytest.raises(SettingsError, match="expected 2 to 64, got 1"):
        fly(SwarmTrial("static", 1))
    with pytest.raises(SettingsError, match="formation 'waltz'"):
        fly(SwarmTrial("waltz", 8))


@pytest.mark.usefixtures("points")
@pytest.mark.parametrize("name", ["page.png", "film.gif"])
def test_swarms_are_drawn(tmp_path, name):
    flown = fly(SwarmTrial("swapped", 4, 6.0), episodes=3)
    render(flown, tmp_path / name)
    with Image.open(tmp_path / name) as picture:
        assert np.asarray(picture.convert("L")).std() > 10
        assert getattr(picture, "n_frames", 1) >= (50 if name.endswith("gif") else 1)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_worlds_that_came_to_nothing_are_drawn_too(points, tmp_path):
    points["nan_at"] = (slice(None), 1)
    flown = fly(SwarmTrial("static", 4, 1.0), episodes=2)
    assert flown.figures["collision_free_rate"] == 0.0
    render(flown, tmp_path / "page.png")
    render(flown, tmp_path / "film.gif")


@pytest.mark.usefixtures("points")
def test_another_kind_of_picture_is_refused(tmp_path):
    with pytest.raises(PictureError, match=r"expected a \.png or \.gif file"):
        render(fly(SwarmTrial("static", 4, 1.0), episodes=1), tmp_path / "page.jpg")


@pytest.mark.parametrize("drones", [2, 3, 6])
def test_worlds_hold_any_number_of_drones(drones):
    """Who was asked for starts in its slot and flies by its own command; nobody else is told of."""
    tasks = SwarmTrial("static", drones, 1.0).tasks(2, 5)
    few = swarms.drawn_swarm(tasks, SWARM, 5)
    assert few.truth.shape == (2 * drones, 13)
    slots = np.concatenate([task.slots[:, 0, :3] for task in tasks])
    assert np.abs(few.estimate[:, :3] - slots).max() < 0.1
    commands = np.zeros((2 * drones, 4), np.float32)
    commands[[0, -1], 0] = 0.5  # N: above the weight of the first and of the last alone
    for _ in range(20):
        few.fly(commands)
    climb = few.truth[:, 9] > 0.0
    assert climb.nonzero()[0].tolist() == [0, 2 * drones - 1]
    assert len(few.parameters) == 2 * drones


def test_a_number_of_drones_that_no_world_holds_is_refused():
    (task,) = SwarmTrial("static", 4, 1.0).tasks(1, 5)
    many = replace(task, slots=np.tile(task.slots, (17, 1, 1)))
    with pytest.raises(SettingsError, match=r"power of two from 4 to 64, got 128.*in a swarm of"):
        swarms.drawn_swarm([many], SWARM, 5)
