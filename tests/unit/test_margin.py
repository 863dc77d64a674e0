# SPDX-License-Identifier: Apache-2.0
"""Whoever flies near the fence is told what a dead link costs."""

import dataclasses
import re

import numpy as np
import pytest

from martlet.flight.margin import margin_warnings
from martlet.flight.programme import programme
from martlet.flight.settings import FlySettings

LEMNISCATE = programme(FlySettings(tasks=("lemniscate",)))


def test_a_path_too_fast_for_its_margin_is_named_with_the_way_that_it_would_cost():
    (sentence,) = margin_warnings(LEMNISCATE)
    assert sentence == (
        "lemniscate is flown at 1.6 m/s 2.4 m from the fence, and a drone whose link dies there"
        " flies on by up to 3.2 m"
    )


def test_a_wide_fence_and_a_hover_need_no_word():
    wide = dataclasses.replace(LEMNISCATE, box_low_m=(-9.0, -9.0, -0.2), box_high_m=(9.0, 9.0, 3.0))
    assert margin_warnings(wide) == []
    assert margin_warnings(programme(FlySettings(task="hover"))) == []


def test_every_drone_of_a_fleet_has_a_margin_of_its_own():
    fleet = programme(FlySettings(drones=4, task="lemniscate"))
    moved = dataclasses.replace(fleet, box_low_m=(-2.5, -2.5, -0.2), box_high_m=(2.5, 2.5, 2.0))
    (before,), (after,) = margin_warnings(fleet), margin_warnings(moved)
    assert before != after


def test_formations_are_looked_at_and_races_are_not():
    swarm = programme(FlySettings(task="swarm", drones=4))
    near = dataclasses.replace(swarm, box_low_m=(-1.0, -1.0, -0.2), box_high_m=(1.0, 1.0, 2.0))
    assert margin_warnings(swarm) == []
    assert margin_warnings(near)[0].startswith("swarm is flown at")
    assert margin_warnings(programme(FlySettings(task="race"))) == []


def test_a_slot_that_jumps_is_flown_to_no_faster_than_a_drone_flies():
    swapped = programme(FlySettings(task="swarm", drones=4, scenario="swapped"))
    slots = swapped.group.formation.slots[..., :2].astype(float)
    steps = np.linalg.norm(np.diff(slots, axis=1), axis=2)
    assert steps.max() > 1.0  # within 10 ms
    near = dataclasses.replace(swapped, box_low_m=(-1.0, -1.0, -0.2), box_high_m=(1.0, 1.0, 2.0))
    (sentence,) = margin_warnings(near)
    (speed_m_s,) = map(float, re.findall(r"flown at ([0-9.]+) m/s", sentence))
    assert speed_m_s == pytest.approx(np.sqrt(2.0 * steps.max()), abs=0.06)
