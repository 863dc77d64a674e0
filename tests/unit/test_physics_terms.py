# SPDX-License-Identifier: Apache-2.0
"""What `martlet doctor --physics` tells of an environment."""

import json
from pathlib import Path

import pytest

import sim_core
from martlet.physics_terms import physics_of, table
from sim_core import _core
from sim_core.errors import SettingsError

TRACK = Path(sim_core.__file__).parent / "environments" / "track.toml"


def test_every_parameter_of_the_core_belongs_to_a_term():
    told = {name for term in physics_of("track")["terms"].values() for name in term["values"]}
    silent = set(_core.PARAMETER_NAMES) - told
    # Curves of battery and motor, which have no switch of their own.
    assert silent == {f"{curve}_{i}" for curve in ("battery_volts", "motor_volts_to_n")
                      for i in range(4)}  # fmt: skip


def test_terms_of_the_shipped_environment_with_range_and_source():
    terms = physics_of("track")["terms"]
    assert terms["drag"]["on"]
    assert terms["drag"]["values"]["drag_across_n_s_m"] == pytest.approx([0.01029, 0.01911])
    assert "recordings, brushed drones" in terms["drag"]["source"]
    assert not terms["older firmware's PWM command"]["on"]
    assert not terms["lag of the estimate"]["on"]
    assert terms["white noise of the estimate"]["values"]["position_m"] == [0.002, 0.002]


def test_what_a_file_switches_off_is_off(tmp_path):
    text = "".join(
        line
        for line in TRACK.read_text().splitlines(keepends=True)
        if not line.startswith(("wind", "gust", "link_loss"))
    ).replace('kind = "mocap"', 'kind = "onboard"')
    mine = tmp_path / "mine.toml"
    mine.write_text(text)
    terms = physics_of(mine)["terms"]
    assert [terms[name]["on"] for name in ("wind", "gusts", "link loss")] == [False] * 3
    assert terms["lag of the estimate"]["values"] == {"estimate_lag_s": [0.021, 0.021]}
    shown = table(physics_of(mine)).splitlines()
    assert "off  wind: 0" in shown
    assert any(line.startswith("on   link delay: link_delay_s 0.004 to 0.03") for line in shown)


def test_an_environment_that_is_none_is_refused():
    known = "all, all_plus, race, rings, split_s, swarm, track"
    with pytest.raises(SettingsError, match=f"environment: expected one of {known}"):
        physics_of("trick")


def test_the_command_speaks_json(martlet):
    answer = martlet("doctor", "--physics", "track", "--json")
    assert json.loads(answer.out)["airframe"] == "cf21_plus"
