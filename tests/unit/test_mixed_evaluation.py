# SPDX-License-Identifier: Apache-2.0
"""`martlet eval --task mixed`, over points that fly as they are told instead of the simulator."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from swarm_points import Points

import training.judge  # noqa: F401  # before PolicyRunner is another
from evaluation import mixed_flights
from evaluation.errors import EpisodeError, PictureError
from evaluation.mixed_flights import MixedTrial, fly_mixed
from martlet import mixed_evaluation
from martlet.commands import learning
from martlet.errors import UsageError
from martlet.eval_order import Order
from martlet.mixed_evaluation import fly_mixed_order
from policy_export import runtime
from sim_core.environment import load_environment
from sim_core.errors import SettingsError
from sim_core.mixed import RACE_S

FAST_M_S = 5.0


class Racing:
    """Flies straight to its slot or, from when it leaves, straight from gate to gate, then home.

    A drone of `lazy` stays in its slot; one of `low` comes home along the floor, one
    of `falls` never stays up.
    """

    def __init__(self, lazy=(), low=(), falls=()):
        self.lazy, self.low, self.falls, self.asked = lazy, low, falls, []

    def start(self, tasks, controlled):
        self.asked.append([task.name for task in tasks])
        self.tasks, self.time_s = tasks, 0.0
        self.next = np.zeros(len(controlled), int)
        return self

    def command(self, states, dt):
        self.time_s += dt
        ways, row = [], 0
        for task in self.tasks:
            slots = task.formation.goal(self.time_s)
            for number, slot in enumerate(slots):
                here = states[row, :3]
                goal, racing = self._goal(task, number, row, here, slot)
                way = goal - here
                far = max(float(np.linalg.norm(way)), 1e-9)
                ways.append(way / far * min(FAST_M_S, (50.0 if racing else 4.0) * far))
                row += 1
        return np.column_stack([np.zeros(row), np.array(ways)]).astype(np.float32)

    def _goal(self, task, number, row, here, slot):
        if number in self.falls:
            return slot * (1, 1, 0), False
        left = self.time_s - task.leaves_s[number]
        if number in self.lazy or not 0.0 < left < RACE_S:
            return slot, False
        points = ways_through(task)
        if self.next[row] < len(points):
            if np.linalg.norm(points[self.next[row]] - here) < 0.12:
                self.next[row] += 1
            return points[min(self.next[row], len(points) - 1)], True
        return (slot * (1, 1, 0) + (0, 0, 0.01) if number in self.low else slot), False


def ways_through(task):
    """Over the frames to 0.25 m before each gate, through it, up again."""
    points = []
    for gate in task.course.true.gates:
        centre = np.array(gate.position_m)
        ahead = 0.25 * np.array([np.cos(gate.yaw_rad), np.sin(gate.yaw_rad), 0.0])
        over = np.array([0.0, 0.0, 1.65 - centre[2]])
        points += [centre - ahead + over, centre - ahead, centre + ahead, centre + ahead + over]
    return points


@pytest.fixture
def order(monkeypatch, tmp_path):
    monkeypatch.setattr(
        mixed_flights, "drawn_swarm", lambda tasks, _env, seed, _threads: Points(tasks, seed)
    )
    monkeypatch.setattr(runtime, "PolicyRunner", lambda *_, **__: Racing())
    monkeypatch.setattr(
        mixed_evaluation,
        "judged_in",
        lambda name, changes, _policy: load_environment(name, changes),
    )
    return Order(tmp_path / "mine.onnx", "mixed", 2, 30, out=tmp_path, drones=2)


def fly(pilot, episodes=2, **trial):
    return fly_mixed(
        pilot, "p", MixedTrial(drones=2, **trial), load_environment("all"), episodes, 7
    )


def test_who_races_and_comes_home_flew_well(order):
    told = fly_mixed_order(order)
    assert (told["task"], told["level"], told["drones"], told["episodes"]) == ("mixed", 0, 2, 2)
    assert (told["success_rate"], told["race_success_rate"]) == (1.0, 1.0)
    assert told["crashed_while"] == {"waiting": 0, "racing": 0, "coming_home": 0}
    assert told["crashes"] == {}
    assert 2.0 < told["lap_time_s"]["median"] < RACE_S
    assert told["min_separation_m"] > 0.2
    assert told["slot_error_m"]["median"] < 0.1
    with np.load(told["worst"]) as kept:
        assert kept["states"].shape[1:] == (2, 2, 13)
    assert "picture" not in told


def test_who_stays_at_home_finished_no_race(order):  # noqa: ARG001  # the points
    flown = fly(Racing(lazy=(1,)))
    assert (flown.figures["success_rate"], flown.figures["race_success_rate"]) == (0.0, 0.5)
    assert flown.figures["race_success_ci95"][0] > 0.0
    assert flown.figures["crash_rate"] == 0.0


def test_a_crash_is_counted_where_it_happened(order):  # noqa: ARG001
    low = fly(Racing(low=(0,))).figures
    assert (low["race_success_rate"], low["success_rate"]) == (1.0, 0.0)
    assert low["crashed_while"] == {"waiting": 0, "racing": 0, "coming_home": 2}
    assert low["crashes"] == {"ground": 2}
    assert low["crash_rate"] == 0.5
    sunk = fly(Racing(falls=(1,))).figures
    assert sunk["crashed_while"] == {"waiting": 2, "racing": 0, "coming_home": 0}


def test_flights_are_flown_in_chunks_from_consecutive_seeds(order, monkeypatch):  # noqa: ARG001
    pilot = Racing()
    monkeypatch.setattr(mixed_flights, "CHUNK", 4)
    flown = fly(pilot, episodes=3, level=2)
    assert [len(names) for names in pilot.asked] == [2, 1]
    assert [each.flown.seed for each in flown.worst].count(9) == 1
    assert len(flown.worst) == 3


def test_the_command_line_tells_machines_and_draws(order, martlet, tmp_path):
    words = ["eval", order.policy, "--task", "mixed", "--drones", 2, "--episodes", 1]
    for name in ("p.png", "p.gif"):
        told = json.loads(martlet(*words, "--render", tmp_path / name, "--json").out)
        assert told["success_rate"] == 1.0
        assert Path(told["picture"]).exists()
    assert '"mixed"' in (learning.evaluate.__doc__ or "")


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"policy": None}, UsageError, "expected a policy file to fly a mixed task"),
        ({"baselines": ("stock",)}, UsageError, "no --baseline in a mixed task"),
        ({"scenario": "swapped"}, UsageError, "no --scenario in a mixed task"),
        ({"level": 9}, SettingsError, "level"),
        ({"drones": 1}, SettingsError, "drones: expected 2 to"),
        ({"drones": 99}, SettingsError, "drones: expected 2 to"),
        ({"render": Path("page.jpg")}, PictureError, "expected a .png or .gif file"),
        ({"episodes": 0}, EpisodeError, "episodes: expected at least 1, got 0"),
    ],
)
def test_what_cannot_be_flown_is_refused(order, change, error, words):
    with pytest.raises(error, match=words):
        fly_mixed_order(replace(order, **change))
