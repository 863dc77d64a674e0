# SPDX-License-Identifier: Apache-2.0
"""What has been done already, and with which inputs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

_LEFT_BEHIND = re.compile(r"__pycache__/|\.egg-info/|(^|/)\.")  # by tools, in the folders they read


def fingerprint(values: Iterable[str], paths: Iterable[Path] = ()) -> str:
    """Hash some words, and the names and contents of files and folders.

    Args:
        values: Words that matter, in order.
        paths: Files, or folders with all that lies in them; a path that does not exist counts too.

    Returns:
        The SHA-256 in hexadecimal.
    """
    digest = hashlib.sha256()
    for value in values:
        digest.update(f"{len(value)}:{value}".encode())
    for path in paths:
        for file in _files(path):
            content = file.read_bytes() if file.is_file() else b"missing"
            digest.update(f"{file}:{len(content)}:".encode() + content)
    return digest.hexdigest()


class Stamps:
    """Stamps of steps, one file each, in a folder that goes when the environment goes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def is_done(self, name: str, key: str) -> bool:
        """Say whether the step was finished with these inputs."""
        done = self._folder / f"{name}.done"
        return done.is_file() and done.read_text() == key

    def was_interrupted(self, name: str) -> bool:
        """Say whether the step began and neither finished nor failed: it was killed half way."""
        return (self._folder / f"{name}.begun").exists()

    def begin(self, name: str) -> None:
        """Note that the step has begun: what was done before is no longer to be relied on."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{name}.begun").touch()
        (self._folder / f"{name}.done").unlink(missing_ok=True)

    def fail(self, name: str) -> None:
        """Note that the step failed in an orderly way: what it left can be built upon."""
        (self._folder / f"{name}.begun").unlink(missing_ok=True)

    def finish(self, name: str, key: str) -> None:
        """Note that the step was finished with these inputs."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{name}.done").write_text(key)
        (self._folder / f"{name}.begun").unlink(missing_ok=True)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = (file for file in path.rglob("*") if file.is_file())
    return sorted(file for file in found if not _LEFT_BEHIND.search(str(file.relative_to(path))))
