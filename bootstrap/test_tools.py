# SPDX-License-Identifier: Apache-2.0
"""What some tests want of the machine beyond a compiler: other machines, emulated.

Installed from apt where that can be done without asking; where not, those tests skip and say why.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence

PACKAGES = {
    "arm-none-eabi-g++": (
        "gcc-arm-none-eabi",
        "libnewlib-arm-none-eabi",
        "libstdc++-arm-none-eabi-newlib",
    ),
    "qemu-system-arm": ("qemu-system-arm",),
    "aarch64-linux-gnu-g++": ("g++-aarch64-linux-gnu",),
    "qemu-aarch64": ("qemu-user",),
}
"""Debian's and Ubuntu's, by the tool that they bring."""

Run = Callable[[Sequence[str]], bool]
"""Runs a command, and tells whether it did what it should."""


def missing_packages(which: Callable[[str], str | None] = shutil.which) -> list[str]:
    """The packages of the tools that are not there."""
    return [name for tool, names in PACKAGES.items() if which(tool) is None for name in names]


def install(packages: Sequence[str], run: Run | None = None, user: int | None = None) -> str | None:
    """Install packages, if apt is there and we may.

    Args:
        packages: Their names; none: nothing is done.
        run: How commands are run.
        user: Who we are; 0 is root.

    Returns:
        What is to be said; None where there was nothing to do.
    """
    run = run or _run
    user = os.getuid() if user is None else user
    if not packages:
        return None
    wanted = " ".join(packages)
    later = f"some tests will be skipped; on Debian and Ubuntu: apt install {wanted}."
    before = () if user == 0 else ("sudo", "-n")
    if not run(("apt-get", "--version")) or not (user == 0 or run(("sudo", "-n", "true"))):
        return f"Not installed, for want of apt or of the right to use it: {later}"
    quiet = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq")
    run((*before, *quiet, "update"))  # where it fails, the lists of before may do
    if run((*before, *quiet, "install", "-y", "--no-install-recommends", *packages)):
        return f"Installed for tests: {wanted}."
    return f"apt did not install them: {later}"


def _run(words: Sequence[str]) -> bool:
    try:
        done = subprocess.run(words, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    except OSError:
        return False
    return done.returncode == 0
