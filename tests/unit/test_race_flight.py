# SPDX-License-Identifier: Apache-2.0
"""A race in flight: the policy's own end, the rest after it, the referee's word."""

import dataclasses

import numpy as np
import pytest
from gate_policy import write_track

from evaluation.flight_record import FlightRecord, Phase
from martlet.flight.programme import programme
from martlet.flight.raced import in_words, race_figures
from martlet.flight.settings import FlySettings
from martlet_nodes.drone_status import Commander
from martlet_nodes.errors import ParameterError
from martlet_nodes.flown_tasks import load_tasks
from martlet_nodes.guard_parameters import GuardParameters
from martlet_nodes.manoeuvre import Goal, Kind, moving
from martlet_nodes.policy import PolicyFlight
from martlet_nodes.sim_backend import SimParameters, Simulation
from policy_export.runtime import PolicyRunner
from sim_core.airframe import load_airframe

NOWHERE = np.zeros((1, 3))


class Stand:
    """Backend and policy side by side, where the race is begun."""

    def __init__(self, policy, track):
        self.planned = programme(FlySettings(task="race", track=str(track)))
        guard = GuardParameters(self.planned.box_low_m, self.planned.box_high_m)
        starts = list(self.planned.starts[0])
        sim = self.sim = Simulation(SimParameters(starts=starts, airframe=AIRFRAME, guard=guard))
        self.backend = sim.backend
        self.backend.arm(0, True, sim.stamp_s)
        while self.backend.busy() and not self.backend.telemetry.armed[0]:
            sim.step()
        self.act(Kind.TAKEOFF, (0.0, 0.0, self.planned.height_m), 0.0)
        self.act(Kind.GO_TO, self.planned.over[0][:3], self.planned.over[0][3])
        text = self.planned.flown[0].task
        tasks = load_tasks(text, self.backend.telemetry.states, [0], NOWHERE)
        self.flight = PolicyFlight(PolicyRunner(policy), tasks, [0])

    def act(self, kind, point, yaw):
        action = self.backend.begin(0, Goal(kind, point, yaw, 0.0), self.sim.stamp_s)
        while action.outcome is None:
            self.sim.step()
        assert action.outcome.success

    def tick(self):
        now, heard = self.sim.stamp_s, self.backend.telemetry
        answer = self.flight.answer(now, heard.states, heard.age_s)
        if answer is not None and answer.engaged[0]:
            self.backend.stream(0, answer.commands[0].tolist(), now, now)
        elif answer is not None:
            self.backend.release(0, now)
        status = self.backend.status(0)
        self.flight.heed(0, int(status.commander), int(status.stage), status.reason)


AIRFRAME = "cf21_brushless"


@pytest.fixture
def stand(race_policy_path, tmp_path):
    return Stand(race_policy_path, write_track(tmp_path))


def test_a_race_ends_at_its_last_gate_and_the_flight_when_the_drone_hovers(stand):
    let_go, ticks = None, 0
    while not stand.flight.over and ticks < 1500:
        stand.tick()
        if let_go is None and ticks > 10 and stand.backend.commander(0) is Commander.NONE:
            let_go = stand.sim.truth[0].copy()
        assert stand.flight.over or stand.backend.busy()  # in lockstep time goes on till then
        stand.sim.step()
        ticks += 1
    assert stand.flight.verdict().success
    assert stand.flight.verdict().reason == ""
    assert let_go[0] > 0.8  # beyond the second gate, and not by much
    assert let_go[0] < 1.0
    assert moving(let_go[None])
    assert not moving(stand.sim.truth)
    assert not stand.backend.busy()
    assert stand.backend.status(0).interventions == 0
    assert stand.flight.time_s < 4.0  # of the race, without the rest
    assert np.isnan(stand.flight.error_m())


def test_a_race_cut_short_names_its_gates(stand):
    while not stand.flight.over:
        stand.tick()
        stand.sim.step()
        if stand.sim.truth[0, 0] > 0.3:
            stand.flight.give_up("")
    verdict = stand.flight.verdict()
    assert (verdict.success, verdict.reason) == (False, "passed 1 of 2 gates")


def test_what_a_drone_carries_pulls_it_down():
    fallen = []
    for added in (0.0, 0.005):
        sim = Simulation(SimParameters(airframe=AIRFRAME, added_mass_kg=added, noise=False))
        sim.backend.arm(0, True, sim.stamp_s)
        while not sim.backend.telemetry.armed[0]:
            sim.step()
        for _ in range(50):
            command = (load_airframe(AIRFRAME).hover_thrust_n * 1.3, 0.0, 0.0, 0.0)
            sim.backend.stream(0, command, sim.stamp_s, sim.stamp_s)
            sim.step()
        fallen.append(float(sim.truth[0, 9]))
    assert fallen[1] < 0.7 * fallen[0]


def test_a_drone_that_would_weigh_nothing_is_refused():
    with pytest.raises(ParameterError, match=r"added_mass_kg: expected more than -0\.0"):
        Simulation(SimParameters(added_mass_kg=-1.0))


def straight(path, speed_m_s=1.0, aside_m=0.0):
    """A record of a flight along x through both gates' planes."""
    times = np.arange(0.0, 3.0, 0.01)
    states = np.zeros((300, 13))
    states[:, 0], states[:, 1], states[:, 2] = -1.2 + speed_m_s * times, aside_m, 0.85
    states[:, 6], states[:, 7] = 1.0, speed_m_s
    nothing = np.full((300, 4), np.nan)
    phases = (Phase("takeoff", -1.0, 0.0), Phase("race", 0.0, 2.9))
    record = FlightRecord("t", times, states, nothing[:, :3], nothing, nothing[:, 0], phases)
    return record, programme(FlySettings(task="race", track=str(path))).race


def test_the_referee_reports_gates_and_times(tmp_path):
    found = race_figures(*straight(write_track(tmp_path)), 0, 5)
    assert (found["gates"], found["gates_passed"], found["finished"]) == (2, 2, True)
    assert found["time_s"] == pytest.approx(2.0, abs=0.02)  # from -1.2 to 0.8 m at 1 m/s
    assert (found["crashed"], found["crash_reason"], found["crash_time_s"]) == (False, None, None)
    assert found["top_speed_m_s"] == pytest.approx(1.0)
    assert in_words(found) == "straight, level 0: 2 of 2 gates in 2.01 s"


def test_a_touch_ends_what_counts(tmp_path):
    record, race = straight(write_track(tmp_path), aside_m=0.3)
    found = race_figures(record, race, 0, 5)
    assert (found["gates_passed"], found["finished"], found["time_s"]) == (0, False, None)
    assert found["crash_reason"] == "frame"
    assert found["crash_time_s"] == pytest.approx(0.94, abs=0.02)
    assert "crashed: frame" in in_words(found)
    later = dataclasses.replace(record, times_s=record.times_s + 7.0)
    phases = tuple(Phase(p.name, p.start_s + 7.0, p.end_s + 7.0) for p in record.phases)
    later = race_figures(dataclasses.replace(later, phases=phases), race, 0, 5)
    assert later == pytest.approx(found)


def test_a_race_that_was_not_flown_has_no_time(tmp_path):
    record, race = straight(write_track(tmp_path))
    found = race_figures(dataclasses.replace(record, phases=record.phases[:1]), race, 0, 5)
    assert (found["gates_passed"], found["finished"]) == (0, False)
    assert in_words(found) == "straight, level 0: 0 of 2 gates"
