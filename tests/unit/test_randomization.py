# SPDX-License-Identifier: Apache-2.0
"""Ranges around an airframe, and what the core draws between them."""

import numpy as np
import pytest

from sim_core import _core
from sim_core.airframe import load_airframe
from sim_core.environment import load_environment
from sim_core.errors import SettingsError
from sim_core.randomization import RANDOMIZABLE, nominal_box, randomized_box
from sim_core.vec_env import VecEnv

AIRFRAME = load_airframe("cf21_plus")


def bounds(box, name):
    i = _core.PARAMETER_NAMES.index(name)
    return [float(box.low[i]), float(box.high[i])]


def refusal(ranges):
    with pytest.raises(SettingsError) as caught:
        randomized_box(AIRFRAME, ranges, "mine.toml")
    message = str(caught.value)
    assert message.startswith("mine.toml: ")
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_scale_multiplies_and_range_replaces():
    box = randomized_box(
        AIRFRAME,
        {"mass_kg": {"scale": [0.9, 1.2]}, "rotor_lag_up_s": {"range": [0.03, 0.06]},
         "thrust_gain": {"scale": [0.8, 1.1]}},
        "",
    )  # fmt: skip
    assert bounds(box, "mass_kg") == pytest.approx([0.0261, 0.0348])
    assert bounds(box, "rotor_lag_up_s") == pytest.approx([0.03, 0.06])
    assert bounds(box, "thrust_gain") == pytest.approx([0.8, 1.1])
    # All else is the airframe's.
    named = {"mass_kg", "rotor_lag_up_s", "thrust_gain"}
    others = [i for i, name in enumerate(_core.PARAMETER_NAMES) if name not in named]
    np.testing.assert_array_equal(box.low[others], AIRFRAME.parameters[others])
    np.testing.assert_array_equal(box.high[others], AIRFRAME.parameters[others])


def test_a_group_is_drawn_one_by_one_each_about_its_own_value():
    box = randomized_box(
        AIRFRAME,
        {"inertia_kg_m2": {"scale": [0.5, 2.0]}, "motor_gain": {"range": [0.9, 1.1]}},
        "",
    )
    for axis, j in zip("xyz", AIRFRAME.body.inertia_kg_m2, strict=True):
        assert bounds(box, f"inertia_{axis}_kg_m2") == pytest.approx([0.5 * j, 2.0 * j])
    for motor in range(1, 5):
        assert bounds(box, f"motor_gain_{motor}") == pytest.approx([0.9, 1.1])


def test_every_name_reaches_a_parameter_of_the_core():
    for name in RANDOMIZABLE:
        box = randomized_box(AIRFRAME, {name: {"range": [0.005, 0.006]}}, "")
        moved = np.flatnonzero(box.high != box.low)
        assert len(moved) >= 1, name


def test_drawn_drones_fill_the_box_and_do_not_leave_it():
    environment = load_environment("track")
    box = environment.parameter_box()
    env = VecEnv(4000, environment, threads=1)
    env.reset(seed=0)
    drawn = env.core.parameters
    width = box.high - box.low
    assert (drawn >= box.low - 1e-6 * width).all()
    assert (drawn <= box.high + 1e-6 * width).all()
    free = width > 0
    assert free.sum() == 31  # 20 names of the file, some of them groups, and the estimate's bias
    share = (drawn[:, free] - box.low[free]) / width[free]
    assert (share.min(axis=0) < 0.01).all()
    assert (share.max(axis=0) > 0.99).all()
    assert share.mean(axis=0) == pytest.approx([0.5] * int(free.sum()), abs=0.025)  # 5 sd
    np.testing.assert_array_equal(drawn[:, ~free], np.tile(box.low[~free], (4000, 1)))


def test_a_nominal_box_holds_one_drone():
    box = nominal_box(AIRFRAME, link_delay_s=0.01)
    np.testing.assert_array_equal(box.low, box.high)
    assert bounds(box, "link_delay_s") == pytest.approx([0.01, 0.01])
    assert bounds(box, "mass_kg") == pytest.approx([0.029, 0.029])
    assert AIRFRAME.parameters[_core.PARAMETER_NAMES.index("link_delay_s")] == 0.0  # untouched


def test_a_corner_or_a_nominal_value_of_no_parameter_is_refused():
    box = nominal_box(AIRFRAME)
    with pytest.raises(SettingsError, match=r"parameter: expected one of mass_kg, .*, got 'mass'"):
        box.corner(mass=1.0)
    with pytest.raises(SettingsError, match=r"parameter: expected one of mass_kg, .*, got 'mass'"):
        nominal_box(AIRFRAME, mass=1.0)


@pytest.mark.parametrize(
    ("name", "entry", "phrase"),
    [
        ("mass", {"scale": [1, 2]}, "unknown key 'mass' (known: inertia_kg_m2, motor_gain,"),
        ("mass_kg", {"scale": [1.2, 0.8]}, "mass_kg: expected { scale = [low, high] } or"),
        ("mass_kg", {"scale": [1.0]}, "mass_kg: expected { scale = [low, high] } or"),
        ("mass_kg", {"scale": [1.0, "2"]}, "mass_kg: expected { scale = [low, high] } or"),
        ("mass_kg", {"scale": [True, 2]}, "mass_kg: expected { scale = [low, high] } or"),
        ("mass_kg", {"times": [1, 2]}, "mass_kg: expected { scale = [low, high] } or"),
        ("mass_kg", {"scale": [1, 2], "range": [1, 2]}, "mass_kg: expected { scale ="),
        ("mass_kg", 0.03, "mass_kg: expected { scale = [low, high] } or"),
        ("mass_kg", {"range": [0.02, float("inf")]}, "mass_kg: expected { scale ="),
        ("mass_kg", {"range": [float("nan"), 1.0]}, "mass_kg: expected { scale ="),
        ("mass_kg", {"scale": [-1, 1]}, "mass_kg: expected more than 0, got -0.029 to 0.029"),
        ("inertia_kg_m2", {"range": [0, 1e-5]}, "inertia_kg_m2: expected more than 0, got 0 to"),
        ("motor_gain", {"range": [0, 1]}, "motor_gain: expected more than 0, got 0 to 1"),
        ("drag_n_s_m", {"range": [-0.1, 0.1]}, "drag_n_s_m: expected within 0 to inf, got -0.1"),
        ("battery_charge", {"range": [0.5, 1.1]}, "battery_charge: expected within 0 to 1, got"),
        ("rotor_lag_up_s", {"range": [0, 0.06]}, "rotor_lag_up_s: expected within 0.0001 to inf"),
        ("rotor_dead_time_s", {"range": [0.004, 0.012]}, "rotor_dead_time_s: expected within 0 to"),
        ("link_delay_s", {"range": [0, 0.05]}, "link_delay_s: expected within 0 to 0.04, got 0 to"),
        ("link_delay_s", {"scale": [1, 2]}, "link_delay_s: expected a range, for no airframe has"),
    ],
)
def test_an_impossible_range_is_refused(name, entry, phrase):
    assert phrase in refusal({name: entry})


def test_all_faults_are_told_at_once():
    message = refusal(
        {"mass": {"scale": [1, 2]}, "motor_gain": 3, "link_delay_s": {"range": [0, 1]}}
    )
    assert "unknown key 'mass'" in message
    assert "motor_gain: expected" in message
    assert "link_delay_s: expected" in message
