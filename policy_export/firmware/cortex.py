# SPDX-License-Identifier: Apache-2.0
"""An export on a Cortex-M4F that qemu emulates: the bits of this machine, and what they take."""

import re
import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from policy_export.errors import FirmwareError
from policy_export.firmware.budget import step_ms
from policy_export.firmware.host import FLIGHT, WARNINGS, compiler
from sim_core.onboard import REASONS, STATUSES

Float32 = NDArray[np.float32]

SOURCES = Path(__file__).parent / "machine"
LIBRARY = "libstdc++.a"
TOOLS = ("arm-none-eabi-g++", "arm-none-eabi-size", "qemu-system-arm")
PACKAGES = (
    "gcc-arm-none-eabi",
    "libnewlib-arm-none-eabi",
    "libstdc++-arm-none-eabi-newlib",
    "qemu-system-arm",
)
"""Where Debian and Ubuntu have them."""

CHIP = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")
"""As the firmware's Makefile builds for an STM32F405."""

FIRMWARE = (
    *("-Wall", "-Wmissing-braces", "-Wdouble-promotion", "-Werror"),
    *("-fno-strict-aliasing", "-fno-math-errno", "-ffunction-sections", "-fdata-sections"),
)
"""And with these flags, in front of the app's own."""

REPEATS = 200
LONGEST_S = 300.0


@dataclass(frozen=True)
class Figures:
    """What a policy takes on the chip.

    Attributes:
        flash_bytes: Of code and constants, without the proof's own.
        ram_bytes: Of one unit.
        stack_bytes: Of a step, as used.
        infer_instructions: Of the network alone.
        step_instructions: Of a step: guard, observation, network, limits.
    """

    flash_bytes: int
    ram_bytes: int
    stack_bytes: int
    infer_instructions: int
    step_instructions: int

    @property
    def step_ms(self) -> float:
        """What a step takes at 168 MHz, at the cycles per instruction that are assumed."""
        return step_ms(self.step_instructions)


@dataclass(frozen=True, eq=False)
class Proof:
    """What came of recorded states: observations (n, OBS), commands (n, 4)."""

    observations: Float32
    commands: Float32


def missing_tools() -> list[str]:
    """Which of the tools are not there."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if TOOLS[0] not in missing:
        ask = [TOOLS[0], f"-print-file-name={LIBRARY}"]  # a path, where there is one
        if subprocess.check_output(ask, text=True).strip() == LIBRARY:
            missing.append(f"{LIBRARY} for {TOOLS[0]}")
    return missing


def prove_on_host(
    folder: Path, states: Float32, task: int = 0, flags: tuple[str, ...] = ()
) -> Proof:
    """Fly an export through states on this machine.

    Args:
        folder: The export.
        states: One a control step, from the task's begin on, float32, shape (n, 13).
        task: Its number on board.
        flags: More for the compiler.

    Raises:
        FirmwareError: It does not compile, or does not run.
    """
    found = compiler()
    if found is None:
        raise FirmwareError("firmware for this machine: expected a C++ compiler, found none.")
    with tempfile.TemporaryDirectory() as scratch:
        words = [found, *FLIGHT, *WARNINGS, *flags]
        _compile(words, folder, "host.cpp", Path(scratch))
        _run(["./proof"], Path(scratch), states, task, 0)
        return _read(Path(scratch), len(states))[0]


def prove_on_cortex(
    folder: Path, states: Float32, task: int = 0, repeats: int = REPEATS
) -> tuple[Proof, Figures]:
    """The same on an emulated Cortex-M4F, and what it takes there.

    Raises:
        FirmwareError: A tool is missing, it does not compile, or does not run.
    """
    if missing := missing_tools():
        raise FirmwareError(
            f"proof on a Cortex-M4F: expected {', '.join(missing)}, found none;"
            f" on Debian and Ubuntu: apt install {' '.join(PACKAGES)}."
        )
    machine = "qemu-system-arm -M mps2-an386 -nographic -icount shift=0 -semihosting"
    with tempfile.TemporaryDirectory() as scratch:
        link = ("-nostartfiles", "-Wl,--gc-sections", f"-T{SOURCES / 'mps2.ld'}")
        words = ["arm-none-eabi-g++", *CHIP, *FIRMWARE, *FLIGHT, *WARNINGS, *link]
        _compile(words, folder, "mps2.cpp", Path(scratch))
        _run([*machine.split(), "-kernel", "proof"], Path(scratch), states, task, repeats)
        proof, (check, status, infer, step, stack) = _read(Path(scratch), len(states))
        if check or STATUSES[status] != "flying":
            raise FirmwareError(
                f"{folder}: expected it to fly on a Cortex-M4F, got {STATUSES[status]}:"
                f" {REASONS[check]}."
            )
        flash = _flash_bytes(folder, [*words[:1], *CHIP, *FIRMWARE, *FLIGHT], Path(scratch))
        return proof, Figures(flash, 8 * 192, stack, infer, step)


def _compile(words: list[str], folder: Path, machine: str, scratch: Path) -> None:
    include = [f"-I{folder / 'src'}", f"-I{folder / 'include'}", f"-I{SOURCES}"]
    sources = [SOURCES / "proof.cpp", SOURCES / machine]
    sources += [folder / "src" / name for name in ("policy.cpp", "unit.cpp")]
    done = subprocess.run(
        [*words, *include, *map(str, sources), "-o", str(scratch / "proof")],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        first = next((line for line in done.stderr.splitlines() if "error" in line), "no word")
        raise FirmwareError(f"{folder}: expected sources that {words[0]} compiles, got: {first}.")


def _run(words: list[str], scratch: Path, states: Float32, task: int, repeats: int) -> None:
    rows = np.ascontiguousarray(states, np.float32)
    order = struct.pack("<3i", task, len(rows), repeats)
    (scratch / "in.bin").write_bytes(order + rows[0].tobytes() + rows.tobytes())
    done = subprocess.run(
        words,
        cwd=scratch,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_S,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise FirmwareError(
            f"proof: expected {words[0]} to run, got status {done.returncode}: {last}."
        )


def _read(scratch: Path, count: int) -> tuple[Proof, tuple[int, ...]]:
    raw = (scratch / "out.bin").read_bytes()
    figures = struct.unpack("<5i", raw[-20:])
    rows = np.frombuffer(raw[:-20], np.float32).reshape(count, -1)
    return Proof(rows[:, :-4].copy(), rows[:, -4:].copy()), figures


def _flash_bytes(folder: Path, words: list[str], scratch: Path) -> int:
    """Text and constants of the two files that go to the drone beside the shell."""
    total = 0
    for name in ("policy", "unit"):
        file = str(scratch / f"{name}.o")
        include = [f"-I{folder / 'src'}", f"-I{folder / 'include'}"]
        source = str(folder / "src" / f"{name}.cpp")
        subprocess.run([*words, *include, "-c", source, "-o", file], check=True)
        told = subprocess.run(
            ["arm-none-eabi-size", file], capture_output=True, text=True, check=True
        )
        numbers = re.findall(r"\d+", told.stdout.splitlines()[1])
        total += int(numbers[0]) + int(numbers[1])
    return total
