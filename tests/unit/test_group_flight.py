# SPDX-License-Identifier: Apache-2.0
"""Drones that fly together, backend and policy side by side: ways, the referees' word, rest."""

import numpy as np
import pytest
from group_policy import write_hall

from martlet.flight.programme import programme
from martlet.flight.settings import FlySettings
from martlet_nodes.flown_tasks import load_tasks
from martlet_nodes.guard_parameters import GuardParameters
from martlet_nodes.manoeuvre import Goal, Kind, moving
from martlet_nodes.policy import PolicyFlight
from martlet_nodes.sim_backend import SimParameters, Simulation
from policy_export.runtime import PolicyRunner


class Stand:
    """What the nodes of a flight do, in one process and without ROS."""

    def __init__(self, policy, **asked):
        self.planned = planned = programme(FlySettings(**asked))
        runner = PolicyRunner(policy)
        planned.check(runner)
        self.rows = list(range(len(planned.drones)))
        self.sim = sim = Simulation(
            SimParameters(
                drones=list(planned.drones),
                starts=[number for start in planned.starts for number in start],
                airframe=runner.manifest.airframes[0],
                guard=GuardParameters(planned.box_low_m, planned.box_high_m),
            )
        )
        for row in self.rows:
            sim.backend.arm(row, True, sim.stamp_s)
        while not sim.backend.telemetry.armed.all():
            sim.step()
        goal = Goal(Kind.TAKEOFF, (0.0, 0.0, planned.height_m), 0.0, 0.0)
        actions = [sim.backend.begin(row, goal, sim.stamp_s) for row in self.rows]
        while any(action.outcome is None for action in actions):
            sim.step()
        text, states = planned.flown[0].task, sim.backend.telemetry.states
        tasks = load_tasks(text, states, self.rows, np.zeros((len(self.rows), 3)))
        self.flight = PolicyFlight(runner, tasks, self.rows, names=planned.drones)

    def fly(self, ticks=6000):
        """To the end; the verdict."""
        sim = self.sim
        for _ in range(ticks):
            heard, now = sim.backend.telemetry, sim.stamp_s
            answer = self.flight.answer(now, heard.states, heard.age_s)
            for row in self.rows if answer is not None else ():
                if answer.engaged[row]:
                    sim.backend.stream(row, answer.commands[row].tolist(), now, now)
                else:
                    sim.backend.release(row, now)
            for row in self.rows:
                status = sim.backend.status(row)
                self.flight.heed(row, int(status.commander), int(status.stage), status.reason)
            if self.flight.over:
                break
            sim.step()
        return self.flight.verdict()


def test_a_swarm_flies_into_its_formation_and_home_and_is_judged(group_policy_path):
    stand = Stand(group_policy_path, task="swarm", drones=4, scenario="static", course_seed=2)
    verdict = stand.fly()
    assert (verdict.success, verdict.reason) == (True, "")
    assert 0.2 < verdict.separation_m < 0.8
    assert 0.0 < verdict.slot_error_m < 0.1
    assert np.isnan(verdict.rmse_m)
    assert not moving(stand.sim.truth)
    homes = np.array(stand.planned.starts)[:, :2]
    apart = np.linalg.norm(stand.sim.truth[:, None, :2] - homes, axis=2)
    assert (apart.min(axis=1) < 0.15).all()
    assert len(set(apart.argmin(axis=1))) == 4  # each above a place of its own
    assert all(stand.sim.backend.status(row).interventions == 0 for row in stand.rows)


def test_drones_leave_their_formation_race_and_come_back(group_policy_path, tmp_path):
    track = str(write_hall(tmp_path))
    stand = Stand(group_policy_path, task="mixed", drones=2, track=track)
    verdict = stand.fly()
    assert (verdict.success, verdict.reason) == (True, "")
    slots = stand.planned.group.formation.slots[:, -1, :3]
    assert np.linalg.norm(stand.sim.truth[:, :3] - slots, axis=1).max() < 0.15
    assert verdict.separation_m > 0.2


def test_who_is_cut_short_in_its_race_is_told_of(group_policy_path, tmp_path):
    track = str(write_hall(tmp_path))
    stand = Stand(group_policy_path, task="mixed", drones=2, track=track)
    begins_s = stand.planned.group.task.leaves_s[0]
    verdict = stand.fly(ticks=round(100 * (begins_s + 1.0)))
    assert verdict.reason == "cf1 passed 0 gates of its race; cf2 did not come to its race"
    assert not verdict.success


def test_a_drone_feels_the_wake_of_another_in_the_same_backend():
    fallen = []
    for aside_m in (0.0, 1.0):
        starts = [0.0, 0.0, 0.6, 0.0, aside_m, 0.0, 1.0, 0.0]
        sim = Simulation(
            SimParameters(drones=["low", "high"], starts=starts, noise=False, battery=False)
        )
        weight_n = 9.81 * float(sim._double.airframe.body.mass_kg)
        for row in (0, 1):
            sim.backend.arm(row, True, sim.stamp_s)
        for _ in range(30):
            for row in (0, 1):
                command = (weight_n, 0.0, 0.0, 0.0)
                sim.backend.stream(row, command, sim.stamp_s, sim.stamp_s)
            sim.step()
        fallen.append(float(sim.truth[0, 9]))
    assert fallen[0] < fallen[1] - 0.1


def test_mixed_is_refused_where_the_drones_do_not_hover_at_their_slots(group_policy_path):
    stand = Stand(group_policy_path, task="swarm", drones=4)
    states = stand.sim.backend.telemetry.states
    with pytest.raises(ValueError, match=r"within 0\.3 m of their first slots, got drone"):
        load_tasks("mixed", states, stand.rows, np.zeros((4, 3)))
