# SPDX-License-Identifier: Apache-2.0
"""The swarm referee against approaches worked out on paper, and against a slow one."""

import itertools

import numpy as np
import pytest

from evaluation import swarm_referee
from evaluation.swarm_referee import CRASH_REASONS, score_swarm

FAR = (3.0, 3.0, 1.0)


def judge(*ways, times=None, slots=None, **how):
    """One world; a way a drone, points (T, 3)."""
    p = np.array(ways, float).swapaxes(0, 1)[:, None]
    times = np.arange(len(p), dtype=float) if times is None else times
    slots = p if slots is None else np.array(slots, float).swapaxes(0, 1)[:, None]
    return score_swarm(times, p, slots, **how)


def line(*xs, y=0.0, z=1.0):
    return [(x, y, z) for x in xs]


def test_a_pass_between_samples_is_seen_to_the_point():
    # Head on at 2 m a sample, 0.08 m aside: nearest halfway.
    score = judge(line(-1, 1), line(1, -1, y=0.08), line(3, 3))
    assert score.separation_m[0] == pytest.approx(0.08, abs=1e-12)
    assert score.separation_time_s[0] == pytest.approx(0.5)
    assert score.separation_pair[0].tolist() == [0, 1]
    assert (score.collided[0], score.collisions[0], score.clean[0]) == (True, 1, False)
    # 0.06 m before the middle the two are 0.1 m apart: at a speed of 4 m a sample.
    assert score.collision_time_s[0] == pytest.approx(0.5 - 0.06 / 4.0, abs=1e-12)


@pytest.mark.parametrize(("aside", "collided"), [(0.0999, True), (0.1001, False)])
def test_a_grazing_pass_is_a_collision_by_its_distance(aside, collided):
    score = judge(line(-1, 1), line(1, -1, y=aside))
    assert score.collided[0] == collided
    assert np.isnan(score.collision_time_s[0]) != collided
    assert score.separation_m[0] == pytest.approx(aside)


def test_drones_that_pass_the_same_place_at_different_times_are_apart():
    score = judge(line(-1, 0, 1, 1), [(0, -1, 1), (0, -1, 1), (0, -1, 1), (0, 1, 1)])
    assert score.separation_m[0] == pytest.approx(1.0)  # one is through before the other sets out
    assert score.clean[0]


def test_one_approach_is_one_collision_however_it_trembles():
    still = line(*[0.0] * 9)
    trembling = line(1, 0.09, 0.12, 0.08, 0.149, 0.09, 0.151, 0.09, 1)
    score = judge(still, trembling)
    assert score.collisions[0] == 2
    assert score.collision_time_s[0] == pytest.approx(0.9 / 0.91)


def test_a_pair_that_stays_close_has_collided_once():
    assert judge(line(*[0.0] * 50), line(*[0.05] * 50)).collisions[0] == 1
    assert judge(line(*[0.0] * 50), line(*[0.12] * 50)).collisions[0] == 0


def test_every_pair_counts_its_own():
    score = judge(line(0, 0), line(0.05, 0.05), line(-0.04, -0.04))
    assert score.collisions[0] == 3
    assert score.separation_pair[0].tolist() == [0, 2]


def test_two_passes_between_three_samples_are_two():
    score = judge(line(0, 0, 0), line(-1, 1, -1))
    assert score.collisions[0] == 2


def test_above_each_other_is_near_too():
    score = judge(line(0, 0), line(0, 0, z=1.09))
    assert score.collided[0]


def test_drones_that_are_no_number_are_out_and_the_others_fly_on():
    ways = np.array([line(0, 0, 0, 0), line(1, 1, 0.05, 0.05), line(2, 2, 2, 2)], float)
    ways[1, 2:] = np.nan
    score = judge(*ways, slots=[line(*[x] * 4) for x in (0, 1, 2)])
    assert [CRASH_REASONS[r] for r in score.crash_reason[0]] == ["none", "not finite", "none"]
    assert score.crash_time_s[0, 1] == 2.0
    assert np.isnan(score.crash_time_s[0, 0])
    assert (score.collided[0], score.clean[0]) == (False, False)
    assert score.separation_m[0] == pytest.approx(1.0)
    assert np.isinf(score.slot_error_m[0, 1])


def test_a_world_of_nothing_but_nan_is_told_as_such():
    score = judge(*np.full((2, 3, 3), np.nan), slots=[line(0, 0, 0), line(1, 1, 1)])
    assert score.crashed.all()
    assert np.isinf(score.separation_m[0])
    assert not score.clean[0]


@pytest.mark.parametrize(
    ("heights", "when"),
    [
        ([1.0, 0.5, 0.019], 2.0),
        ([0.015, 0.015, 0.015], None),  # never took off
        ([0.015, 0.039, 0.019], None),  # hopped
        ([0.015, 0.041, 0.019], 2.0),
        ([0.02, 0.019, 1.0], 1.0),
    ],
)
def test_ground_ends_a_flight_that_has_begun(heights, when):
    way = [(0, 0, z) for z in heights]
    score = judge(way, line(3, 3, 3), slots=[line(0, 0, 0), line(3, 3, 3)])
    assert score.crashed[0].tolist() == [when is not None, False]
    if when is not None:
        assert CRASH_REASONS[score.crash_reason[0, 0]] == "ground"
        assert score.crash_time_s[0, 0] == when


def test_a_crashed_drone_collides_with_nobody_any_more():
    falls = [(0, 0, 1.0), (0, 0, 0.01), (0, 0, 0.01), (0, 0, 0.01)]
    lands_on_it = [(1, 0, 1.0), (1, 0, 1.0), (0, 0, 0.05), (0, 0, 0.05)]
    score = judge(falls, lands_on_it, slots=[line(*[0] * 4), line(*[0.5] * 4)])
    assert not score.collided[0]
    assert not score.clean[0]


def test_lost_is_far_from_the_slot():
    score = judge(line(0, 3.99), line(0, 4.01, y=1), slots=[line(0, 0), line(0, 0, y=1)])
    assert score.crashed[0].tolist() == [False, True]
    assert CRASH_REASONS[score.crash_reason[0, 1]] == "lost"


def test_slot_error_is_taken_where_slots_have_settled():
    times = np.arange(81) * 0.1
    slot = np.array(line(*[0.0] * 40, *[1.0] * 41))  # jumps at 4 s
    way = slot.copy()
    way[:25] += 9e-1  # before 2.5 s: as after a jump
    way[25:40, 1] += 0.02
    way[40:65] += 0.7
    way[65:, 2] += 0.05  # from 6.5 s on
    other = np.full((81, 3), 3.0)
    score = judge(way, other, slots=[slot, other + np.array([0, 0, 0.01])], times=times)
    assert score.slot_error_m[0, 0] == pytest.approx((15 * 0.02 + 16 * 0.05) / 31)
    assert score.slot_error_m[0, 1] == pytest.approx(0.01)  # its slot has never jumped
    longer = judge(way, other, slots=[slot, other], times=times, settle_s=[2.6])
    assert longer.slot_error_m[0, 0] == pytest.approx((14 * 0.02 + 15 * 0.05) / 29)
    never = judge(way, other, slots=[slot, other], times=times, settle_s=9.0)
    assert np.isnan(never.slot_error_m[0]).all()


def test_a_slot_that_moves_smoothly_has_not_jumped():
    times = np.arange(400) * 0.01
    way = np.column_stack([times, 0 * times, 1 + 0 * times])
    aside, above = np.array([0, 1, 0]), np.array([0, 0, 0.03])
    score = judge(way, way + aside, slots=[way + above, way + aside + above], times=times)
    np.testing.assert_allclose(score.slot_error_m, 0.03)


# The slow referee: every pair by itself, at a thousand instants of each straight.


def slow(times, p):
    fine = np.linspace(0.0, 1.0, 1001)
    smallest, hits = np.inf, 0
    for i, j in itertools.combinations(range(p.shape[1]), 2):
        armed = True
        for k in range(len(times) - 1):
            r0, r1 = p[k, i] - p[k, j], p[k + 1, i] - p[k + 1, j]
            for d in np.linalg.norm(r0 + fine[:, None] * (r1 - r0), axis=1):
                smallest = min(smallest, d)
                if armed and d < 0.10:
                    hits, armed = hits + 1, False
                armed = armed or d > 0.15
    return smallest, hits


def test_random_flights_are_judged_as_the_slow_referee_does():
    rng = np.random.default_rng(6)
    worlds, drones = 25, 4
    times = np.cumsum(rng.uniform(0.05, 0.2, 12))
    p = rng.uniform(-0.25, 0.25, (12, worlds, drones, 3)) + np.array([0, 0, 1.0])
    score = score_swarm(times, p, p)
    assert 20 < score.collisions.sum() < 25 * 60
    for w in range(worlds):
        smallest, hits = slow(times, p[:, w])
        assert score.separation_m[w] == pytest.approx(smallest, abs=1e-3)
        assert score.separation_m[w] <= smallest + 1e-12
        assert abs(score.collisions[w] - hits) <= (1 if abs(smallest - 0.1) < 2e-3 else 0)
        assert score.collided[w] == (score.collisions[w] > 0)
        i, j = score.separation_pair[w]
        at = [np.interp(score.separation_time_s[w], times, p[:, w, i, a] - p[:, w, j, a])
              for a in range(3)]  # fmt: skip
        assert np.linalg.norm(at) == pytest.approx(score.separation_m[w], abs=1e-9)


def test_many_worlds_are_judged_as_each_alone(monkeypatch):
    rng = np.random.default_rng(1)
    p = np.cumsum(rng.normal(0, 0.03, (200, 9, 3, 13)), axis=0).astype(np.float32)
    p[..., 2] += 1.0
    p[150:, 4, 1, 7] = np.nan
    slots = np.zeros((200, 9, 3, 3), np.float32)
    times, settle = np.arange(200) * 0.02, rng.uniform(0.5, 1.0, 9)
    monkeypatch.setattr(swarm_referee, "PAIRS_AT_ONCE", 7)
    many = score_swarm(times, p, slots, settle)
    for w in range(9):
        one = score_swarm(times, p[:, [w]], slots[:, [w]], settle[w])
        for name, value in vars(one).items():
            np.testing.assert_array_equal(getattr(many, name)[w], value[0], name)
    assert many.crash_time_s[4, 1] == 3.0


@pytest.mark.parametrize(
    ("times", "states", "slots", "sentence"),
    [
        ([0.0, 0.0], (2, 1, 2, 3), (2, 1, 2, 3), "times: expected rising"),
        ([0.0], (1, 1, 2, 3), (1, 1, 2, 3), "times: expected rising"),
        ([0.0, 1.0], (2, 2, 3), (2, 1, 2, 3), r"states: expected \(2, W, N, ≥ 3\), got \(2, 2, 3"),
        ([0.0, 1.0], (2, 1, 1, 3), (2, 1, 1, 3), "at least 2 drones a world, got 1"),
        ([0.0, 1.0], (2, 1, 2, 3), (2, 1, 3, 3), r"slots: expected \(2, 1, 2, 3\), got"),
    ],
)
def test_recordings_that_do_not_fit_are_refused(times, states, slots, sentence):
    with pytest.raises(ValueError, match=sentence):
        score_swarm(times, np.zeros(states), np.zeros(slots))
