# SPDX-License-Identifier: Apache-2.0
"""The repair of the wheels' CMake files."""

from pathlib import Path

from bootstrap import ros_wheels

BROKEN = """\
target_include_directories(x /opt/python/cp312-cp312/include/python3.12)
list(APPEND y "/opt/python/cp312-cp312/lib/python3.12/site-packages/numpy/_core/include")
"""


def test_repair_points_at_this_machines_headers_once(tmp_path: Path) -> None:
    file = tmp_path / "share" / "std_msgs" / "cmake" / "export.cmake"
    file.parent.mkdir(parents=True)
    file.write_text(BROKEN)
    (tmp_path / "share" / "sound.cmake").write_text("set(x /opt/python)")

    assert ros_wheels.repair(tmp_path, Path("/py/include"), Path("/np/include")) == 1

    repaired = 'target_include_directories(x /py/include)\nlist(APPEND y "/np/include")\n'
    assert file.read_text() == repaired
    assert (tmp_path / "share" / "sound.cmake").read_text() == "set(x /opt/python)"
    assert ros_wheels.repair(tmp_path, Path("/py/include"), Path("/np/include")) == 0
