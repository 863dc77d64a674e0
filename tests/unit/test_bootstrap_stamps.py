# SPDX-License-Identifier: Apache-2.0
"""What counts as done already."""

from pathlib import Path

from bootstrap.stamps import Stamps, fingerprint


def test_fingerprint_changes_with_contents_names_and_values(tmp_path: Path) -> None:
    folder = tmp_path / "src"
    folder.mkdir()
    (folder / "a.msg").write_text("float32 x")
    first = fingerprint(["3.11"], [folder])

    assert fingerprint(["3.11"], [folder]) == first
    assert fingerprint(["3.12"], [folder]) != first
    (folder / "a.msg").write_text("float32 y")
    changed = fingerprint(["3.11"], [folder])
    assert changed != first
    (folder / "a.msg").rename(folder / "b.msg")
    assert fingerprint(["3.11"], [folder]) != changed


def test_fingerprint_tells_where_one_value_ends() -> None:
    assert fingerprint(["ab", "c"]) != fingerprint(["a", "bc"])


def test_fingerprint_ignores_what_tools_leave_behind(tmp_path: Path) -> None:
    (tmp_path / "node.py").write_text("x = 1")
    first = fingerprint([], [tmp_path])
    for left in ("__pycache__/node.pyc", "martlet.egg-info/PKG-INFO", ".cache/x"):
        (tmp_path / left).parent.mkdir()
        (tmp_path / left).write_text("left behind")

    assert fingerprint([], [tmp_path]) == first


def test_fingerprint_tells_a_missing_file_from_an_empty_one(tmp_path: Path) -> None:
    missing = fingerprint([], [tmp_path / "CMakeLists.txt"])
    (tmp_path / "CMakeLists.txt").touch()

    assert fingerprint([], [tmp_path / "CMakeLists.txt"]) != missing


def test_stamps_hold_for_the_same_key_alone(tmp_path: Path) -> None:
    stamps = Stamps(tmp_path / "stamps")
    assert not stamps.is_done("ros", "key")
    stamps.begin("ros")
    stamps.finish("ros", "key")

    assert stamps.is_done("ros", "key")
    assert not stamps.is_done("ros", "other key")
    assert not stamps.was_interrupted("ros")


def test_stamps_tell_a_killed_step_from_a_failed_one(tmp_path: Path) -> None:
    stamps = Stamps(tmp_path)
    stamps.finish("ros", "key")
    stamps.begin("ros")

    assert stamps.was_interrupted("ros")
    assert not stamps.is_done("ros", "key")
    stamps.fail("ros")
    assert not stamps.was_interrupted("ros")
    assert not stamps.is_done("ros", "key")
