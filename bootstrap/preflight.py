# SPDX-License-Identifier: Apache-2.0
"""What the machine must have before anything can be installed.

This file is read by whatever Python the machine has, old ones too: keep its syntax plain.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import sysconfig
from typing import NamedTuple

OLDEST = (3, 11)
NEWEST = (3, 13)


class Machine(NamedTuple):
    """What was found on this machine."""

    python: tuple[int, int]
    executable: str
    is_system_python: bool
    has_headers: bool
    has_venv: bool
    has_compiler: bool
    has_make: bool


def look() -> Machine:
    """Look at the machine and at the Python that runs this."""
    base = getattr(sys, "_base_executable", None) or sys.executable
    return Machine(
        python=(sys.version_info[0], sys.version_info[1]),
        executable=base,
        is_system_python=os.path.realpath(base) == os.path.realpath("/usr/bin/python3"),
        has_headers=os.path.isfile(os.path.join(sysconfig.get_path("include"), "Python.h")),
        has_venv=importlib.util.find_spec("ensurepip") is not None,
        has_compiler=all(shutil.which(tool) for tool in _compilers()),
        has_make=shutil.which("make") is not None,
    )


def wrong_python(machine: Machine) -> str | None:
    """Say in one sentence why this Python will not do, or return None."""
    if OLDEST <= machine.python <= NEWEST:
        return None
    return (
        f"Martlet needs Python {_dotted(OLDEST)} to {_dotted(NEWEST)}, got"
        f" {_dotted(machine.python)} at {machine.executable}: install one (Debian and Ubuntu:"
        " python3.11, python3.11-dev and python3.11-venv, or the same of 3.12 or 3.13) or name one,"
        " `make setup PYTHON=python3.12`."
    )


def missing_tools(machine: Machine) -> str | None:
    """Name in one sentence what is missing and the packages that bring it, or return None."""
    stem = "python3" if machine.is_system_python else f"python{_dotted(machine.python)}"
    wanted = [
        (machine.has_headers, f"the headers of {machine.executable} (Python.h)", f"{stem}-dev"),
        (machine.has_venv, f"the venv module of {machine.executable} (ensurepip)", f"{stem}-venv"),
        (machine.has_compiler, "a C++ compiler (g++)", "g++"),
        (machine.has_make, "make", "make"),
    ]
    things = [thing for found, thing, _ in wanted if not found]
    packages = [package for found, _, package in wanted if not found]
    if not things:
        return None
    listed = " and ".join(filter(None, [", ".join(things[:-1]), things[-1]]))
    return f"This machine lacks {listed}; on Debian and Ubuntu: apt install {' '.join(packages)}."


def _compilers() -> tuple[str, str]:
    return (
        os.environ.get("CC", "").split(" ")[0] or "cc",
        os.environ.get("CXX", "").split(" ")[0] or "c++",
    )


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(str(part) for part in version)
