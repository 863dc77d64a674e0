# SPDX-License-Identifier: Apache-2.0
"""Airframe files: what ships, and what is refused, every fault in one sentence."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest

from sim_core import _core
from sim_core.airframe import airframe_names, load_airframe
from sim_core.errors import SettingsError

SHIPPED = Path(load_airframe.__globals__["__file__"]).parent / "airframes" / "cf21_plus.toml"
TEXT = SHIPPED.read_text()


def written(tmp_path, *changes):
    """A file like the CF2.1+'s, with texts of it replaced."""
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return path


def refusal(path):
    with pytest.raises(SettingsError) as caught:
        load_airframe(path)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_the_cf21_plus_is_what_its_firmware_says():
    airframe = load_airframe("cf21_plus")
    assert airframe.platform == "cf21"
    assert airframe.hover_thrust_n == pytest.approx(0.029 * 9.81)
    assert airframe.max_thrust_n == pytest.approx(0.48)
    assert airframe.max_thrust_n / airframe.hover_thrust_n == pytest.approx(1.69, abs=0.005)
    # Arms of 46 mm at 45 degrees.
    assert airframe.body.arm_component_m == pytest.approx(0.046 / np.sqrt(2), abs=1e-4)
    # The firmware's own cubic gives THRUST_MAX, 0.12 N, at 3.08 V; the stand's 3 % more.
    volts = 3.08 ** np.arange(4)
    assert airframe.rotors.volts_to_n @ volts == pytest.approx(0.12, rel=0.04)


@pytest.mark.parametrize("name", airframe_names())
def test_every_shipped_airframe_hovers_below_full_thrust(name):
    airframe = load_airframe(name)
    assert airframe.name == name
    assert airframe.hover_thrust_n < 0.8 * airframe.max_thrust_n
    assert np.isfinite(airframe.parameters).all()
    # A source stands beside every number.
    bare = [
        line
        for line in (SHIPPED.parent / f"{name}.toml").read_text().splitlines()
        if "=" in line and not line.startswith(("#", "name", "platform")) and "#" not in line
    ]
    assert [line.split(" ")[0] for line in bare] in ([], ["volts", "roll_pitch", "yaw"])


def test_parameters_stand_in_the_cores_order():
    drone = dict(zip(_core.PARAMETER_NAMES, load_airframe("cf21_plus").parameters, strict=True))
    expected = {
        "mass_kg": 0.029,
        "inertia_x_kg_m2": 1.66e-5,
        "inertia_y_kg_m2": 1.99e-5,
        "inertia_z_kg_m2": 2.93e-5,
        "arm_component_m": 0.0325,
        "torque_per_thrust_m": 0.006993,
        "thrust_max_n": 0.12,
        "thrust_gain": 1.0,
        "motor_gain_1": 1.0,
        "motor_gain_4": 1.0,
        "trim_torque_x_n_m": 0.0,
        "rotor_lag_up_s": 0.044,
        "rotor_lag_down_s": 0.076,
        "rotor_dead_time_s": 0.008,
        "drag_across_n_s_m": 0.0147,
        "link_delay_s": 0.0,
        "attitude_bias_y_rad": 0.0,
        "battery_charge": 1.0,
        "battery_capacity_c": 900.0,
        "battery_volts_0": 3.3,
        "battery_volts_3": 2.75,
        "motor_volts_to_n_0": 0.0,
        "motor_volts_to_n_3": 0.004607,
        "rate_pitch_roll_kp": 250.0,
        "rate_pitch_roll_kd": 2.5,
        "rate_yaw_kp": 120.0,
        "rate_yaw_ki": 16.7,
    }
    assert {name: drone[name] for name in expected} == pytest.approx(expected, rel=1e-6)


def test_an_airframe_is_frozen():
    with pytest.raises(FrozenInstanceError):
        load_airframe("cf21_plus").name = "other"


def test_a_file_of_ones_own_is_loaded_by_its_path(tmp_path):
    path = written(tmp_path, ("mass_kg = 0.029", "mass_kg = 0.035"))
    assert load_airframe(path).body.mass_kg == 0.035
    assert load_airframe(str(path)).body.mass_kg == 0.035


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(SettingsError, match=r"airframe: expected one of .*cf21_plus.*, got 'cf3'"):
        load_airframe("cf3")


def test_a_missing_file_is_named(tmp_path):
    assert "none.toml: cannot be read: No such file" in refusal(tmp_path / "none.toml")


def test_unknown_missing_and_ill_typed_keys_are_told_at_once(tmp_path):
    path = written(
        tmp_path,
        ("mass_kg = 0.029", "mass_g = 29"),
        ("arm_length_m = 0.046", "arm_length_m = 'long'"),
        ("inertia_kg_m2 = [1.66e-5, 1.99e-5, 2.93e-5]", "inertia_kg_m2 = [1.66e-5, 1.99e-5]"),
        ("capacity_c = 900.0", "capacity_c = nan"),
        ("yaw = [120.0, 16.7, 0.0]", "yaw = [120.0, true, 0.0]"),
    )
    message = refusal(path)
    for phrase in (
        "unknown key 'body.mass_g' (known: mass_kg,",
        "missing key 'body.mass_kg'",
        "body.arm_length_m: expected a finite number, got 'long'",
        "body.inertia_kg_m2: expected 3 values, got [1.66e-05, 1.99e-05]",
        "battery.capacity_c: expected a finite number, got nan",
        "rate_loop.yaw[1]: expected a finite number, got True",
    ):
        assert phrase in message


def test_an_impossible_drone_is_refused_for_all_that_is_impossible(tmp_path):
    path = written(
        tmp_path,
        ("mass_kg = 0.029", "mass_kg = 0.06"),
        ("inertia_kg_m2 = [1.66e-5, 1.99e-5, 2.93e-5]", "inertia_kg_m2 = [1e-5, 1e-5, 3e-5]"),
        ("drag_across_n_s_m = 0.0147", "drag_across_n_s_m = -0.01"),
        ("lag_up_s = 0.044", "lag_up_s = 0.0"),
        ("dead_time_s = 0.008", "dead_time_s = 0.012"),
        ("capacity_c = 900.0", "capacity_c = 0"),
    )
    message = refusal(path)
    for phrase in (
        "inertia_kg_m2: expected no moment above the sum of the other two",
        "drag_across_n_s_m: expected at least 0, got -0.01",
        "lag_up_s: expected at least 0.0001, got 0",
        "dead_time_s: expected 0 to 0.01, got 0.012",
        "capacity_c: expected more than 0, got 0",
        "thrust_max_n: expected more than a quarter of the weight, 0.1472 N, got 0.12 N",
    ):
        assert phrase in message


@pytest.mark.parametrize("mass", ["0", "-0.029", "inf", "1" + "0" * 400])
def test_a_mass_that_is_none_is_refused(tmp_path, mass):
    assert "body.mass_kg: expected" in refusal(
        written(tmp_path, ("mass_kg = 0.029", f"mass_kg = {mass}"))
    )


def test_a_stray_byte_is_named_with_its_line_and_column(tmp_path):
    path = tmp_path / "stray.toml"
    path.write_bytes(TEXT.encode().replace(b"mass_kg", b"mass\xff_kg", 1))
    line = TEXT[: TEXT.index("mass_kg")].count("\n") + 1
    assert f"got byte 0xff (at line {line}, column 5)" in refusal(path)
    path.write_text(TEXT.replace("mass_kg = 0.029", "mass_kg = 0.0.29", 1))
    assert f"not TOML: Expected newline or end of document after a statement (at line {line}" in (
        refusal(path)
    )


def test_a_section_that_is_a_number_is_refused(tmp_path):
    path = tmp_path / "flat.toml"
    path.write_text("name = 'x'\nplatform = 'cf21'\nbody = 5\n")
    message = refusal(path)
    assert "body: expected a section, got 5" in message
    assert "missing key 'rotors'" in message


def test_impossible_rotors_and_masses_are_told_together(tmp_path):
    path = written(
        tmp_path,
        ("center_of_mass_m = [0.0, 0.0, 0.0]", "center_of_mass_m = [0.0, -0.05, 0.0]"),
        ("inertia_kg_m2 = 33e-9", "inertia_kg_m2 = -33e-9"),
        ("radius_m = 0.0231", "radius_m = -0.0231"),
        ("ground_effect = 11.4", "ground_effect = -1.0"),
        ("downwash = 1.0", "downwash = -1.0"),
    )
    message = refusal(path)
    for phrase in (
        "body.center_of_mass_m: expected within 0.0325 m, between the rotors, got [0.0, -0.05,",
        "rotors.inertia_kg_m2: expected at least 0, got -3.3e-08",
        "rotors.radius_m: expected at least 0, got -0.0231",
        "rotors.ground_effect: expected at least 0, got -1",
        "body.downwash: expected at least 0, got -1",
    ):
        assert phrase in message
    assert "rotors: expected inertia_kg_m2 and thrust_n_per_rad2_s2 both or neither" in refusal(
        written(tmp_path, ("inertia_kg_m2 = 33e-9", "inertia_kg_m2 = 0.0"))
    )


def test_an_offset_that_nothing_acts_on_is_refused(tmp_path):
    path = written(tmp_path, ("_mass_m = [0.0, 0.0, 0.0]", "_mass_m = [0.001, 0.0, 0.003]"))
    assert (
        "body.center_of_mass_m: expected 0 along z, where thrust has no lever and drag acts at the"
        " centre of mass itself, got 0.003 m"
    ) in refusal(path)


def test_a_file_without_the_newer_keys_has_none_of_their_terms(tmp_path):
    lines = [
        line
        for line in TEXT.splitlines(keepends=True)
        if not line.startswith(
            (
                "center_of_mass_m",
                "downwash",
                "inertia_kg_m2 = 33e-9",
                "thrust_n_per",
                "radius_m",
                "ground_effect",
            )
        )
    ]
    path = tmp_path / "old.toml"
    path.write_text("".join(lines))
    drone = dict(zip(_core.PARAMETER_NAMES, load_airframe(path).parameters, strict=True))
    for name in ("downwash", "rotor_inertia_kg_m2", "ground_effect", "center_of_mass_x_m"):
        assert drone[name] == 0.0
