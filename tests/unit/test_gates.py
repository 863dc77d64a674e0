# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest
from made_up_flight import known_drone, made_up_log

from evaluation.errors import LogError
from evaluation.validation.gates import check_log
from sim_core.flight_log import (
    FlightLog,
    LogFormError,
    flight_log,
    read_flight_log,
    write_flight_log,
)

LOG = made_up_log(known_drone(), 4.0)
FORCE = np.zeros((len(LOG.t), 3)) + np.array([0.0, 0.0, 9.81])


def _hole(values: np.ndarray) -> np.ndarray:
    out = values.copy()
    out[100] = np.nan
    return out


def _gap(log: FlightLog) -> dict[str, np.ndarray]:
    return {"t": np.where(log.t > 2.0, log.t + 0.3, log.t)}


def test_a_whole_log_passes() -> None:
    check_log(LOG)
    check_log(replace(LOG, acc=FORCE))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_gap(LOG), ["t: ", "no gap", "302 ms"]),
        ({"t": 1e3 * LOG.t}, ["t: ", "seconds"]),
        ({"t": LOG.t[::-1].copy()}, ["t: ", "rising"]),
        ({"gyro": _hole(LOG.gyro)}, ["gyro: ", "NaN", "0.200 s"]),
        ({"gyro": np.rad2deg(LOG.gyro)}, ["gyro: ", "rad/s", "degrees"]),
        ({"acc": FORCE / 9.81}, ["acc: ", "m/s²", "in g"]),
        ({"quat_xyzw": LOG.quat_xyzw[:, [3, 0, 1, 2]]}, ["quat_xyzw: ", "x y z w", "w x y z"]),
        ({"quat_xyzw": 2.0 * LOG.quat_xyzw}, ["quat_xyzw: ", "unit"]),
        ({"pwm01": 65535.0 * LOG.pwm01}, ["pwm01: ", "fraction", "counts"]),
        ({"pwm01": 100.0 * LOG.pwm01}, ["pwm01: ", "percent"]),
        ({"vbat": 1e3 * LOG.vbat}, ["vbat: ", "volts"]),
        ({"rpm": 1e3 * LOG.pwm01}, ["rpm: ", "revolutions"]),
        ({"pos": 1e3 * LOG.pos}, ["vel: ", "rate of pos"]),
        ({"ok": np.arange(len(LOG.t)) < 50}, ["ok: ", "1 s of flight"]),
    ],
)
def test_a_fault_is_named(change: dict[str, np.ndarray], words: list[str]) -> None:
    with pytest.raises(LogError) as refusal:
        check_log(replace(LOG, **change))
    for word in ["made_up.npz: ", *words]:
        assert word in str(refusal.value)


def test_what_was_not_flown_may_have_holes() -> None:
    ok = LOG.ok.copy()
    ok[90:110] = False
    check_log(replace(LOG, gyro=_hole(LOG.gyro), ok=ok))


def test_a_log_comes_back_as_it_was_written(tmp_path) -> None:
    write_flight_log(tmp_path / "log.npz", LOG)
    back = read_flight_log(tmp_path / "log.npz")
    assert set(back.columns()) == set(LOG.columns())
    for key, values in LOG.columns().items():
        np.testing.assert_array_equal(back.columns()[key], values)


def test_other_files_are_refused(tmp_path) -> None:
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(LogFormError, match=r"text\.npz: expected a flight log"):
        read_flight_log(tmp_path / "text.npz")
    with pytest.raises(LogFormError, match="columns t and gyro, and no gyro"):
        flight_log("a.npz", {"t": np.arange(10.0)})
    with pytest.raises(LogFormError, match=r"gyro: expected numbers of shape \(10, 3\)"):
        flight_log("a.npz", {"t": np.arange(10.0), "gyro": np.zeros((10, 4))})
