# SPDX-License-Identifier: Apache-2.0
"""Tracks that can be flown, and one sentence for each that cannot."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from sim_core.errors import SettingsError
from sim_core.ring_courses import draw_ring_course
from sim_core.track_rules import faults_of
from sim_core.tracks import (
    GATE_COLUMNS,
    OBSTACLE_COLUMNS,
    Track,
    draw_course,
    load_rings,
    load_track,
    track_names,
)

TEXT = """
name = "two"
laps = {laps}
closed = {closed}
room = {{ low_m = [-3.0, -2.0, 0.0], high_m = [3.0, 2.0, 2.0] }}
start = {{ position_m = [-2.0, 0.0, 0.1] }}
obstacles = [{obstacles}]

[frame]
shape = "square"
opening_m = 0.4
outer_m = 0.6
depth_m = 0.02
solid = true
post_radius_m = 0.02

[[gates]]
position_m = [-1.0, 0.0, 1.0]
yaw_rad = 0.0
{first}
[[gates]]
position_m = {second}
yaw_rad = {yaw}
"""


def text(laps=1, closed="false", obstacles="", first="", second="[1.0, 0.0, 1.0]", yaw=0.0) -> str:
    return TEXT.format(
        laps=laps, closed=closed, obstacles=obstacles, first=first, second=second, yaw=yaw
    )


def pole(x: float, y: float, radius: float = 0.02, height: float = 1.9) -> str:
    return f"{{ x_m = {x}, y_m = {y}, radius_m = {radius}, height_m = {height} }},"


@pytest.fixture
def load(tmp_path: Path):
    def loaded(words: str | bytes) -> Track:
        path = tmp_path / "two.toml"
        path.write_bytes(words if isinstance(words, bytes) else words.encode())
        return load_track(path)

    return loaded


def test_built_in_every_one_loads_and_draws_at_all_its_levels() -> None:
    assert track_names() == ["lsy", "rings", "split_s"]
    for name in track_names():
        track = load_track(name)
        assert track.name == name
        assert faults_of(track) == []
        for level in range(len(track.levels)):
            assert draw_course(track, level, seed=1) == draw_course(track, level, seed=1)


def test_lsy_is_the_published_track() -> None:
    track = load_track("lsy")
    table = track.gate_table().astype(np.float64)
    assert table.shape == (4, len(GATE_COLUMNS))
    np.testing.assert_allclose(
        table[:, :3],
        [(0.5, 0.25, 0.7), (1.05, 0.75, 1.2), (-1.0, -0.25, 0.7), (0.0, -0.75, 1.2)],
        atol=1e-6,
    )
    yaw = np.array([-0.78, 2.35, 3.14, 0.0])
    np.testing.assert_allclose(table[:, 3:5], np.stack([np.cos(yaw), np.sin(yaw)], 1), atol=1e-6)
    # half opening, ring, half outer, half depth, solid, post, share
    np.testing.assert_allclose(table[:, 5:], [[0.2, 0, 0.36, 0.01, 1, 0.05, 1.0]] * 4, atol=1e-6)
    poles = track.obstacle_table()
    assert poles.shape == (4, len(OBSTACLE_COLUMNS))
    np.testing.assert_allclose(poles[1], [1.0, 0.25, 0.015, 1.52], atol=1e-6)
    assert poles.dtype == track.gate_table().dtype == np.float32
    assert [level.whole_track for level in track.levels] == [False, False, False, True]
    assert [level.sensing_range_m for level in track.levels] == [0.0, 0.0, 0.7, 0.7]


def test_obstacle_table_of_a_track_without_poles_is_empty() -> None:
    assert load_track("split_s").obstacle_table().shape == (0, 4)


def test_draw_level_two_stays_within_the_rules_and_fills_them() -> None:
    track = load_track("lsy")
    courses = [draw_course(track, 2, seed) for seed in range(400)]
    gates = np.array([[g.position_m for g in c.true.gates] for c in courses])
    gates -= [g.position_m for g in track.gates]
    most = np.abs(gates).max(axis=(0, 1))
    assert (most <= [0.15, 0.15, 0.10]).all()
    assert (most > [0.149, 0.149, 0.099]).all()
    yaw = np.array([[g.yaw_rad for g in c.true.gates] for c in courses])
    assert 0.199 < np.abs(yaw - [g.yaw_rad for g in track.gates]).max() <= 0.2
    poles = np.array([[(o.x_m, o.y_m) for o in c.true.obstacles] for c in courses])
    assert 0.149 < np.abs(poles - [(o.x_m, o.y_m) for o in track.obstacles]).max() <= 0.15
    mass = np.array([c.mass_kg for c in courses])
    assert 0.0049 < np.abs(mass).max() <= 0.005
    start = np.array([c.true.start.position_m for c in courses]) - track.start.position_m
    assert (np.abs(start).max(axis=0) <= [0.1, 0.1, 0.0]).all()
    assert np.abs(gates.mean(axis=(0, 1))).max() < 0.01  # even about the written place
    assert all(c.told == track and c.sensing_range_m == 0.7 for c in courses)


def test_draw_level_zero_is_the_track() -> None:
    track = load_track("lsy")
    course = draw_course(track, 0, seed=5)
    assert course.true == course.told == track
    assert course.mass_kg == course.sensing_range_m == 0.0


def test_draw_level_one_moves_the_start_alone() -> None:
    track = load_track("lsy")
    course = draw_course(track, 1, seed=5)
    assert course.true.gates == track.gates
    assert course.true.obstacles == track.obstacles
    assert course.true.start != track.start


def test_draw_whole_tracks_can_be_flown_and_differ() -> None:
    track = load_track("lsy")
    courses = [draw_course(track, 3, seed) for seed in range(60)]
    for course in courses:
        assert faults_of(course.told) == []
        assert faults_of(course.true) == []
        heights = sorted(g.position_m[2] for g in course.told.gates)
        assert heights == [0.7, 0.7, 1.2, 1.2]
        assert len(course.told.obstacles) == 4
    firsts = np.array([c.told.gates[0].position_m[:2] for c in courses])
    assert (np.ptp(firsts, axis=0) > [2.5, 1.0]).all()


def test_draw_seeds_and_levels_differ() -> None:
    track = load_track("lsy")
    assert draw_course(track, 2, 1) != draw_course(track, 2, 2)
    with pytest.raises(SettingsError, match="level: expected 0 to 3, got 4"):
        draw_course(track, 4, 1)


def test_ring_courses_keep_the_definitions() -> None:
    settings = load_rings()
    starts = set()
    for seed in range(50):
        track = draw_ring_course(seed, settings)
        assert track == draw_ring_course(seed, settings)
        table = track.gate_table().astype(np.float64)
        centres, axis = table[:, :3], np.pad(table[:, 3:5], ((0, 0), (0, 1)))
        gaps = np.linalg.norm(np.roll(centres, -1, axis=0) - centres, axis=1)
        assert 2.5 <= gaps.min() <= gaps.max() <= 8.0
        assert (table[:, 5:] == np.float32([0.5, 1, 0.5, 0.01, 0, 0, 0.9])).all()
        onward = np.sum((np.roll(centres, -1, axis=0) - centres) * axis, axis=1)
        assert (onward > 0.0).all()  # the next ring lies ahead
        first = track.start.first_gate
        offset = track.start.position_m - centres[first]
        along = offset @ axis[first]
        assert -3.0 - 1e-6 <= along <= -1.0 + 1e-6
        assert np.linalg.norm(offset - along * axis[first]) < 1e-5
        assert (track.laps, track.closed) == (0, True)
        starts.add(first)
    assert len(starts) == settings.rings
    assert load_track("rings", seed=3) == draw_ring_course(3, settings)


def test_ring_courses_ranges_without_a_course_are_refused() -> None:
    settings = dataclasses.replace(load_rings(), gap_m=(0.1, 0.2))
    with pytest.raises(SettingsError, match="ranges that leave a course of 10 rings"):
        draw_ring_course(1, settings)


def test_ring_settings_faults_are_named_at_once(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "sim_core" / "tracks" / "rings.toml"
    words = shipped.read_text()
    path = tmp_path / "r.toml"
    path.write_text(
        words.replace("rings = 10", "rings = 1").replace("gap_m = [2.5, 8.0]", "gap_m = [8.0, 2.5]")
    )
    with pytest.raises(SettingsError) as error:
        load_track(path)
    assert "rings: expected 2 to 64, got 1; gap_m: expected more than 0, low to high" in str(
        error.value
    )
    path.write_text(words.replace('shape = "round"', 'shape = "oval"') + "\ncolour = 1\n")
    with pytest.raises(SettingsError) as error:
        load_track(path)
    assert "frame.shape: expected one of square, round, got 'oval'" in str(error.value)
    assert "unknown key 'frame.colour'" in str(error.value)


def test_frame_is_shared_and_one_gate_may_differ(load) -> None:
    track = load(text(first="opening_m = 0.5\nshape = 'round'"))
    assert [gate.opening_m for gate in track.gates] == [0.5, 0.4]
    assert [gate.shape for gate in track.gates] == ["round", "square"]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"second": "[-0.995, 0.0, 1.0]"}, "gates[0] and gates[1]: overlap"),
        ({"second": "[-1.0, 0.0, 1.61]"}, "a post stands in the other's frame or opening"),
        ({"second": "[2.9, 0.0, 1.0]"}, "gates[1]: unreachable, the way 0.3 m after it leads"),
        ({"second": "[0.0, 1.8, 1.0]"}, "gates[1]: stands outside the room, at (0, 1.8, 1)"),
        ({"second": "[1.0, 0.0, 0.2]"}, "gates[1]: reaches below the floor, to -0.1 m"),
        ({"second": "[1.0, 0.0, 1.8]"}, "gates[1]: reaches above the room, to 2.1 m"),
        (
            {"obstacles": pole(-1.0, 0.1)},
            "obstacles[0]: stands in the frame or opening of gates[0]",
        ),
        ({"obstacles": pole(-1.05, 0.28)}, "frame or opening of gates[0]"),
        ({"obstacles": pole(1.3, 0.0)}, "unreachable, obstacles[0] stands 0.3 m after it"),
        ({"obstacles": pole(0.7, 0.01)}, "unreachable, obstacles[0] stands 0.3 m before it"),
        ({"obstacles": pole(-2.0, 0.05)}, "start.position_m: within obstacles[0]"),
        ({"obstacles": pole(0, 5)}, "obstacles[0]: stands outside the room, at (0, 5)"),
        ({"obstacles": pole(0, 1) + pole(0.03, 1)}, "obstacles[0] and obstacles[1]: overlap"),
        ({"obstacles": pole(0, 1, radius=0)}, "obstacles[0].radius_m: expected more than 0, got 0"),
        ({"laps": 2}, "laps: expected 1 on a course that is not closed, got 2"),
        ({"laps": -1, "closed": "true"}, "laps: expected 0 (without end) to 1000, got -1"),
        ({"yaw": 9.0}, "gates[1].yaw_rad: expected within one turn"),
        ({"first": "opening_m = 0.08"}, "gates[0].opening_m: expected more than a drone's 0.1"),
        ({"first": "outer_m = 0.3"}, "gates[0].outer_m: expected at least opening_m, 0.4, got 0.3"),
        ({"first": "counted_share = 1.2"}, "gates[0].counted_share: expected more than 0"),
        ({"first": "colour = 'red'"}, "unknown key 'gates[0].colour'"),
        ({"first": "solid = 'yes'"}, "gates[0].solid: expected true or false, got 'yes'"),
        ({"second": "'there'"}, "gates[1].position_m: expected 3 values, got 'there'"),
    ],
)
def test_refusal_says_what_is_wrong(load, changes: dict, fault: str) -> None:
    with pytest.raises(SettingsError) as error:
        load(text(**changes))
    assert fault in str(error.value)
    assert "\n" not in str(error.value)


def test_refusal_names_every_fault_at_once(load) -> None:
    words = text(second="[2.9, 0.0, 1.8]", obstacles=pole(-1.0, 0.0) + pole(9, 0))
    with pytest.raises(SettingsError) as error:
        load(words)
    for fault in (
        "gates[1]: reaches above", "gates[1]: unreachable", "obstacles[1]: stands outside",
        "obstacles[0]: stands in the frame or opening of gates[0]",
    ):  # fmt: skip
        assert fault in str(error.value)


def test_what_is_next_to_each_other_is_no_fault(load) -> None:
    load(text(second="[-0.97, 0.0, 1.0]").replace("post_radius_m = 0.02", ""))  # 1 cm of air
    load(text(obstacles=pole(-1.0, 0.33)))  # beside the frame
    load(text(obstacles=pole(-1.0, 0.0, height=0.69)).replace("post_radius_m = 0.02", ""))  # under


def test_gates_across_each_other_overlap_though_no_corner_lies_within(load) -> None:
    with pytest.raises(SettingsError, match="gates\\[0\\] and gates\\[1\\]: overlap"):
        load(text(second="[-1.0, 0.0, 1.0]", yaw=1.5708))


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (b"name = 'x'\nlaps \xff= 1\n", "got byte 0xff (at line 2, column 6)"),
        (b"laps = = 1\n", "not TOML"),
        (b"frame = 3\ngates = []\n", "frame: expected a section, got 3"),
        (b"gates = 3\n", "gates: expected a list, got 3"),
        (b"gates = [3]\n", "gates[0]: expected a section, got 3"),
    ],
)
def test_refusal_of_a_file_that_is_none(load, words: bytes, fault: str) -> None:
    with pytest.raises(SettingsError) as error:
        load(words)
    assert fault in str(error.value)


def test_refusal_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(SettingsError, match="'monza': expected one of lsy, rings, split_s"):
        load_track("monza")
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        load_track("monza.toml")
    with pytest.raises(SettingsError, match=r"unknown key|missing key"):
        load_rings("lsy")
