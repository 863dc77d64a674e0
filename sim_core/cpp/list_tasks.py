# SPDX-License-Identifier: Apache-2.0
"""Write task_list.hpp: every header under tasks/ is a task, its struct named after the file.

python list_tasks.py FOLDER writes FOLDER/sim_core/task_list.hpp where it is not so already.
"""

import sys
from pathlib import Path

HEADERS = Path(__file__).parent / "include" / "sim_core" / "tasks"


def task_list() -> str:
    """The header's text."""
    names = sorted(path.stem for path in HEADERS.glob("*.hpp"))
    structs = " ".join(f"X({name.title().replace('_', '')})" for name in names)
    includes = [f'#include "sim_core/tasks/{name}.hpp"' for name in names]
    return "\n".join(["#pragma once", *includes, f"#define SIM_CORE_TASKS(X) {structs}", ""])


if __name__ == "__main__":
    out = Path(sys.argv[1]) / "sim_core" / "task_list.hpp"
    out.parent.mkdir(parents=True, exist_ok=True)
    text = task_list()
    if not out.exists() or out.read_text() != text:
        out.write_text(text)
