# SPDX-License-Identifier: Apache-2.0
"""The repair that the wheels of ROS 2 need before colcon can build on them."""

from __future__ import annotations

import re
from pathlib import Path

_BUILD_MACHINE = r"/opt/python/cp\d+-cp\d+t?"
_PYTHON_HEADERS = re.compile(_BUILD_MACHINE + r"/include/python3\.\d+")
_NUMPY_HEADERS = re.compile(
    _BUILD_MACHINE + r"/lib/python3\.\d+/site-packages/numpy/_?core/include"
)


def repair(prefix: Path, python_headers: Path, numpy_headers: Path) -> int:
    """Point the exported CMake files at this machine's headers.

    The wheels' ``.cmake`` files name the include folders of the machine that built them.

    Args:
        prefix: Virtual environment that the wheels were laid into.
        python_headers: Folder with this Python's Python.h.
        numpy_headers: Folder that ``numpy.get_include()`` names.

    Returns:
        How many files were rewritten; none the second time.
    """
    rewritten = 0
    for file in (prefix / "share").rglob("*.cmake"):
        before = file.read_text(encoding="utf-8")
        after = _PYTHON_HEADERS.sub(lambda _: str(python_headers), before)
        after = _NUMPY_HEADERS.sub(lambda _: str(numpy_headers), after)
        if after != before:
            file.write_text(after, encoding="utf-8")
            rewritten += 1
    return rewritten
