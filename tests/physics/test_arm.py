# SPDX-License-Identifier: Apache-2.0
"""64-bit Arm gives the bits of x86-64: the core, cross-compiled and run by an emulator.

Needs a cross compiler and qemu; on Debian: apt install g++-aarch64-linux-gnu qemu-user.
"""

import itertools
import os
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from sim_core import _core

ARM = Path(__file__).parents[1] / "arm"
CROSS, EMULATOR = "aarch64-linux-gnu-g++", "qemu-aarch64"
ISAS = ["baseline", "scalar"]  # Arm's; all of x86-64 are held together in test_determinism.py
TASKS = [about["name"] for about in (*_core.TASKS.values(), *_core.MOTOR_TASKS.values())]
MISSING = [tool for tool in (CROSS, EMULATOR, "g++") if shutil.which(tool) is None]


def sums(compiler, folder, emulator=(), optimise="-O2"):
    """Checksum of the same flights by task and instruction set."""
    folder.mkdir()
    program = folder / "bits_of_a_flight"
    command = [ARM / "build.sh", compiler, program, folder]
    subprocess.run(command, env=os.environ | {"CXXFLAGS": optimise}, check=True)
    run = subprocess.run([*emulator, program], capture_output=True, text=True, check=True)
    rows = [line.split() for line in run.stdout.splitlines()]
    return {(task, isa): found for task, isa, found in rows}


@pytest.mark.slow
@pytest.mark.timeout(1200)  # two builds
@pytest.mark.skipif(
    bool(MISSING),
    reason=f"{', '.join(MISSING)} not found: apt install g++ g++-aarch64-linux-gnu qemu-user",
)
@pytest.mark.skipif(platform.machine() != "x86_64", reason="compares x86-64 with Arm")
def test_arm_flies_the_bits_of_x86(tmp_path):
    # Built twice as soon; the bits of x86-64 at -O3 are the other tests' concern.
    here = sums("g++", tmp_path / "x86", optimise="-O1")
    there = sums(CROSS, tmp_path / "arm", [EMULATOR])
    assert set(here) == set(there) == set(itertools.product(TASKS, ISAS))
    for task in TASKS:
        assert len({found for (of, _), found in [*here.items(), *there.items()] if of == task}) == 1
