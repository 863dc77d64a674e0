# SPDX-License-Identifier: Apache-2.0
"""Each field of each interface says its unit and its frame."""

import re
from pathlib import Path

import pytest

INTERFACES = Path(__file__).parents[2] / "ros2_ws" / "src" / "martlet_msgs"
FILES = sorted(file for kind in ("msg", "srv", "action") for file in INTERFACES.glob(f"{kind}/*"))
FIELD = re.compile(r"^[A-Za-z][\w/]*(\[\])? +[a-z]\w* +# (?P<comment>.*)$")
CONSTANT = re.compile(r"^u?int\d+ [A-Z_]+=\d+ +# \S")
UNIT = re.compile(r"\[[^\]]+\]")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_field_says_its_unit_and_frame(file: Path) -> None:
    lines = [line for line in file.read_text().splitlines() if line and line[0] not in "#-"]

    assert lines
    for line in lines:
        field = FIELD.match(line)
        assert CONSTANT.match(line) or (field and UNIT.search(field["comment"])), line


def test_every_interface_is_built() -> None:
    listed = re.findall(
        r'"((?:msg|srv|action)/\w+\.\w+)"', (INTERFACES / "CMakeLists.txt").read_text()
    )

    assert sorted(listed) == sorted(str(file.relative_to(INTERFACES)) for file in FILES)
