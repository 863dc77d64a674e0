# SPDX-License-Identifier: Apache-2.0
"""Where results go, looked at before anything is computed that could not be kept."""

import os
from pathlib import Path

from martlet.errors import UsageError


def check_folder(folder: Path, option: str) -> None:
    """Refuse a folder that can neither be written to nor made.

    Args:
        folder: Where results are to go; it need not be there.
        option: Of the command line, which names it.

    Raises:
        UsageError: A file is in its place or its way, or it may not be written to.
    """
    nearest = folder.absolute()
    while not (nearest.exists() or nearest.is_symlink()):
        nearest = nearest.parent
    if not nearest.is_dir():
        raise UsageError(f"{option} {folder}: expected a folder, got a file, {nearest}.")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise UsageError(f"{option} {folder}: expected a folder that can be written to, got none.")


def check_file(path: Path, option: str) -> None:
    """Refuse a file that can neither be written nor made.

    Raises:
        UsageError: A folder is in its place, or see `check_folder`.
    """
    if path.is_dir():
        raise UsageError(f"{option} {path}: expected a file, got a folder.")
    check_folder(path.parent, option)
