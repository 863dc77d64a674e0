# SPDX-License-Identifier: Apache-2.0
"""The race referee against crossings worked out on paper."""

import ast
import dataclasses
from pathlib import Path

import numpy as np
import pytest
from race_courses import course, fly, random_course, reason, two_gates

from evaluation import joined, puffer_scores, race_referee, sweep
from evaluation.puffer_scores import hover_perf, race_perf
from evaluation.race_course import race_course
from evaluation.race_referee import CRASH_REASONS, score_race
from sim_core.errors import SettingsError
from sim_core.tracks import draw_course, load_track


def test_crossing_between_samples_is_timed_exactly() -> None:
    score = fly([(-1, 0, 1), (3, 0, 1)], course())  # x = 0 after a quarter of the second
    assert score.finished.all()
    assert score.finish_time_s[0] == score.lap_time_s[0] == 0.25
    assert (score.gates_passed[0], score.gates_passed_share[0], score.laps[0]) == (1, 1.0, 1)
    assert not score.crashed[0]
    assert np.isnan(score.crash_time_s[0])


def test_clock_starts_at_the_first_sample() -> None:
    score = fly([(-1, 0, 1), (1, 0, 1)], course(), times=np.array([7.0, 8.0]))
    assert score.finish_time_s[0] == 0.5


def test_sample_on_the_plane_counts_once() -> None:
    score = fly([(-1, 0, 1), (0, 0, 1), (1, 0, 1)], course(laps=0))
    assert score.gates_passed[0] == 1
    assert score.lap_time_s[0] == 1.0


def test_way_that_ends_on_the_plane_has_passed() -> None:
    assert fly([(-1, 0, 1), (0, 0, 1)], course()).finish_time_s[0] == 1.0
    assert fly([(0, 0, 1), (1, 0, 1)], course()).gates_passed[0] == 0  # it never was before it


@pytest.mark.parametrize(
    ("across", "counts"),
    [(0.149, True), (-0.149, True), (0.151, False), (0.199, False), (0.3, False), (0.409, False)],
)
@pytest.mark.parametrize("axis", [1, 2])
def test_crossing_grazing_the_frame_is_a_crash(axis: int, across: float, counts: bool) -> None:
    points = np.array([(-1.0, 0, 1), (1.0, 0, 1)])
    points[:, axis] += across
    score = fly(points, course())
    assert score.gates_passed[0] == counts
    assert reason(score) == ("none" if counts else "frame")
    if not counts:  # where the grown frame begins: 6 cm before the plane
        assert score.crash_time_s[0] == pytest.approx(0.47, abs=1e-12)


def test_crossing_outside_the_frame_is_neither() -> None:
    score = fly([(-1, 0.411, 1), (1, 0.411, 1)], course())
    assert score.gates_passed[0] == 0
    assert reason(score) == "none"


def test_opening_of_a_frame_that_is_not_solid_counts_to_its_edge() -> None:
    for across, counts in ((0.199, 1), (0.201, 0)):
        score = fly([(-1, across, 1), (1, across, 1)], course(solid=np.array([False])))
        assert score.gates_passed[0] == counts
        assert not score.crashed[0]


@pytest.mark.parametrize(
    ("u", "w", "counts"),
    [(0.449, 0, 1), (0.451, 0, 0), (0.318, 0.318, 1), (0.319, 0.319, 0), (0.0, -0.449, 1)],
)
def test_ring_counts_within_nine_tenths_of_its_radius(u: float, w: float, counts: int) -> None:
    ring = course(
        round=np.array([True]), half_opening_m=np.array([0.5]), half_outer_m=np.array([0.5]),
        solid=np.array([False]), counted_share=np.array([0.9]),
    )  # fmt: skip
    assert fly([(-1, u, 1 + w), (1, u, 1 + w)], ring).gates_passed[0] == counts


def test_solid_ring_has_a_round_hole() -> None:
    ring = course(
        round=np.array([True]), half_opening_m=np.array([0.5]), half_outer_m=np.array([0.6])
    )
    assert reason(fly([(-1, 0.31, 1.31), (1, 0.31, 1.31)], ring)) == "none"  # 0.438 of 0.45
    assert reason(fly([(-1, 0.33, 1.33), (1, 0.33, 1.33)], ring)) == "frame"
    assert reason(fly([(-1, 0.47, 1.47), (1, 0.47, 1.47)], ring)) == "none"  # 0.665, beyond 0.65


def test_wrong_way_is_told_and_not_counted() -> None:
    score = fly([(1, 0, 1), (-1, 0, 1)], course())
    assert (score.gates_passed[0], score.wrong_way[0]) == (0, 1)
    back = fly([(1, 0, 1), (-1, 0, 1), (1, 0, 1)], course())
    assert (back.gates_passed[0], back.wrong_way[0], back.finish_time_s[0]) == (1, 1, 1.5)


def test_wrong_way_is_the_yaws_affair() -> None:
    score = fly([(1, 0, 1), (-1, 0, 1)], course(yaw_rad=np.array([[np.pi]])))
    assert score.gates_passed[0] == 1
    sideways = course(yaw_rad=np.array([[np.pi / 2]]))
    assert fly([(0, -1, 1), (0, 1, 1)], sideways).gates_passed[0] == 1
    assert fly([(0, 1, 1), (0, -1, 1)], sideways).gates_passed[0] == 0


def test_gates_count_in_order_only() -> None:
    path = [(0.5, 0, 1), (1.5, 0, 1), (1.5, 0, 2), (-0.5, 0, 2), (-0.5, 0, 1), (0.5, 0, 1)]
    score = fly(path, two_gates())
    assert score.gates_passed[0] == 1  # the second was crossed before the first
    assert score.gates_passed_share[0] == 0.5
    on = fly([*path, (1.5, 0, 1)], two_gates())
    assert on.finished[0]
    assert on.finish_time_s[0] == 5.5


def test_two_gates_between_two_samples_are_two_passes() -> None:
    score = fly([(-1, 0, 1), (3, 0, 1)], two_gates())
    assert score.gates_passed[0] == 2
    assert score.finish_time_s[0] == 0.5


def test_first_gate_is_where_the_drone_begins() -> None:
    what = two_gates(laps=0, first_gate=np.array([1]))
    score = fly([(0.5, 0, 1), (1.5, 0, 1)], what)
    assert score.gates_passed[0] == 1


def test_laps_are_timed_each_and_the_shortest_is_told() -> None:
    around = [(-1, 0, 1), (1, 0, 1), (1, 0, 2), (-1, 0, 2)]
    path = [*around, *around, *around[:2]]
    times = np.array([0, 2, 3, 4, 5, 6, 7, 8, 9, 9.5])
    score = fly(path, course(laps=3), times)
    # Crossings halfway: at 1, 5.5 and 9.25 s.
    assert (score.laps[0], score.gates_passed[0]) == (3, 3)
    assert score.finish_time_s[0] == 9.25
    assert score.lap_time_s[0] == 1.0
    endless = fly(path, course(laps=0), times)
    assert (endless.finished[0], endless.laps[0]) == (False, 3)
    assert endless.gates_passed_share[0] == 1.0


def test_what_comes_after_the_finish_does_not_count() -> None:
    score = fly([(-1, 0, 1), (1, 0, 1), (9, 0, 1)], course())
    assert score.finished[0]
    assert not score.crashed[0]


def test_what_comes_after_a_crash_does_not_count() -> None:
    pole = np.array([[[-0.5, 0.0, 0.015, 1.5]]])
    score = fly([(-1, 0, 1), (1, 0, 1)], course(poles=pole))
    assert reason(score) == "pole"
    assert score.gates_passed[0] == 0
    assert score.crash_time_s[0] == pytest.approx((0.5 - 0.065) / 2)


@pytest.mark.parametrize(
    ("path", "why", "when"),
    [
        ([(2, 0, 1), (2, 0, -1)], "ground", (1 - 0.05) / 2),
        ([(2, 0, 0.01), (2, 0, 0.01)], "none", None),  # stands on the floor
        ([(2, 0, 0.01), (2, 0, 0.12), (2, 0, 0.04)], "ground", 1 + 7 / 8),
        ([(2, 0, 0.01), (2, 0, 0.09), (2, 0, 0.04)], "none", None),  # never quite took off
        ([(2, 0, 0.07), (2, 0, 0.03)], "ground", 0.5),  # began in the air
        ([(2, 0, 0.01), (2, 0, -0.09)], "ground", 0.11),
        ([(2, 0, 1), (2, 0, 5)], "room", 0.5),
        ([(4, 0, 1), (8, 0, 1)], "room", 0.25),
        ([(4, 0, 1), (4, -8, 1)], "room", 5 / 8),
        ([(9, 0, 1), (9, 0, 1)], "room", 0.0),
    ],
)
def test_ground_and_walls_end_a_flight(path, why: str, when: float | None) -> None:
    score = fly(path, course())
    assert reason(score) == why
    if when is not None:
        assert score.crash_time_s[0] == pytest.approx(when, abs=1e-12)


def test_numbers_that_are_none_end_a_flight() -> None:
    states = np.zeros((4, 2, 13))
    states[:, :, 0] = [[-1], [-0.5], [0.5], [1]]
    states[:, :, 2] = 1.0
    states[1:, 1, 9] = np.inf  # not even a position
    score = score_race(np.arange(4.0), states, course())
    assert score.finished.tolist() == [True, False]
    assert [CRASH_REASONS[r] for r in score.crash_reason] == ["none", "not finite"]
    assert score.crash_time_s[1] == 1.0


def test_post_is_below_the_frame_alone() -> None:
    what = course(post_radius_m=np.array([0.05]))
    low = fly([(-1, 0.09, 0.5), (1, 0.09, 0.5)], what)
    assert reason(low) == "post"
    half = np.sqrt(0.1**2 - 0.09**2)
    assert low.crash_time_s[0] == pytest.approx((1 - half) / 2)
    assert reason(fly([(-1, 0.101, 0.5), (1, 0.101, 0.5)], what)) == "none"
    assert reason(fly([(-1, 0, 0.5), (1, 0, 0.5)], course())) == "none"


def test_pole_ends_at_its_height() -> None:
    what = course(poles=np.array([[[2.0, 0.0, 0.015, 1.0]]]))
    assert reason(fly([(2, -1, 1.04), (2, 1, 1.04)], what)) == "pole"
    assert reason(fly([(2, -1, 1.06), (2, 1, 1.06)], what)) == "none"
    over = fly([(2, -1, 1.5), (2, 1, 0.5)], what)  # meets 1.05 at 0.45, the side at 0.4675
    assert over.crash_time_s[0] == pytest.approx((1 - 0.065) / 2)
    down = fly([(2, 0, 2.05), (2, 0, 0.05)], what)  # onto its top
    assert down.crash_time_s[0] == pytest.approx(0.5)


def test_frame_entered_from_within_the_opening_is_touched_where_the_hole_ends() -> None:
    score = fly([(0, 0, 1), (0, 0.3, 1)], course())
    assert reason(score) == "frame"
    assert score.crash_time_s[0] == pytest.approx(0.5)


def test_frame_touched_from_beside_and_along_its_plane() -> None:
    score = fly([(0, 1, 1), (0, -1, 1)], course())
    assert score.crash_time_s[0] == pytest.approx((1 - 0.41) / 2)


def test_drone_at_rest_in_a_frame_has_crashed_and_in_an_opening_has_not() -> None:
    assert reason(fly([(0, 0.3, 1), (0, 0.3, 1)], course())) == "frame"
    assert reason(fly([(0, 0, 1), (0, 0, 1)], course())) == "none"


def test_one_of_many_is_judged_as_if_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    count = 11
    what = random_course(rng, count, rings=True)
    p = np.array([0.0, 0.0, 1.2]) + np.cumsum(rng.normal(0.0, 0.05, (400, count, 3)), axis=0)
    times = np.arange(400) * 0.01
    monkeypatch.setattr(race_referee, "CHUNK", 4)
    many = score_race(times, p.astype(np.float32), what)
    for i in range(count):
        alone = score_race(
            times, p[:, i : i + 1].astype(np.float32), race_referee._drones(what, i, i + 1)
        )
        for field in dataclasses.fields(many):
            assert np.array_equal(
                getattr(many, field.name)[i : i + 1], getattr(alone, field.name), equal_nan=True
            ), field.name


def test_course_of_drawn_tracks_holds_their_true_gates() -> None:
    track = load_track("lsy")
    drawn = [draw_course(track, 2, seed).true for seed in range(3)]
    what = race_course(drawn)
    assert what.position_m.shape == (3, 4, 3)
    assert what.poles.shape == (3, 4, 4)
    assert what.position_m[2, 1].tolist() == list(drawn[2].gates[1].position_m)
    assert what.yaw_rad[1, 3] == drawn[1].gates[3].yaw_rad
    assert race_course(load_track("split_s")).poles.shape == (1, 0, 4)
    with pytest.raises(SettingsError, match="frames, poles and laps of 'lsy'"):
        race_course([track, load_track("split_s")])


def test_lsy_flown_by_hand_is_finished() -> None:
    track = load_track("lsy")
    points = [(-1.5, 0.75, 0.01), (-1.3, 0.6, 0.6)]
    for i, gate in enumerate(track.gates):
        n = np.array([np.cos(gate.yaw_rad), np.sin(gate.yaw_rad), 0.0])
        points += [gate.position_m - 0.4 * n, gate.position_m + 0.4 * n]
        points += [(1.6, 0.2, 1.0)] if i == 0 else [(-1.3, -0.9, 1.2)] if i == 2 else []
    points[-2:-1] = [(-0.45, -1.0, 1.2), (-0.3, -0.75, 1.2)]  # round the pole before the last
    score = fly(points, race_course(track))
    assert reason(score) == "none"
    assert score.finished[0]


@pytest.mark.parametrize(
    ("times", "shape", "sentence"),
    [
        (np.array([0.0, 0.0]), (2, 1, 3), "rising times"),
        (np.array([0.0]), (1, 1, 3), "rising times"),
        (np.arange(2.0), (3, 1, 3), r"states: expected \(2, N, ≥ 3\), got \(3, 1, 3\)"),
        (np.arange(2.0), (2, 3), "states: expected"),
        (np.arange(2.0), (2, 5, 3), "course: expected gates and poles of 5 drones"),
    ],
)
def test_recording_that_does_not_fit_is_refused(times, shape, sentence: str) -> None:
    what = course(position_m=np.zeros((3, 1, 3)), yaw_rad=np.zeros((3, 1)))
    with pytest.raises(ValueError, match=sentence):
        score_race(times, np.ones(shape), what)


def test_race_perf_is_rings_over_ten() -> None:
    assert race_perf([0, 4, 10, 13]).tolist() == [0.0, 0.4, 1.0, 1.0]


def test_hover_perf_of_a_steady_drone_is_the_formula() -> None:
    states = np.zeros((1000, 2, 13))
    states[:, 1, 0], states[:, 1, 8], states[:, 1, 12] = 0.021, 0.026, 0.97
    steady = 1 / (1 + 0.05 * (0.7 * 2.1 + 0.15 * 2.6 + 0.15 * 9.7))
    np.testing.assert_allclose(hover_perf(states, np.zeros(3)), [1.0, steady], atol=1e-8)
    states[500, 0, 3] = np.nan
    assert hover_perf(states, np.zeros(3))[0] == pytest.approx(1.0)  # attitude is not asked for
    states[500, 0, 0] = np.nan
    assert hover_perf(states, np.zeros(3))[0] == 0.0


def test_hover_perf_begins_at_the_first_state_and_ends_where_a_drone_strays() -> None:
    states = np.zeros((5, 2, 13))
    states[0, :, 0] = 1.0  # [m]: 1 / (1 + 0.05 * 70) = 2 / 9
    states[3, 1, 2] = 6.1
    perf, far = 2 / 9, 1 / (1 + 0.05 * 427)
    assert hover_perf(states[:1], np.zeros(3)) == pytest.approx([perf, perf])
    for _ in range(2):
        perf = 0.98 * perf + 0.02
    strayed = 0.98 * perf + 0.02 * far
    for _ in range(2):
        perf = 0.98 * perf + 0.02
    assert hover_perf(states, np.zeros(3), 6.0) == pytest.approx([perf, strayed])


@pytest.mark.parametrize("module", [race_referee, sweep, puffer_scores, joined])
def test_referee_knows_none_of_our_rooms(module) -> None:
    roots = set()
    for node in ast.walk(ast.parse(Path(module.__file__).read_text())):
        if isinstance(node, ast.Import):
            roots |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            roots |= {f"{node.module}.{alias.name}" for alias in node.names}
    libraries = ("numpy", "dataclasses", "collections", "typing")
    ours = {root for root in roots if not root.startswith(libraries)}
    assert ours <= {"evaluation.sweep", "evaluation.joined.joined"}
