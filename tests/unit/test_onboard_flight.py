# SPDX-License-Identifier: Apache-2.0
"""Exported sources, compiled for this machine: they see and command what PolicyRunner does, and the
guard on board gives the drone back."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from group_policy import GROUP_MANIFEST
from motor_policy import MOTOR_MANIFEST
from sample_policy import MANIFEST
from small_policy import hovering_states, write_policy

from firmware_bridge.setpoints import ThrustConvention
from martlet import firmware
from policy_export.firmware.cortex import prove_on_host
from policy_export.firmware.export import FirmwarePlan, self_test, write_firmware
from policy_export.firmware.host import HostPolicy, build_host
from policy_export.runtime import PolicyRunner
from sim_core.onboard import PERIOD_MS, Step

SANITIZERS = ("-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g")
STEPS = 400


@pytest.fixture(scope="module")
def tracking(tmp_path_factory: pytest.TempPathFactory) -> tuple[FirmwarePlan, Path]:
    """A policy that follows paths, exported; and its library."""
    folder = tmp_path_factory.mktemp("tracking")
    policy = write_policy(folder / "policy.onnx", MANIFEST)
    plan = firmware.plan(policy, ("hover", "lemniscate"))
    write_firmware(plan, folder / "app")
    return plan, build_host(folder / "app", folder / "policy.so")


@pytest.fixture
def unit(tracking: tuple[FirmwarePlan, Path]) -> HostPolicy:
    return HostPolicy(tracking[1])


def flown(plan: FirmwarePlan, states: np.ndarray, task: int) -> tuple[np.ndarray, np.ndarray]:
    """What PolicyRunner observes and commands over these states."""
    runner = PolicyRunner(plan.policy)
    session = runner.start(plan.board.tasks[task])
    seen: list[np.ndarray] = []
    infer = runner.infer
    runner.infer = lambda rows: (seen.append(rows[0].copy()), infer(rows))[1]  # type: ignore[method-assign]
    commands = [
        session.command(state[None], session.control_dt if tick else 0.0)[0]
        for tick, state in enumerate(states)
    ]
    return np.array(seen), np.array(commands)


def test_task_on_board_is_seen_and_flown_as_by_policy_runner(
    tracking: tuple[FirmwarePlan, Path], unit: HostPolicy
) -> None:
    plan, _ = tracking
    for task in range(2):
        states = hovering_states(STEPS, plan.board.starts_m()[task], seed=task)
        seen, commands = flown(plan, states, task)
        unit.begin(task)
        for tick, state in enumerate(states):
            observation = unit.observe(state, tick)
            command = unit.decode(unit.infer(observation[None])[0])
            np.testing.assert_array_equal(observation[:-8], seen[tick][:-8])
            # Its own past commands, through which a difference of 1e-5 comes back.
            np.testing.assert_allclose(observation[-8:], seen[tick][-8:], rtol=0, atol=1e-4)
            np.testing.assert_allclose(command, commands[tick], rtol=0, atol=1e-4)
        np.testing.assert_allclose(
            unit.infer(seen), PolicyRunner(plan.policy).infer(seen), rtol=0, atol=1e-5
        )


def test_policy_of_motors_commands_them_every_2_ms_as_policy_runner_does(tmp_path: Path) -> None:
    policy = write_policy(tmp_path / "policy.onnx", MOTOR_MANIFEST)
    plan = firmware.plan(policy, ("lemniscate",))
    crc = write_firmware(plan, tmp_path / "app")
    unit = HostPolicy(build_host(tmp_path / "app", tmp_path / "policy.so"))
    assert (unit.period_ms, unit.crc, unit.check()) == (2, crc, "none")
    states = hovering_states(STEPS, plan.board.starts_m()[0])
    states[:, :3] = states[0, :3] + 0.01 * (states[:, :3] - states[0, :3])
    states[:, 7:10] *= 0.1
    seen, commands = flown(plan, states, 0)
    unit.begin(0)
    for tick, state in enumerate(states):
        observation = unit.observe(state, tick)
        np.testing.assert_array_equal(observation[:-8], seen[tick][:-8])
        raw = unit.infer(observation[None])
        np.testing.assert_array_equal(raw, plan.network.forward(observation[None]))
        sent = unit.decode(raw[0])
        np.testing.assert_array_equal(sent, np.clip(raw[0], *MOTOR_MANIFEST.action.limits()))
        np.testing.assert_allclose(sent, commands[tick], rtol=0, atol=1e-4)
    for tick, state in enumerate(states):
        step = unit.step(state, 2 * tick, 2 * tick, engage=True, task=0)
        assert step.status == "flying"
        np.testing.assert_allclose(step.command, commands[tick], rtol=0, atol=1e-4)


def test_network_on_board_has_the_bits_of_its_reference(
    tracking: tuple[FirmwarePlan, Path], unit: HostPolicy
) -> None:
    plan, _ = tracking
    rows = np.random.default_rng(5).normal(0.0, 2.0, (300, unit.observation_size))
    rows = rows.astype(np.float32)
    np.testing.assert_array_equal(unit.infer(rows), plan.network.forward(rows))


def test_paths_and_a_race_of_one_network_under_sanitizers(tmp_path: Path) -> None:
    policy = write_policy(tmp_path / "policy.onnx", GROUP_MANIFEST)
    plan = firmware.plan(policy, ("lemniscate", "race"), weights="int8")
    write_firmware(plan, tmp_path / "app")
    race = 1
    gate = np.array(plan.board.tasks[race].course.told.gates[0].position_m)
    states = hovering_states(120, plan.board.starts_m()[race])
    states[:, :3] += np.linspace(0.0, 1.5, 120)[:, None] * (gate - states[0, :3])  # and through it
    proof = prove_on_host(tmp_path / "app", states, race, SANITIZERS)
    seen, _ = flown(plan, states, race)
    assert len(np.unique(seen[:, 33:36].round(2), axis=0)) > 50  # the gate comes nearer
    # What it sees of its past differs: the weights are others.
    np.testing.assert_array_equal(proof.observations[:, :-8], seen[:, :-8])
    expected = plan.network.forward(proof.observations)
    limits = np.array(plan.manifest.action.thrust_n, np.float32)
    np.testing.assert_array_equal(proof.commands[:, 0], np.clip(expected[:, 0], *limits))


def test_thrust_counts_are_those_of_the_radio(
    tracking: tuple[FirmwarePlan, Path], unit: HostPolicy
) -> None:
    convention = ThrustConvention("linear", tracking[0].thrust.max_n)
    for newtons in (-0.1, 0.0, 0.1, 0.2845, 0.48, 1.0):
        assert unit.thrust_counts(newtons) == convention.counts(newtons)


class Flight:
    """Steps a unit on: heard and engaged unless told otherwise, at the begin of the hover."""

    def __init__(self, unit: HostPolicy, task: int = 0) -> None:
        self._unit = unit
        self._states: Iterator[np.ndarray] = iter(hovering_states(100, (0.0, 0.0, 1.0)))
        self.now_ms, self.heard_ms, self.task = 0, 0, task

    def step(self, *, engage: bool = True, heard: bool = True, state=None) -> Step:
        self.now_ms += PERIOD_MS
        self.heard_ms = self.now_ms if heard else self.heard_ms
        state = next(self._states) if state is None else state
        return self._unit.step(state, self.now_ms, self.heard_ms, engage=engage, task=self.task)


def test_parameter_engages_and_lets_go(unit: HostPolicy) -> None:
    flight = Flight(unit)
    assert flight.step(engage=False) == Step("idle", "none", None, None)
    step = flight.step()
    assert step.status == "flying"
    assert step.command is not None
    assert flight.step(engage=False) == Step("idle", "none", None, None)
    assert flight.step().status == "flying"  # and again


def test_silence_of_the_laptop_gives_the_drone_back(unit: HostPolicy) -> None:
    flight = Flight(unit)
    assert flight.step().status == "flying"
    for _ in range(20):
        assert flight.step(heard=False).status == "flying"  # 200 ms
    step = flight.step(heard=False)
    assert (step.status, step.reason) == ("back", "nothing heard from the laptop for too long")
    assert step.command is None
    assert step.rest is not None
    place, duration_s = step.rest
    np.testing.assert_allclose(place[:3], (0.0, 0.0, 1.0), atol=0.2)
    assert duration_s >= 0.5
    step = flight.step()  # heard again: it stays given back until it is engaged anew
    assert (step.status, step.rest) == ("back", None)
    flight.step(engage=False)
    assert flight.step().status == "flying"


def test_nobody_heard_yet_engages_nothing(unit: HostPolicy) -> None:
    state = hovering_states(1, (0.0, 0.0, 1.0))[0]
    step = unit.step(state, 10, None, engage=True, task=0)
    assert (step.status, step.reason) == ("back", "nothing heard from the laptop for too long")


def changed(**changes: float) -> np.ndarray:
    """A hover with some numbers changed, by name."""
    names = ["x", "y", "z", "qx", "qy", "qz", "qw", "vx", "vy", "vz", "p", "q", "r"]
    state = hovering_states(1, (0.0, 0.0, 1.0))[0]
    for name, value in changes.items():
        state[names.index(name)] = value
    return state


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"x": 2.6}, "outside of the fence"),
        ({"z": -0.3}, "outside of the fence"),
        ({"qx": 0.70, "qw": 0.71}, "tilted too far"),
        ({"vz": -5.1}, "too fast"),
        ({"vx": float("nan")}, "the estimate is not finite or stands still"),
        ({"q": float("inf")}, "the estimate is not finite or stands still"),
    ],
)
def test_limits_on_board_give_the_drone_back(
    unit: HostPolicy, changes: dict[str, float], reason: str
) -> None:
    flight = Flight(unit)
    assert flight.step().status == "flying"
    step = flight.step(state=changed(**changes))
    assert (step.status, step.reason, step.command) == ("back", reason, None)
    assert step.rest is not None
    assert np.isfinite([*step.rest[0], step.rest[1]]).all()
    assert -2.5 < step.rest[0][0] < 2.5
    assert step.rest[0][2] >= 0.3


def test_estimate_that_stands_still_gives_the_drone_back(unit: HostPolicy) -> None:
    flight = Flight(unit)
    still = changed()
    steps = [flight.step(state=still) for _ in range(13)]
    assert [s.status for s in steps] == ["flying"] * 11 + ["back"] * 2
    assert steps[-1].reason == "the estimate is not finite or stands still"


@pytest.mark.parametrize(
    ("task", "reason"),
    [(9, "no such task on board"), (1, "too far from where the task begins")],
)
def test_task_that_cannot_begin_is_not_begun(unit: HostPolicy, task: int, reason: str) -> None:
    step = Flight(unit, task).step()
    assert (step.status, step.reason) == ("back", reason)


def test_heading_of_the_rest_is_the_drones(unit: HostPolicy) -> None:
    flight = Flight(unit)
    for yaw in np.linspace(-3.1, 3.1, 21):
        flight.step(state=changed(qz=np.sin(yaw / 2), qw=np.cos(yaw / 2)))
        step = flight.step(state=changed(x=3.0, qz=np.sin(yaw / 2), qw=np.cos(yaw / 2)))
        assert step.rest is not None
        assert step.rest[0][3] == pytest.approx(yaw, abs=2e-5)
        flight.step(engage=False)


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ("weight", "the weights are not those that were exported"),
        ("self test", "this machine does not compute what the policy's proof says"),
    ],
)
def test_corrupted_number_is_caught_at_boot(
    tracking: tuple[FirmwarePlan, Path], tmp_path: Path, part: str, reason: str
) -> None:
    plan, library = tracking
    raw = library.read_bytes()
    numbers = plan.network.layers[0].biases if part == "weight" else self_test(plan).state
    at = raw.index(numbers.tobytes()) + 5
    broken = tmp_path / "broken.so"
    broken.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
    unit = HostPolicy(broken)
    assert unit.check() == reason
    step = Flight(unit).step()
    assert (step.status, step.reason, step.command) == ("refused", reason, None)
