# SPDX-License-Identifier: Apache-2.0
"""Drones that hover by a policy, and what is measured of them meanwhile: commands, and the CPU."""

import os
import tempfile
import time
from pathlib import Path
from typing import Any

from evaluation.report import finite
from martlet.flight.programme import programme
from martlet.flight.settings import FlySettings
from sim_core.tasks import CONTROL_DT

from .nodes import Nodes, nodes_up
from .usage import cpu_s
from .ways import ways_ms

ROOT = Path(__file__).parents[2]
POLICY = ROOT / "policies" / "universal_brushless.onnx"
AIRFRAME = "cf21_brushless"

WARM_UP_S = 5.0
"""Of the hover; takeoffs are over by then, and tables are learned."""

LONGEST_S = 150.0
"""So long a flight may take from its start to the hover."""


def hovering(backend: str, drones: int, seconds: float, loss: float) -> dict[str, Any]:
    """Fly a hover, each drone at a place of its own, through ROS and with a recorder.

    Args:
        backend: "sim" or "twin".
        drones: How many.
        seconds: For how long they are measured.
        loss: Share of streamed packets that a twin's link loses.

    Returns:
        `commands_hz` (a drone), `on_time` (share of the commands that were due, one every 10 ms,
        that came within 10 ms of the state they answer), `p50_ms` and `p99_ms` (receipt minus
        stamp), `ways_ms` (the same by its parts; see ways.py), `cores` (used by each process),
        `load` (of the machine before, and so by others), and `why` (it was not flown to its end,
        if so).
    """
    settings = FlySettings(
        policy=POLICY,
        airframe=AIRFRAME,
        backend=backend,  # type: ignore[arg-type]
        drones=drones,
        battery=False,
        hover_s=seconds + 3.0 * WARM_UP_S,
        tasks=(),
        **({"loss": loss} if backend == "twin" else {}),  # type: ignore[arg-type]
    )
    load = os.getloadavg()[0]
    planned = programme(settings)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with nodes_up(settings, planned, folder, folder / "timed.json") as nodes:
            told = _measured(nodes, seconds)
        if not told["why"] and not (folder / "timed.json").exists():
            told["why"] = "the backend was ended before it told when its commands went out"
        if not told["why"]:
            told["ways_ms"] = ways_ms(folder / "flight", folder / "timed.json", WARM_UP_S)
    found: dict[str, Any] = finite({"drones": drones, "backend": backend, **told, "load": load})
    return found


def _measured(nodes: Nodes, seconds: float) -> dict[str, Any]:
    """Wait for the hover, and measure in it."""
    pids = {name: process.pid for name, process in nodes.running.items()}
    told: dict[str, Any] = {"why": ""}
    pilot = nodes.pilot(nodes.planned.flown)
    observer = None
    try:
        begun_s = time.monotonic()
        while not any(e.get("name") == "hover" and e["event"] == "progress" for e in pilot.events):
            if pilot.exit_code() is not None or time.monotonic() - begun_s > LONGEST_S:
                return told | {"why": _why(nodes, pilot.events) or "no hover began"}
            time.sleep(0.1)
        time.sleep(WARM_UP_S)
        observer = nodes.observer(seconds)
        before, since_s = cpu_s(pids), time.monotonic()
        time.sleep(seconds)
        after, until_s = cpu_s(pids), time.monotonic()
        told["cores"] = {
            name: round((after[name] - before[name]) / (until_s - since_s), 3) for name in pids
        }
        while not observer.events and pilot.exit_code() is None:
            time.sleep(0.1)
        if observer.events and observer.events[0]["streamed_s"]:
            one = observer.events[0]
            told |= {name: one[name] for name in ("p50_ms", "p99_ms")}
            told["commands_hz"] = one["commands"] / one["streamed_s"]
            told["on_time"] = one["on_time"] * CONTROL_DT / one["streamed_s"]
        told["why"] = _why(nodes, pilot.events)
        pilot.wait(LONGEST_S)
    finally:
        pilot.end()
        if observer is not None:
            observer.end()
    return told


def _why(nodes: Nodes, events: list[dict[str, Any]]) -> str:
    """What went wrong so far."""
    wrong = [
        event["reason"]
        for event in events
        if event["event"] in ("abandoned", "guard") or not event.get("success", True)
    ]
    return "; ".join([*wrong[:1], *filter(None, [nodes.fallen()])])
