# SPDX-License-Identifier: Apache-2.0
"""Which build of PyTorch to take: the CPU's where pip offers one.

A bare ``torch`` can bring several GB of CUDA along, which networks of this size do not need.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

OVERRIDE = "MARTLET_TORCH"
"""Environment variable with a requirement to install instead, ``torch>=2.9`` for one."""

TESTED = "2.13.0"
"""The release that the project is tested with."""

_CPU = "+cpu"
_LARGE_BYTES = 1_000_000_000


def offered_versions(listing: str) -> list[str]:
    """Read the versions out of what ``pip index versions torch`` prints.

    Args:
        listing: Standard output of pip.

    Returns:
        Versions, newest first; empty when pip printed none.
    """
    found = re.search(r"^Available versions: (.*)$", listing, flags=re.MULTILINE)
    return [version.strip() for version in found.group(1).split(",")] if found else []


def choose(versions: Iterable[str], requirement: str) -> str:
    """Choose the requirement to hand to pip.

    A CPU build comes before any other, and the tested release before newer ones.

    Args:
        versions: What pip offers, newest first.
        requirement: The range the project allows, ``torch>=2.6,<3``.

    Returns:
        ``torch==2.13.0+cpu`` for one; the range itself when nothing offered lies in it.
    """
    allowed = [version for version in versions if _allows(requirement, version)]
    cpu = [version for version in allowed if version.endswith(_CPU)]
    for candidates in ([TESTED + _CPU], cpu, [TESTED], allowed):
        for version in candidates:
            if version in allowed:
                return f"torch=={version}"
    return requirement


def is_cpu_build(requirement: str) -> bool:
    """Say whether a requirement names a CPU build."""
    return requirement.endswith(_CPU)


def is_large(download_bytes: int | None) -> bool:
    """Say whether a download is worth a word before it begins; one of unknown size is."""
    return download_bytes is None or download_bytes > _LARGE_BYTES


def warning(requirement: str, download_bytes: int | None) -> str:
    """Say what a build that is not the CPU's costs, before it is downloaded.

    Args:
        requirement: What pip is going to be asked for.
        download_bytes: Size of all that it downloads [B]; None when it is not known.
    """
    size = f"{download_bytes / 1e9:.1f} GB" if download_bytes is not None else "perhaps several GB"
    return (
        f"pip offers no CPU build of PyTorch for this Python: {requirement} is {size} to download."
        " To avoid it, stop here, set PIP_EXTRA_INDEX_URL to PyTorch's index of CPU builds, and run"
        " `make setup` again."
    )


def _allows(requirement: str, version: str) -> bool:
    """Compare release numbers; pre-releases are never allowed."""
    if not re.fullmatch(r"[0-9.]+(\+\w+)?", version):
        return False
    release = _release(version)
    bounds = re.findall(r"(>=|<)\s*([0-9.]+)", requirement)
    return all(
        release >= _release(bound) if sign == ">=" else release < _release(bound)
        for sign, bound in bounds
    )


def _release(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in version.split("+")[0].split(".")]
    return tuple(numbers + [0] * (3 - len(numbers)))
