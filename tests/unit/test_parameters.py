# SPDX-License-Identifier: Apache-2.0
"""A node's parameters: all faults at once, at the start and while it works."""

import pytest
from test_backend import Fleet

from firmware_bridge.guard_rules import GuardLimits
from martlet_nodes.crazyflie_backend import CrazyflieParameters
from martlet_nodes.errors import ParameterError
from martlet_nodes.parameters import build_all, changed, set_or_refuse
from martlet_nodes.sim_backend import SimParameters


def test_keys_kinds_and_ranges_are_told_in_one_sentence():
    table = {
        "drones": ["a", "a"],
        "colour": "red",
        "seed": "one",
        "factor": 0.0,
        "state_delay_s": 0.003,
        "guard": {"hold_s": -1.0, "max_tilt_deg": "steep", "walls": 4},
    }
    with pytest.raises(ParameterError) as told:
        build_all(SimParameters, table, "sim_backend")
    names = [fault.partition(":")[0] for fault in told.value.faults]
    assert sorted(n.partition(" (")[0] for n in names) == [
        "drones",
        "factor",
        "guard.hold_s",
        "guard.max_tilt_deg",
        "seed",
        "state_delay_s",
        "unknown key 'colour'",
        "unknown key 'guard.walls'",
    ]
    assert str(told.value).startswith("sim_backend: unknown key 'colour'")


def test_one_fault_is_told_once():
    with pytest.raises(ParameterError) as told:
        build_all(CrazyflieParameters, {"patience_s": -1.0}, "crazyflie_backend")
    assert told.value.faults == (
        "missing key 'uris'",
        "patience_s: expected at least 0, got -1",
    )
    with pytest.raises(ParameterError) as told:
        build_all(CrazyflieParameters, {"uris": 3, "patience_s": -1.0}, "crazyflie_backend")
    assert [fault.partition(":")[0] for fault in told.value.faults] == ["uris", "patience_s"]


def test_sound_parameters_are_made():
    made = build_all(SimParameters, {"seed": 3, "guard": {"hold_s": 2}}, "sim_backend")
    assert (made.seed, made.guard.hold_s) == (3, 2.0)


def set_to(changes, apply=lambda _: ""):
    table = {"seed": 3, "guard": {"hold_s": 2.0}}
    return set_or_refuse(SimParameters, "sim_backend", table, changes, ("guard.",), apply)


def test_what_is_out_of_range_or_too_late_is_refused_at_work():
    assert set_to([("guard.hold_s", 4.0)]) == ""
    assert set_to([]) == ""
    assert set_to([("guard.hold_s", -1.0), ("guard.overrides", 0)]) == (
        "sim_backend: guard.hold_s: expected more than 0, got -1;"
        " guard.overrides: expected 1 or more, got 0."
    )
    assert set_to([("guard.hold_s", "long")]).endswith("expected a finite number, got 'long'.")
    assert set_to([("seed", 4)]) == (
        "sim_backend: expected seed to be set when the node starts; while it works, guard. may be."
    )
    assert set_to([("guard.hold_s", 4.0)], lambda p: f"no {p.guard.hold_s:g}") == "no 4"


def test_a_table_is_changed_and_its_original_is_not():
    table = {"a": 1, "guard": {"x": 1, "y": 2}}
    assert changed(table, [("guard.x", 5), ("b.c", 3)]) == {
        "a": 1,
        "guard": {"x": 5, "y": 2},
        "b": {"c": 3},
    }
    assert table["guard"]["x"] == 1


def test_guards_take_other_limits_on_the_ground_alone():
    fleet = Fleet(drones=["a"])
    limits = GuardLimits(fleet.backend.limits.thrust_n, hold_s=9.0)
    assert fleet.backend.set_limits(limits) == ""
    assert fleet.backend.limits.hold_s == 9.0
    assert fleet.backend.arm(0, True, fleet.now) == ""
    before = fleet.backend.limits
    assert "a: armed or in flight" in fleet.backend.set_limits(GuardLimits(before.thrust_n))
    assert fleet.backend.limits is before
