# SPDX-License-Identifier: Apache-2.0
"""What a backend cannot be asked for is refused before anything starts."""

import dataclasses
import math
from pathlib import Path

import pytest

from firmware_bridge.errors import FirmwareBridgeError
from martlet.errors import UsageError
from martlet.flight import settings as room
from martlet.flight.settings import FlySettings, check, flight_settings, told
from martlet_bringup import stack

RADIO = "radio://0/80/2M/E7E7E7E7E7"


@pytest.fixture(autouse=True)
def _cflib_is_here(monkeypatch):
    monkeypatch.setattr(room.importlib.util, "find_spec", lambda _: object())


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"backend": "hardware"}, "expected --uri, an address like radio://"),
        ({"backend": "hardware", "uri": "cf1"}, "cf1: no such address"),
        ({"backend": "hardware", "uri": "udp://127.0.0.1"}, "no such address"),
        ({"backend": "hardware", "uri": "radio://0/80/2M/ZZZ"}, "no such address"),
        ({"backend": "hardware", "uri": RADIO, "seed": 1}, "--seed is for backend sim and twin"),
        ({"backend": "twin", "loss": 2.0}, "loss: expected 0 to less than 1, got 2"),
        ({"backend": "twin", "factor": 2.0}, "--factor is for backend sim"),
        ({"onboard": True, "drones": 2}, "--onboard is for one drone"),
        ({"operator_s": 0.5, "clock": "lockstep"}, "--operator-s is for the wall's clock"),
        ({"operator_s": -1.0}, "--operator-s: expected 0 or more seconds, got -1"),
        ({"train": True, "policy": Path("p.onnx")}, "expected --train or --policy, got both"),
        ({"hover_s": 0.0}, "--hover-s: expected 0.1 to 600, got 0"),
        ({"hover_s": math.nan}, "--hover-s: expected 0.1 to 600, got nan"),
        ({"factor": -1.0}, "--factor: expected 0.01 to 100, got -1"),
        ({"factor": math.nan}, "--factor: expected 0.01 to 100, got nan"),
        ({"backend": "twin", "uri": RADIO}, "--uri is for backend hardware"),
        ({"backend": "twin", "state_delay_ms": 4.0}, "one delay for both ways"),
        ({"loss": 0.1}, "--loss is for backend twin"),
        ({"state_delay_ms": 3.0}, "state_delay_s"),
        ({"drones": 0}, "--drones: expected 1 to 16, got 0"),
        ({"drones": 17}, "--drones: expected 1 to 16, got 17"),
        (
            {"drones": 2, "backend": "hardware", "uri": RADIO},
            "--drones is for backend sim and twin",
        ),
        ({"drones": 2, "task": "race"}, "a race is flown by one drone"),
        ({"backend": "hardware", "uri": RADIO, "task": "race"}, "--task race is for backends sim"),
        ({"task": "race", "tasks": ("hover",)}, "expected --task or --tasks, got both"),
        ({"task": "race", "train": True}, "expected --policy with --task race"),
        ({"level": 2}, "--level is for --task race and mixed"),
        ({"task": "swarm"}, "--task swarm is flown by 2 to 16 drones, got --drones 1"),
        ({"task": "mixed"}, "--task mixed is flown by 2 to 16 drones, got --drones 1"),
        ({"task": "swarm", "drones": 17}, "--drones: expected 1 to 16, got 17"),
        ({"task": "swarm", "drones": 4, "train": True}, "expected --policy with --task swarm"),
        ({"task": "swarm", "drones": 4, "level": 2}, "--level is for --task race and mixed"),
        ({"task": "mixed", "drones": 4, "scenario": "mix"}, "--scenario is for --task swarm"),
        ({"scenario": "swapped"}, "--scenario is for --task swarm"),
        ({"course_seed": 2}, "--course-seed is for --task race and swarm and mixed"),
        ({"task": "race", "course_seed": -1}, "--course-seed: expected at least 0"),
    ],
)
def test_what_a_backend_cannot_be_asked_for_is_refused(settings, sentence):
    with pytest.raises((UsageError, FirmwareBridgeError), match=sentence) as refused:
        check(FlySettings(**settings))
    assert str(refused.value).count("\n") == 0


def test_the_others_are_not_refused():
    check(FlySettings())
    check(FlySettings(backend="twin", loss=0.0, seed=3, noise=False))
    check(FlySettings(backend="hardware", uri=RADIO))
    check(FlySettings(task="race", track="rings", level=0, course_seed=4, backend="twin"))
    check(FlySettings(task="hover", drones=16))
    check(FlySettings(task="swarm", drones=4, backend="twin"))
    check(FlySettings(task="swarm", drones=16, scenario="swapped", course_seed=7))
    check(FlySettings(task="mixed", drones=4, track="lsy", level=2, course_seed=7))


def test_a_missing_radio_library_is_named_before_anything_is_trained(monkeypatch):
    monkeypatch.setattr(room.importlib.util, "find_spec", lambda _: None)
    check(FlySettings())
    with pytest.raises(UsageError, match=r"expected cflib.*make setup BACKEND=twin"):
        check(FlySettings(backend="twin"))


def test_the_stack_is_told_of_delay_and_loss():
    twin = flight_settings(FlySettings(backend="twin"), Path("p.onnx"), stack)
    assert (twin.state_delay_s, twin.command_delay_s, twin.loss) == (0.01, 0.01, 0.02)
    assert twin.uris[0].startswith("udp://127.0.0.1:")
    radio = flight_settings(FlySettings(backend="hardware", uri=RADIO), Path("p"), stack)
    assert radio.uris == (RADIO,)
    assert len(stack.stack(twin)) == len(stack.stack(radio)) == 2


def test_a_report_holds_what_the_backend_had_a_say_in():
    sim, twin, radio = (
        told(FlySettings(backend=backend, uri=uri))
        for backend, uri in (("sim", None), ("twin", None), ("hardware", RADIO))
    )
    assert [one["loss"] for one in (sim, twin, radio)] == [0.0, 0.02, None]
    assert [one["state_delay_ms"] for one in (sim, twin, radio)] == [10.0, 10.0, None]
    assert radio["uri"] == RADIO
    swarm = told(FlySettings(task="swarm", drones=2, scenario="moving", course_seed=3))
    assert (swarm["scenario"], swarm["course_seed"], swarm["track"]) == ("moving", 3, None)
    assert (sim["scenario"], sim["course_seed"]) == (None, None)
    assert set(sim) == {field.name for field in dataclasses.fields(FlySettings)}
