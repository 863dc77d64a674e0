# SPDX-License-Identifier: Apache-2.0
"""Where runs live: runs/<name>, one folder each."""

import datetime
from pathlib import Path

RUNS = Path("runs")


def new_run_folder(name: str) -> Path:
    """A folder that is not there yet: runs/<name>-<date>-<time>, made by whoever writes first."""
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    folder = RUNS / f"{name}-{stamp}"
    number = 1
    while folder.exists():
        number += 1
        folder = RUNS / f"{name}-{stamp}-{number}"
    return folder
