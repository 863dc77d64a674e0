# SPDX-License-Identifier: Apache-2.0
"""The sources that go along: the headers that trained the policy, and this package's own."""

import re
from pathlib import Path

import sim_core

CORE = Path(sim_core.__file__).parent / "cpp" / "include"
OWN = Path(__file__).parent / "cpp"
APP = Path(__file__).parent / "app"

_INCLUDE = re.compile(r'^#include "(sim_core/[^"]+)"', re.MULTILINE)


def core_headers(task: str) -> dict[str, str]:
    """The core's headers that one of its tasks needs in flight, by their path under include/.

    Args:
        task: The core's name of it: that of its header under tasks/.
    """
    found: dict[str, str] = {}
    open_ends = [task_header(task), *_INCLUDE.findall("\n".join(own_sources().values()))]
    while open_ends:
        name = open_ends.pop()
        if name not in found:
            found[name] = (CORE / name).read_text()
            open_ends += _INCLUDE.findall(found[name])
    return dict(sorted(found.items()))


def task_header(task: str) -> str:
    """Where the core has a task."""
    return f"sim_core/tasks/{task}.hpp"


def task_struct(task: str) -> str:
    """What the core calls its struct: the file's name without its underscores."""
    return task.title().replace("_", "")


def own_sources() -> dict[str, str]:
    """What is the same for all policies, by file name."""
    return {path.name: path.read_text() for path in sorted(OWN.iterdir()) if path.is_file()}
