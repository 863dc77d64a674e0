# SPDX-License-Identifier: Apache-2.0
"""What becomes of a policy file on its way on board; what has no form there leaves no file."""

import dataclasses
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from group_policy import GROUP_MANIFEST
from motor_policy import MOTOR_MANIFEST
from sample_policy import MANIFEST
from small_policy import write_policy

from martlet import firmware
from martlet.cli import _OURS
from martlet.commands.learning import export
from martlet.errors import UsageError
from policy_export.errors import FirmwareError, PolicyFileError
from policy_export.firmware.network import read_network, tanh
from policy_export.firmware.observations import flown_observations
from policy_export.firmware.quantize import quantized
from policy_export.firmware.sources import core_headers
from policy_export.policy_file import open_policy
from sim_core.tasks import load_task


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_policy(tmp_path_factory.mktemp("small") / "policy.onnx", MANIFEST)


def observations(count: int, seed: int = 3) -> np.ndarray:
    return (
        np.random.default_rng(seed)
        .normal(0.0, 1.0, (count, MANIFEST.observation_size))
        .astype(np.float32)
    )


def test_tanh_is_the_core_s_to_a_few_units_in_the_last_place() -> None:
    x = np.linspace(-12.0, 12.0, 4001, dtype=np.float32)
    exact = np.tanh(x.astype(np.float64))
    error = np.abs(tanh(x) - exact) / np.spacing(np.abs(exact).astype(np.float32) + 1e-30)
    assert error.max() < 6.0


@pytest.mark.parametrize(("hidden", "activation"), [((16, 16), "Tanh"), ((7,), "Relu")])
def test_network_as_read_computes_what_onnxruntime_does(
    tmp_path: Path, hidden: tuple[int, ...], activation: str
) -> None:
    path = write_policy(tmp_path / "policy.onnx", MANIFEST, hidden, activation)
    rows = observations(500)
    expected = open_policy(path)[0].run(("command",), {"observation": rows})[0]
    np.testing.assert_allclose(read_network(path).forward(rows), expected, rtol=0, atol=1e-5)


def test_int8_weights_stay_near_and_are_calibrated(small: Path) -> None:
    network, rows = read_network(small), observations(2000)
    few = quantized(network, rows)
    exact = network.forward(rows)
    error = np.abs(few.forward(rows) - exact) / network.half_range
    assert all(layer.weights.dtype == np.int8 for layer in few.layers)
    assert np.sqrt((error**2).mean()) < 0.01  # of half a range
    # Without the observations the mean of each sum would be off.
    shifted = quantized(network, np.zeros_like(rows))
    bias = np.abs((shifted.forward(rows) - exact).mean(axis=0) / network.half_range).max()
    assert np.abs((few.forward(rows) - exact).mean(axis=0) / network.half_range).max() < bias


def test_export_carries_the_headers_that_trained_it(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "app"
    told = firmware.export(small, out, ("hover",))
    assert told["tasks"] == ["hover"]
    for name, text in core_headers("track").items():
        assert (out / "include" / name).read_text() == text
    assert {"Makefile", "Kbuild", "app-config", "README.md"} <= {p.name for p in out.iterdir()}
    assert "CF21BL" not in (out / "app-config").read_text()
    firmware.export(small, out, ("hover", "lemniscate"))  # over the one before
    assert "lemniscate" in (out / "src" / "policy_data.hpp").read_text()
    assert [p.name for p in tmp_path.iterdir()] == ["app"]


def test_app_is_built_from_its_own_folder_wherever_make_is_called(
    small: Path, tmp_path: Path
) -> None:
    firmware.export(small, tmp_path / "app", ("hover",))
    rules = tmp_path / "base" / "tools" / "make" / "oot.mk"
    rules.parent.mkdir(parents=True)
    rules.write_text("OOT ?= $(PWD)\nall:\n\t@echo $(OOT) $(OOT_CONFIG)\n")  # as the firmware's
    words = ["make", "--no-print-directory", "-C", "app", f"CRAZYFLIE_BASE={tmp_path / 'base'}"]
    here = os.environ | {"PWD": str(tmp_path)}
    said = subprocess.check_output(words, cwd=tmp_path, env=here, text=True)
    assert said.split() == [str(tmp_path / "app"), str(tmp_path / "app" / "app-config")]


def test_policy_of_motors_is_exported_as_the_firmwares_controller(tmp_path: Path) -> None:
    motors = write_policy(tmp_path / "motors.onnx", MOTOR_MANIFEST)
    rates = write_policy(tmp_path / "rates.onnx", MANIFEST)
    for policy, controls in ((motors, True), (rates, False)):
        out = tmp_path / policy.stem
        firmware.export(policy, out, ("hover",))
        assert ("CONFIG_CONTROLLER_OOT=y" in (out / "app-config").read_text()) is controls
        stream = (out / "src" / "stream.c").read_text()
        assert ("controllerOutOfTree(" in stream) is controls
        assert "@" not in (out / "README.md").read_text()
    sentence = refused(motors, tmp_path / "app", thrust="pwm")
    assert "expected thrust linear" in sentence


def test_int8_weights_of_motors_are_calibrated_on_flights_of_motors(tmp_path: Path) -> None:
    motors = write_policy(tmp_path / "motors.onnx", MOTOR_MANIFEST)
    seen = flown_observations(motors, [load_task("hover")], rows=160)
    assert seen.shape == (160, MOTOR_MANIFEST.observation_size)
    assert np.isfinite(seen).all()
    past = seen[:, -8:-4]  # in shares of full scale
    assert past.min() >= 0.05
    assert past.max() <= 0.95
    assert np.ptp(past) > 0.05


def refused(policy: Path, out: Path, *tasks: str, **how: object) -> str:
    """The one sentence of an export that must not leave a file."""
    before = sorted(out.parent.rglob("*"))
    with pytest.raises(_OURS) as caught:
        firmware.export(policy, out, tasks, **how)
    assert isinstance(caught.value, ValueError)
    assert sorted(out.parent.rglob("*")) == before
    return str(caught.value)


def test_operator_without_a_c_form_is_refused(tmp_path: Path) -> None:
    policy = write_policy(tmp_path / "policy.onnx", MANIFEST, activation="Sigmoid")
    assert "operator Sigmoid has no C form" in refused(policy, tmp_path / "app")


@pytest.mark.parametrize(
    ("hidden", "said"), [((300,), "of at most 256"), ((200, 200), "a step of at most 1 ms")]
)
def test_network_too_large_for_the_chip_is_refused(
    tmp_path: Path, hidden: tuple[int, ...], said: str
) -> None:
    policy = write_policy(tmp_path / "policy.onnx", MANIFEST, hidden)
    sentence = refused(policy, tmp_path / "app")
    assert "too large for the chip" in sentence
    assert said in sentence


def test_tables_too_large_for_the_chip_are_refused(small: Path, tmp_path: Path) -> None:
    hours = tuple(f"kind = 'hover'\nposition_m = [0, 0, {i}]\nduration_s = 60" for i in (1, 2))
    assert "tables of at most 384 KiB" in refused(small, tmp_path / "app", *hours)


def test_policy_of_another_airframe_is_refused(small: Path, tmp_path: Path) -> None:
    sentence = refused(small, tmp_path / "app", airframe="cf21_brushless")
    assert "expected a policy for airframe cf21_brushless" in sentence


def test_task_without_a_form_on_board_is_refused(tmp_path: Path) -> None:
    policy = write_policy(tmp_path / "policy.onnx", GROUP_MANIFEST)
    assert "hears of no others" in refused(policy, tmp_path / "app", "swarm")


def test_task_that_the_policy_does_not_fly_is_refused(small: Path, tmp_path: Path) -> None:
    assert "got a race" in refused(small, tmp_path / "app", "race")


def test_thrust_that_the_policy_did_not_meet_is_refused(small: Path, tmp_path: Path) -> None:
    assert "expected thrust linear" in refused(small, tmp_path / "app", thrust="pwm")


def test_folder_of_something_else_is_left_alone(small: Path, tmp_path: Path) -> None:
    kept = tmp_path / "thesis"
    kept.mkdir()
    (kept / "chapter.tex").write_text("x")
    with pytest.raises(FirmwareError, match="an earlier export"):
        firmware.export(small, kept, ("hover",))
    assert [p.name for p in tmp_path.iterdir()] == ["thesis"]


def test_run_without_its_policy_file_is_told_how_to_get_it(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    assert f"`martlet export {run}` writes it" in refused(run, tmp_path / "app")


def test_words_for_firmware_are_refused_where_a_policy_file_is_to_be_written(small: Path) -> None:
    with pytest.raises(UsageError, match="expected --target firmware with --tasks, --weights, got"):
        export(small.parent, tasks=("hover",), weights="int8")


def test_changed_policy_file_is_refused(small: Path, tmp_path: Path) -> None:
    raw = bytearray(small.read_bytes())
    raw[200] ^= 1
    changed = tmp_path / "policy.onnx"
    changed.write_bytes(raw)
    with pytest.raises(PolicyFileError, match="changed after its export"):
        firmware.export(changed, tmp_path / "app")


def test_platform_of_the_brushless_drone_is_configured(tmp_path: Path) -> None:
    manifest = dataclasses.replace(MANIFEST, airframes=("cf21_brushless",))
    policy = write_policy(tmp_path / "policy.onnx", manifest)
    firmware.export(policy, tmp_path / "app", ("hover",))
    assert "CONFIG_PLATFORM_CF21BL=y" in (tmp_path / "app" / "app-config").read_text()
