# SPDX-License-Identifier: Apache-2.0
"""What tools are told of a drone: its model, and how well it is."""

import math
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from firmware_bridge.flight_guard import Stage
from firmware_bridge.guard_rules import GuardLimits
from martlet_nodes.diagnosis import Level, diagnose
from martlet_nodes.drone_model import urdf
from martlet_nodes.drone_status import Commander, Status
from sim_core.airframe import airframe_names, load_airframe

LIMITS = GuardLimits((0.0, 0.6))
WELL = Status("cf1", True, True, Commander.STREAM, Stage.NOMINAL, "", 1.0, 0.01, 0)


@pytest.mark.parametrize("name", airframe_names())
def test_the_model_has_the_airframes_mass_and_rotors(name):
    airframe = load_airframe(name)
    robot = ElementTree.fromstring(urdf("cf1", airframe))
    assert [link.get("name") for link in robot.iter("link")] == ["cf1"]
    assert float(robot.find(".//mass").get("value")) == pytest.approx(airframe.body.mass_kg)
    inertia = robot.find(".//inertia")
    told = [float(inertia.get(axis)) for axis in ("ixx", "iyy", "izz")]
    assert told == pytest.approx(list(airframe.body.inertia_kg_m2), rel=1e-5)
    rotors = [v for v in robot.iter("visual") if v.find(".//cylinder") is not None]
    first = [float(x) for x in rotors[0].find("origin").get("xyz").split()]
    assert len(rotors) == 4
    assert first[0] > 0.0 > first[1]  # M1 is front right


@pytest.mark.parametrize(
    ("change", "volts", "level", "words"),
    [
        ({}, 3.9, Level.OK, "flies"),
        ({"flying": False}, math.nan, Level.OK, "stands ready"),
        ({}, 3.1, Level.WARN, "battery has 3.10 V"),
        ({"quality": 0.5}, 3.9, Level.WARN, "link answers 50 % of packets"),
        ({"age_s": 0.4}, 3.9, Level.ERROR, "last heard 0.40 s ago"),
        ({"age_s": math.inf}, 3.9, Level.ERROR, "has not been heard yet"),
        ({"stage": Stage.HOLD, "reason": "tilt"}, 3.9, Level.ERROR, "guard: HOLD: tilt"),
    ],
)
def test_a_drone_is_told_to_be_as_well_as_it_is(change, volts, level, words):
    told = diagnose(replace(WELL, **change), volts, LIMITS)
    assert (told.level, told.message) == (level, words)
    assert dict(told.values)["commander"] == "STREAM"
