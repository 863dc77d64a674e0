# SPDX-License-Identifier: Apache-2.0
"""Builds the stand-in for crazyflie_interfaces, once for its sources: later runs find it built."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parent / "crazyflie_interfaces"
BUILD = Path(__file__).parents[2] / "build" / "crazyflie_interfaces"


def stand_in(env: dict[str, str]) -> Path:
    """The prefix that it is installed in.

    Args:
        env: For processes that speak ROS 2.
    """
    files = sorted(path for path in SOURCE.rglob("*") if path.is_file())
    key = hashlib.sha256(b"".join(path.read_bytes() for path in files) + sys.version.encode())
    folder = BUILD / key.hexdigest()[:12]
    prefix = folder / "install"
    done = folder / "done"
    if not done.exists():
        options = [f"-DCMAKE_INSTALL_PREFIX={prefix}", f"-DPython3_EXECUTABLE={sys.executable}"]
        options += ["-GNinja", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_C_FLAGS_DEBUG=-O0"]
        options += ["-DCMAKE_CXX_FLAGS_DEBUG=-O0", "-DBUILD_TESTING=OFF", "-Wno-dev"]
        _run(["cmake", "-S", str(SOURCE), "-B", str(folder), *options], env)
        _run(["cmake", "--build", str(folder), "--target", "install"], env)
        done.touch()
    return prefix


def with_stand_in(env: dict[str, str]) -> dict[str, str]:
    """The environment with the package laid over it."""
    prefix = stand_in(env)
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    over = {
        "AMENT_PREFIX_PATH": prefix,
        "LD_LIBRARY_PATH": prefix / "lib",
        "PYTHONPATH": prefix / "lib" / python / "site-packages",
    }
    return env | {key: f"{path}:{env.get(key, '')}" for key, path in over.items()}


def _run(words: list[str], env: dict[str, str]) -> None:
    done = subprocess.run(
        words,
        env=env | {"CMAKE_PREFIX_PATH": env.get("AMENT_PREFIX_PATH", "").replace(os.pathsep, ";")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
