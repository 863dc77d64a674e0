# SPDX-License-Identifier: Apache-2.0
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_up_bag import write_made_up_bag
from made_up_flight import commanded_log, known_drone, made_up_log

from evaluation.errors import LogError
from evaluation.sysid.fit import FITTED
from evaluation.sysid.identify import identify
from evaluation.validation.flight import STEP_S
from martlet.errors import UsageError
from martlet.flight_logs import logs_at
from martlet.sysid import run
from sim_core.airframe import load_airframe
from sim_core.flight_log import FlightLog, read_flight_log, write_flight_log

KNOWN = {
    "thrust_gain": 1.07,
    "drag_across_n_s_m": 0.02,
    "drag_along_n_s_m": 0.02,
    "inertia_x_kg_m2": 3.0e-5,
    "inertia_y_kg_m2": 3.2e-5,
    "rotor_lag_up_s": 0.055,
    "rotor_lag_down_s": 0.055,
    "trim_torque_x_n_m": 1e-5,
}


def _read(folder: Path, *names: str) -> list[FlightLog]:
    return [read_flight_log(folder / f"{name}.npz") for name in names]


def test_known_numbers_are_found_again(tmp_path: Path) -> None:
    for name in ("one.npz", "two.npz"):
        write_flight_log(tmp_path / name, made_up_log(known_drone(**KNOWN), 10.0, name))
    out = tmp_path / "mine.toml"
    figures = identify(_read(tmp_path, "one", "two"), "cf21_legacy", out)
    for name, value in KNOWN.items():
        if name not in figures["fitted"]:
            continue
        loose = 0.1 if "lag" in name or "trim" in name else 0.05
        assert figures["fitted"][name] == pytest.approx(value, rel=loose), name
    assert figures["held_out"]["translation_500ms_m"] < 0.005
    for key, value in figures["held_out"].items():
        assert value < 0.5 * figures["held_out_before"][key], key
    mine = load_airframe(out)
    assert mine.body.inertia_kg_m2[0] == pytest.approx(3.0e-5, rel=0.05)
    stock = load_airframe("cf21_legacy").rotors.volts_to_n
    assert mine.rotors.volts_to_n[1] == pytest.approx(1.07 * stock[1], rel=0.02)
    assert '"held_out"' in out.read_text().splitlines()[0]


MOTORS = np.array([(-1, -1, -1), (-1, 1, 1), (1, 1, -1), (1, -1, 1)])
"""Of roll, pitch and yaw, as the mixer gives them to M1 to M4."""


def _in_gusts(swings: float, strength: float) -> FlightLog:
    """A flight whose commands also answer gusts, exactly: they turn nothing and are in the log."""
    log = made_up_log(known_drone(**KNOWN | {"trim_torque_x_n_m": 0.0}), 16.0, swings=swings)
    rng = np.random.default_rng(0)
    kept = np.exp(-STEP_S / 0.2)
    gusts = np.zeros((len(log.t), 3))
    for i in range(1, len(gusts)):
        gusts[i] = kept * gusts[i - 1] + strength * np.sqrt(1.0 - kept**2) * rng.normal(size=3)
    gyro = log.gyro + rng.normal(0.0, 0.02, log.gyro.shape)
    return replace(log, pwm01=log.pwm01 + gusts @ MOTORS.T, gyro=gyro)


def test_a_gentle_flight_does_not_tell_the_inertia_and_says_so(tmp_path: Path) -> None:
    write_flight_log(tmp_path / "gentle.npz", _in_gusts(0.4, 0.004))
    out = tmp_path / "out.toml"
    figures = identify(_read(tmp_path, "gentle"), "cf21_legacy", out)
    kind = load_airframe("cf21_legacy")
    for i, name in enumerate(("inertia_x_kg_m2", "inertia_y_kg_m2")):
        told = figures["certainty"][name]
        # Twice the truth, and the doubt is about as large.
        assert told["fitted"] > 1.8 * KNOWN[name]
        assert told["between"][0] < KNOWN[name] < told["between"][1]
        assert not told["told"]
        assert told["kind"] == pytest.approx(kind.body.inertia_kg_m2[i], rel=1e-3)
        assert name in figures["not_told"]
        assert figures["fitted"][name] == pytest.approx(kind.body.inertia_kg_m2[i], rel=1e-3)
    assert load_airframe(out).rotors.lag_up_s == kind.rotors.lag_up_s
    assert "\nlag_up_s = 0.0467                 # recordings" in out.read_text()
    # Thrust and drag it tells.
    assert figures["fitted"]["thrust_gain"] == pytest.approx(1.07, rel=0.01)
    assert figures["fitted"]["drag_across_n_s_m"] == pytest.approx(0.02, rel=0.05)


def test_an_aggressive_flight_in_the_same_gusts_tells_it(tmp_path: Path) -> None:
    write_flight_log(tmp_path / "fast.npz", _in_gusts(3.0, 0.004))
    figures = identify(_read(tmp_path, "fast"), "cf21_legacy", tmp_path / "out.toml")
    for name in ("inertia_x_kg_m2", "inertia_y_kg_m2", "rotor_lag_up_s", "rotor_lag_down_s"):
        told = figures["certainty"][name]
        assert told["told"], name
        assert told["standard_error"] < 0.1 * told["fitted"], name
        assert figures["fitted"][name] == pytest.approx(KNOWN[name], rel=0.08), name


def test_a_flight_of_commands_alone_tells_thrust_and_drag(tmp_path: Path) -> None:
    """What `martlet fly` recorded: the run's folder, its bag, or the bag's file, as for replay."""
    kind = load_airframe("cf21_plus")
    write_made_up_bag(tmp_path / "run" / "flight", [commanded_log(thrust=0.95)])
    out = tmp_path / "mine.toml"
    figures = run((tmp_path / "run",), "cf21_plus", out, None)
    assert figures["source"] == "command"
    assert figures["fitted"]["thrust_gain"] == pytest.approx(0.95, abs=0.01)
    drag = kind.body.drag_across_n_s_m
    assert figures["fitted"]["drag_across_n_s_m"] == pytest.approx(drag, rel=0.1)
    assert set(FITTED) - set(figures["not_told"]) == {"thrust_gain", "drag_across_n_s_m"}
    before, after = (figures[key]["translation_500ms_m"] for key in ("held_out_before", "held_out"))
    assert after < 0.2 * before
    mine = load_airframe(out)
    # Counts are made of newtons by the thrust at full command: with it true, 1 N is asked as 1 N.
    assert mine.rotors.thrust_max_n == pytest.approx(0.95 * kind.rotors.thrust_max_n, rel=0.01)
    assert mine.body.inertia_kg_m2 == kind.body.inertia_kg_m2
    for where in ("run/flight", "run/flight/flight_0.mcap"):
        assert [len(log.t) for log in logs_at(tmp_path / where)] == [800]


def test_a_fleets_flight_is_refused(tmp_path: Path) -> None:
    log = commanded_log(seconds=2.0)
    write_made_up_bag(tmp_path / "flight", [log, log])
    with pytest.raises(UsageError, match=r"the flight of one drone, whose numbers to fit, .* of 2"):
        run((tmp_path / "flight",), "cf21_plus", tmp_path / "out.toml", None)


@pytest.mark.parametrize("where", ["", "flight", "flight/flight_0.mcap"])
def test_a_flight_whose_policy_flew_on_board_is_refused(tmp_path: Path, where: str) -> None:
    write_made_up_bag(tmp_path / "flight", [commanded_log(seconds=2.0)])
    assert len(logs_at(tmp_path / where)) == 1
    (tmp_path / "settings.json").write_text(json.dumps({"onboard": True}))
    with pytest.raises(UsageError, match="what was streamed to it is not what it flew"):
        logs_at(tmp_path / where)


def _refused(tmp_path: Path, log, words: str) -> None:
    write_flight_log(tmp_path / "log.npz", log)
    with pytest.raises(LogError, match=words):
        identify(_read(tmp_path, "log"), "cf21_legacy", tmp_path / "out.toml")
    assert not (tmp_path / "out.toml").exists()


def test_what_cannot_tell_the_numbers_is_refused(tmp_path: Path) -> None:
    log = made_up_log(known_drone(), 12.0)
    level = np.tile([0.0, 0.0, 0.0, 1.0], (len(log.t), 1))
    still = replace(log, gyro=0.0 * log.gyro, quat_xyzw=level)
    _refused(tmp_path, still, "a hover")
    _refused(tmp_path, replace(log, ok=log.t < 4.0), "5 s of flight")
    _refused(tmp_path, replace(log, pwm01=None), "expected pwm01 or command")
    _refused(tmp_path, replace(log, pos=None), "expected pos, vel and quat_xyzw")


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "flight_0.mcap").write_bytes(b"no bag")
    with pytest.raises(UsageError, match="expected a whole MCAP file"):
        run((tmp_path / "flight_0.mcap",), "cf21_plus", tmp_path / "out.toml", None)
    (tmp_path / "empty").mkdir()
    with pytest.raises(LogError, match=r"found no \.mcap file in it"):
        run((tmp_path / "empty",), "cf21_plus", tmp_path / "out.toml", None)
    with pytest.raises(LogError, match="there is no such file"):
        run((tmp_path / "no.npz",), "cf21_plus", tmp_path / "out.toml", None)
    with pytest.raises(LogError, match="one flight log or more"):
        identify([], "cf21_plus", tmp_path / "out.toml")
