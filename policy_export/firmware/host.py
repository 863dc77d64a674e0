# SPDX-License-Identifier: Apache-2.0
"""An exported policy, compiled for this machine and called from Python."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from policy_export.errors import FirmwareError
from policy_export.firmware.sources import APP
from sim_core.onboard import REASONS, STATUSES, Step

Float32 = NDArray[np.float32]

WARNINGS = ("-Wall", "-Wextra", "-Werror")
FLIGHT = tuple(
    word
    for line in (APP / "Kbuild.src").read_text().splitlines()
    if line.startswith("FLIGHT")
    for word in line.split()[2:]
)
"""The flags that the app's Kbuild file sets for the drone."""


class _Input(ctypes.Structure):
    _fields_ = (
        ("state", ctypes.c_float * 13),
        ("now_ms", ctypes.c_uint32),
        ("heard_ms", ctypes.c_uint32),
        ("heard", ctypes.c_bool),
        ("engage", ctypes.c_bool),
        ("task", ctypes.c_uint8),
    )


class _Output(ctypes.Structure):
    _fields_ = (
        ("command", ctypes.c_float * 4),
        ("rest", ctypes.c_float * 4),
        ("rest_s", ctypes.c_float),
        ("status", ctypes.c_uint8),
        ("reason", ctypes.c_uint8),
        ("returned", ctypes.c_bool),
    )


def compiler() -> str | None:
    """The C++ compiler of this machine: CXX's, or one of the usual names."""
    names = (os.environ.get("CXX", ""), "g++", "c++", "clang++")
    return next((path for name in names if name and (path := shutil.which(name))), None)


def build_host(folder: Path, library: Path, flags: Sequence[str] = ()) -> Path:
    """Compile an export's policy and guard into a shared library.

    Args:
        folder: The export.
        library: What to write.
        flags: More for the compiler.

    Raises:
        FirmwareError: There is no compiler, or it refuses.
    """
    found = compiler()
    if found is None:
        raise FirmwareError("firmware for this machine: expected a C++ compiler, found none.")
    sources = [str(folder / "src" / name) for name in ("policy.cpp", "unit.cpp")]
    include = (f"-I{folder / 'src'}", f"-I{folder / 'include'}")
    words = [found, *FLIGHT, *WARNINGS, *include, "-shared", "-fPIC", *flags, *sources]
    done = subprocess.run([*words, "-o", str(library)], capture_output=True, text=True, check=False)
    if done.returncode:
        first = next((line for line in done.stderr.splitlines() if "error" in line), "no word")
        raise FirmwareError(f"{folder}: expected sources that {found} compiles, got: {first}.")
    return library


class HostPolicy:
    """One drone's policy and guard, as they are on board."""

    def __init__(self, library: Path) -> None:
        """Load a library of `build_host`, and let it check itself.

        Raises:
            FirmwareError: No such library.
        """
        try:
            self._library = ctypes.CDLL(str(library))
        except OSError as error:
            raise FirmwareError(f"{library}: expected a policy's library: {error}.") from None
        self._library.martlet_task_name.restype = ctypes.c_char_p
        self._library.martlet_thrust_counts.argtypes = (ctypes.c_float,)
        self._library.martlet_thrust_counts.restype = ctypes.c_uint16
        self._library.martlet_crc.restype = ctypes.c_uint32
        self._unit = (ctypes.c_uint64 * 192)()
        self._input, self._output = _Input(), _Output()
        self.observation_size = int(self._library.martlet_observation_size())
        self._library.martlet_boot(self._unit)

    @property
    def crc(self) -> int:
        """CRC-32 over its weights and tables."""
        return int(self._library.martlet_crc())

    @property
    def period_ms(self) -> int:
        """From one step to the next."""
        return int(self._library.martlet_period_ms())

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of the tasks on board, in the order of their numbers."""
        count = self._library.martlet_task_count()
        return tuple(self._library.martlet_task_name(i).decode() for i in range(count))

    def check(self) -> str:
        """What its check says, one of `REASONS`."""
        return REASONS[self._library.martlet_check()]

    def step(
        self, state: Float32, now_ms: int, heard_ms: int | None, *, engage: bool, task: int
    ) -> Step:
        """One step, `period_ms` after the one before.

        Args:
            state: The drone's own estimate, float32, shape (13,).
            now_ms: Its clock.
            heard_ms: When the last dead-man packet came; None: none yet.
            engage: The parameter.
            task: The other parameter.
        """
        into = self._input
        into.state[:] = state.tolist()
        into.now_ms = now_ms
        into.heard, into.heard_ms = heard_ms is not None, heard_ms or 0
        into.engage, into.task = engage, task
        self._library.martlet_step(self._unit, ctypes.byref(into), ctypes.byref(self._output))
        out = self._output
        thrust, p, q, r = out.command
        x, y, z, yaw = out.rest
        status = STATUSES[out.status]
        return Step(
            status,
            REASONS[out.reason],
            (thrust, p, q, r) if status == "flying" else None,
            ((x, y, z, yaw), out.rest_s) if out.returned else None,
        )

    def thrust_counts(self, thrust_n: float) -> int:
        """16 bits of thrust, as the app streams them."""
        return int(self._library.martlet_thrust_counts(thrust_n))

    def begin(self, task: int) -> None:
        """Begin a task, without the guard."""
        self._library.martlet_begin(self._unit, task)

    def observe(self, state: Float32, row: int) -> Float32:
        """The observation of a state, `row` control steps after the begin."""
        out = np.empty(self.observation_size, np.float32)
        self._library.martlet_observe(self._unit, _at(state), row, _at(out))
        return out

    def decode(self, output: Float32) -> Float32:
        """The command of an output, remembered as sent."""
        out = np.empty(4, np.float32)
        self._library.martlet_decode(self._unit, _at(output), _at(out))
        return out

    def infer(self, observations: Float32) -> Float32:
        """The network alone: observations (n, OBS) to commands (n, 4), not limited."""
        rows = np.ascontiguousarray(observations, np.float32)
        out = np.empty((len(rows), 4), np.float32)
        for row, command in zip(rows, out, strict=True):
            self._library.martlet_infer(_at(row), _at(command))
        return out


def _at(array: Float32) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
