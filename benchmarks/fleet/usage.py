# SPDX-License-Identifier: Apache-2.0
"""What processes use of a machine, by Linux's /proc."""

import os
from collections.abc import Mapping
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def resident_mib(pids: Mapping[str, int]) -> dict[str, float]:
    """Memory that each process holds in RAM [MiB]; proc(5), statm."""
    held = {name: int(_read(pid, "statm").split()[1]) for name, pid in pids.items()}
    return {name: pages * PAGE / 2**20 for name, pages in held.items()}


def cpu_s(pids: Mapping[str, int]) -> dict[str, float]:
    """Time that each process has had on a core [s]; proc(5), stat, fields 14 and 15."""
    rows = {name: _read(pid, "stat").rpartition(")")[2].split() for name, pid in pids.items()}
    return {name: (int(row[11]) + int(row[12])) / TICKS_PER_S for name, row in rows.items()}


def _read(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text()
