# SPDX-License-Identifier: Apache-2.0
"""What drones fly together, before they fly: texts, places, ways, fences, refusals."""

from pathlib import Path

import numpy as np
import pytest
from gate_policy import TRACK as STRAIGHT

from firmware_bridge.guard_rules import GuardLimits
from martlet.flight.programme import FORMATION_OUT_M, HEIGHT_M, RUN_OUT_M, programme
from martlet.flight.settings import FlySettings, flight_settings
from martlet_bringup import stack
from policy_export.errors import PolicyFileError
from policy_export.runtime import PolicyRunner
from sim_core.errors import SettingsError
from sim_core.formation_model import FormationTask
from sim_core.formation_ways import led_out, nearest_order
from sim_core.formations import SCENARIOS, load_formation
from sim_core.group_flights import MixedText, SwarmText, group_flight, group_text_of, hovers
from sim_core.mixed import load_mixed


def swarm(**asked):
    return programme(FlySettings(task="swarm", **asked))


def test_a_text_is_read_as_it_was_written():
    for text in (SwarmText("swapped", 7), SwarmText('a "b"/c.toml', 0), MixedText("rings", 1, 2)):
        assert group_text_of(text.text()) == text
    assert group_text_of("swarm") == SwarmText()
    assert group_text_of("mixed") == MixedText()
    for other in ("hover", "race", "kind = 'race'", "my/path.toml"):
        assert group_text_of(other) is None
        assert group_flight(other, np.zeros((2, 4))) is None
    with pytest.raises(SettingsError, match="seeds"):
        group_text_of("kind = 'swarm'\nseeds = 3")


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("count", [2, 8, 16])
def test_a_swarm_flies_from_its_places_into_the_formation_and_home(scenario, count):
    planned = swarm(drones=count, scenario=scenario, course_seed=7)
    slots = planned.group.formation.slots
    begin, end = (round(100.0 * at) for at in planned.group.proper_s)
    drawn = load_formation(scenario, count, 7).slots
    assert end - begin == drawn.shape[1] - 1
    order = nearest_order(slots[:, begin, :3], drawn[:, 0, :3])
    np.testing.assert_array_equal(slots[:, begin : end + 1], drawn[order])
    places = np.array(planned.starts)
    np.testing.assert_allclose(slots[:, 0, :2], places[:, :2], atol=1e-6)
    assert slots[:, 0, 2] == pytest.approx(HEIGHT_M)
    homes = nearest_order(slots[:, -1, :2], places[:, :2])
    np.testing.assert_allclose(slots[:, -1, :2], places[homes, :2], atol=1e-6)
    p = slots[..., :3]
    one, two = np.triu_indices(count, 1)
    assert np.linalg.norm(p[one] - p[two], axis=2).min() > 0.2


def test_the_last_slots_are_held_till_all_are_there_and_left_at_rest():
    slots = np.zeros((2, 3, 4), np.float32)
    slots[0, :, 0], slots[1, :, 0], slots[:, :, 2] = 0.5, -0.5, 1.5
    homes = [[-0.4, 0.0, 1.0], [0.4, 0.0, 1.0]]
    out = led_out(FormationTask("f", slots, settle_s=2.5), homes).slots
    np.testing.assert_array_equal(out[:, 3:253], np.repeat(slots[:, -1:], 250, axis=1))
    np.testing.assert_allclose(out[:, -1, :3], homes[::-1], atol=1e-6)  # each to the nearer one
    assert np.abs(np.diff(out[:, 252:], axis=1)).max() < 0.02
    with pytest.raises(SettingsError, match=r"home: expected \(2, 3 or more\) numbers"):
        led_out(FormationTask("f", slots, 2.5), homes[:1])
    with pytest.raises(SettingsError, match="on its ways home: expected slots at least"):
        led_out(FormationTask("f", slots, 2.5), [[0.0, 0.0, 1.0], [0.1, 0.0, 1.0]])


def test_the_node_makes_the_same_flight_from_where_the_drones_hover():
    planned = swarm(drones=4, scenario="swapped", course_seed=3)
    states = np.zeros((4, 13), np.float32)
    states[:, :2], states[:, 2], states[:, 6] = np.array(planned.starts)[:, :2], HEIGHT_M, 1.0
    flight = group_flight(planned.flown[0].task, hovers(states))
    np.testing.assert_allclose(flight.task.slots, planned.group.task.slots, atol=1e-5)


def test_the_fence_holds_formations_and_rooms():
    planned = swarm(drones=8, scenario="moving", course_seed=1)
    slots = planned.group.formation.slots[..., :3]
    low, high = slots.min(axis=(0, 1)), slots.max(axis=(0, 1))
    assert (np.array(planned.box_low_m)[:2] <= low[:2] - FORMATION_OUT_M + 1e-3).all()
    assert (np.array(planned.box_high_m) >= high + FORMATION_OUT_M - 1e-3).all()
    assert planned.box_low_m[2] == GuardLimits.box_low_m[2]
    mixed = programme(FlySettings(task="mixed", drones=4))
    room = mixed.group.task.course.true.room
    np.testing.assert_allclose(mixed.box_high_m, np.array(room.high_m) + RUN_OUT_M)


def test_the_drones_of_a_mixed_flight_stand_below_their_slots():
    planned = programme(FlySettings(task="mixed", drones=4, level=2, course_seed=7))
    task = load_mixed(4, "lsy", 2, 7)
    np.testing.assert_allclose(
        np.array(planned.starts)[:, :2], task.formation.slots[:, 0, :2], atol=1e-6
    )
    assert planned.height_m == pytest.approx(task.formation.slots[0, 0, 2])
    assert planned.added_mass_kg == task.course.mass_kg != 0.0
    assert (planned.offsets_m, planned.race) == ((), None)
    flight = flight_settings(FlySettings(drones=4), Path("p.onnx"), stack, planned)
    assert (len(flight.starts), flight.offsets_m) == (16, ())
    stack.stack(flight)


def test_what_cannot_be_flown_together_is_refused_on_the_ground(tmp_path, policy_path):
    near, far, hall = (tmp_path / name for name in ("near.toml", "far.toml", "hall.toml"))
    text = "[formation]\nscenario = 'static'\nslots_m = [[0, 0, 1], [{}, 0, 1]]"
    near.write_text(text.format(0.1))
    far.write_text(text.format(3))
    narrow = STRAIGHT.replace("[-2.0, -1.0, 0.0]", "[-2.0, -0.5, 0.0]")
    hall.write_text(narrow.replace("[2.0, 1.0, 2.0]", "[2.0, 0.5, 2.0]"))
    for asked, sentence in (
        ({"task": "swarm", "drones": 2, "scenario": str(near)}, "at least 0.2 m apart, got 0.100"),
        ({"task": "swarm", "drones": 2, "scenario": str(far)}, "x from -2.5 to 2.5 m, got 3.00"),
        ({"task": "swarm", "drones": 3, "scenario": str(near)}, "one for each of 3 drones, got 2"),
        ({"task": "swarm", "drones": 3, "scenario": "waltz"}, "expected static, changing"),
        ({"task": "mixed", "drones": 2, "track": str(hall)}, "at least 1.15 m wide for two drones"),
        ({"task": "mixed", "drones": 8}, "expected 2 to 7 in a room"),
        ({"task": "mixed", "drones": 4, "track": "moon"}, "'moon'"),
    ):
        with pytest.raises(SettingsError, match=sentence) as refused:
            programme(FlySettings(**asked))
        assert "\n" not in str(refused.value)
    runner = PolicyRunner(policy_path)
    for task, got in (("swarm", "got a swarm"), ("mixed", "got everything at once")):
        with pytest.raises(PolicyFileError, match=got):
            programme(FlySettings(task=task, drones=4)).check(runner)
