# SPDX-License-Identifier: Apache-2.0
"""Which flights are taken for done, and which end `martlet fly` with exit status 1."""

import pytest

from martlet.commands import flying
from martlet.flight.faults import faults_of
from martlet.flight.settings import FlySettings

GOOD = {"landed": True, "problems": []}
RACE = {"gates": 4, "gates_passed": 4, "finished": True, "crashed": False}
SWARM = {"good": True, "faults": []}
COLLIDED = {"good": False, "faults": ["cf3 and cf8 collided at 7.40 s"]}


def drones(*landed):
    return {f"cf{i + 1}": {"landed": each} for i, each in enumerate(landed)}


@pytest.mark.parametrize(
    "report",
    [
        {},
        {"race": RACE},
        {"race": RACE | {"gates": 0, "gates_passed": 31, "finished": False}},  # without end
        {"swarm": SWARM, "drones": drones(True, True), "closest_m": 0.13},
        {"drones": drones(True, True), "closest_m": None},
    ],
)
def test_a_good_flight_has_no_faults(report):
    assert faults_of(GOOD | report) == []


@pytest.mark.parametrize(
    ("report", "fault"),
    [
        ({"landed": False}, "it did not land"),
        ({"landed": False, "drones": drones(True, False), "closest_m": 1.0}, "cf2 did not land"),
        ({"problems": ["stopped by a key"]}, "stopped by a key"),
        ({"swarm": COLLIDED}, "swarm: cf3 and cf8 collided at 7.40 s"),
        ({"mixed": {"good": False}}, "mixed: not flown"),
        ({"race": RACE | {"finished": False, "gates_passed": 2}}, "race: passed 2 of 4 gates"),
        (
            {"race": RACE | {"crashed": True, "crash_reason": "gate", "crash_time_s": 2.0}},
            "race: crashed: gate, after 2.00 s",
        ),
        (
            {"drones": drones(True, True), "closest_m": 0.081},
            "two drones came within 0.08 m, and touch below 0.10 m",
        ),
        # Said once, though the pilot was told of it and the referee found it.
        (
            {"swarm": COLLIDED, "problems": ["swarm: cf3 and cf8 collided"]},
            "swarm: cf3 and cf8 collided",
        ),
    ],
)
def test_what_went_wrong_is_a_phrase(report, fault):
    assert faults_of(GOOD | report) == [fault]


def test_a_flight_with_faults_ends_with_exit_status_1(monkeypatch, capsys):
    report = {**GOOD, "faults": ["swarm: cf1 and cf2 collided at 3.00 s"]}
    monkeypatch.setattr("martlet.fly.run", lambda *_, **__: report)
    with pytest.raises(SystemExit) as ended:
        flying.fly(FlySettings(), as_json=True)
    assert ended.value.code == 1
    assert "collided" in capsys.readouterr().out
    report["faults"] = []
    flying.fly(FlySettings(), as_json=True)
