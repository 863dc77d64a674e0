# SPDX-License-Identifier: Apache-2.0
"""pip, as the steps call it."""

from __future__ import annotations

import json
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bootstrap import torch_build
from bootstrap.layout import Layout
from bootstrap.shell import Shell


def environment(base: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for pip: the user's indexes, but nothing installed elsewhere."""
    kept = {k: v for k, v in base.items() if k not in {"PYTHONPATH", "PYTHONHOME", "PIP_TARGET"}}
    return kept | {
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_USER": "0",
        # The wheels of ROS 2 start every interpreter twice without it.
        "_ROS_WHEELS_BOOTSTRAP_COMPLETE": "1",
    }


def install(shell: Shell, layout: Layout, arguments: Sequence[str]) -> None:
    """Install into the virtual environment; mends first what a killed pip left behind."""
    forget_half_installed(layout.site_packages)
    # Python compiles what it imports; compiling all of torch here took 19 of 29 s.
    options = ["--progress-bar", "off", "--no-compile"]
    shell.run([*_pip(layout), "install", *options, *arguments])


def versions(shell: Shell, layout: Layout, name: str) -> list[str]:
    """List the versions of a package that pip offers this Python, newest first."""
    listing = shell.output([*_pip(layout), "index", "versions", name])
    return torch_build.offered_versions(listing)


def download_bytes(shell: Shell, layout: Layout, requirement: str) -> int | None:
    """Sum the sizes [B] of what pip would download for a requirement; None when one is unknown."""
    report = shell.log.with_suffix(".report.json")
    options = ["--dry-run", "--quiet", "--report", str(report)]
    shell.run([*_pip(layout), "install", *options, requirement])
    urls = [item["download_info"]["url"] for item in json.loads(report.read_text())["install"]]
    with ThreadPoolExecutor(8) as pool:
        sizes = list(pool.map(_size, urls))
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


def forget_half_installed(site_packages: Path) -> list[str]:
    """Make pip install again what it was killed in the middle of.

    pip writes INSTALLER and RECORD last; a package without them counts as installed all the same.

    Args:
        site_packages: Folder that pip installs into.

    Returns:
        Names of the folders that were removed.
    """
    half = [
        info
        for info in site_packages.glob("*.dist-info")
        if not ((info / "INSTALLER").is_file() and (info / "RECORD").is_file())
    ]
    half += site_packages.glob("~*")  # what pip had moved aside
    for folder in half:
        shutil.rmtree(folder, ignore_errors=True)
    return [folder.name for folder in half]


def _pip(layout: Layout) -> list[str]:
    return [str(layout.python), "-m", "pip"]


def _size(url: str) -> int | None:
    if url.startswith("file:"):
        return os.stat(urllib.request.url2pathname(url.removeprefix("file://"))).st_size
    try:
        head = urllib.request.Request(url, method="HEAD")
        with urllib.request.urlopen(head, timeout=20) as answer:
            return int(answer.headers["Content-Length"])
    except (urllib.error.URLError, TimeoutError, TypeError):
        return None
