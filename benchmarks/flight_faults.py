# SPDX-License-Identifier: Apache-2.0
"""Flights in which something fails, in the simulator and over the twin: where each drone ends.

Run it with `python benchmarks/flight_faults.py`; it takes some eight minutes, most of it by the
wall's clock. All but the killed processes fly the nodes' own objects in this process (faults/
world.py); those fly through ROS (faults/processes.py). The table goes into docs/safety.md. A
machine that stalls spoils flights over the twin: `--missing` flies again what was not flown.
"""

import argparse
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "ros2_ws" / "src" / "martlet_nodes"))

from faults.catalogue import FAULTS  # noqa: E402
from faults.ending import SpoiledError  # noqa: E402
from faults.processes import KILLS, fly_kill  # noqa: E402
from faults.trial import fly_fault  # noqa: E402
from faults_table import table  # noqa: E402
from marked import replace_between  # noqa: E402
from recording import RESULTS, record  # noqa: E402

from policy_export.runtime import PolicyRunner  # noqa: E402

NAME = "flight_faults"
POLICY = ROOT / "policies" / "universal_brushless.onnx"
PAGE = ROOT / "docs" / "safety.md"
BEGIN, END = "<!-- faults -->", "<!-- end of faults -->"

Trial = tuple[str, str, Callable[[], list[dict[str, Any]]]]


def main() -> None:
    """Fly all of them, record it, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="faults whose names hold this; records nothing")
    parser.add_argument("--missing", action="store_true", help="only what was not flown before")
    asked = parser.parse_args()
    before = _recorded() if asked.missing else {}
    flown = []
    for name, where, fly in _trials():
        if asked.only in name:
            flown.append(before.get((name, where)) or _flown(name, where, fly))
    if asked.only:
        return
    figures = {"policy": POLICY.name, "faults": flown}
    record(NAME, figures)
    PAGE.write_text(replace_between(PAGE.read_text(), BEGIN, END, table(figures)))


def _trials() -> list[Trial]:
    runner = PolicyRunner(POLICY)
    trials: list[Trial] = [
        (fault.name, where, partial(fly_fault, fault, where, runner))
        for fault in FAULTS
        for where in ("sim", "twin")
    ]
    return trials + [(kill.name, kill.where, partial(fly_kill, kill, POLICY)) for kill in KILLS]


def _flown(name: str, where: str, fly: Callable[[], list[dict[str, Any]]]) -> dict[str, Any]:
    told: dict[str, Any] = {"fault": name, "where": where}
    try:
        told["drones"] = fly()
    except SpoiledError as why:
        told["not_flown"] = str(why)
    print(told, flush=True)  # noqa: T201
    return told


def _recorded() -> dict[tuple[str, str], dict[str, Any]]:
    """What was flown before, by fault and world."""
    content = json.loads((RESULTS / f"{NAME}.json").read_text())
    return {
        (told["fault"], told["where"]): told
        for told in content["figures"]["faults"]
        if "drones" in told
    }


if __name__ == "__main__":
    main()
