# SPDX-License-Identifier: Apache-2.0
"""Tools of tests are installed where that needs no asking, and named where not."""

from collections.abc import Sequence

import pytest

from bootstrap.test_tools import PACKAGES, install, missing_packages


class Shell:
    """Remembers what it is asked to run, and fails at some of it."""

    def __init__(self, *failing: str) -> None:
        self.ran: list[str] = []
        self._failing = failing

    def __call__(self, words: Sequence[str]) -> bool:
        self.ran.append(" ".join(words))
        return not any(part in self.ran[-1] for part in self._failing)


def test_packages_of_missing_tools_alone_are_wanted() -> None:
    assert missing_packages(lambda tool: f"/usr/bin/{tool}") == []
    found = missing_packages(lambda tool: None if tool == "qemu-aarch64" else tool)
    assert found == ["qemu-user"]
    assert len(missing_packages(lambda _: None)) == sum(map(len, PACKAGES.values()))


def test_nothing_is_run_where_nothing_is_missing() -> None:
    shell = Shell()
    assert install([], shell, 0) is None
    assert shell.ran == []


@pytest.mark.parametrize(("user", "begins"), [(0, "env"), (1000, "sudo -n env")])
def test_packages_are_installed_as_root_or_without_a_password(user: int, begins: str) -> None:
    shell = Shell("update")  # an update that fails stops nothing
    said = install(["qemu-user"], shell, user)
    assert said == "Installed for tests: qemu-user."
    assert shell.ran[-1].startswith(begins)
    assert shell.ran[-1].endswith("install -y --no-install-recommends qemu-user")


@pytest.mark.parametrize(
    ("failing", "user"), [("--version", 0), ("sudo -n true", 1000), ("install", 0)]
)
def test_packages_that_cannot_be_installed_are_named(failing: str, user: int) -> None:
    said = install(["qemu-user"], Shell(failing), user)
    assert said is not None
    assert said.endswith("some tests will be skipped; on Debian and Ubuntu: apt install qemu-user.")
