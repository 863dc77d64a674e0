# SPDX-License-Identifier: Apache-2.0
"""Flies twins on and on, and sees whether memory, command rate or latency drift.

    python benchmarks/soak.py --minutes 60 --drones 4

Takes off, hovers, flies a figure eight and a formation, lands, and begins anew, with the same
nodes all the time; ends with exit code 1 and a sentence where something drifts or a flight fails.
What was sampled so far is in runs/soak/samples.json at any time, from which `--from` makes the
table in docs/twin.md, too. A run of seconds, like `--minutes 0.1 --hover 2`, flies hovers alone
and records nothing.
"""

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from fleet.drift import lines, sentences
from fleet.nodes import Heard, Nodes, nodes_up
from fleet.usage import resident_mib
from marked import replace_between
from recording import record
from soak_table import table

from evaluation.report import write_report
from martlet.flight.programme import Flown, Programme, programme
from martlet.flight.settings import FlySettings
from sim_core.formation_model import FEWEST_DRONES
from sim_core.group_flights import SwarmText

ROOT = Path(__file__).parent.parent
POLICY = ROOT / "policies" / "universal_brushless.onnx"
AIRFRAME = "cf21_brushless"
PAGE = ROOT / "docs" / "twin.md"
BEGIN, END = "<!-- soak -->", "<!-- end of soak -->"

ROOM_M = (4.0, 4.0, 3.5)
"""Formations are drawn in a room; the fence stands about it, since it is not what is tested."""

LEAST_MINUTES = 10.0
"""Shorter runs are not recorded."""

KEPT = 60
"""So many samples, or a few more, are recorded."""


def main() -> int:
    """Fly, judge, record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--drones", type=int, default=4)
    parser.add_argument("--hover", type=float, default=30.0, help="seconds of each hover")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two samples")
    parser.add_argument("--run", type=Path, default=Path("runs/soak"), help="a folder, not there")
    parser.add_argument("--from", type=Path, dest="samples", help="judge what was sampled before")
    asked = parser.parse_args()
    if asked.samples is None:
        found = soak(asked.minutes, asked.drones, asked.hover, asked.every, asked.run)
    else:
        found = json.loads(asked.samples.read_text())
    found |= {"lines": lines(found["samples"])}
    found["faults"] = [*found["problems"], *sentences(found["lines"])]
    if found["minutes"] >= LEAST_MINUTES:
        every = max(len(found["samples"]) // KEPT, 1)
        record("soak", {**found, "samples": found["samples"][::every]})
        PAGE.write_text(replace_between(PAGE.read_text(), BEGIN, END, table(found)))
    for sentence in found["faults"]:
        print(sentence, file=sys.stderr)  # noqa: T201
    return 1 if found["faults"] else 0


def soak(
    minutes: float, drones: int, hover_s: float, every_s: float, folder: Path
) -> dict[str, Any]:
    """Fly for so long; the last flight is flown to its end.

    Returns:
        `minutes` flown, `drones`, `flights`, `problems` (a sentence each) and `samples`: each with
        `t_s`, `memory_mib` by process, `rate_hz` of commands a drone, `p50_ms` and `p99_ms` of
        their latency; None while nobody streams.
    """
    settings = FlySettings(
        policy=POLICY,
        airframe=AIRFRAME,
        backend="twin",
        drones=drones,
        battery=False,  # nobody changes it for an hour
        hover_s=hover_s,
        tasks=("lemniscate",) if minutes >= LEAST_MINUTES else (),
    )
    x, y, z = ROOM_M
    planned = replace(programme(settings), box_low_m=(-x, -y, -0.2), box_high_m=(x, y, z))
    found: dict[str, Any] = {"minutes": 0.0, "drones": drones, "flights": 0, "problems": []}
    found["samples"] = []
    with nodes_up(settings, planned, folder) as nodes:
        observer = nodes.observer(every_s)
        try:
            _fly(nodes, observer, 60.0 * minutes, every_s, found)
        finally:
            observer.end()
    return found


def _fly(
    nodes: Nodes, observer: Heard, seconds: float, every_s: float, found: dict[str, Any]
) -> None:
    """Let one pilot follow the other, and take a sample every so often."""
    begun_s = time.monotonic()
    pids = {name: process.pid for name, process in nodes.running.items()}
    pilot = nodes.pilot(_steps(nodes.planned, 0))
    heard = 0
    try:
        while True:
            time.sleep(every_s)
            t_s = time.monotonic() - begun_s
            if fallen := nodes.fallen():
                found["problems"].append(fallen)
                return
            told, heard = observer.events[heard:], len(observer.events)
            found["samples"].append(_sample(t_s, resident_mib(pids), told))
            found["minutes"] = round(t_s / 60.0, 2)
            if pilot.exit_code() is not None:
                found["flights"] += 1
                pilot.end()
                if why := _problems(found["flights"], pilot):
                    found["problems"] += why
                    nodes.rearm()
                if t_s >= seconds:
                    return
                pilot = nodes.pilot(_steps(nodes.planned, found["flights"]))
            write_report(found, nodes.folder / "samples.json")
    finally:
        pilot.end()
        write_report(found, nodes.folder / "samples.json")


def _steps(planned: Programme, flight: int) -> tuple[Flown, ...]:
    """What one flight is made of: hovers, a path, formations of other seeds each time."""
    if len(planned.flown) < 2 or len(planned.drones) < FEWEST_DRONES:
        return planned.flown
    swarm = Flown("swarm", SwarmText("static", flight).text(), 0.0)
    return (*planned.flown, swarm, planned.flown[0])


def _problems(flight: int, pilot: Heard) -> list[str]:
    """What did not go as it should in one flight."""
    told = [
        f"flight {flight}: {event.get('name', event['event'])}: {event['reason']}"
        for event in pilot.events
        if event["event"] == "abandoned" or (event["event"] == "result" and not event["success"])
    ]
    if not told and pilot.exit_code() != 0:
        told = [f"flight {flight}: pilot: {pilot.last_words()}"]
    return told


def _sample(t_s: float, memory_mib: dict[str, float], told: list[dict[str, Any]]) -> dict[str, Any]:
    """What there is to say now; of the commands what the observer has told since."""
    streamed = [one for one in told if one["commands"]]
    streamed_s = sum(one["streamed_s"] for one in streamed)
    commands = sum(one["commands"] for one in streamed)
    rate = {"rate_hz": commands / streamed_s if streamed_s else None}
    worst = {
        name: max((one[name] for one in streamed), default=None) for name in ("p50_ms", "p99_ms")
    }
    numbers = {name: None if x is None else round(x, 3) for name, x in {**rate, **worst}.items()}
    memory = {name: round(mib, 3) for name, mib in memory_mib.items()}
    return {"t_s": round(t_s, 1), "memory_mib": memory, **numbers}


if __name__ == "__main__":
    sys.exit(main())
