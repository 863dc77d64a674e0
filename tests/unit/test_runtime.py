# SPDX-License-Identifier: Apache-2.0
"""A policy in flight sees what it saw in training, and unfit files and states are refused."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_policy import ENVIRONMENT, HIGH, LOW, MANIFEST

from policy_export.errors import ManifestError, ObservationError, PolicyFileError, ShapeError
from policy_export.manifest import METADATA_KEY, Manifest, sealed
from policy_export.runtime import PolicyRunner, task_logic
from sim_core import _core
from sim_core.randomization import nominal_box
from sim_core.tasks import CONTROL_DT, load_task


@pytest.fixture(scope="module")
def runner(policy_path: Path) -> PolicyRunner:
    return PolicyRunner(policy_path, airframe="cf21_plus")


def hovering(count: int = 1) -> np.ndarray:
    states = np.zeros((count, 13), np.float32)
    states[:, 2] = 1.0
    states[:, 6] = 1.0
    return states


def with_manifest(path: Path, folder: Path, **changes: object) -> Path:
    """The same policy under another manifest, properly sealed."""
    model = onnx.load(path)
    manifest = dataclasses.replace(Manifest.from_json(model.metadata_props[0].value), **changes)
    model.metadata_props[0].value = manifest.to_json()
    out = folder / "other.onnx"
    out.write_bytes(sealed(model.SerializeToString(deterministic=True)))
    return out


def test_runtime_imports_neither_torch_nor_onnx_nor_ros() -> None:
    code = "import sys, policy_export.runtime; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert "onnxruntime" in loaded
    assert not loaded & {"torch", "onnx", "onnxscript", "rclpy", "matplotlib", "scipy"}


@pytest.mark.parametrize("isa", _core.instruction_sets())
def test_observation_over_a_flight_is_the_one_of_training(runner: PolicyRunner, isa: str) -> None:
    """The environment shows observations; its twin flies the same drones and shows states."""
    count, task = 21, load_task("lemniscate")
    core = ENVIRONMENT.core_settings()
    box = nominal_box(ENVIRONMENT.load_airframe(), link_delay_s=0.012, attitude_bias_x_rad=0.01)
    core.set_box(box.low.tolist(), box.high.tolist())
    core.max_steps = 10_000  # so that all begin at the path's first row
    training, flown = (
        _core.VecSim(count, core, [task.reference.samples], isa=isa) for _ in range(2)
    )
    training.start(11)
    flown.start(11)
    session = runner.start([task] * count, controlled=range(count))
    seen: list[np.ndarray] = []
    infer = runner.infer
    try:
        runner.infer = lambda rows: (seen.append(rows.copy()), infer(rows))[1]  # type: ignore[method-assign]
        for tick in range(300):
            expected = training.observation.copy()
            commands = session.command(flown.estimate, CONTROL_DT if tick else 0.0)
            np.testing.assert_array_equal(seen[-1], expected)
            training.step(commands)
            flown.fly(commands)
            assert not training.terminated.any()
    finally:
        runner.infer = infer  # type: ignore[method-assign]
    assert np.linalg.norm(flown.truth[:, :3] - task.reference.position(3.0), axis=1).max() < 0.5


def test_command_stays_within_the_manifest(runner: PolicyRunner) -> None:
    upside_down = hovering()
    upside_down[0, 3:7] = [1.0, 0.0, 0.0, 0.0]
    assert (runner.infer(observed(runner, upside_down)) < LOW).any()
    command = runner.start("hover").command(upside_down, 0.0)
    assert command.dtype == np.float32
    assert command[0, 0] == LOW[0]
    assert (command <= HIGH).all()


def observed(runner: PolicyRunner, states: np.ndarray) -> np.ndarray:
    """What a session at its start shows the network."""
    logic = task_logic(runner.manifest, [load_task("hover")] * len(states))
    out = np.empty((len(states), runner.manifest.observation_size), np.float32)
    logic.observe(states, 0, out)
    return out


def test_command_is_the_callers_to_keep(runner: PolicyRunner) -> None:
    session = runner.start("hover")
    first = session.command(hovering(), 0.0)
    kept = first.copy()
    session.command(hovering() + np.float32(0.1), CONTROL_DT)
    np.testing.assert_array_equal(first, kept)


def test_session_each_drone_follows_its_own_task_whatever_its_row(runner: PolicyRunner) -> None:
    rng = np.random.default_rng(5)
    tasks = [load_task(name) for name in ("recorded", "lemniscate")]
    states = hovering(4)
    states[:, :3] += rng.normal(0.0, 0.2, (4, 3)).astype(np.float32)
    together = runner.start(tasks, controlled=[3, 1])
    alone = [runner.start(task, controlled=[0]) for task in tasks]
    for tick in range(50):
        dt = CONTROL_DT if tick else 0.0
        found = together.command(states, dt)
        expected = [
            s.command(states[row : row + 1], dt)[0] for s, row in zip(alone, (3, 1), strict=True)
        ]
        np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(
        together.progress.goal, [task.reference.position(0.49) for task in tasks], atol=1e-9
    )


def test_progress_ends_with_the_longest_reference(runner: PolicyRunner) -> None:
    session = runner.start("kind = 'hover'\nposition_m = [0.0, 0.0, 1.0]\nduration_s = 0.1\n")
    for tick in range(11):
        assert not session.progress.finished
        session.command(hovering(), CONTROL_DT if tick else 0.0)
    assert session.progress.time_s == pytest.approx(0.1)
    assert session.progress.finished


def test_session_uneven_times_follow_the_clock(runner: PolicyRunner) -> None:
    steady, uneven = runner.start("lemniscate"), runner.start("lemniscate")
    for tick in range(5):
        last = steady.command(hovering(), CONTROL_DT if tick else 0.0)
    for dt in (0.0, 0.008, 0.013, 0.012, 0.007):
        found = uneven.command(hovering(), dt)
    np.testing.assert_allclose(found, last, atol=0.3)  # same rows of the path, errors apart
    assert uneven.progress.time_s == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("row", "entry", "name", "value"),
    [(2, 1, "p_WB.y", np.nan), (0, 6, "q_WB.w", np.inf), (2, 12, "w_WB_B.z", -np.inf)],
)
def test_state_not_finite_is_named_and_leaves_the_clock(
    runner: PolicyRunner, row: int, entry: int, name: str, value: float
) -> None:
    session = runner.start("hover", controlled=[2]) if row == 2 else runner.start("hover")
    session.command(hovering(3), 0.0)
    states = hovering(3)
    states[row, entry] = value
    with pytest.raises(ObservationError, match=rf"{value} in {name} of drone {row} at 0.00 s"):
        session.command(states, CONTROL_DT)
    assert session.progress.time_s == 0.0
    session.command(hovering(3), CONTROL_DT)


def test_state_of_a_drone_not_controlled_may_be_missing(runner: PolicyRunner) -> None:
    states = hovering(2)
    states[0] = np.nan
    assert np.isfinite(runner.start("hover", controlled=[1]).command(states, 0.0)).all()


def test_observation_that_overflows_is_named(runner: PolicyRunner) -> None:
    states = hovering()
    states[0, 0] = np.float32(-3e38)
    session = runner.start("kind = 'hover'\nposition_m = [0.0, 0.0, 1.0]\n")
    session.command(hovering(), 0.0)
    states[0, 3:7] = np.float32(1e30)
    with pytest.raises(
        ObservationError, match=r"observation: .*\[\d\] of drone 0|network's command"
    ):
        session.command(states, CONTROL_DT)


@pytest.mark.parametrize(
    ("states", "got"),
    [
        (np.zeros((1, 12), np.float32), r"float32 \(1, 12\)"),
        (np.zeros((1, 13)), r"float64 \(1, 13\)"),
        (np.zeros(13, np.float32), r"float32 \(13,\)"),
        (np.zeros((0, 13), np.float32), r"float32 \(0, 13\)"),
        ([[0.0] * 13], r"list \(1, 13\)"),
    ],
)
def test_state_of_another_shape_is_refused(runner: PolicyRunner, states: object, got: str) -> None:
    with pytest.raises(ShapeError, match=rf"expected float32 \(N ≥ 1, 13\), got {got}"):
        runner.start("hover").command(states, 0.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("dt", [-0.01, float("nan"), float("inf")])
def test_time_that_is_none_is_refused(runner: PolicyRunner, dt: float) -> None:
    with pytest.raises(ShapeError, match="dt: expected a time of at least 0 s"):
        runner.start("hover").command(hovering(), dt)


def test_start_tasks_and_drones_have_to_match(runner: PolicyRunner) -> None:
    with pytest.raises(ShapeError, match="work for 3 controlled drones, got it for 1"):
        runner.start([load_task("hover")], controlled=[0, 1, 2])
    with pytest.raises(ShapeError, match=r"different rows .* got \[1, 1\]"):
        runner.start("hover", controlled=[1, 1])
    with pytest.raises(ShapeError, match=r"got \[-1\]"):
        runner.start("hover", controlled=[-1])


def refused(path: Path, kind: type[Exception] = PolicyFileError, **wanted: str) -> str:
    with pytest.raises(kind) as error:
        PolicyRunner(path, **wanted)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)
    return str(error.value)


def test_file_missing_or_a_folder_is_refused(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in refused(tmp_path / "none.onnx")
    assert "cannot be read: Is a directory" in refused(tmp_path)


@pytest.mark.parametrize("raw", [b"", b"hello\n", b"\x00" * 100, bytes(range(256)) * 50])
def test_file_of_something_else_is_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "policy.onnx"
    path.write_bytes(raw)
    sentence = refused(path)
    assert "not an ONNX file" in sentence or "without a manifest" in sentence


def test_file_onnx_of_somebody_else_is_refused(policy_path: Path, tmp_path: Path) -> None:
    model = onnx.load(policy_path)
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "other.onnx")
    assert "without a manifest of ours" in refused(tmp_path / "other.onnx")


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(share=st.floats(0.0, 1.0, exclude_max=True))
def test_file_cut_short_anywhere_is_refused(
    policy_path: Path, tmp_path: Path, share: float
) -> None:
    raw = policy_path.read_bytes()
    path = tmp_path / "policy.onnx"
    path.write_bytes(raw[: int(share * len(raw))])
    refused(path)


@settings(
    max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(share=st.floats(0.0, 1.0, exclude_max=True), flip=st.integers(1, 255))
def test_file_with_any_byte_flipped_is_refused(
    policy_path: Path, tmp_path: Path, share: float, flip: int
) -> None:
    raw = bytearray(policy_path.read_bytes())
    raw[int(share * len(raw))] ^= flip
    path = tmp_path / "policy.onnx"
    path.write_bytes(raw)
    refused(path)


def test_file_for_another_airframe_is_refused(policy_path: Path) -> None:
    sentence = refused(policy_path, airframe="cf21_brushless")
    assert "expected a policy for airframe cf21_brushless, got one for cf21_plus" in sentence


def test_file_for_another_control_rate_is_refused(policy_path: Path, tmp_path: Path) -> None:
    path = with_manifest(policy_path, tmp_path, control_rate_hz=250.0)
    assert "expected a policy for 100 Hz, got one for 250 Hz" in refused(path)


def test_file_for_another_observation_is_refused(policy_path: Path, tmp_path: Path) -> None:
    first, *others = MANIFEST.observation
    changed = (dataclasses.replace(first, unit="mm"), *others)
    path = with_manifest(policy_path, tmp_path, observation=changed)
    assert "trained on another observation" in refused(path)
    assert "'mm'" in refused(path)


def test_file_whose_network_is_of_another_size_is_refused(
    policy_path: Path, tmp_path: Path
) -> None:
    path = with_manifest(policy_path, tmp_path, observation=MANIFEST.observation[:-1])
    assert "expected a network" in refused(path)


def test_file_with_a_faulty_manifest_names_every_fault(policy_path: Path, tmp_path: Path) -> None:
    model = onnx.load(policy_path)
    assert model.metadata_props[0].key == METADATA_KEY
    text = model.metadata_props[0].value
    model.metadata_props[0].value = text.replace('"rate_thrust"', '"torques"').replace(
        '"history_length": 2', '"history_length": -2'
    )
    path = tmp_path / "faulty.onnx"
    path.write_bytes(sealed(model.SerializeToString()))
    sentence = refused(path, ManifestError)
    assert "action.kind: expected 'rate_thrust' or 'motors', got 'torques'" in sentence
    assert "history_length: expected a whole number from 0" in sentence
