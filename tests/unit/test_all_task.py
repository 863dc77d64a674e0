# SPDX-License-Identifier: Apache-2.0
"""Drones at any task, alone and in worlds: goals, neighbours, wakes, prices, worked out by hand."""

import numpy as np
import pytest
from all_rows import ALL, MATES, expected_mates, fields, level, miss_of, plans

from sim_core import _core
from sim_core.course_library import flown_courses, training_courses
from sim_core.environment import load_environment
from sim_core.errors import SettingsError
from sim_core.races import load_race
from sim_core.vec_env import VecEnv

CALM = ["randomization={}", 'estimate.kind="exact"', "company.start_m=0", "company.start_share=1"]
CALM += [f"path_start.{n}=0" for n in ("velocity_m_s", "tilt_rad", "yaw_rad", "body_rate_rad_s")]
KINDS = ("path", "race", "more_races", "formation", "both")


def only(kind):
    """Changes that leave one kind of work."""
    return [f"mix.{name}={float(name == kind)}" for name in KINDS]


FEW = [f"{name}.count=16" for name in ("references", "more_courses", "formations")]
"""To draw: an environment is there the sooner."""


def simulator(slots, *changes, **how):
    """Worlds of slots (W, N, 3) at their start, exact and all alike."""
    worlds, drones = slots.shape[:2]
    environment = load_environment(
        "all", [*CALM, *only("formation"), f"world.drones={drones}", *changes]
    )
    rows = np.concatenate([slots, np.zeros((worlds, drones, 1))], axis=2).reshape(-1, 1, 4)
    sim = _core.VecSim(
        worlds * drones, environment.core_settings(), list(rows.astype(np.float32)),
        courses=flown_courses([load_race().course]),
        formations=_core.Formations(drones, in_order=True), **how,
    )  # fmt: skip
    sim.start(3)
    return sim


def scattered(worlds, drones, half_width, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(-half_width, half_width, (worlds, drones, 3)) + np.array([0.0, 0.0, 2.0])


def hovering(sim):
    thrust = load_environment("all").load_airframe().hover_thrust_n
    return np.tile(np.array([thrust, 0, 0, 0], np.float32), (sim.num_drones, 1))


@pytest.mark.parametrize("isa", _core.instruction_sets())
@pytest.mark.parametrize(("drones", "worlds"), [(4, 5), (8, 2), (32, 1)])
def test_wakes_press_down_those_below_in_the_same_world_alone(drones, worlds, isa):
    heights = np.random.default_rng(1).uniform(0.5, 2.5, (worlds, drones))
    slots = np.stack([0.0 * heights, 0.0 * heights, heights], axis=2)
    with_wakes = simulator(slots, isa=isa)
    without = simulator(slots, "randomization={ downwash = { range = [0, 0] } }", isa=isa)
    height = with_wakes.truth[:, 2].astype(float).reshape(-1, drones)
    for sim in (with_wakes, without):
        sim.fly(hovering(sim))
    dz = np.maximum(height[:, None, :] - height[:, :, None], 0.0)  # of j over i
    force_n = -12.05 * 9.81e-3 / (np.maximum(dz, 0.1) + 0.828) ** 2 * np.minimum(dz / 0.1, 1.0)
    expected = 0.01 * force_n.sum(axis=2).ravel() / with_wakes.parameters[:, 0]
    felt = (with_wakes.truth[:, 9] - without.truth[:, 9]).astype(float)
    np.testing.assert_allclose(felt, expected, rtol=0.02, atol=2e-6)  # the rest is drag
    assert felt.min() < -0.02


def test_formations_are_drawn_from_what_the_environment_says():
    wide = [*only("formation"), *FEW, "formations.radius_m=[4, 4]"]
    with pytest.raises(SettingsError, match=r"formation 'swapped': expected slots with [xy] from"):
        VecEnv(8, load_environment("all", wide))


@pytest.mark.parametrize("staggered", [False, True])
def test_the_time_of_a_world_is_up_for_all_its_drones_at_once(staggered):
    length, size, worlds = 15, 8, 12
    how = [f"episode.max_steps={length}", "episode.max_distance_m=0.1"]  # some are lost before
    environment = load_environment("all", [*only("formation"), "formations.count=16", *how])
    env = VecEnv(size * worlds, environment, threads=2)
    env.reset(seed=1, options={"staggered": staggered})
    commands = np.tile(environment.command_limits()[1], (size * worlds, 1))
    ends, formations, lost_before = [[] for _ in range(worlds)], [], 0
    for step in range(4 * length):
        *_, lost, expired, _ = env.step(commands)
        up = expired.reshape(worlds, size).any(axis=1)
        together = (lost | expired).reshape(worlds, size).all(axis=1)
        np.testing.assert_array_equal(together[up], True)
        lost_before += int(lost.reshape(worlds, size)[~up].sum())
        for world in np.flatnonzero(up):
            ends[world].append(step)
        formations.append(env.core.places[::size, 0].copy())
    assert lost_before > 20
    assert all((np.diff(world) == length).all() and len(world) >= 3 for world in ends)
    firsts = {world[0] for world in ends}
    assert len(firsts) > 4 if staggered else firsts == {length - 1}
    # Each round another formation, the same for who was lost in between.
    changed = (np.diff(formations, axis=0) != 0).sum(axis=0)
    assert changed.max() <= 4
    assert changed.sum() > 2 * worlds


@pytest.mark.parametrize("isa", _core.instruction_sets())
@pytest.mark.parametrize(("drones", "worlds"), [(4, 5), (8, 3), (16, 2), (64, 1)])
def test_neighbours_are_the_nearest_of_the_world_as_they_were_a_step_before(drones, worlds, isa):
    how = ["path_start.velocity_m_s=1", "path_start.yaw_rad=3", "path_start.tilt_rad=1"]
    how += ["company.collision_m=0", "company.start_m=0.4"]
    slots = scattered(worlds, drones, 0.8)
    sim, twin = (simulator(slots, *how, isa=isa) for _ in range(2))

    def compare(told, now):
        seen = fields(sim.observation)
        expected = expected_mates(
            told.astype(float), now.astype(float), drones, slots.reshape(-1, 3)
        )
        for name, rows in zip(MATES, expected, strict=True):
            np.testing.assert_allclose(seen[name], rows, atol=3e-5, err_msg=name)

    told = sim.truth.copy()
    compare(told, told)
    # Physics alone moves a twin, which tells the truth of each step.
    for _ in range(5):
        sim.step(hovering(sim))
        twin.fly(hovering(twin))
        compare(told, twin.truth)
        told = twin.truth.copy()


@pytest.mark.parametrize("isa", _core.instruction_sets())
def test_who_does_not_race_sees_the_floor_from_a_metre_on(isa):
    slots = scattered(8, 8, 0.3)
    slots[..., 2] = np.linspace(0.05, 1.3, 64).reshape(8, 8)
    how = ["company.collision_m=0", "path_start.yaw_rad=3", "path_start.tilt_rad=1"]
    seen = fields(simulator(slots, *how, isa=isa).observation)["surface_closeness"]
    expected = np.zeros((64, 3))
    expected[:, 2] = -np.maximum(1.0 - slots[..., 2].ravel(), 0.0)
    np.testing.assert_allclose(seen, expected, atol=1e-6)
    assert (seen[:, 2] < -0.9).any()


def test_who_flies_alone_sees_and_feels_nobody():
    environment = load_environment("all", [*only("path"), *FEW])
    env = VecEnv(64, environment, threads=1)
    seen, _ = env.reset()
    for name in (*MATES, "goal_normal", "goal_opening", "pole_closeness"):
        assert not fields(seen)[name].any(), name
    env.step(np.tile(environment.command_limits()[1], (64, 1)))
    terms = dict(zip(ALL["reward_terms"], env.core.take_reward_terms(), strict=True))
    for name in ("haste", "risk", "proximity", "progress"):
        assert terms[name] == 0.0, name
    assert terms["distance"] != 0.0


def test_the_slot_is_shown_from_the_drone_and_scored_by_distance():
    sim = simulator(scattered(2, 8, 0.8), "company.start_m=0.5", "path_start.yaw_rad=3",
                    "path_reward.scale=1")  # fmt: skip
    slots = np.asarray(scattered(2, 8, 0.8)).reshape(-1, 3)
    seen = fields(sim.observation)
    for state, slot, near, nose, ahead in zip(
        sim.truth.astype(float), slots, seen["goal_near"], seen["goal_heading"], seen["goal_ahead"],
        strict=True,
    ):  # fmt: skip
        R = level(state)
        np.testing.assert_allclose(near, R.T @ (slot - state[:3]), atol=2e-6)
        np.testing.assert_allclose(nose, (R.T @ [1.0, 0.0, 0.0])[:2], atol=2e-6)
        assert not ahead.any()
    sim.step(hovering(sim))
    away = np.linalg.norm(sim.truth[:, :3] - slots, axis=1)
    terms = dict(zip(ALL["reward_terms"], sim.take_reward_terms(), strict=True))
    share = load_environment("all").numbers["company_reward.slot"]
    assert terms["distance"] == pytest.approx(share * (1 - away).sum(), rel=1e-4)
    assert terms["precision"] == pytest.approx(
        share * (2 / (1 + (away / 0.1) ** 2)).sum(), rel=1e-4
    )
    assert sim.reward.sum() == pytest.approx(sum(terms.values()), rel=1e-4)


def test_a_slot_across_the_room_is_worse_than_one_at_two_metres():
    slots = scattered(8, 8, 0.3) + np.array([0.0, 0.0, 3.0])
    sim = simulator(slots, "company.start_m=1.7", "company.collision_m=0", "path_reward.scale=1")
    sim.step(hovering(sim))
    away = np.linalg.norm(sim.truth[:, :3] - slots.reshape(-1, 3), axis=1)
    assert (away > 2.2).sum() > 3
    terms = dict(zip(ALL["reward_terms"], sim.take_reward_terms(), strict=True))
    share = load_environment("all").numbers["company_reward.slot"]
    assert terms["distance"] == pytest.approx(share * (1 - away).sum(), rel=1e-4)


def test_nearness_and_collisions_have_their_price():
    slots = np.zeros((8, 4, 3))
    slots[..., 2] = np.random.default_rng(0).uniform(0.5, 2.0, (8, 4))
    sim = simulator(slots)
    apart = np.abs(slots[:, :, None, 2] - slots[:, None, :, 2]) + 9.0 * np.eye(4)
    nearest = apart.min(axis=2).ravel()
    assert 0 < (nearest < 0.1).sum() < 32
    sim.step(hovering(sim))
    terms = dict(zip(ALL["reward_terms"], sim.take_reward_terms(), strict=True))
    n = load_environment("all").numbers
    price = n["company_reward.proximity"] * np.maximum(n["company.proximity_m"] - nearest, 0)
    hit = nearest < n["company.collision_m"]
    np.testing.assert_array_equal(sim.terminated, hit)
    assert terms["proximity"] == pytest.approx(-price[~hit].sum(), rel=1e-4)
    assert terms["crash"] == pytest.approx(-n["company_reward.crash"] * hit.sum())


def test_haste_and_what_is_about_to_happen_have_their_price():
    slots = scattered(1, 16, 0.5)
    how = ["path_start.velocity_m_s=1.5", "company.start_share=1", "company.collision_m=0"]
    prices = ["company_reward.risk=0.4", "company_reward.planned_risk=0.7"]
    sim = simulator(slots, *how, *prices)
    p, v = sim.truth[:, :3].astype(float), sim.truth[:, 7:10].astype(float)
    risks = np.zeros(2)
    for which, ways in enumerate((v, plans(sim.truth.astype(float), slots[0]))):
        for i in range(16):
            for j in set(range(16)) - {i}:
                in_s, miss = miss_of(p[j] - p[i], ways[j] - ways[i])
                risks[which] += max(0.0, 1.0 - np.linalg.norm(miss) / 0.3) * (1.0 - in_s)
    assert risks.min() > 0.1
    assert np.ptp(risks) > 0.1
    sim.step(hovering(sim))
    terms = dict(zip(ALL["reward_terms"], sim.take_reward_terms(), strict=True))
    n = load_environment("all").numbers
    assert terms["risk"] == pytest.approx(-risks @ [0.4, 0.7], rel=1e-3)
    v = fields(sim.privileged, "privileged")["true_velocity_error"].astype(float)
    slow = n["company_reward.haste_above_m_s"]
    hasty = np.maximum((v**2).sum(axis=1) - slow**2, 0.0).sum()
    assert terms["haste"] == pytest.approx(-n["company_reward.haste"] * hasty, rel=1e-4)


def race_steps(sim, steps=150):
    """A race flown by noise; rewards and ends of each step."""
    rng = np.random.default_rng(0)
    low, high = load_environment("race").command_limits()
    found = []
    for _ in range(steps):
        sim.step(rng.uniform(low, high, (sim.num_drones, 4)).astype(np.float32))
        found.append([sim.reward.copy(), sim.terminated.copy()])
    return found


def test_a_race_is_the_race_of_its_own_task():
    race = load_environment("race", ["start.before_low_m=0.25", "start.before_high_m=0.9"])
    settings = load_environment("all", only("race")).core_settings()
    other = race.core_settings()
    box = race.parameter_box()
    settings.set_box(box.low.tolist(), box.high.tolist())
    settings.limits, settings.noise, settings.max_steps = other.limits, other.noise, other.max_steps
    for name, value in race.numbers.items():
        section, _, key = name.partition(".")
        if section in ("start", "reward"):
            name = f"race_{section}.{key}"
        for word in ("before_low", "before_high", "aside"):
            if name == f"race_start.{word}_m":  # lsy's openings are 0.4 m wide
                name, value = f"race_start.{word}", value / np.float32(0.2)
        settings[name] = float(value)
    courses = training_courses(race.course, 0)
    alone = _core.VecSim(48, other, courses=courses)
    one_of_many = _core.VecSim(
        48, settings, [np.zeros((1, 4), np.float32)] * 8, courses=courses,
        formations=_core.Formations(8),
    )  # fmt: skip
    alone.start(5)
    one_of_many.start(5)
    for ours, theirs in zip(race_steps(one_of_many), race_steps(alone), strict=True):
        np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(ours[1], theirs[1])


@pytest.mark.parametrize("kinds", [{"path": 0.25, "race": 0.75}, {"race": 0.5, "formation": 0.5}])
def test_work_is_dealt_by_shares(kinds):
    changes = [f"mix.{name}={kinds.get(name, 0.0)}" for name in KINDS]
    env = VecEnv(2048, load_environment("all", [*changes, *FEW]), threads=2)
    seen, _ = env.reset()
    racing = (fields(seen)["goal_opening"] > 0.0).mean()
    assert racing == pytest.approx(kinds["race"], abs=0.03)
    for number, name in enumerate(KINDS):
        share = (env.core.kinds == number).mean()
        assert share == pytest.approx(kinds.get(name, 0.0), abs=0.03), name


def test_formations_go_on_and_begin_again_whatever_becomes_of_their_drones():
    path = np.zeros((8, 50, 4), np.float32)
    path[..., 2] = 2.0
    path[:, :, 0] = np.linspace(0.0, 1.0, 50)
    path[:, :, 1] = np.arange(8)[:, None] * 0.5
    lost_at_once = ["episode.max_distance_m=0.001", "episode.max_steps=1000"]
    environment = load_environment("all", [*CALM, *only("formation"), *lost_at_once])
    sim = _core.VecSim(
        16, environment.core_settings(), list(path),
        courses=flown_courses([load_race().course]), formations=_core.Formations(8),
    )  # fmt: skip
    sim.start(0)
    rows = [sim.places[:, 1] - sim.places[:, 0]]
    lost = 0
    for _ in range(120):
        sim.step(hovering(sim))
        lost += int(sim.terminated.sum())
        rows.append(sim.places[:, 1] - sim.places[:, 0])
    assert lost > 100
    steps = np.diff(np.array(rows), axis=0)
    assert set(np.unique(steps)) == {1, -49}
    for world in (slice(0, 8), slice(8, 16)):
        assert (np.array(rows)[:, world] == np.array(rows)[:, world][:, :1]).all()


def test_a_snapshot_goes_on_to_the_bit():
    sims = [simulator(scattered(2, 8, 0.8), "company.start_m=0.2") for _ in range(2)]
    for _ in range(7):
        sims[0].step(hovering(sims[0]))
    kept, runs = sims[0].snapshot(), []
    for sim in (sims[0], sims[0], sims[1]):
        sim.restore(kept)
        for _ in range(5):
            sim.step(hovering(sim))
        runs.append(sim.observation.tobytes())
    assert runs[0] == runs[1] == runs[2]


def test_a_drone_takes_at_most_two_kibibytes():
    assert simulator(scattered(128, 8, 0.8)).bytes_per_drone <= 2048


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: simulator(scattered(1, 6, 0.5)),
         "world.drones: expected a power of two from 4 to 64, got 6"),
        (lambda: _core.VecSim(
            8, load_environment("all").core_settings(), [np.zeros((1, 4), np.float32)] * 8,
            courses=flown_courses([load_race().course])),
         r"formations: expected of 8 drones \(world.drones\), got none"),
        (lambda: _core.VecSim(
            8, load_environment("all").core_settings(), [np.zeros((1, 4), np.float32)] * 9,
            courses=flown_courses([load_race().course]), formations=_core.Formations(8)),
         "formations: expected whole ones of 8 paths from number 0 on, got 9 paths"),
        (lambda: _core.VecSim(
            8, load_environment("all").core_settings(),
            [np.zeros((1 + (i == 3), 4), np.float32) for i in range(8)],
            courses=flown_courses([load_race().course]), formations=_core.Formations(8)),
         "formations: expected paths of one length, got 2 rows beside 1"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_nobody_is_asked_to_fly_a_jump_of_a_slot():
    # Along y and z it jumps by little, which alone would be 10 m/s for a moment.
    path = np.zeros((8, 20, 4), np.float32)
    path[..., 2] = 1.0
    path[:, :, 1] = np.arange(8)[:, None] * 0.5
    path[:, 10:, :3] += np.array([0.9, 0.2, -0.2], np.float32)
    environment = load_environment("all", [*CALM, *only("formation")])
    sim = _core.VecSim(
        8, environment.core_settings(), list(path), courses=flown_courses([load_race().course]),
        formations=_core.Formations(8, in_order=True),
    )  # fmt: skip
    sim.start(0)
    rows, fastest = set(), 0.0
    for _ in range(20):
        sim.step(hovering(sim))
        rows |= set((sim.places[:, 1] - sim.places[:, 0]).tolist())
        astray = fields(sim.privileged, "privileged")["true_velocity_error"]
        fastest = max(fastest, float(np.abs(astray).max()))
    assert {9, 10} <= rows
    assert fastest < 2.0
