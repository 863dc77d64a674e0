# SPDX-License-Identifier: Apache-2.0
"""What a policy sees: each field by hand, its symmetries, the same in training and in flight."""

import itertools

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sim_core import _core
from sim_core.environment import load_environment
from sim_core.vec_env import VecEnv

TRACK = _core.TASKS["track"]

LIMITS = _core.CommandLimits(0.05, 0.48, [6.0, 6.0, 3.0])
SIZES = [field["size"] for field in TRACK["observation"]]
ENDS = list(itertools.accumulate(SIZES))
FIELDS = {
    field["name"]: slice(end - size, end)
    for field, size, end in zip(TRACK["observation"], SIZES, ENDS, strict=True)
}


def moving_path(rows=400, yaw=0.0):
    """A path that bends in all three axes."""
    t = np.arange(rows) * 0.01
    path = [np.cos(t), np.sin(2 * t), 1.0 + 0.3 * np.sin(3 * t), np.full(rows, yaw)]
    return np.stack(path, axis=1).astype(np.float32)


def state(p=(0, 0, 0), rotation=None, v=(0, 0, 0), w=(0, 0, 0)):
    q = (rotation or Rotation.identity()).as_quat()
    return np.concatenate([p, q, v, w]).astype(np.float32)[None]


def see(session, seen, row=0):
    out = np.empty((session.count, TRACK["observation_size"]), np.float32)
    session.observe(np.ascontiguousarray(seen, np.float32), row, out)
    return out


def session(path, hover_thrust_n=0.3, limits=LIMITS):
    logic = _core.TaskSession("track", references=[path], limits=limits)
    logic.reset(float(hover_thrust_n))
    return logic


def random_rotations(count, rng):
    return Rotation.from_quat(rng.normal(size=(count, 4)))


def look_once(path, seen, row=0):
    return see(session(path), seen, row)[0]


def test_layout_adds_up():
    assert ENDS[-1] == TRACK["observation_size"]
    assert sum(f["size"] for f in TRACK["privileged"]) == TRACK["privileged_size"]


def test_reference_is_seen_from_the_drone_in_the_heading_frame():
    # A quarter turn to the left: 1 m along y of W is straight ahead.
    path = np.array([[0, 1, 2, np.pi / 2]], np.float32)
    seen = look_once(path, state(p=(0, 0, 0.5)))
    assert seen[FIELDS["reference_now"]] == pytest.approx([1.0, 0.0, 1.5], abs=1e-6)
    assert seen[FIELDS["reference_ahead"]].reshape(9, 3) == pytest.approx(
        np.tile([1.0, 0.0, 1.5], (9, 1)), abs=1e-6
    )


def test_preview_looks_half_a_second_ahead_and_holds_the_end():
    path = np.zeros((32, 4), np.float32)
    path[:, 0] = np.arange(32)
    seen = look_once(path, state(p=(9, 0, 0)), row=10)
    points = np.concatenate([seen[FIELDS["reference_now"]], seen[FIELDS["reference_ahead"]]])
    # Every 50 ms: rows 10, 15 .. 30, then 31, the last.
    assert points.reshape(10, 3)[:, 0].tolist() == [1, 6, 11, 16, 21, 22, 22, 22, 22, 22]


def test_a_goal_far_away_looks_two_metres_away_and_takes_its_path_along():
    path = np.zeros((32, 4), np.float32)
    path[:, 0] = 0.1 * np.arange(32)
    away = np.array([2.0, -3.0, 6.0])  # 7 m
    seen = look_once(path, state(p=(1.0 - 2.0, 3.0, -6.0)), row=10)
    points = np.concatenate([seen[FIELDS["reference_now"]], seen[FIELDS["reference_ahead"]]])
    assert points[:3] == pytest.approx(away * 2.0 / 7.0, abs=1e-4)
    assert points[3:6] - points[:3] == pytest.approx([0.5, 0.0, 0.0], abs=1e-5)


def test_velocity_and_attitude_are_seen_in_the_heading_frame_and_rates_in_the_body():
    path = np.array([[0, 0, 0, np.pi / 2]], np.float32)
    rotation = Rotation.from_euler("ZYX", [np.pi / 2 + 0.3, 0.2, -0.4])
    seen = look_once(path, state(rotation=rotation, v=(-1, 2, 3), w=(4, 5, 6)))
    assert seen[FIELDS["velocity"]] == pytest.approx([2.0, 1.0, 3.0], abs=1e-6)
    R_HB = Rotation.from_euler("ZYX", [0.3, 0.2, -0.4]).as_matrix()
    assert seen[FIELDS["rotation_HB"]] == pytest.approx(R_HB.ravel(), abs=1e-6)
    assert seen[FIELDS["body_rates"]].tolist() == [4.0, 5.0, 6.0]


def test_past_commands_come_newest_first_and_as_they_were_sent():
    logic = session(moving_path(), hover_thrust_n=0.25)
    assert see(logic, state())[0, FIELDS["past_commands"]].tolist() == [0.25, 0, 0, 0] * 2
    sent = np.empty((1, 4), np.float32)
    logic.decode(np.float32([[0.3, 1.0, -2.0, 0.5]]), sent)
    assert sent[0].tolist() == np.float32([0.3, 1.0, -2.0, 0.5]).tolist()
    logic.decode(np.float32([[9.0, 7.0, -7.0, 3.5]]), sent)  # beyond every limit
    assert sent[0].tolist() == np.float32([0.48, 6.0, -6.0, 3.0]).tolist()
    past = see(logic, state(), 1)[0, FIELDS["past_commands"]]
    assert past.tolist() == np.float32([0.48, 6.0, -6.0, 3.0, 0.3, 1.0, -2.0, 0.5]).tolist()
    logic.decode(np.float32([[-1.0, 0.0, 0.0, -9.0]]), sent)
    assert sent[0].tolist() == np.float32([0.05, 0.0, 0.0, -3.0]).tolist()


def test_an_output_that_is_no_number_becomes_a_command_within_the_limits():
    sent = np.empty((1, 4), np.float32)
    session(moving_path()).decode(np.float32([[np.nan, np.inf, -np.inf, np.nan]]), sent)
    assert (np.abs(sent) <= [[0.48, 6.0, 6.0, 3.0]]).all()


def test_integral_leaks_with_two_seconds_and_stops_at_its_bound():
    # Error (0.5, 0, 0) m: I <- I (1 - 0.01 / 2) + 0.01 * 0.5, to 0.5 * 2 s (1 - 0.995^n).
    path = np.array([[0.5, 0, 0, 0]], np.float32)
    logic = session(path)
    assert see(logic, state(), 0)[0, FIELDS["position_error_integral"]].tolist() == [0, 0, 0]
    for row in range(1, 21):
        integral = see(logic, state(), row)[0, FIELDS["position_error_integral"]]
    assert integral == pytest.approx([1.0 * (1.0 - 0.995**20), 0.0, 0.0], rel=1e-5)
    for row in range(21, 200):
        integral = see(logic, state(), row)[0, FIELDS["position_error_integral"]]
    assert integral.tolist() == [0.25, 0.0, 0.0]
    logic.reset(0.3)
    assert see(logic, state(), 0)[0, FIELDS["position_error_integral"]].tolist() == [0, 0, 0]


def test_the_same_for_q_and_minus_q():
    rng = np.random.default_rng(0)
    path = moving_path(yaw=0.7)
    for rotation in random_rotations(50, rng):
        here = state(rng.normal(size=3), rotation, rng.normal(size=3), rng.normal(size=3))
        there = here.copy()
        there[:, 3:7] *= -1.0
        np.testing.assert_array_equal(look_once(path, here, 5), look_once(path, there, 5))


def test_the_same_when_drone_and_reference_turn_together():
    rng = np.random.default_rng(1)
    path = moving_path(yaw=0.3)
    for turn_rad in (0.5, -2.0, 3.1):
        turn = Rotation.from_euler("z", turn_rad)
        turned_path = path.copy()
        turned_path[:, :3] = turn.apply(path[:, :3])
        turned_path[:, 3] += turn_rad
        here, there = session(path), session(turned_path)
        for row, rotation in enumerate(random_rotations(20, rng)):
            p, v, w = rng.normal(size=(3, 3))
            seen = see(here, state(p, rotation, v, w), row)
            turned = see(there, state(turn.apply(p), turn * rotation, turn.apply(v), w), row)
            assert turned == pytest.approx(seen, abs=5e-6)


def test_a_drone_of_a_session_sees_its_own_path():
    paths = [moving_path(), moving_path(yaw=1.0)]
    both = _core.TaskSession("track", references=paths, limits=LIMITS)
    both.reset(0.3)
    states = np.concatenate([state((1, 0, 0)), state((0, 1, 0), v=(1, 1, 1))])
    together = see(both, states, 3)
    for i, path in enumerate(paths):
        np.testing.assert_array_equal(together[i], look_once(path, states[i : i + 1], 3))


@pytest.mark.parametrize("isa", _core.instruction_sets())
def test_training_and_flight_see_the_same_over_a_flight(isa):
    # Two simulators draw the same drones, starts and noise. One runs the task as in training; the
    # other yields the estimates that a policy node would hear. Bit for bit, over two seconds, the
    # last half of one beyond the path's end.
    drones, steps = 18, 200
    environment = load_environment("track")
    settings = environment.core_settings()
    settings.max_steps = 10_000
    settings["episode.max_distance_m"] = 1e3
    low, high = environment.command_limits()
    limits = _core.CommandLimits(low[0], high[0], high[1:].tolist())
    path = moving_path(rows=150, yaw=0.4)
    training, flight = (_core.VecSim(drones, settings, [path], isa=isa) for _ in range(2))
    training.start(7)
    flight.start(7)
    mass, gain = (
        training.parameters[:, _core.PARAMETER_NAMES.index(name)]
        for name in ("mass_kg", "thrust_gain")
    )
    sessions = [session(path, thrust, limits) for thrust in mass * np.float32(9.81) / gain]
    rng = np.random.default_rng(2)
    for row in range(steps):
        for i, one in enumerate(sessions):
            seen = see(one, flight.estimate[i : i + 1], row)[0]
            np.testing.assert_array_equal(seen, training.observation[i])
        # Hover, noise, and now and then more than the limits allow.
        outputs = rng.normal([0.29, 0, 0, 0], [0.1, 3, 3, 2], (drones, 4)).astype(np.float32)
        sent = np.empty((1, 4), np.float32)
        for i, one in enumerate(sessions):
            one.decode(outputs[i : i + 1], sent)
        training.step(outputs)
        flight.fly(outputs)
        assert not (training.terminated | training.truncated).any()


def privileged(name):
    begin = 0
    for field in TRACK["privileged"]:
        if field["name"] == name:
            return slice(begin, begin + field["size"])
        begin += field["size"]
    raise KeyError(name)


def test_the_critic_sees_the_truth_and_the_drone():
    env = VecEnv(9, threads=1)
    env.reset(seed=3)
    core = env.core
    drawn = dict(zip(_core.PARAMETER_NAMES, core.parameters.T, strict=True))
    for name in ("mass_kg", "thrust_gain", "rotor_lag_up_s", "rotor_lag_down_s",
                 "rotor_dead_time_s", "link_delay_s"):  # fmt: skip
        np.testing.assert_array_equal(core.privileged[:, privileged(name)][:, 0], drawn[name])
    trims = np.stack([drawn[f"trim_torque_{a}_n_m"] for a in "xyz"], axis=1)
    np.testing.assert_array_equal(core.privileged[:, privileged("trim_torque_n_m")], trims)
    biases = np.stack([drawn[f"attitude_bias_{a}_rad"] for a in "xy"], axis=1)
    np.testing.assert_array_equal(core.privileged[:, privileged("attitude_bias_rad")], biases)
    np.testing.assert_array_equal(
        core.privileged[:, privileged("true_body_rates")], core.truth[:, 10:13]
    )
    gains = np.stack([drawn[f"motor_gain_{i}"] for i in range(1, 5)], axis=1)
    hover = drawn["mass_kg"] * 9.81 / 4
    rotors = core.privileged[:, privileged("rotor_thrust")]
    assert rotors == pytest.approx(gains * hover[:, None], rel=1e-5)


def test_the_velocity_error_is_that_of_the_path_and_zero_beyond_its_end():
    # 2 m/s along x for 0.1 s, then held: a drone that falls from rest sees the path's velocity,
    # halved at neither end (one-sided there), and gone once the path is over.
    path = np.zeros((11, 4), np.float32)
    path[:, 0], path[:, 2] = 0.02 * np.arange(11), 5.0
    environment = load_environment("track", [
        "start.position_m=0", "start.velocity_m_s=0", "start.tilt_rad=0", "start.yaw_rad=0",
        "start.body_rate_rad_s=0", "episode.max_steps=10000"])  # fmt: skip
    sim = _core.VecSim(1, environment.core_settings(), [path])
    sim.start(0)
    # The drone starts with the path's velocity and hovers level: it keeps it but for drag.
    errors = []
    for _ in range(15):
        errors.append(float(sim.privileged[0, privileged("true_velocity_error")][0]))
        sim.step(np.float32([[0.29, 0, 0, 0]]))
    assert errors[:11] == pytest.approx([0.0] * 11, abs=0.2)
    assert errors[11:] == pytest.approx([-2.0] * 4, abs=0.2)
