# SPDX-License-Identifier: Apache-2.0
"""The same bits on this machine and on an emulated Cortex-M4F, and within a millisecond there."""

from pathlib import Path

import numpy as np
import pytest
from sample_policy import MANIFEST
from small_policy import hovering_states, write_policy

from martlet import firmware
from policy_export.errors import FirmwareError
from policy_export.firmware import cortex
from policy_export.firmware.export import write_firmware


@pytest.mark.skipif(
    bool(cortex.missing_tools()),
    reason=f"a Cortex-M4F wants the packages {', '.join(cortex.PACKAGES)}",
)
def test_cortex_m4f_has_the_bits_of_this_machine_in_a_millisecond(tmp_path: Path) -> None:
    policy = write_policy(tmp_path / "policy.onnx", MANIFEST, (64, 64))
    plan = firmware.plan(policy, ("lemniscate",))
    write_firmware(plan, tmp_path / "app")
    states = hovering_states(200, plan.board.starts_m()[0])
    here = cortex.prove_on_host(tmp_path / "app", states)
    there, figures = cortex.prove_on_cortex(tmp_path / "app", states, repeats=20)
    np.testing.assert_array_equal(there.observations, here.observations)
    np.testing.assert_array_equal(there.commands, here.commands)
    assert 20_000 < figures.infer_instructions < figures.step_instructions
    assert figures.step_ms <= 1.0
    assert 1000 < figures.stack_bytes < 4000  # CONFIG_APP_STACKSIZE has room for the shell, too
    assert plan.budget.step_ms == pytest.approx(figures.step_ms, rel=0.25)


def test_missing_tool_is_named_with_its_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cortex, "TOOLS", ("qemu-of-nowhere",))
    with pytest.raises(FirmwareError, match=r"expected qemu-of-nowhere.*apt install gcc-arm"):
        cortex.prove_on_cortex(tmp_path, np.zeros((1, 13), np.float32))
