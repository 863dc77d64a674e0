# SPDX-License-Identifier: Apache-2.0
"""madd is rounded once on every instruction set, whether its processor can do that or not."""

import shutil
import subprocess
from pathlib import Path

import pytest

from sim_core import _core

PROGRAM = Path(__file__).parents[1] / "madd" / "madd_against_libm.cpp"
HEADERS = Path(__file__).parents[2] / "sim_core" / "cpp" / "include"
AVX512 = ["-mavx512f", "-mavx512dq", "-mavx512vl", "-mavx512bw", "-mfma"]
FLAGS = {"scalar": (1, []), "baseline": (4, []), "avx2": (8, ["-mavx2", "-mfma"])}
FLAGS["avx512"] = (16, AVX512)
ARM, EMULATOR = "aarch64-linux-gnu-g++", "qemu-aarch64"


def compare(compiler, folder, isa, emulator=()):
    """Numbers compared with the C library's fmaf; fails at the first that differs."""
    lanes, flags = FLAGS[isa]
    names = [f"-DSIM_CORE_ISA={isa}", f"-DSIM_CORE_LANES={lanes}"]
    options = ["-std=c++17", "-O2", "-Wno-psabi", "-ffp-contract=off", "-static", f"-I{HEADERS}"]
    program = folder / isa
    subprocess.run([compiler, *options, *flags, *names, PROGRAM, "-o", program], check=True)
    run = subprocess.run([*emulator, program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    return int(run.stdout.split()[0])


@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ not found")
@pytest.mark.parametrize("isa", _core.instruction_sets())
def test_madd_is_rounded_once(tmp_path, isa):
    assert compare("g++", tmp_path, isa) > 4_000_000


@pytest.mark.skipif(
    shutil.which(ARM) is None or shutil.which(EMULATOR) is None,
    reason=f"{ARM} or {EMULATOR} not found: apt install g++-aarch64-linux-gnu qemu-user",
)
@pytest.mark.parametrize("isa", ["scalar", "baseline"])
def test_madd_is_rounded_once_on_arm(tmp_path, isa):
    assert compare(ARM, tmp_path, isa, [EMULATOR]) > 4_000_000
