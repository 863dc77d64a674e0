# SPDX-License-Identifier: Apache-2.0
"""Results that could not be kept are refused before a command has computed them."""

from pathlib import Path

import pytest

from martlet.commands import learning, measuring
from martlet.errors import UsageError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "file").touch()
    return tmp_path / "file"


def test_a_file_in_place_of_a_folder_is_refused_before_anything_is_read(file: Path) -> None:
    nowhere = file.parent / "nowhere"
    for command in (measuring.validate, measuring.replay):
        with pytest.raises(UsageError, match=r"--out .*file: expected a folder, got a file"):
            command(nowhere, out=file)
    with pytest.raises(UsageError, match=r"--out .*: expected a folder, got a file"):
        measuring.sysid((nowhere,), file / "drone.toml")


def test_a_folder_in_place_of_a_file_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected a file, got a folder"):
        measuring.sysid((tmp_path / "nowhere",), tmp_path)
    with pytest.raises(UsageError, match="expected a file, got a folder"):
        learning.export(tmp_path / "nowhere", out=tmp_path)
