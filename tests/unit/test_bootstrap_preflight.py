# SPDX-License-Identifier: Apache-2.0
"""What a machine must have before a set-up, said in one sentence."""

import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap import preflight

ROOT = Path(preflight.__file__).parents[1]
COMPLETE = preflight.Machine(
    python=(3, 12),
    executable="/usr/bin/python3",
    is_system_python=True,
    has_headers=True,
    has_venv=True,
    has_compiler=True,
    has_make=True,
)


def _without(found: str) -> preflight.Machine:
    return preflight.Machine(**{**COMPLETE._asdict(), found: False})


def test_missing_tools_on_a_complete_machine_says_nothing() -> None:
    assert preflight.missing_tools(COMPLETE) is None


@pytest.mark.parametrize(
    ("lacking", "package"),
    [
        ("has_headers", "python3-dev"),
        ("has_venv", "python3-venv"),
        ("has_compiler", "g++"),
        ("has_make", "make"),
    ],
)
def test_missing_tools_names_the_package(lacking: str, package: str) -> None:
    sentence = preflight.missing_tools(_without(lacking))

    assert sentence is not None
    assert sentence.endswith(f": apt install {package}.")
    assert "\n" not in sentence


def test_missing_tools_names_everything_at_once() -> None:
    sentence = preflight.missing_tools(COMPLETE._replace(has_headers=False, has_compiler=False))

    assert sentence is not None
    assert sentence.endswith("apt install python3-dev g++.")


def test_missing_tools_for_another_python_names_that_pythons_packages() -> None:
    machine = COMPLETE._replace(
        python=(3, 13),
        executable="/usr/bin/python3.13",
        is_system_python=False,
        has_headers=False,
        has_venv=False,
    )

    sentence = preflight.missing_tools(machine)

    assert sentence is not None
    assert sentence.endswith("apt install python3.13-dev python3.13-venv.")


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
def test_wrong_python_accepts_the_supported(version: tuple[int, int]) -> None:
    assert preflight.wrong_python(COMPLETE._replace(python=version)) is None


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_wrong_python_refuses_others_in_one_sentence(version: tuple[int, int]) -> None:
    sentence = preflight.wrong_python(COMPLETE._replace(python=version))

    assert sentence is not None
    assert "3.11 to 3.13" in sentence
    assert f"got {version[0]}.{version[1]} at /usr/bin/python3" in sentence
    assert "python3.12-venv" in sentence or "python3.11-venv" in sentence


def test_setup_refuses_a_wrong_python_with_exit_code_2() -> None:
    pretend = "import sys; sys.version_info = (3, 10, 0, 'final', 0); sys.argv = ['', 'setup']"
    run = "import runpy; runpy.run_module('bootstrap', run_name='__main__')"

    done = subprocess.run(
        [sys.executable, "-S", "-c", f"{pretend}; {run}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr.startswith("Martlet needs Python 3.11 to 3.13, got 3.10 at ")
    assert done.stderr.count("\n") == 1
