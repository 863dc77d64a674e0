# SPDX-License-Identifier: Apache-2.0
"""The race of the core: what it draws, rewards and shows, worked out by hand and by the referee."""

import numpy as np
import pytest

from evaluation.race_course import race_course
from evaluation.race_referee import score_race
from sim_core import _core
from sim_core.course_library import flown_courses, training_courses
from sim_core.environment import CourseChoice, load_environment
from sim_core.errors import SettingsError
from sim_core.races import load_race
from sim_core.track_draws import Course
from sim_core.track_model import Gate, Obstacle, Room, Start, Track
from sim_core.vec_env import VecEnv

RACE = _core.TASKS["race"]
NOISES = ("position_m", "position_z_m", "velocity_m_s", "velocity_z_m_s", "attitude_rad",
          "body_rate_rad_s", "attitude_bias_rad")  # fmt: skip
CALM = ["randomization={}", *(f"estimate.{name}=0" for name in NOISES)]
AT_START = ["start.ground=1", "start.hover=0"]


def gate(x, y, z, yaw=0.0, **changes):
    frame = {"shape": "square", "opening_m": 0.4, "outer_m": 0.72, "depth_m": 0.02, "solid": True}
    return Gate((x, y, z), yaw, **(frame | changes))


def track(*gates, start=(0.0, 0.0, 1.0), yaw=0.0, poles=(), **changes):
    room = Room((-5.0, -5.0, 0.0), (5.0, 5.0, 3.0))
    settings = {"laps": 1, "closed": False} | changes
    return Track("t", settings["laps"], settings["closed"], room, Start(start, yaw), gates, poles)


def simulator(course, *changes, count=1):
    """Drones at the start of a course, exact and all alike."""
    settings = load_environment("race", [*CALM, *AT_START, *changes]).core_settings()
    courses = [course if isinstance(course, Course) else Course(course, course, 0.0, 0.0)]
    sim = _core.VecSim(count, settings, courses=flown_courses(courses * count))
    sim.start(0)
    return sim


def fields(rows, kind="observation"):
    ends = np.cumsum([field["size"] for field in RACE[kind]])
    parts = np.split(np.asarray(rows), ends[:-1], axis=-1)
    return {field["name"]: part for field, part in zip(RACE[kind], parts, strict=True)}


def drawn_near(p):
    p = np.asarray(p, float)
    return p / (1.0 + np.linalg.norm(p) / 4.0)


def test_what_is_seen_at_the_start():
    sim = simulator(track(gate(2.0, 0.0, 1.0), gate(3.0, 2.0, 1.5, np.pi / 2)))
    seen = fields(sim.observation[0])
    np.testing.assert_allclose(seen["gate_position"], drawn_near([2, 0, 0]), atol=1e-6)
    np.testing.assert_allclose(seen["gate_normal"], [1, 0, 0], atol=1e-6)
    np.testing.assert_allclose(seen["after_position"], drawn_near([3, 2, 0.5]), atol=1e-6)
    np.testing.assert_allclose(seen["after_normal"], [0, 1, 0], atol=1e-6)
    np.testing.assert_allclose(seen["pole_closeness"], 0.0, atol=1e-6)
    # Walls at 5 m are out of reach; the floor is 1 m below, the ceiling 2 m above.
    np.testing.assert_allclose(seen["wall_closeness"], 0.0, atol=1e-6)
    np.testing.assert_allclose(seen["rotation_WB"].reshape(3, 3), np.eye(3), atol=1e-6)


def test_what_is_seen_is_seen_from_the_body():
    # Facing +y, a gate at +x is to the right, at -y of the body.
    sim = simulator(track(gate(2.0, 0.0, 1.0), yaw=np.pi / 2))
    seen = fields(sim.observation[0])
    np.testing.assert_allclose(seen["gate_position"], drawn_near([0, -2, 0]), atol=1e-6)
    np.testing.assert_allclose(seen["gate_normal"], [0, -1, 0], atol=1e-6)


def test_after_the_last_gate_a_point_a_metre_behind_it_is_next():
    seen = fields(simulator(track(gate(2.0, 0.0, 1.0))).observation[0])
    np.testing.assert_allclose(seen["after_position"], drawn_near([3, 0, 0]), atol=1e-6)
    closed = track(gate(2.0, 0.0, 1.0), gate(-2.0, 0.0, 1.0, np.pi), closed=True, laps=2)
    seen = fields(simulator(closed).observation[0])
    np.testing.assert_allclose(seen["after_position"], drawn_near([-2, 0, 0]), atol=1e-6)


def test_the_two_nearest_poles_and_posts_are_seen():
    poles = [Obstacle(x, 0.0, 0.015, 1.5) for x in (3.0, 1.0, -0.5)]
    low = [Obstacle(0.0, 0.2, 0.015, 0.3)]  # lower than the drone flies
    sim = simulator(track(gate(2.0, 0.0, 1.0), poles=(*poles, *low)))
    seen = fields(sim.observation[0])["pole_closeness"].reshape(2, 3)
    # At 0.5 m and 1 m of a reach of 1.5 m.
    np.testing.assert_allclose(seen, [[-2 / 3, 0, 0], [1 / 3, 0, 0]], atol=1e-5)


def test_walls_are_felt_from_a_metre_on():
    sim = simulator(track(gate(2.0, 0.0, 1.0), start=(4.75, -4.5, 0.4)))
    seen = fields(sim.observation[0])["wall_closeness"]
    np.testing.assert_allclose(seen, [0, 0.75, 0.5, 0, 0.6, 0], atol=1e-6)


def told_and_true(offset):
    told = track(gate(2.0, 0.0, 1.0), poles=(Obstacle(1.0, 1.0, 0.015, 1.5),))
    true = track(gate(2.0, offset, 1.0), poles=(Obstacle(1.0, 1.0 + offset, 0.015, 1.5),))
    return Course(told, true, 0.7, 0.0)


def test_some_know_from_the_start_where_all_truly_stands():
    changes = [*AT_START, "start.known=0.3", 'estimate.kind="exact"']
    env = VecEnv(1024, load_environment("race", changes), threads=1)
    seen = fields(env.reset()[0])
    known = seen["gates_known"] == 1.0
    assert (known[:, 0] == known[:, 1]).all()  # none is near enough to be seen from the ground
    known = known[:, 0]
    assert known.mean() == pytest.approx(0.3, abs=0.05)
    true = fields(env.core.privileged, "privileged")["true_gate_position"]
    np.testing.assert_allclose(seen["gate_position"][known], true[known], atol=1e-5)
    assert np.abs(seen["gate_position"] - true)[~known].max() > 0.05


def test_the_truth_is_seen_from_near_by_alone_and_kept():
    course = told_and_true(0.1)
    limits = load_environment("race").core_settings().limits
    session = _core.TaskSession("race", limits, courses=flown_courses([course]))
    session.reset(0.3)
    out = np.empty((1, RACE["observation_size"]), np.float32)

    def seen_at(row, x):
        state = np.array([[x, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]], np.float32)
        session.observe(state, row, out)
        seen = fields(out[0])
        assert seen["gates_known"].tolist() == [float(row > 1)] * 2  # of one gate, it and itself
        return seen["gate_position"]

    np.testing.assert_allclose(seen_at(0, 0.0), drawn_near([2, 0, 0]), atol=1e-6)
    np.testing.assert_allclose(seen_at(1, 1.2), drawn_near([0.8, 0, 0]), atol=1e-6)
    np.testing.assert_allclose(seen_at(2, 1.4), drawn_near([0.6, 0.1, 0]), atol=1e-6)
    np.testing.assert_allclose(seen_at(3, 0.0), drawn_near([2, 0.1, 0]), atol=1e-6)


def test_a_session_counts_gates_as_the_state_passes_them():
    limits = load_environment("race").core_settings().limits
    course = track(gate(1.0, 0.0, 1.0), gate(2.0, 0.0, 1.0))
    session = _core.TaskSession(
        "race", limits, courses=flown_courses([Course(course, course, 0.0, 0.0)])
    )
    session.reset(0.3)
    out = np.empty((1, RACE["observation_size"]), np.float32)
    places = []
    for row, x in enumerate((0.0, 0.9, 1.1, 0.9, 1.1, 2.1)):
        state = np.array([[x, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]], np.float32)
        session.observe(state, row, out)
        places.append(session.places[0].tolist())
    assert places == [[0, 0], [0, 0], [1, 1], [1, 1], [1, 1], [1, 2]]


def hover(sim, count=1):
    mass = sim.parameters[0, _core.PARAMETER_NAMES.index("mass_kg")]
    return np.tile(np.float32([mass * 9.81, 0, 0, 0]), (count, 1))


def terms(sim):
    return dict(zip(RACE["reward_terms"], sim.take_reward_terms(), strict=True))


def test_progress_is_paid_by_the_metre_and_time_by_the_step():
    sim = simulator(track(gate(2.0, 0.0, 1.0)), "reward.progress=3", "reward.time=0.25")
    before = np.linalg.norm(sim.truth[0, :3] - [2, 0, 1])
    for _ in range(40):
        sim.step(hover(sim) * 1.1 + np.float32([0, 0, 0.4, 0]))
    sim.fly(hover(sim))  # writes the truth
    found = terms(sim)
    assert found["time"] == pytest.approx(-40 * 0.25)
    after = np.linalg.norm(sim.truth[0, :3] - [2, 0, 1])
    assert abs(before - after) > 0.02
    assert found["progress"] == pytest.approx(3 * (before - after), abs=0.03)


def test_haste_towards_an_unseen_gate_has_its_price():
    def falling(course):
        sim = simulator(course, "reward.haste=2", "reward.haste_above_m_s=1.5")
        squares = []
        for _ in range(25):
            sim.step(hover(sim) * 0.0)
            sim.fly(hover(sim) * 0.0)  # writes the truth, a step on
            squares.append(float(np.square(sim.truth[0, 7:10]).sum()))
        return squares, terms(sim)["haste"]

    course = track(gate(2.0, 0.0, 1.0), start=(0.0, 0.0, 2.9))
    _, price = falling(course)
    assert price == 0.0  # all is known from the start
    squares, price = falling(Course(course, course, 0.7, 0.0))
    above = sum(max(square - 2.25, 0.0) for square in squares)  # a step later, a little faster
    assert -2.0 * above < price < -1.5 * above < -1.0


def test_a_gate_and_a_finish_are_paid_once_and_end_the_race():
    # Begins in the opening, a hair before its plane, and drifts through.
    sim = simulator(
        track(gate(1.0, 0.0, 1.0), start=(0.999, 0.0, 1.0)), "episode.collisions=0",
        "reward.gate=7", "reward.finish=11",
    )  # fmt: skip
    ended = []
    for _ in range(60):
        sim.step(hover(sim) + np.float32([0, 0, 0.6, 0]))
        ended.append(bool(sim.terminated[0]))
        if ended[-1]:
            break
    assert ended[-1]
    assert not any(ended[:-1])
    found = terms(sim)
    assert (found["gate"], found["finish"], found["crash"]) == (7.0, 11.0, 0.0)


@pytest.mark.parametrize("changes", [{"start": (4.99, 0.0, 1.0)}, {"start": (1.0, 0.18, 1.0)}])
def test_a_crash_costs_its_price_and_nothing_else(changes):
    sim = simulator(track(gate(1.0, 0.0, 1.0), **changes), "reward.crash=4.5")
    for _ in range(80):
        sim.step(hover(sim) + np.float32([0, 0, 0.6, 0]))
        if sim.terminated[0]:
            break
    assert sim.terminated[0]
    assert sim.reward[0] == -4.5


def test_without_collisions_a_frame_is_flown_through():
    course = track(gate(1.0, 0.0, 1.0), start=(1.0, 0.18, 1.0))
    sim = simulator(course, "episode.collisions=0")
    sim.step(hover(sim))
    assert not sim.terminated[0]
    sim = simulator(course)
    sim.step(hover(sim))
    assert sim.terminated[0]


def test_one_gate_is_a_race_of_one_gate():
    course = track(gate(1.0, 0.0, 1.0), gate(3.0, 0.0, 1.0), start=(0.999, 0.0, 1.0))
    for changes, ends in ((["episode.gates=1"], True), ([], False)):
        sim = simulator(course, "episode.collisions=0", *changes)
        ended = False
        for _ in range(60):
            sim.step(hover(sim) + np.float32([0, 0, 0.6, 0]))
            ended |= bool(sim.terminated[0])
        assert ended == ends


def test_a_drone_waits_on_the_floor_until_it_is_told_to_fly():
    sim = simulator(track(gate(2.0, 0.0, 1.0), start=(0.0, 0.0, 0.01)))
    for _ in range(50):
        sim.step(hover(sim) * 0.5)
    sim.fly(hover(sim) * 0.5)
    assert not sim.terminated[0]
    np.testing.assert_allclose(sim.truth[0, :3], 0.0, atol=1e-6)


@pytest.mark.parametrize(("level", "gates", "yaw"), [(0, 0.0, 0.0), (2, 0.15, 0.2)])
def test_an_episode_draws_what_the_level_says(level, gates, yaw):
    environment = load_environment("race", [*CALM, *AT_START, f"course.level={level}"])
    courses = training_courses(CourseChoice("lsy", level, 1), 0)
    sim = _core.VecSim(2000, environment.core_settings(), courses=courses)
    sim.start(3)
    # The critic is shown the true gate, from the start that it was drawn about.
    critic = fields(sim.privileged, "privileged")["true_gate_position"].astype(float)
    d = np.linalg.norm(critic, axis=1)
    from_body = critic / (1.0 - d / 4.0)[:, None]
    z, w = sim.truth[:, 5:7].T.astype(float)
    turn = 2.0 * np.arctan2(z, w)
    c, s = np.cos(turn), np.sin(turn)
    x, y, up = from_body.T
    in_world = np.stack([c * x - s * y, s * x + c * y, up], axis=1)
    offsets = in_world + sim.truth[:, :3] - [0.5, 0.25, 0.7]
    np.testing.assert_allclose(np.abs(offsets[:, :2]).max(axis=0), gates, atol=0.002)
    normal = fields(sim.privileged, "privileged")["true_gate_normal"]
    angle = np.arctan2(normal[:, 1], normal[:, 0]) + turn + 0.78
    np.testing.assert_allclose(np.abs(angle).max(), yaw, atol=0.002)


def test_core_and_referee_agree_over_a_thousand_races():
    """The core ends an episode where the referee says that it ended, and counts the same gates."""
    count, steps = 1000, 260
    tasks = [load_race("lsy", 2, seed) for seed in range(count)]
    courses = [task.course for task in tasks]
    environment = load_environment("race", AT_START)
    settings = environment.core_settings()
    table = flown_courses(courses)
    judged, flown = (_core.VecSim(count, settings, courses=table) for _ in range(2))
    for sim in (judged, flown):
        sim.start(5)
    rng = np.random.default_rng(0)
    commands = hover(flown, count) * 1.05
    truth = [flown.truth.copy()]
    ended = np.full(count, -1)
    gates = np.zeros(count, int)
    pilot = Chaser(courses)
    for step in range(steps):
        commands = pilot.command(truth[-1], rng)
        before = judged.places[:, 1]
        judged.step(commands)
        flown.fly(commands)
        over = (judged.terminated | judged.truncated) & (ended < 0)
        gates = np.where(ended < 0, np.where(over, before, judged.places[:, 1]), gates)
        ended[over] = step
        truth.append(flown.truth.copy())
    score = score_race(
        np.arange(steps + 1) * 0.01, np.array(truth), race_course([c.true for c in courses])
    )
    end_s = np.where(score.finished, score.finish_time_s, score.crash_time_s)
    theirs = np.where(np.isfinite(end_s), np.ceil(np.nan_to_num(end_s) * 100 - 1e-6) - 1, -1)
    assert (ended >= 0).mean() > 0.5  # most of these flights end in something
    assert score.gates_passed.max() >= 1
    agree = np.abs(ended - theirs) <= 1
    assert agree.mean() >= 0.99
    assert (np.minimum(score.gates_passed, 3)[agree] == np.minimum(gates, 3)[agree]).mean() >= 0.99


def rotations(q):
    x, y, z, w = q.T
    rows = [[1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]]  # fmt: skip
    return np.moveaxis(np.array(rows), 2, 0)


class Chaser:
    """Flies at the next gate as well as a few gains can: many flights, many ways to end."""

    def __init__(self, courses):
        self.gates = np.array([[g.position_m for g in c.true.gates] for c in courses])
        self.yaws = np.array([[g.yaw_rad for g in c.true.gates] for c in courses])
        self.next = np.zeros(len(courses), int)

    def command(self, truth, rng):
        rows = np.arange(len(truth))
        gate, yaw = self.gates[rows, self.next], self.yaws[rows, self.next]
        ahead = np.stack([np.cos(yaw), np.sin(yaw), np.zeros_like(yaw)], axis=1)
        s = ((truth[:, :3] - gate) * ahead).sum(axis=1)
        near = np.linalg.norm(truth[:, :3] - gate, axis=1) < 0.25
        self.next = np.where(near & (s > 0), np.minimum(self.next + 1, 3), self.next)
        target = gate + ahead * np.where(s < -0.4, -0.3, 0.4)[:, None]
        push = 5.0 * (target - truth[:, :3]) - 3.0 * truth[:, 7:10] + [0, 0, 9.81]
        push += rng.normal(size=push.shape) * 0.5
        in_body = np.einsum("nij,ni->nj", rotations(truth[:, 3:7]), push)
        thrust = 0.0393 * in_body[:, 2]
        rates = (
            np.stack([-8 * in_body[:, 1], 8 * in_body[:, 0], np.zeros(len(truth))], axis=1) / 9.81
        )
        return np.concatenate([thrust[:, None], rates], axis=1).astype(np.float32)


def test_a_course_too_large_is_refused():
    many = track(*(gate(0.3 * k, 0.0, 1.0) for k in range(_core.MOST_GATES + 1)))
    courses = flown_courses([Course(many, many, 0.0, 0.0)])
    settings = load_environment("race").core_settings()
    with pytest.raises(ValueError, match=f"expected 1 to {_core.MOST_GATES} gates, got 13"):
        _core.VecSim(1, settings, courses=courses)


def test_a_race_without_a_course_is_refused():
    with pytest.raises(ValueError, match="courses: expected at least one, got none"):
        _core.VecSim(1, load_environment("race").core_settings())


def test_courses_of_two_shapes_are_refused():
    one, two = track(gate(1, 0, 1)), track(gate(1, 0, 1), gate(2, 0, 1))
    with pytest.raises(SettingsError, match="expected as many gates and poles in all courses"):
        flown_courses([Course(t, t, 0.0, 0.0) for t in (one, two)])


def test_split_s_begins_clear_of_its_frames_before_every_gate():
    env = VecEnv(512, load_environment("split_s", ["start.ground=0", "start.hover=0"]), threads=1)
    env.reset(seed=0)
    hover = np.float32([env.settings.load_airframe().hover_thrust_n, 0.0, 0.0, 0.0])
    begun = env.core.truth[:, :3].copy()
    for _ in range(3):
        _, _, terminated, _, _ = env.step(np.tile(hover, (512, 1)))
        assert not terminated.any()
    centres = np.array([gate.position_m for gate in load_race("split_s").course.true.gates])
    nearest = np.argmin(np.linalg.norm(begun[:, None] - centres, axis=2), axis=1)
    assert set(nearest) == {0, 1, 2, 3}


def test_few_begin_where_they_can_but_hit_something():
    wide = ["start.aside_m=0.35", "start.before_high_m=1.3", "start.yaw_rad=1.2"]
    environment = load_environment("race", ["start.ground=0", "start.hover=0", *wide])
    env = VecEnv(4096, environment, threads=2)
    env.reset(seed=0)
    hover = np.float32([environment.load_airframe().hover_thrust_n, 0.0, 0.0, 0.0])
    hit = np.zeros(4096, bool)
    for _ in range(10):
        hit |= env.step(np.tile(hover, (4096, 1)))[2]
    assert hit.mean() < 0.02
