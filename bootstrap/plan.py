# SPDX-License-Identifier: Apache-2.0
"""The steps from nothing to a working set-up, in the order they are taken."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bootstrap import pip, ros_wheels, torch_build
from bootstrap.layout import Layout
from bootstrap.shell import Shell
from bootstrap.stamps import fingerprint

Say = Callable[[str], None]


@dataclass(frozen=True)
class Step:
    """One step of the set-up."""

    name: str  # of its stamp and its log
    title: str
    key: str  # fingerprint of all that it depends on
    run: Callable[[Shell, Say], None]
    leftovers: tuple[Path, ...] = ()  # to be removed when the step was killed half way
    alongside: bool = False  # the steps after it do not wait for it
    after: tuple[str, ...] = ()  # steps alongside that it does wait for


def make_plan(layout: Layout, *, dev: bool, hardware: bool) -> list[Step]:
    """List the steps; each knows by its key whether it was done before.

    Args:
        layout: The checkout.
        dev: Whether the tools of `make test` are wanted.
        hardware: Whether cflib is wanted.
    """
    steps = [_venv(layout), _build_tools(layout), _core(layout)]
    steps += [_ros(layout), _workspace(layout), _torch(layout)]
    needed = layout.dependencies() + layout.extra("train")
    steps.append(_packages(layout, "packages", "Python packages", needed))
    if hardware:
        steps.append(_packages(layout, "hardware", "cflib for the radio", layout.extra("hardware")))
    if dev:
        steps.append(_packages(layout, "dev", "tools for tests and checks", layout.extra("dev")))
    return [*steps, _martlet(layout)]


def _venv(layout: Layout) -> Step:
    def run(shell: Shell, _: Say) -> None:
        for stale in (layout.venv, *_workspace_products(layout), *_core_products(layout)):
            shutil.rmtree(stale, ignore_errors=True)
        base = getattr(sys, "_base_executable", None) or sys.executable
        shell.run([base, "-m", "venv", layout.venv])

    key = fingerprint([layout.python_version, str(layout.root)])
    return Step("venv", f"virtual environment, Python {layout.python_version}", key, run)


def _build_tools(layout: Layout) -> Step:
    file = layout.requirements / "build.txt"

    def run(shell: Shell, _: Say) -> None:
        pip.install(shell, layout, ["-r", str(file)])

    return Step("build_tools", "build tools", fingerprint([], [file]), run)


def _ros(layout: Layout) -> Step:
    sourced = layout.sourced_ros()
    files = [layout.requirements / "colcon.txt"]
    if sourced is None:
        files.append(layout.requirements / "ros.txt")

    def run(shell: Shell, _: Say) -> None:
        pip.install(shell, layout, [word for file in files for word in ("-r", str(file))])
        if sourced is None:
            _repair(shell, layout)
        shell.run([layout.python, "-c", "import rclpy"], env=layout.ros_env())

    title = "ROS 2 Jazzy wheels" if sourced is None else f"colcon, for the ROS 2 in {sourced}"
    return Step("ros", title, fingerprint([str(sourced)], files), run)


def _repair(shell: Shell, layout: Layout) -> None:
    """Point the wheels' CMake files at the headers of the environment's own Python."""
    paths = "sysconfig.get_path('include'), numpy.get_include()"
    ask = f"import numpy, sysconfig; print({paths}, sep='\\n')"
    python_headers, numpy_headers = shell.output([layout.python, "-c", ask]).splitlines()
    ros_wheels.repair(layout.venv, Path(python_headers), Path(numpy_headers))


def _workspace(layout: Layout) -> Step:
    sourced = layout.sourced_ros()
    inputs = [
        layout.workspace / "src",
        layout.root / "launch",
        layout.requirements / "build.txt",
        layout.requirements / "colcon.txt",
        layout.requirements / "ros.txt",
    ]

    def run(shell: Shell, _: Say) -> None:
        cpus = len(os.sched_getaffinity(0))
        # Left alone, colcon hands ninja a load limit and so builds on one core of a busy machine.
        env = layout.ros_env() | {"MAKEFLAGS": f"-j{cpus}"}
        shell.run(_colcon(layout, with_cpp=sourced is not None), cwd=layout.workspace, env=env)

    return Step(
        "workspace",
        "ROS 2 workspace (colcon)",
        fingerprint([str(sourced)], inputs),
        run,
        leftovers=_workspace_products(layout),
        alongside=True,
    )


def _colcon(layout: Layout, *, with_cpp: bool) -> list[str | Path]:
    definitions = {
        "CMAKE_BUILD_TYPE": "Release",
        # Code that copies fields: -O3 makes the build a quarter longer, and no message faster.
        "CMAKE_C_FLAGS_RELEASE": "-O1 -DNDEBUG",
        "CMAKE_CXX_FLAGS_RELEASE": "-O1 -DNDEBUG",
        "BUILD_TESTING": "OFF",
        "MARTLET_MSGS_PYTHON_ONLY": "OFF" if with_cpp else "ON",
        "Python3_EXECUTABLE": str(layout.python),
    }
    options = ["--merge-install", "--symlink-install", "--base-paths", "src"]
    cmake_args = [
        "-GNinja",
        "--no-warn-unused-cli",
        *(f"-D{name}={value}" for name, value in definitions.items()),
    ]
    return [layout.venv / "bin" / "colcon", "build", *options, "--cmake-args", *cmake_args]


def _torch(layout: Layout) -> Step:
    override = _torch_override(layout)
    allowed = next(line for line in layout.extra("train") if line.startswith("torch"))

    def run(shell: Shell, say: Say) -> None:
        requirement = override or torch_build.choose(pip.versions(shell, layout, "torch"), allowed)
        if not (override or torch_build.is_cpu_build(requirement)):
            size_bytes = pip.download_bytes(shell, layout, requirement)
            if torch_build.is_large(size_bytes):
                say(torch_build.warning(requirement, size_bytes))
        pip.install(shell, layout, [requirement])
        _torch_choice(layout).write_text(override)

    key = fingerprint([override, allowed, torch_build.TESTED])
    return Step("torch", "PyTorch", key, run)


def _torch_override(layout: Layout) -> str:
    """The build that was asked for: now, or when this environment was set up."""
    file = _torch_choice(layout)
    chosen_before = file.read_text() if file.is_file() else ""
    return os.environ.get(torch_build.OVERRIDE, chosen_before)


def _torch_choice(layout: Layout) -> Path:
    return layout.stamps / "torch.requirement"


def _packages(layout: Layout, name: str, title: str, wanted: Iterable[str]) -> Step:
    requirements = [line for line in wanted if not line.startswith("torch")]

    def run(shell: Shell, _: Say) -> None:
        pip.install(shell, layout, requirements)

    return Step(name, title, fingerprint(requirements), run)


def _core(layout: Layout) -> Step:
    """Compile the C++ core into build/, where the installation finds it done."""
    build = "from scikit_build_core.build import build_editable"
    program = f"{build}; build_editable({str(layout.logs / 'wheel')!r})"

    def run(shell: Shell, _: Say) -> None:
        shell.run([layout.python, "-c", program], cwd=layout.root)

    return Step(
        "core",
        "C++ core",
        fingerprint([layout.build_settings()], _core_inputs(layout)),
        run,
        leftovers=_core_products(layout),
        alongside=True,
    )


def _martlet(layout: Layout) -> Step:
    options = ["--no-deps", "--no-build-isolation", "--editable", str(layout.root)]

    def run(shell: Shell, _: Say) -> None:
        pip.install(shell, layout, options)
        shell.run([layout.python, "-c", "import sim_core._core"])

    key = fingerprint([layout.build_settings()], _core_inputs(layout))
    return Step("martlet", "Martlet, editable", key, run, after=("core",))


def _core_inputs(layout: Layout) -> list[Path]:
    return [
        layout.root / "CMakeLists.txt",
        layout.root / "sim_core" / "cpp",
        layout.root / "training" / "cpp",
        layout.requirements / "build.txt",
    ]


def _workspace_products(layout: Layout) -> tuple[Path, ...]:
    return tuple(layout.workspace / name for name in ("build", "install", "log"))


def _core_products(layout: Layout) -> tuple[Path, ...]:
    return tuple((layout.root / "build").glob("cp*"))
