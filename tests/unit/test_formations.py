# SPDX-License-Identifier: Apache-2.0
"""Formations as data: what is drawn keeps its rules, and what cannot be flown is refused."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from evaluation.validation.downwash import downwash_g
from sim_core.airframe import load_airframe
from sim_core.errors import SettingsError
from sim_core.formation_model import FormationTask, jumps, settle_time
from sim_core.formation_rules import CLEAR_M, _from_gate, formation_faults
from sim_core.formation_settings import HIGHEST_M, LOWEST_M, WITHIN_M, FormationSettings
from sim_core.formation_shapes import LAYER_M, SHAPES, WAKE_RADIUS_M, shape_slots
from sim_core.formations import (
    SCENARIOS,
    check_clear,
    draw_formation,
    formation_groups,
    load_formation,
)
from sim_core.references import CONTROL_DT
from sim_core.tracks import load_track

SIZES = (2, 3, 4, 8, 16, 32, 64)


def pairs(slots):
    """Horizontal and vertical distances of all pairs of slots (N, 3)."""
    one, two = np.triu_indices(len(slots), 1)
    apart = slots[one] - slots[two]
    return np.hypot(apart[:, 0], apart[:, 1]), np.abs(apart[:, 2])


def keeps_apart(slots, spacing):
    across, up = pairs(slots)
    beside = (np.hypot(across, up) >= spacing - 1e-4) & (across >= WAKE_RADIUS_M - 1e-4)
    return (beside | (up >= LAYER_M - 1e-4)).all()


@pytest.mark.parametrize("drones", SIZES)
@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_keep_their_drones_apart_and_out_of_wakes(shape, drones):
    slots = shape_slots(shape, drones, 0.32)
    assert slots.shape == (drones, 3)
    assert keeps_apart(slots, 0.32)
    assert not keeps_apart(slots * [0.98, 0.98, 1.0], 0.32) or np.ptp(slots[:, :2]) == 0.0
    assert np.ptp(slots[:, 2]) <= HIGHEST_M - LOWEST_M + 1e-9
    assert np.linalg.norm(slots[:, :2], axis=1).max() <= WITHIN_M


@pytest.mark.parametrize("drones", SIZES)
@pytest.mark.parametrize("shape", SHAPES)
def test_no_slot_bears_the_wakes_of_more_than_a_quarter_of_a_drone(shape, drones):
    slots = shape_slots(shape, drones, 0.32)
    others = (slots[None] - slots[:, None]).reshape(-1, 3)  # as seen from each
    wakes_g = np.where(others[:, 2] > 0.0, -downwash_g(others), 0.0).reshape(drones, drones)
    weight_g = 1e3 * load_airframe("cf21_plus").body.mass_kg
    assert wakes_g.sum(axis=1).max() < 0.25 * weight_g


def test_circle_of_eight_is_worked_out_on_paper():
    slots = shape_slots("circle", 8, 0.4)
    np.testing.assert_allclose(np.hypot(*slots.T[:2]), 0.2 / np.sin(np.pi / 8))
    np.testing.assert_allclose(np.linalg.norm(slots - np.roll(slots, 1, axis=0), axis=1), 0.4)


@pytest.mark.parametrize("drones", SIZES)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_drawn_formations_keep_their_rules(scenario, drones):
    for seed in range(6 if drones < 32 else 2):
        task = draw_formation(scenario, drones, seed)
        assert (task.name, task.drones, task.duration_s) == (scenario, drones, 15.0)
        assert task.slots.dtype == np.float32
        assert task.slots.shape == (drones, 1501, 4)
        p = task.slots[..., :3].astype(float)
        assert p[..., 2].min() >= LOWEST_M - 1e-5
        assert p[..., 2].max() <= HIGHEST_M + 1e-5
        assert np.abs(p[..., :2]).max() < 2.5
        for row in range(0, 1501, 250):
            assert keeps_apart(p[:, row], 0.32)
        jumped = jumps(task.slots)
        assert not jumped[:, -1].any()
        assert jumped.any() == (scenario in ("changing", "swapped"))
        if scenario in ("moving", "turning") and np.ptp(p, axis=0)[..., :2].max() > 0.0:
            velocity = np.diff(p, axis=1) / CONTROL_DT
            assert 0.05 < np.linalg.norm(velocity, axis=2).max() < 1.01
            bend = np.diff(velocity[:, ::10], axis=1) / (10 * CONTROL_DT)  # float32: not too near
            assert np.linalg.norm(bend, axis=2).max() < 2.01


def test_swaps_give_every_drone_another_of_the_same_slots():
    task = draw_formation("swapped", 8, 3, 16.0)
    jumped = jumps(task.slots)
    assert np.flatnonzero(jumped.any(axis=0)).tolist() == [500, 1000, 1500]
    assert jumped[:, 500].all()
    rounds = task.slots[:, [499, 500, 1000], :3]
    first = {tuple(slot) for slot in rounds[:, 0].tolist()}
    assert all({tuple(slot) for slot in rounds[:, k].tolist()} == first for k in (1, 2))
    radius = np.linalg.norm(rounds[:, 0, :2] - rounds[:, 0, :2].mean(axis=0), axis=1)
    np.testing.assert_allclose(radius, radius[0], atol=1e-5)
    assert 0.45 <= radius[0] <= 0.9


@pytest.mark.parametrize("scenario", ["changing", "swapped"])
def test_bunches_of_a_large_formation_are_as_dense_and_as_far_apart(scenario):
    flat = FormationSettings(out_of=(32,), shapes=("circle",), spacing_m=(0.32, 0.32), rise_m=0.0)
    large, widest = 0, 0.0
    for seed in range(20):
        p = draw_formation(scenario, 8, seed, settings=flat).slots[..., :3].astype(float)
        stands = p[:, np.r_[0, np.flatnonzero(jumps(p).any(axis=0))]]
        assert all(keeps_apart(stands[:, k], 0.32) for k in range(stands.shape[1]))
        if np.linalg.norm(np.diff(stands, axis=1), axis=2).max() > 2.0:  # 8 alone: 1.8 m across
            large += 1
            apart = np.linalg.norm(stands[:, None] - stands, axis=3)
            nearest = np.where(apart == 0.0, np.inf, apart).min(axis=1)
            assert np.median(nearest) < 0.33
            widest = max(widest, apart.max())
    assert 5 <= large <= 15  # half
    assert widest > 2.5  # one bunch alone: 2.1 m


def test_no_jump_is_too_long_to_be_flown_before_the_next_and_none_is_lost():
    for drones, seed in itertools.product((8, 64), range(30)):
        task = draw_formation("changing", drones, seed)
        steps = np.linalg.norm(np.diff(task.slots[..., :3], axis=1), axis=2)
        assert steps.max() < 4.0
        assert 2.5 <= task.settle_s < 4.0


def test_a_jump_across_the_widest_swap_settles_in_two_and_a_half_seconds():
    slots = np.zeros((2, 100, 4), np.float32)
    slots[1, :, 1] = 1.0
    slots[0, 50:, 0] = 1.8
    assert settle_time(slots) == 2.5
    slots[0, 50:, 0] = 3.6
    assert settle_time(slots) == pytest.approx(2 * np.sqrt(1.8) + 0.6, abs=0.01)


def test_turning_formations_are_rigid():
    p = draw_formation("turning", 8, 5).slots[..., :3].astype(float)
    apart = np.linalg.norm(p[:, None] - p[None], axis=3)
    np.testing.assert_allclose(apart, apart[..., :1] + 0.0 * apart, atol=1e-5)


def test_the_same_seed_gives_the_same_bits_and_another_gives_others():
    one, two = (draw_formation("mix", 8, 12) for _ in range(2))
    assert one.slots.tobytes() == two.slots.tobytes()
    assert one.name == SCENARIOS[12 % 5]
    assert one.slots.tobytes() != draw_formation("mix", 8, 17).slots.tobytes()


def test_goal_is_the_row_that_has_begun():
    task = draw_formation("swapped", 4, 0)
    for at, row in ((0.0, 0), (4.999, 499), (5.0, 500), (0.29, 29), (99.0, 1500)):
        np.testing.assert_array_equal(task.goal(at), task.slots[:, row, :3])


def test_training_has_even_shares_and_other_seeds_than_the_referee():
    groups = formation_groups(100, 4, 1, 5.0)
    names = [task.name for task in groups]
    assert [names.count(name) for name in SCENARIOS] == [20] * 5
    assert groups[0].duration_s == 5.0
    static = [task.slots.tobytes() for task in groups if task.name == "static"]
    assert len(set(static)) == 20
    half = formation_groups(10, 4, 1, 5.0, {"swapped": 1.0, "static": 1.0})
    assert [task.name for task in half] == ["swapped"] * 5 + ["static"] * 5
    judged = {draw_formation("static", 4, seed, 5.0).slots.tobytes() for seed in range(20)}
    assert not judged & set(static)


@pytest.mark.parametrize("shares", [{}, {"static": 0.0}, {"static": -1.0}, {"waltz": 1.0}])
def test_shares_of_nothing_are_refused(shares):
    with pytest.raises(SettingsError, match="formation shares: expected 0 or more of static"):
        formation_groups(4, 4, 0, 5.0, shares)


@pytest.mark.parametrize(
    ("scenario", "drones", "sentence"),
    [
        ("waltz", 8, "expected one of static, changing, swapped, moving, turning or mix, got"),
        ("static", 1, "drones: expected 2 to 64, got 1"),
        ("static", 65, "drones: expected 2 to 64, got 65"),
    ],
)
def test_what_cannot_be_drawn_is_refused(scenario, drones, sentence):
    with pytest.raises(SettingsError, match=sentence):
        draw_formation(scenario, drones, 0)


def test_every_fault_of_ranges_is_told_at_once():
    wrong = FormationSettings(spacing_m=(0.5, 0.3), rise_m=-1.0, shapes=(), swap_s=(0.5, 5.0))
    with pytest.raises(SettingsError, match=r"spacing_m: .*rise_m: .*swap_s: .*shapes: "):
        draw_formation("static", 8, 0, settings=wrong)


def test_own_ranges_that_leave_the_room_or_bring_drones_too_near_are_refused():
    low = replace(FormationSettings(), room_low_m=(-2.5, -2.5, 1.9))
    with pytest.raises(SettingsError, match=r"slots with z from 1\.9 to 2\.2 m, got"):
        draw_formation("static", 8, 0, settings=low)
    near = replace(FormationSettings(), slots_m=((0.0, 0.0, 1.0), (0.15, 0.0, 1.0)))
    with pytest.raises(SettingsError, match=r"at least 0\.2 m apart, got 0\.150 m between drones"):
        draw_formation("turning", 2, 1, settings=replace(near, scenario="turning"))


def at(*places):
    """A formation that stands."""
    slots = np.zeros((len(places), 3, 4), np.float32)
    slots[..., :3] = np.array(places)[:, None]
    return FormationTask("there", slots, 2.5)


def test_the_nearest_two_are_named():
    task = at((0, 0, 1), (1, 0, 1), (1.1, 0, 1))
    assert formation_faults(task, (-2, -2, 0.3), (2, 2, 2)) == [
        "expected slots at least 0.2 m apart, got 0.100 m between drones 1 and 2 at 0.00 s"
    ]
    assert formation_faults(at((0, 0, 1), (0, 0, 0.1)), (-2, -2, 0.3), (2, 2, 2)) == [
        "expected slots with z from 0.3 to 2 m, got 0.10 m for drone 1 at 0.00 s"
    ]


def test_formations_that_meet_a_track_are_refused():
    track = load_track("lsy")
    gate, pole = track.gates[1], track.obstacles[0]
    far = (-2.0, 1.3, 0.5)
    middle = gate.position_m
    half = gate.opening_m / 2.0
    assert half < CLEAR_M  # even the middle of a gate is too near to its frame
    with pytest.raises(SettingsError, match=rf"got {half:.2f} m from gate 1 for drone 1 at 0\.00"):
        check_clear(at(far, middle), track)
    beside = (pole.x_m + pole.radius_m + 0.24, pole.y_m, 0.4)
    with pytest.raises(SettingsError, match=r"track 'lsy', got 0\.24 m from pole 0 for drone 0"):
        check_clear(at(beside, far), track)
    above = (pole.x_m, pole.y_m, pole.height_m + 0.3)
    check_clear(at(above, far), track)
    with pytest.raises(SettingsError, match="gate 1"):  # the post
        check_clear(at((middle[0], middle[1], 0.2), far), track)


def test_frames_are_as_far_as_they_are():
    track = load_track("lsy")
    gate = replace(track.gates[0], position_m=(0.0, 0.0, 1.0), yaw_rad=0.0, post_radius_m=0.0)
    inner, outer, deep = gate.opening_m / 2, gate.outer_m / 2, gate.depth_m / 2
    rng = np.random.default_rng(0)
    p = rng.uniform([-1, -1, 0], [1, 1, 2], (40, 3))
    # The slow way: the nearest of many points of the frame.
    grid = np.linspace(-outer, outer, 161)
    u, w = np.meshgrid(grid, grid)
    solid = np.maximum(np.abs(u), np.abs(w)) >= inner - 1e-9
    points = np.concatenate([
        np.column_stack([np.full(solid.sum(), s), u[solid], 1 + w[solid]])
        for s in np.linspace(-deep, deep, 5)
    ])  # fmt: skip
    slow = np.linalg.norm(p[:, None] - points, axis=2).min(axis=1)
    np.testing.assert_allclose(_from_gate(p[:, None], gate)[:, 0], slow, atol=0.01)


def write(tmp_path, text, name="mine.toml"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_ranges_of_ones_own(tmp_path):
    path = write(tmp_path, '[formation]\nscenario = "swapped"\nduration_s = 7.5\nswap_s = [2, 2]\n')
    task = load_formation(path, 6, 0)
    assert (task.name, task.drones, task.duration_s) == ("mine", 6, 7.5)
    assert np.flatnonzero(jumps(task.slots).any(axis=0)).tolist() == [200, 400, 600]


def test_slots_of_ones_own(tmp_path):
    text = '[formation]\nscenario = "static"\nslots_m = [[0, 0, 1], [0.5, 0, 1], [0, 0.5, 1.2]]\n'
    task = load_formation(write(tmp_path, text), 3, 0)
    np.testing.assert_allclose(task.slots[2, 700, :3], [0, 0.5, 1.2])
    turning = load_formation(write(tmp_path, text.replace("static", "turning")), 3, 0)
    assert np.ptp(turning.slots[0, :, 0]) > 0.1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[formation]\nscenario = 'waltz'\n", "scenario: expected one of static, changing"),
        ("[formation]\nsize = 3\n", "unknown key 'size'"),
        ("[formation]\nout_of = [65]\n", r"out_of: expected numbers of 2 to 64 slots, got \[65\]"),
        ("[formation]\nheight_m = [2, 1]\n", "height_m: expected more than 0, low to high"),
        ("formation = 3\n", r"expected the section \[formation\] alone"),
        ("[other]\n", r"expected the section \[formation\] alone, got other"),
        ("[formation]\nslots_m = [[0,0,1]]\nscenario='static'\n", "one for each of 3 drones"),
        ("[formation]\nslots_m = [[0,0,1],[1,0,1],[2,0,1]]\n", "with it, got 'mix'"),
        (
            "[formation]\nslots_m = [[0,0,1],[1,0,1],[1.1,0,1]]\nscenario='static'\n",
            "between drones 1 and 2",
        ),
        (
            "[formation]\nslots_m = [[0,0,1],[1,0,1],[1,0,0.2]]\nscenario='static'\n",
            r"got 0\.20 m for drone 2",
        ),
        ("[formation]\nfiles = ['a.csv', 'b.csv', 'c.csv']\n", "a.csv: cannot be read"),
        ("[formation", "not TOML"),
    ],
)
def test_files_with_faults_are_refused(tmp_path, text, sentence):
    with pytest.raises(SettingsError, match=sentence):
        load_formation(write(tmp_path, text), 3, 0)


def test_names_that_are_none_are_refused(tmp_path):
    with pytest.raises(SettingsError, match="formation 'waltz': expected static, changing"):
        load_formation("waltz", 8, 0)
    with pytest.raises(SettingsError, match="cannot be read"):
        load_formation(tmp_path / "none.toml", 8, 0)


def test_a_folder_of_paths_is_a_formation(tmp_path):
    write(tmp_path, "t,x,y,z\n0,0,0,1\n1,0.1,0,1\n2,0.2,0,1\n", "a.csv")
    write(tmp_path, "t,x,y,z\n0,0,1,1\n3,0.3,1,1\n", "b.csv")
    task = load_formation(tmp_path, 2, 0)
    assert task.slots.shape == (2, 301, 4)
    np.testing.assert_allclose(task.slots[0, [0, 100, 200, 300], 0], [0, 0.1, 0.2, 0.2], atol=1e-6)
    np.testing.assert_allclose(task.slots[1, 150, :3], [0.15, 1, 1], atol=1e-6)
    with pytest.raises(SettingsError, match="files: expected one for each of 3 drones, got 2"):
        load_formation(tmp_path, 3, 0)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingsError, match=r"expected \.csv files"):
        load_formation(tmp_path / "empty", 3, 0)


def test_ways_from_a_start_are_smooth_and_apart():
    start = shape_slots("grid", 8, 0.5) + np.array([0.0, 0.0, 1.0])
    task = load_formation("swapped", 8, 4, start=start)
    plain = load_formation("swapped", 8, 4)
    led = task.slots.shape[1] - plain.slots.shape[1]
    np.testing.assert_allclose(task.slots[:, 0, :3], start, atol=1e-6)
    assert {tuple(s) for s in task.slots[:, led].tolist()} == {
        tuple(s) for s in plain.slots[:, 0].tolist()
    }
    assert not jumps(task.slots)[:, : led + 5].any()
    nearest = min(
        np.linalg.norm(task.slots[i, :led, :3] - task.slots[j, :led, :3], axis=1).min()
        for i, j in itertools.combinations(range(8), 2)
    )
    assert nearest > 0.34 / np.sqrt(2.0) - 1e-3


def test_starts_that_cannot_be_are_refused():
    with pytest.raises(SettingsError, match=r"start: expected \(4, 3 or more\) numbers"):
        load_formation("static", 4, 0, start=np.zeros((3, 3)))
    with pytest.raises(SettingsError, match="from its start: expected slots at least"):
        load_formation("static", 4, 0, start=np.ones((4, 3)))
