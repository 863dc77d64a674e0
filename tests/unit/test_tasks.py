# SPDX-License-Identifier: Apache-2.0
"""References that a Crazyflie can fly, and a sentence for each file that asks for anything else."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_core import references
from sim_core.errors import SettingsError
from sim_core.tasks import CONTROL_DT, load_task, task_names

LEMNISCATE = "kind = 'lemniscate'\nperiod_s = {}\n"


def rows(name: str, start=None) -> np.ndarray:
    return load_task(name, start=start).reference.samples.astype(np.float64)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_built_in_every_one_loads() -> None:
    assert task_names() == [
        "hover", "lemniscate", "lemniscate_fast", "lemniscate_slow", "pentagram", "polynomial",
        "recorded", "zigzag",
    ]  # fmt: skip
    for name in task_names():
        task = load_task(name)
        samples = task.reference.samples
        assert task.name == name == task.reference.name
        assert samples.dtype == np.float32
        assert samples.flags.c_contiguous
        assert not samples.flags.writeable
        assert samples.shape[1] == 4
        assert task.reference.scored == (0.0, pytest.approx(task.reference.duration_s))


def test_lemniscate_is_the_published_curve() -> None:
    samples = rows("lemniscate")
    t = np.arange(len(samples)) * CONTROL_DT
    phase = 2 * np.pi * t / 5.5
    expected = np.stack([np.cos(phase), np.sin(phase) * np.cos(phase), np.ones_like(t), 0 * t], 1)
    np.testing.assert_allclose(samples, expected, atol=1e-6)
    assert t[-1] == pytest.approx(3 * 5.5)


@pytest.mark.parametrize("period_s", [15.0, 5.5, 3.5])
def test_lemniscate_peak_acceleration_is_17_eighths_of_omega_squared(period_s: float) -> None:
    # |a|² = ω⁴ (u + 16 u (1 − u)), u = cos²φ, is largest at u = 17/32: |a| = 17/8 ω².
    samples = references.lemniscate(1.0, 1.0, 0.0, period_s, 2.0)
    peak = np.linalg.norm(references.accelerations(samples[:, :3]), axis=1).max()
    assert peak == pytest.approx(17 / 8 * (2 * np.pi / period_s) ** 2, rel=1e-3)
    load_task(LEMNISCATE.format(period_s))


def test_lemniscates_of_all_three_speeds_have_a_short_lead_in() -> None:
    for name, period_s in (("lemniscate_fast", 3.5), ("lemniscate_slow", 15.0)):
        reference = load_task(name, start=(0.0, 0.0, 1.0, 0.0)).reference
        assert reference.scored.start_s < 2.5
        assert reference.duration_s - reference.scored.end_s < 1.5
        t = reference.scored.start_s + period_s / 8
        np.testing.assert_allclose(
            reference.position(t), [np.sqrt(0.5), 0.5, 1.0], atol=2e-2 if period_s < 5 else 5e-3
        )


def test_pentagram_visits_every_second_of_five_points_at_a_steady_speed() -> None:
    samples = rows("pentagram")
    edge = 2 * 0.7 * np.sin(np.pi * 2 / 5)
    for corner in range(11):
        angle = 4 * np.pi / 5 * corner
        at = np.linalg.norm(samples[:, :2] - 0.7 * np.array([np.cos(angle), np.sin(angle)]), axis=1)
        assert (
            at[max(0, round(100 * edge * corner) - 2) : round(100 * edge * corner) + 3].min() < 6e-3
        )
    speed = np.linalg.norm(np.diff(samples[:, :2], axis=0), axis=1) / CONTROL_DT
    assert np.median(speed) == pytest.approx(1.0, abs=1e-4)
    assert speed.max() < 1.0001
    assert len(samples) == 1 + int(100 * 10 * edge)


def test_zigzag_goes_straight_for_one_to_one_and_a_half_seconds() -> None:
    samples = rows("zigzag")
    bends = np.linalg.norm(references.accelerations(samples[:, :3]), axis=1) > 1.0
    corners = np.flatnonzero(bends & ~np.r_[False, bends[:-1]]) * CONTROL_DT
    legs = np.diff(corners)
    assert len(legs) == 10  # of twelve, the first and the last have a corner at one end only
    assert 0.97 < legs.min() < legs.max() < 1.53
    assert np.abs(samples[:, :2]).max() <= 1.0
    other = load_task("kind = 'zigzag'\nseed = 1").reference.samples
    assert not np.array_equal(other[:100], rows("zigzag")[:100])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_polynomials_of_any_seed_are_smooth_and_stay_within_reach(seed: int) -> None:
    samples = load_task(f"kind = 'polynomial'\nseed = {seed}").reference.samples.astype(float)
    assert (np.abs(samples[:, :3] - [0, 0, 1]) <= [1.0001, 1.0001, 0.3001]).all()
    acceleration = references.accelerations(samples[:, :3])
    assert np.linalg.norm(acceleration, axis=1).max() < 4.6
    assert np.abs(np.diff(acceleration, axis=0)).max() < 1.0  # no jump where two meet
    assert 8 * 1.5 <= (len(samples) - 1) * CONTROL_DT <= 8 * 2.5 + 1e-9


def test_recorded_is_a_real_flight_within_the_room() -> None:
    samples = rows("recorded")
    assert np.abs(samples[:, :2]).max() < 1.5
    assert samples[:, 2].min() > 0.5
    assert samples[:, 2].max() < 1.6
    speed = np.linalg.norm(np.diff(samples[:, :3], axis=0), axis=1) / CONTROL_DT
    assert 1.0 < speed.max() < 2.0
    assert 10.0 < load_task("recorded").reference.duration_s < 25.0


def test_recorded_ships_with_its_notice() -> None:
    folder = Path(references.__file__).parent / "tasks" / "paths"
    notice = (folder / "NOTICE").read_text()
    for words in (
        "BSD 3-Clause License",
        "Syed Izzat Ullah",
        *(p.name for p in folder.glob("*.csv")),
    ):
        assert words in notice


starts = st.tuples(
    st.floats(-1.5, 1.5), st.floats(-1.5, 1.5), st.floats(0.6, 1.6), st.floats(-7.0, 7.0)
)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["hover", "lemniscate", "recorded"]), starts)
def test_start_any_is_joined_to_the_path_without_a_jump(name: str, start: tuple) -> None:
    task = load_task(name, start=start)
    samples, (begin, end) = task.reference.samples.astype(np.float64), task.reference.scored
    assert begin >= 2.0 - 1e-9
    np.testing.assert_allclose(samples[0, :3], start[:3], atol=1e-6)
    assert np.cos(samples[0, 3] - start[3]) == pytest.approx(1.0)
    first, last = round(begin / CONTROL_DT), round(end / CONTROL_DT)
    np.testing.assert_array_equal(
        task.reference.samples[first : last + 1], load_task(name).reference.samples
    )

    velocity = np.diff(samples, axis=0) / CONTROL_DT
    assert np.abs(velocity[[0, -1]]).max() < 0.02  # at rest before and after
    acceleration = np.linalg.norm(references.accelerations(samples[:, :3]), axis=1)
    transit = np.r_[acceleration[: first - 1], acceleration[last:]]
    # float32 rows: half a unit in the last place of 1.5 m is 6e-8 m, 4 of them over dt² = 2.4e-3.
    assert transit.max() < references.TRANSIT_ACCELERATION + 5e-3
    jump = np.abs(np.diff(acceleration[[first - 2, first - 1, first]])).max()
    assert jump < 0.5  # of 4.2 m/s² at most; a missing match of velocity shows as 100
    assert np.abs(np.diff(samples[: first + 1, 3])).max() < 0.06  # the short way round


@pytest.mark.parametrize(
    ("yaw", "turn"), [(3.0, -3.0), (3.3, 2 * np.pi - 3.3), (-7.0, 7.0 - 2 * np.pi)]
)
def test_start_yaw_turns_the_short_way(yaw: float, turn: float) -> None:
    samples = rows("hover", start=(0, 0, 1, yaw))
    assert samples[200, 3] - samples[0, 3] == pytest.approx(turn, abs=1e-6)


def test_end_state_of_a_polynomial_is_exact() -> None:
    t = (np.arange(5) * CONTROL_DT)[:, None]
    position, velocity, acceleration = references.end_state(1.0 - 2.0 * t + 1.5 * t**2 + t**3)
    assert position[0] == 1.0
    assert velocity[0] == pytest.approx(-2.0)
    assert acceleration[0] == pytest.approx(3.0)


def test_quintic_meets_both_states() -> None:
    begin, end = ([np.array([x]) for x in state] for state in [(1.0, -2.0, 3.0), (-4.0, 5.0, -6.0)])
    t = np.array([0.0, 1e-4, 2e-4, 3e-4, 4e-4])
    first = references.quintic(tuple(begin), tuple(end), 2.0, t)[:, 0]
    last = references.quintic(tuple(begin), tuple(end), 2.0, 2.0 - t)[:, 0]
    for rows_, (p, v, a) in ((first, begin), (last, end)):
        assert rows_[0] == pytest.approx(p[0])
        sign = 1.0 if rows_ is first else -1.0
        slope = np.polyfit(sign * t, rows_, 4)
        assert slope[-2] == pytest.approx(v[0], abs=1e-6)
        assert 2 * slope[-3] == pytest.approx(a[0], abs=1e-3)


@pytest.mark.parametrize(
    ("acceleration", "weights"),
    [((0, 0, 0.2), 1.2), ((0, 0, -0.4), 0.6), ((0, 0.75, 0), 1.25), ((0, 0, 0), 1.0)],
)
def test_lift_asked_steady_acceleration_in_g_adds_to_the_weight(acceleration, weights) -> None:
    t = (np.arange(50) * CONTROL_DT)[:, None]
    path = 0.5 * 9.81 * np.array(acceleration) * t**2
    np.testing.assert_allclose(references.lift_asked(path), weights, rtol=1e-9)


def test_start_farther_away_takes_longer() -> None:
    near, far = (
        load_task("hover", start=(d, 0, 1, 0)).reference.scored.start_s for d in (0.3, 6.0)
    )
    assert near == pytest.approx(2.0)
    # A quintic over distance d peaks at 5.7735 d/T².
    assert far == pytest.approx(np.sqrt(5.7735 * 6.0 / 3.0), rel=0.16)
    assert 5.7735 * 6.0 / far**2 <= 3.0


@pytest.mark.parametrize("start", [(0, 0, 1), (0, 0, float("nan"), 0), ((0, 0, 0, 0),)])
def test_start_that_is_no_place_is_refused(start) -> None:
    with pytest.raises(SettingsError, match="start: expected 4 finite numbers"):
        load_task("hover", start=start)


def test_position_is_straight_between_rows_and_held_after() -> None:
    reference = load_task("lemniscate").reference
    samples = reference.samples[:, :3].astype(np.float64)
    np.testing.assert_allclose(reference.position(0.02), samples[2], atol=1e-9)
    np.testing.assert_allclose(reference.position(0.025), (samples[2] + samples[3]) / 2, atol=1e-9)
    np.testing.assert_array_equal(reference.position([-1.0, 1e9]), samples[[0, -1]])
    assert reference.position(np.zeros((5, 2))).shape == (5, 2, 3)


def test_spline_through_three_points_is_the_one_on_paper() -> None:
    # The natural spline through three points (0, 0), (1, 1), (2, 0) is 1.5 t − 0.5 t³ on [0, 1].
    knots = np.zeros((3, 4))
    knots[1] = 1.0
    found = references.spline(np.array([0.0, 1.0, 2.0]), knots)
    at = np.arange(101) * CONTROL_DT
    np.testing.assert_allclose(found[:101, 0], 1.5 * at - 0.5 * at**3, atol=1e-12)
    np.testing.assert_allclose(found[:101], found[:99:-1], atol=1e-12)


def test_spline_agrees_with_scipy_on_uneven_knots() -> None:
    from scipy.interpolate import CubicSpline

    rng = np.random.default_rng(3)
    times = np.cumsum(rng.uniform(0.02, 0.3, size=40))
    points = rng.normal(size=(40, 4))
    found = references.spline(times, points)
    at = times[0] + np.arange(len(found)) * CONTROL_DT
    oracle = CubicSpline(times, points, bc_type="natural")(at)
    np.testing.assert_allclose(found, oracle, atol=1e-9)
    assert times[-1] - at[-1] < CONTROL_DT


PATH = "t_s,x_m,y_m,z_m\n0,0,0,1\n1,0.5,0,1\n2,1,0,1\n"


def test_path_file_alone_is_a_task(tmp_path: Path) -> None:
    path = write(tmp_path, "line.csv", "# drawn by hand\n\n" + PATH)
    task = load_task(path)
    assert task.name == "line"
    assert task.reference.duration_s == pytest.approx(2.0)
    np.testing.assert_allclose(task.reference.position(1.5), [0.75, 0, 1], atol=1e-6)


def test_path_file_with_plain_column_names_is_a_task(tmp_path: Path) -> None:
    short = PATH.replace("t_s,x_m,y_m,z_m", "t, x, y, z")
    named = rows(str(write(tmp_path, "line.csv", PATH)))
    np.testing.assert_array_equal(rows(str(write(tmp_path, "short.csv", short))), named)
    turned = "t,x,y,z,yaw\n0,0,0,1,0.2\n1,0,0,1,0.4\n"
    assert rows(str(write(tmp_path, "yaw.csv", turned)))[100, 3] == pytest.approx(0.4)


def test_path_in_a_toml_is_found_beside_it_and_moved(tmp_path: Path) -> None:
    write(tmp_path, "line.csv", PATH.replace("\n0,", ",yaw_rad\n0,").replace(",1\n", ",1,0.5\n"))
    path = write(
        tmp_path, "my.toml", "kind = 'path'\nfile = 'line.csv'\noffset_m = [0.0, 1.0, 0.5]\n"
    )
    samples = rows(str(path))
    np.testing.assert_allclose(samples[0], [0.0, 1.0, 1.5, 0.5], atol=1e-6)


def test_text_of_a_task_is_a_task() -> None:
    assert load_task(LEMNISCATE.format(4.0)).reference.duration_s == pytest.approx(12.0)


def refused(name_or_path: object) -> str:
    with pytest.raises(SettingsError) as error:
        load_task(name_or_path)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)
    return str(error.value)


def test_refusal_unknown_name_lists_what_there_is() -> None:
    assert "'hovr'" in refused("hovr")
    assert "hover, lemniscate, lemniscate_fast, " in refused("hovr")


def test_refusal_faults_of_a_toml_are_named_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path, "bad.toml",
        "kind = 'lemniscate'\nspeed = 3\nlaps = 'many'\nheight_m = -1\ncolour = 'red'\n",
    )  # fmt: skip
    sentence = refused(path)
    for fault in (
        "bad.toml: unknown keys 'colour', 'speed' (known: ",
        "period_s: missing, expected a number from 0.5 to 600",
        "laps: expected a number from 0.1 to 1000, got 'many'",
        "height_m: expected a number from 0 to 50, got -1",
    ):
        assert fault in sentence


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("kind = 'hover'\nposition_m = [0, 0, 1\nyaw_rad = %\n", "line 3, column"),
        ("kind = 'hover'\n position_m \x00= [0, 0, 1]\n", "line 2, column 13"),
        (
            "kind = 'orbit'\n",
            "expected one of hover, lemniscate, pentagram, zigzag, polynomial, path, got",
        ),
        ("period_s = 5\n", "kind: expected one of"),
        ("kind = 'hover'\nposition_m = [0, nan, 1]\n", "position_m: expected 3 numbers"),
        ("kind = 'hover'\nposition_m = [0, 1]\n", "position_m: expected 3 numbers"),
        ("kind = 'hover'\nposition_m = [0, 0, true]\n", "position_m: expected 3 numbers"),
        ("kind = 'hover'\nposition_m = [0, 0, 0.05]\n", "height of at least 0.1 m"),
        ("kind = 'lemniscate'\nperiod_s = 500\n", "period_s × laps of at most 600 s"),
        ("kind = 'zigzag'\nlegs = 2.5\n", "legs: expected a whole number from 1 to 1000, got 2.5"),
        ("kind = 'zigzag'\nleg_s = [2, 1]\n", "leg_s: expected 2 numbers, low to high, from"),
        ("kind = 'zigzag'\nleg_s = [0.1, 0.1]\n", "straights of at most 5 m/s, got"),
        ("kind = 'zigzag'\nlegs = 900\n", "legs × leg_s of at most 600 s, got 1350 s"),
        ("kind = 'pentagram'\nspeed_m_s = 6\n", "straights of at most 5 m/s, got 6.00 m/s"),
        ("kind = 'polynomial'\nmax_acceleration_m_s2 = 0.1\n", "found none in 1000 draws"),
        ("kind = 'pentagram'\nradius_m = 2.6\n", "x from -2.5 to 2.5 m (room_low_m, room_high_m)"),
        ("kind = 'hover'\nposition_m = [0, 0, 2.2]\n", "z from 0 to 2 m"),
        ("kind = 'path'\nfile = 'none.csv'\n", "none.csv: cannot be read: No such file"),
    ],
)
def test_refusal_toml_at_fault_says_where(tmp_path: Path, text: str, fault: str) -> None:
    assert fault in refused(write(tmp_path, "bad.toml", text))


def test_refusal_stray_byte_has_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(b"kind = 'hover'\nposition_m\xff = [0, 0, 1]\n")
    assert "got byte 0xff (at line 2, column 11)" in refused(path)
    csv = tmp_path / "bad.csv"
    csv.write_bytes(PATH.encode() + b"\x80\n")
    assert "got byte 0x80 (at line 5, column 1)" in refused(csv)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "line 1: expected the header t,x,y,z[,yaw] or t_s,x_m,y_m,z_m[,yaw_rad], got ''"),
        ("# only\nx,y,z\n", "line 2: expected the header"),
        ("t_s,x_m,y_m,z_m\n", "expected at least 2 rows of a path, got 0"),
        (PATH + "3,1,1\n", "line 5: expected 4 numbers, got 3"),
        (PATH + "\n3,1,one,1\n", "line 6: y_m: expected a finite number, got 'one'"),
        (PATH + "3,1,nan,1\n", "line 5: y_m: expected a finite number, got 'nan'"),
        (PATH + "3,1,0,inf\n", "line 5: z_m: expected a finite number, got 'inf'"),
        (PATH + "# a comment\n2,1,0,1\n", "line 6: t_s: expected more than the line before it"),
        (PATH + "9999,1,0,1\n", "a path of at most 600 s, got 9999 s"),
    ],
)
def test_refusal_path_file_at_fault_names_the_line(tmp_path: Path, text: str, fault: str) -> None:
    assert fault in refused(write(tmp_path, "bad.csv", text))


@pytest.mark.parametrize(
    ("period_s", "flies"),
    [(3.1, True), (3.0, False)],  # 17/8 ω² = 8.73 and 9.32 m/s²: 1.34 and 1.38 weights
)
def test_refusal_path_that_no_crazyflie_can_fly_is_named(period_s: float, flies: bool) -> None:
    if flies:
        load_task(LEMNISCATE.format(period_s))
        return
    assert "0.4 to 1.35 times the weight" in refused(LEMNISCATE.format(period_s))
    assert "got 1.38 at" in refused(LEMNISCATE.format(period_s))


def test_refusal_room_of_ones_own_is_what_counts(tmp_path: Path) -> None:
    words = "kind = 'hover'\nposition_m = [4, 0, 1]\n"
    assert "x from -2.5 to 2.5 m" in refused(words)
    load_task(words + "room_high_m = [5, 5, 3]\n")
    far = PATH.replace("2,1,0,1", "2,3,0,1")
    assert "got 3.00 m at 2.00 s" in refused(write(tmp_path, "far.csv", far))


def test_refusal_names_height_thrust_and_room_at_once(tmp_path: Path) -> None:
    dive = "t,x,y,z\n0,0,0,4\n1,0,0,0\n2,0,0,4\n"
    sentence = refused(write(tmp_path, "dive.csv", dive))
    for words in ("a height of at least 0.1 m", "in thrust", "within the room, z"):
        assert words in sentence


def test_refusal_free_fall_is_too_fast_a_descent(tmp_path: Path) -> None:
    drop = "".join(f"{t / 10},0,0,{3 - 0.5 * 7 * (t / 10) ** 2}\n" for t in range(8))
    assert "in thrust" in refused(write(tmp_path, "drop.csv", "t_s,x_m,y_m,z_m\n" + drop))
