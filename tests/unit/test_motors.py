# SPDX-License-Identifier: Apache-2.0
"""Policies that command the motors: physics, observation, files, training, and the radio's no."""

import dataclasses
import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluation.evaluate import evaluate
from martlet.flight.programme import programme
from martlet.flight.settings import FlySettings
from policy_export.errors import ManifestError, PolicyFileError
from policy_export.manifest import Manifest, MotorActionSpec
from policy_export.runtime import PolicyRunner
from sim_core import _core
from sim_core.environment import load_environment
from sim_core.errors import SettingsError
from sim_core.vec_env import VecEnv
from training.manifest_of import manifest_of
from training.recipe import load_recipe, plain
from training.run import train_run
from training.settings import PPOSettings

MOTORS = 'action.kind="motors"'
ENVIRONMENT = load_environment("track", [MOTORS])
TRACK = _core.MOTOR_TASKS["track"]
FULL_SCALE_N = 0.12  # of a CF2.1+'s motor
ENDS = list(itertools.accumulate(field["size"] for field in TRACK["observation"]))
FIELDS = {
    field["name"]: slice(end - field["size"], end)
    for field, end in zip(TRACK["observation"], ENDS, strict=True)
}
STILL = [f"start.{n}=0" for n in ("position_m", "velocity_m_s", "tilt_rad", "yaw_rad",
                                  "body_rate_rad_s")]  # fmt: skip


def one_drone(*changes, randomization="{}"):
    """The airframe itself, at rest, with an exact estimate."""
    exact = ['estimate.kind="exact"', f"randomization={randomization}", *STILL]
    environment = load_environment("track", [MOTORS, *exact, *changes])
    path = np.array([[0.0, 0.0, 50.0, 0.0]], np.float32)
    sim = _core.VecSim(1, environment.core_settings(), [path])
    sim.start(0)
    return sim


def flown(sim, command, steps):
    """The truth before each control step and after the last, shape (steps + 1, 13)."""
    rows = [sim.truth[0].copy()]
    for _ in range(steps):
        sim.fly(np.array([command], np.float32))
        rows.append(sim.truth[0].copy())
    return np.array(rows)


# --- physics ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("motor", "signs"),
    [(0, (-1, -1, -1)), (1, (-1, 1, 1)), (2, (1, 1, -1)), (3, (1, -1, 1))],
    ids=["front right", "back right", "back left", "front left"],
)
def test_each_motor_turns_the_drone_its_own_way(motor, signs):
    command = np.full(4, 0.5)
    command[motor] += 0.2
    rates = flown(one_drone(), command, 20)[-1, 10:13]
    assert np.sign(rates).tolist() == list(signs)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.7])
def test_a_command_is_a_share_of_full_scale(share):
    rows = flown(one_drone(), [share] * 4, 300)  # 0.6 s: ten lags
    climb = (rows[-1, 9] - rows[-6, 9]) / 0.01
    drag = 0.0147 * rows[-1, 9]
    assert 0.029 * (climb + 9.81) + drag == pytest.approx(4 * FULL_SCALE_N * share, rel=0.02)


def test_more_volts_than_there_are_give_no_more_thrust():
    empty = "{battery_charge={range=[0.0, 0.0]}}"
    climbs = [flown(one_drone(randomization=empty), [s] * 4, 200)[-1, 9] for s in (0.9, 0.95, 1.0)]
    assert climbs[0] == pytest.approx(climbs[1], abs=1e-6) == pytest.approx(climbs[2], abs=1e-6)
    full = "{battery_charge={range=[1.0, 1.0]}}"
    assert flown(one_drone(randomization=full), [0.95] * 4, 200)[-1, 9] > climbs[0] + 0.1


@pytest.mark.parametrize(("delay_ms", "dead_ms"), [(0, 4), (2, 4), (4, 8), (12, 0), (0, 0)])
def test_a_command_acts_after_delay_and_dead_time(delay_ms, dead_ms):
    waits = "{{link_delay_s={{range=[{0},{0}]}},rotor_dead_time_s={{range=[{1},{1}]}}}}"
    sim = one_drone(randomization=waits.format(delay_ms / 1000, dead_ms / 1000))
    hover = load_environment("track", [MOTORS]).hover_command()
    rates = np.abs(flown(sim, hover * [1.1, 1.0, 0.9, 1.0], 15)[:, 10])
    assert int(np.argmax(rates > 1e-4)) == (delay_ms + dead_ms) / 2 + 1


# --- what is seen -------------------------------------------------------------------------------


def see(session, state, row):
    out = np.empty((session.count, TRACK["observation_size"]), np.float32)
    session.observe(state, row, out)
    return out[0]


def test_between_rows_a_path_goes_on_evenly():
    path = np.zeros((300, 4), np.float32)
    path[:, 0] = 0.01 * np.arange(300)  # 1 m/s
    session = _core.TaskSession("track_motors", _core.CommandLimits.motors(0.0, 1.0), [path])
    session.reset(0.6)
    state = np.array([[0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]], np.float32)
    for row in (1, 2, 3, 4, 5, 17):  # the first row's velocity is one-sided: the same here
        seen = see(session, state, row)
        ahead = np.r_[seen[FIELDS["reference_now"]], seen[FIELDS["reference_ahead"]]].reshape(10, 3)
        assert ahead[:, 0] == pytest.approx(0.002 * row + 0.05 * np.arange(10), abs=1e-6)


def test_past_commands_are_the_newest_and_what_rotors_made_of_all():
    session = _core.TaskSession(
        "track_motors", _core.CommandLimits.motors(0.1, 0.9), [np.zeros((1, 4), np.float32)]
    )
    session.reset(0.5)
    state = np.array([[0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]], np.float32)
    sent = np.empty((1, 4), np.float32)
    assert see(session, state, 0)[FIELDS["past_commands"]] == pytest.approx(0.5)
    for row in range(1, 31):  # 60 ms
        session.decode(np.array([[2.0, 0.5, 0.3, -1.0]], np.float32), sent)
        past = see(session, state, row)[FIELDS["past_commands"]].reshape(2, 4)
    assert sent[0].tolist() == pytest.approx([0.9, 0.5, 0.3, 0.1])
    assert past[0].tolist() == pytest.approx(sent[0].tolist())
    rise = 1.0 - np.exp(-1.0)  # of a lag of 60 ms
    assert past[1] == pytest.approx(0.5 + rise * (sent[0] - 0.5), abs=0.005)


@pytest.mark.parametrize("isa", _core.instruction_sets())
def test_training_and_flight_see_the_same_over_a_flight(isa):
    drones = 18
    settings = ENVIRONMENT.core_settings()
    settings.max_steps, settings["episode.max_distance_m"] = 10_000, 1e3
    t = np.arange(30) * 0.01
    path = np.stack([np.cos(t), np.sin(2 * t), 1.0 + t, np.full(30, 0.4)], 1).astype(np.float32)
    training, flight = (_core.VecSim(drones, settings, [path], isa=isa) for _ in range(2))
    training.start(7)
    flight.start(7)
    hovers = training.observation[:, FIELDS["past_commands"]][:, 0]
    mass, gain = (
        training.parameters[:, _core.PARAMETER_NAMES.index(name)]
        for name in ("mass_kg", "thrust_gain")
    )
    assert hovers == pytest.approx(mass * 9.81 / gain / (4 * FULL_SCALE_N), rel=1e-6)
    limits = _core.CommandLimits.motors(0.0, 1.0)
    sessions = [_core.TaskSession("track_motors", limits, [path]) for _ in range(drones)]
    for session, hover in zip(sessions, hovers, strict=True):
        session.reset(float(hover))
    rng, sent = np.random.default_rng(2), np.empty((1, 4), np.float32)
    for row in range(200):  # 0.4 s, the last quarter beyond the path's end
        outputs = rng.normal(0.6, 0.2, (drones, 4)).astype(np.float32)
        for i, session in enumerate(sessions):
            seen = see(session, flight.estimate[i : i + 1], row)
            np.testing.assert_array_equal(seen, training.observation[i])
            session.decode(outputs[i : i + 1], sent)
        training.step(outputs)
        flight.fly(outputs)
        assert not (training.terminated | training.truncated).any()


def test_the_gyro_is_read_anew_and_the_pose_is_held():
    env = VecEnv(64, ENVIRONMENT, threads=1)
    env.reset(seed=1)
    off = []
    for _ in range(25):
        env.core.fly(np.full((64, 4), 0.6, np.float32))
        off.append(env.core.estimate - env.core.truth)
    off = np.array(off)
    steps = np.abs(np.diff(off, axis=0)).mean(axis=1)
    # Of 24 steps 5 begin a new 10 ms; float32 rounds positions near 1 m to 1e-7 m.
    assert (steps[:, :3].max(axis=1) > 1e-4).sum() == 5
    assert (steps[:, 10:].min(axis=1) > 0.02).all()  # of a standard deviation of 0.05 rad/s


# --- settings -----------------------------------------------------------------------------------


def test_the_kind_of_action_brings_its_own_values_and_yields_to_changes(tmp_path):
    assert ENVIRONMENT.about["name"] == "track_motors"
    assert ENVIRONMENT.about["control_step_s"] == pytest.approx(0.002)
    assert ENVIRONMENT.max_steps == 2560
    assert load_environment("track").max_steps == 512
    own = tmp_path / "own.toml"
    own.write_text(
        'base = "track"\n[action]\nkind = "motors"\n[reward]\ncrash = 7.0\nscale = 0.5\n'
    )
    mine = load_environment(own, ["episode.max_steps=99"])
    assert (mine.numbers["reward.crash"], mine.numbers["reward.scale"]) == (7.0, 0.5)
    assert mine.numbers["reward.smoothness"] == ENVIRONMENT.numbers["reward.smoothness"]
    assert (mine.max_steps, mine.randomization) == (99, ENVIRONMENT.randomization)
    learned = load_recipe("track", [MOTORS])[-1].settings
    assert learned.discount == pytest.approx(
        load_recipe("track")[-1].settings.discount ** 0.2, abs=1e-3
    )


@pytest.mark.parametrize(
    ("task", "changes", "words"),
    [
        ("race", [MOTORS], "action.kind: expected motors of task track alone, got of race"),
        ("track", ['action.kind="torques"'], "action.kind: expected one of rate_thrust, motors"),
        ("track", [MOTORS, "randomization.link_delay_s={range=[0,0.02]}"],
         "link_delay_s: expected at most 0.012, got 0.02"),
    ],
)  # fmt: skip
def test_what_motors_cannot_do_is_refused(task, changes, words):
    with pytest.raises(SettingsError, match=words):
        load_environment(task, changes)


# --- files --------------------------------------------------------------------------------------


MANIFEST = manifest_of(ENVIRONMENT, PPOSettings(), 0)


def test_the_manifest_says_what_a_command_is():
    assert Manifest.from_json(MANIFEST.to_json()).action == MANIFEST.action
    assert MANIFEST.control_rate_hz == pytest.approx(500.0)
    action = MANIFEST.action
    assert action == MotorActionSpec("motors", "65535 counts", (0.0, 1.0), action.hover)
    assert action.hover == pytest.approx(0.029 * 9.81 / (4 * FULL_SCALE_N), rel=1e-6)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"unit": "N"}, "action.unit: expected '65535 counts', got 'N'"),
        ({"motors": [1.0, 0.0]}, "action.motors: expected the lower limit first"),
        ({"kind": "rate_thrust"}, "action.thrust_n: missing"),
        ({"kind": ["motors"]}, "action.kind: expected 'rate_thrust' or 'motors'"),
    ],
)
def test_a_manifest_with_a_faulty_action_is_refused(changes, words):
    table = json.loads(MANIFEST.to_json())
    table["action"] |= changes
    with pytest.raises(ManifestError, match=words):
        Manifest.from_json(json.dumps(table))


# --- training and flight ------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["native", "torch"])
def policy(request, tmp_path_factory) -> Path:
    """Of a few thousand steps: no pilot."""
    settings = PPOSettings(steps=4096, num_envs=64, horizon=32, minibatch=512, hidden=16,
                           threads=1, device="cpu", learner=request.param)  # fmt: skip
    short = replace(ENVIRONMENT, max_steps=50)
    folder = tmp_path_factory.mktemp("motors")
    trained = train_run(folder / "run", plain(short, settings), quiet=True, tensorboard=False)
    assert trained.parity.largest < 1e-5
    return trained.policy


def test_a_trained_policy_is_judged_in_the_trials_of_all(policy):
    manifest = PolicyRunner(policy).manifest
    assert manifest.action.kind == "motors"
    assert manifest.tasks == ("hover", "track")
    figures = evaluate(policy, "hover", episodes=4)
    assert figures["episodes"] == 4


def test_over_the_radio_it_is_refused_before_anything_runs(policy):
    with pytest.raises(PolicyFileError, match=r"a radio carries at 100 Hz, got one of motors"):
        programme(FlySettings()).check(PolicyRunner(policy))
    programme(FlySettings()).check(PolicyRunner(policy), onboard=True)


def test_another_rate_than_the_motors_is_refused(policy, monkeypatch):
    slow = dataclasses.replace(PolicyRunner(policy).manifest, control_rate_hz=100.0)
    monkeypatch.setattr("policy_export.runtime.open_policy", lambda _: (None, slow))
    with pytest.raises(PolicyFileError, match="expected a policy for 500 Hz, got one for 100 Hz"):
        PolicyRunner(policy)
