# SPDX-License-Identifier: Apache-2.0
"""What a flight is made of: places, fences, tasks."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from firmware_bridge.guard_rules import GuardLimits
from martlet.errors import UsageError
from martlet.flight.programme import APART_M, LIFT_M, grid, programme
from martlet.flight.settings import FlySettings, flight_settings
from martlet_bringup import stack
from policy_export.errors import PolicyFileError
from policy_export.runtime import PolicyRunner
from sim_core.errors import SettingsError
from sim_core.races import load_race, race_of


def test_one_drone_flies_as_it_always_did():
    one = programme(FlySettings())
    assert [task.name for task in one.flown] == ["hover", "lemniscate", "recorded"]
    assert (one.drones, one.starts, one.over, one.offsets_m) == (("cf1",), (), (), ())
    assert (one.box_low_m, one.box_high_m) == (GuardLimits.box_low_m, GuardLimits.box_high_m)


def test_one_task_takes_the_place_of_the_others():
    assert [t.name for t in programme(FlySettings(task="hover")).flown] == ["hover"]
    assert [t.name for t in programme(FlySettings(task="zigzag")).flown] == ["hover", "zigzag"]
    with pytest.raises(SettingsError, match="waltz"):
        programme(FlySettings(task="waltz"))


@pytest.mark.parametrize("count", [1, 2, 7, 16])
def test_drones_stand_apart_about_the_origin(count):
    places = np.array(grid(count))[:, :2]
    gaps = np.linalg.norm(places[:, None] - places[None], axis=2) + 9.0 * np.eye(count)
    assert len(places) == count
    assert count == 1 or gaps.min() == pytest.approx(APART_M)
    assert np.abs(places).max() <= 1.5 * APART_M + 1e-9


def test_several_drones_fly_about_their_places_inside_a_wider_fence():
    four = programme(FlySettings(task="hover", drones=4))
    assert four.drones == ("cf1", "cf2", "cf3", "cf4")
    assert [offset[:2] for offset in four.offsets_m] == [start[:2] for start in four.starts]
    reach = APART_M / 2.0
    assert four.box_high_m == pytest.approx((2.5 + reach, 2.5 + reach, 2.0))
    flight = flight_settings(FlySettings(drones=4), Path("p.onnx"), stack, four)
    assert len(flight.starts) == 16
    assert len(flight.offsets_m) == 12
    stack.stack(flight)


@pytest.mark.parametrize(("track", "lift"), [("lsy", LIFT_M), ("split_s", LIFT_M), ("rings", 0.0)])
def test_a_race_begins_in_a_hover_above_its_start_inside_a_fence_about_its_room(track, lift):
    race = programme(FlySettings(task="race", track=track, course_seed=3))
    true = load_race(track, 0, 3).course.true
    x, y, z, yaw = race.over[0]
    assert (x, y, yaw) == (*true.start.position_m[:2], true.start.yaw_rad)
    assert z == race.height_m == pytest.approx(true.start.position_m[2] + lift)
    assert race.starts == ((x, y, 0.0, yaw),)
    assert race.offsets_m == ()
    assert (np.array(race.box_low_m) < true.room.low_m).all()
    assert (np.array(race.box_high_m) > true.room.high_m).all()


def test_what_level_and_seed_draw_is_what_is_flown():
    race = programme(FlySettings(task="race", level=2, course_seed=7))
    drawn = load_race("lsy", 2, 7).course
    assert race_of(race.flown[0].task).course == drawn
    assert race.added_mass_kg == drawn.mass_kg != 0.0
    flight = flight_settings(FlySettings(task="race"), Path("p.onnx"), stack, race)
    assert flight.added_mass_kg == pytest.approx(drawn.mass_kg, abs=1e-6)
    with pytest.raises(SettingsError, match="'moon'"):
        programme(FlySettings(task="race", track="moon"))
    with pytest.raises(SettingsError, match="level: expected 0 to 3, got 7"):
        programme(FlySettings(task="race", level=7))


def test_only_a_race_is_a_race():
    assert race_of("race").course == load_race().course
    for other in ("hover", "my/path.toml", "kind = 'hover'\nposition_m = [0, 0, 1]"):
        assert race_of(other) is None
    with pytest.raises(SettingsError, match="seeds"):
        race_of("kind = 'race'\nseeds = 3")


def test_a_policy_that_does_not_race_is_refused(policy_path):
    runner = PolicyRunner(policy_path)
    programme(FlySettings()).check(runner)
    with pytest.raises(PolicyFileError, match="got a race"):
        programme(FlySettings(task="race")).check(runner)


def test_a_policy_that_the_guard_would_stop_is_refused_on_the_ground(policy_path):
    runner = PolicyRunner(policy_path)
    action = dataclasses.replace(runner.manifest.action, body_rates_rad_s=(12.0, 12.0, 5.0))
    runner.manifest = dataclasses.replace(runner.manifest, action=action)
    with pytest.raises(UsageError, match=r"at most \(10\.0, 10\.0, 5\.0\) rad/s.*got \(12"):
        programme(FlySettings()).check(runner)
