# SPDX-License-Identifier: Apache-2.0
"""Flights in which something fails, in the simulator and over the twin: where each drone ends.

Run it with `python benchmarks/flight_faults.py`; it takes some eight minutes, most of it by the
wall's clock. All but the killed processes fly the nodes' own objects in this process (faults/
world.py); those fly through ROS (faults/processes.py). The table goes into docs/safety.md.
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "ros2_ws" / "src" / "martlet_nodes"))

from faults.catalogue import FAULTS  # noqa: E402
from faults.flight import SpoiledError  # noqa: E402
from faults.processes import KILLS, fly_kill  # noqa: E402
from faults.trial import fly_fault  # noqa: E402
from faults_table import table  # noqa: E402
from marked import replace_between  # noqa: E402
from recording import record  # noqa: E402

from policy_export.runtime import PolicyRunner  # noqa: E402

POLICY = ROOT / "policies" / "universal_brushless.onnx"
PAGE = ROOT / "docs" / "safety.md"
BEGIN, END = "<!-- faults -->", "<!-- end of faults -->"


def main() -> None:
    """Fly all of them, record it, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, add_help=True)
    parser.add_argument("--where", default="sim,twin", help="worlds to fly in, of sim and twin")
    parser.add_argument("--only", default="", help="faults whose names hold this; records nothing")
    asked = parser.parse_args()
    wanted, worlds = asked.only, asked.where.split(",")
    runner = PolicyRunner(POLICY)
    trials: list[tuple[str, str, Callable[[], list[dict[str, Any]]]]] = [
        (fault.name, where, partial(fly_fault, fault, where, runner))
        for fault in FAULTS
        for where in ("sim", "twin")
    ]
    trials += [(kill.name, kill.where, partial(fly_kill, kill, POLICY)) for kill in KILLS]
    flown: list[dict[str, Any]] = []
    for name, where, fly in trials:
        if wanted not in name or where not in worlds:
            continue
        try:
            flown.append({"fault": name, "where": where, "drones": fly()})
        except SpoiledError as why:
            flown.append({"fault": name, "where": where, "not_flown": str(why)})
        print(flown[-1], flush=True)  # noqa: T201
    if wanted:
        return
    figures = {"policy": POLICY.name, "faults": flown}
    record("flight_faults", figures)
    PAGE.write_text(replace_between(PAGE.read_text(), BEGIN, END, table(figures)))


if __name__ == "__main__":
    main()
