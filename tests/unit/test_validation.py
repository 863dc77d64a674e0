# SPDX-License-Identifier: Apache-2.0
"""Logs that the simulator itself made must come out without error; real ones within the lines."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_up_flight import VOLTS, known_drone, made_up_log, recordings

from evaluation.errors import LogError
from evaluation.validation.bench_log import read_bench_log
from evaluation.validation.bench_thrust import bench_errors
from evaluation.validation.closed_loop import replay_closed_loop, setpoints_of
from evaluation.validation.downwash import cross_validated_errors, downwash_g, read_downwash_log
from evaluation.validation.flight import flight_of
from evaluation.validation.marker_frame import composed
from evaluation.validation.picture import draw_validation
from evaluation.validation.predict import root_mean_square
from evaluation.validation.recordings import fitted_files, known_sets
from evaluation.validation.table import rows_of
from evaluation.validation.translation import fitted_gain, translation_errors
from evaluation.validation.validate import validate, validate_logs
from sim_core import _core
from sim_core.flight_log import FlightLog, write_flight_log
from sim_core.frames import to_body

LOG = made_up_log(known_drone(), 6.0)


def test_our_own_flight_is_predicted_to_the_last_digit() -> None:
    report = validate_logs("own", [LOG], "cf21_legacy")
    for key in ("translation_500ms_m", "translation_500ms_gain_m", "pose_100ms_m"):
        assert report[key]["own"]["ours"] < 1e-6
        assert report[key]["own"]["naive"] > 1e-3
    for horizon in ("10ms", "100ms"):
        assert report["rates_rad_s"]["own"][horizon]["ours"] < 1e-6
        assert report["rates_rad_s"]["own"][horizon]["naive"] > 1e-2


def test_a_gain_is_found_and_its_want_shows() -> None:
    # 5 % less thrust for 0.5 s: 0.05 * 9.81 / 2 * 0.25 = 61 mm, level.
    flight = flight_of(made_up_log(known_drone(thrust_gain=0.95), 6.0), VOLTS)
    errors = translation_errors(flight, known_drone())
    assert root_mean_square(errors) == pytest.approx(0.061, rel=0.08)
    assert fitted_gain(flight, known_drone()) == pytest.approx(0.95, abs=2e-3)


def test_the_start_of_a_window_comes_from_what_was_before_it() -> None:
    rows = LOG.t * 0.0
    mocap = replace(LOG, mocap=LOG.pos, acc=np.stack([rows, rows, rows + 9.81], axis=1))
    before = flight_of(mocap, VOLTS).from_past().state
    late = len(LOG.t) // 2
    changed = LOG.pos.copy()
    changed[late:] += 1.0
    after = flight_of(replace(mocap, mocap=changed), VOLTS).from_past().state
    np.testing.assert_array_equal(before[:late], after[:late])
    assert np.abs(before[late:, :3] - after[late:, :3]).max() > 0.5
    # The default is the log's own word.
    wrong = replace(mocap, vel=LOG.vel + np.array([0.05, 0.0, 0.0]))
    report = validate_logs("own", [wrong], "cf21_legacy")["translation_500ms_m"]["own"]
    # 0.05 m/s for 0.5 s, less what a drag of 0.42 per second takes: 25 mm (1 - 0.42 * 0.5 / 2).
    assert report["ours"] == pytest.approx(0.0224, rel=0.02)
    assert report["ours_past_start"] < report["ours"]


def _with_markers_off_by(lean: float) -> FlightLog:
    """The log of a drone whose markers' frame is turned about its own x axis by `lean` [rad]."""
    gained = np.gradient(LOG.vel, LOG.t, axis=0)
    force = to_body(LOG.quat_xyzw, gained + np.array([0.0, 0.0, 9.81]))
    turn = np.array([np.sin(-0.5 * lean), 0.0, 0.0, np.cos(0.5 * lean)])
    return replace(LOG, acc=force, quat_xyzw=composed(LOG.quat_xyzw, turn))


def test_markers_that_lean_are_found_by_the_accelerometer() -> None:
    lean = 0.04
    log = _with_markers_off_by(lean)
    flight = flight_of(log, VOLTS, markers=True)
    # The thrust points beside the markers' z, to their -y: turned about x by the lean.
    expected = [np.sin(0.5 * lean), 0.0, 0.0, np.cos(0.5 * lean)]
    assert flight.frame is not None
    np.testing.assert_allclose(flight.frame[-1], expected, atol=1e-3)
    # Taken as they are, they send the drone aside: 9.81 * 0.04 / 2 * 0.25 = 49 mm, less what a
    # drag of 0.42 per second takes, a third of 0.42 * 0.5.
    astray = translation_errors(replace(flight, frame=None), known_drone())
    assert root_mean_square(astray) == pytest.approx(0.0456, rel=0.02)
    found = translation_errors(flight, known_drone())
    # The first four windows begin within the first stretch, where nothing is known yet.
    assert root_mean_square(found[:2]) > 0.04
    assert root_mean_square(found[4:]) < 2e-3


def test_where_the_markers_sit_comes_from_what_was_before() -> None:
    log = _with_markers_off_by(0.04)
    late = len(LOG.t) // 2
    acc = log.acc.copy()
    acc[late:] += 3.0
    frame, other = (
        flight_of(each, VOLTS, markers=True).frame for each in (log, replace(log, acc=acc))
    )
    np.testing.assert_array_equal(frame[:late], other[:late])
    assert np.abs(frame[late:] - other[late:]).max() > 1e-3
    # Where the attitude is the drone's own there is nothing to find.
    assert flight_of(log, VOLTS).frame is None


def test_a_stand_that_follows_the_curve_has_no_error(tmp_path: Path) -> None:
    drone = known_drone()
    pwm = np.linspace(20000.0, 60000.0, 40)
    each = _core.targets_from_volts(drone.parameters, np.repeat((pwm / 65535 * 3.7)[:, None], 4, 1))
    grams = 4.0 * each[:, 0] / 9.80665e-3
    lines = [f"{p},3.7,15000,15000,15000,15000,{g}" for p, g in zip(pwm, grams, strict=True)]
    path = tmp_path / "stand.csv"
    path.write_text("pwm,vbat[V],rpm1,rpm2,rpm3,rpm4,thrust[g]\n" + "\n".join(lines) + "\n")
    assert np.abs(bench_errors(read_bench_log(path), drone)).max() < 1e-9
    path.write_text(path.read_text().replace(",3.7,", ",nan,"))
    with pytest.raises(LogError, match=r"stand\.csv: expected numbers, got NaN"):
        read_bench_log(path)


def test_downwash_that_is_judged_is_the_simulators() -> None:
    relative = np.random.default_rng(0).uniform([-0.3, -0.3, 0.1], [0.3, 0.3, 1.2], (200, 3))
    simulated_n = [_core.downwash_n((-place).tolist()) for place in relative]
    np.testing.assert_allclose(9.81e-3 * downwash_g(relative), simulated_n, rtol=2e-5, atol=1e-9)


def test_downwash_of_the_formula_is_found_again(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    # Ten runs, each a metre of descent at its own place aside.
    relative = np.concatenate([
        np.stack([np.full(200, x), np.full(200, 0.0), np.linspace(1.3, 0.05, 200)], axis=1)
        for x in rng.uniform(0.0, 0.3, 10)
    ])  # fmt: skip
    force = np.zeros_like(relative)
    force[:, 2] = downwash_g(relative)
    np.savez(tmp_path / "two.npz", rel_other_minus_self=relative, fa_world_gram=force)
    log = read_downwash_log(tmp_path / "two.npz")
    assert np.abs(cross_validated_errors(log)).max() < 1e-3
    # Straight below, 0.5 m: 12.05 / 1.328^2 g.
    assert downwash_g(np.array([[0.0, 0.0, 0.5]]))[0] == pytest.approx(-6.833, abs=1e-3)
    np.savez(tmp_path / "n.npz", rel_other_minus_self=relative, fa_world_gram=force * 9.81e-3)
    with pytest.raises(LogError, match="expected gram-force"):
        read_downwash_log(tmp_path / "n.npz")


def test_the_stock_controller_holds_a_point_and_lags_a_ramp() -> None:
    ramp = np.zeros((len(LOG.t), 4))
    ramp[:, 0], ramp[:, 2] = 0.3 * LOG.t, 1.0
    pos = ramp[:, :3].copy()
    flight = flight_of(replace(LOG, pos=pos, setpoint=ramp), VOLTS)
    replayed = replay_closed_loop(flight, known_drone(), setpoints_of(flight))
    assert replayed is not None
    assert replayed.recorded_error_m < 2e-3
    # Position gain 2 per second: half a second behind a ramp, and the tilt's own lag.
    assert 0.45 < replayed.replayed_lag_s < 0.7
    assert replayed.replayed_error_m == pytest.approx(0.3 * replayed.replayed_lag_s, rel=0.2)


def test_the_split_names_files_of_known_sets() -> None:
    assert set(fitted_files()) == set(known_sets())


def _cut_off(path: Path) -> Path:
    """A log whose second half was never written."""
    write_flight_log(path, LOG)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: folder / "nowhere", "there is no such path"),
        (lambda folder: folder, "found none"),
        (lambda folder: _cut_off(folder / "cut.npz"), "cut.npz: expected a flight log, an .npz of"),
    ],
)
def test_a_wrong_folder_is_one_sentence(tmp_path: Path, make, words: str) -> None:
    with pytest.raises(LogError, match=words) as refusal:
        validate(make(tmp_path))
    assert "\n" not in str(refusal.value)


def test_the_command_refuses_a_log_in_degrees(tmp_path: Path, martlet) -> None:
    write_flight_log(tmp_path / "mine.npz", replace(LOG, gyro=np.rad2deg(LOG.gyro)))
    answer = martlet("validate", tmp_path)
    assert answer.code == 2
    assert "mine.npz: gyro: expected rad/s" in answer.errors
    assert "Traceback" not in answer.errors


LINES = {
    ("bench_thrust_rmse_n", "bench"): 0.004,
    ("translation_500ms_m", "imrc_brushed"): 0.029,
    ("translation_500ms_gain_m", "imrc_brushed"): 0.022,
    ("translation_500ms_m", "imrc_brushless"): 0.039,
    ("pose_100ms_m", "imrc_brushed"): 0.0031,
    ("translation_500ms_gain_m", "nanobench"): 0.036,
}


def test_real_recordings_keep_the_lines(tmp_path: Path) -> None:
    data = recordings()
    if not data.is_dir():
        pytest.skip("the recordings are not beside the repository: they may not be shipped")
    report = json.loads(json.dumps(validate(data)))
    for (key, name), line in LINES.items():
        assert report[key][name]["ours"] <= line
        assert report[key][name]["ours"] < report[key][name]["naive"]
    rates = report["rates_rad_s"]["arpl"]
    assert rates["10ms"]["ours"] <= 0.138
    assert rates["100ms"]["ours"] <= 1.36
    assert report["downwash_rmse_g"]["downwash"]["ours_five_fold"] <= 0.92
    assert report["closed_loop_rmse_m"]["nanobench"]["worst_ratio"] <= 1.0 / 3.0
    draw_validation(report, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 10000
    assert len(rows_of(report)) >= 10
