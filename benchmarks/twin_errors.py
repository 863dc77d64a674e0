# SPDX-License-Identifier: Apache-2.0
"""How much worse the twin flies a hover and a figure eight than the simulator's backend.

Run it with `python benchmarks/twin_errors.py`; each flight over the twin takes a minute by the
wall's clock. Both links are 10 ms long each way; the twin's loses 2 %, and the simulator, which
loses nothing, flies in lockstep. Both are judged alike, by the estimate: nobody outside sees a
twin. The table goes into docs/twin.md.
"""

import argparse
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from marked import replace_between
from recording import record, recorded

from evaluation.flight_record import flight_figures
from martlet.errors import FlightError
from martlet.flight.figures import flight_records
from martlet.flight.programme import programme
from martlet.flight.recording import Series, read_recording
from martlet.flight.settings import FlySettings
from martlet.fly import run

NAME = "twin_errors"
ROOT = Path(__file__).parent.parent
POLICY = ROOT / "policies" / "universal_brushless.onnx"
AIRFRAME = "cf21_brushless"
PAGE = ROOT / "docs" / "twin.md"
BEGIN, END = "<!-- errors -->", "<!-- end of errors -->"

FLIGHTS = 5
HOVER_S = 10.0
AIM = 1.5
"""Times the simulator's error, at most."""

ERRORS = ("hover", "lemniscate")


def main() -> None:
    """Fly, record, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flights", type=int, default=FLIGHTS)
    parser.add_argument("--table", action="store_true", help="of what was recorded before")
    asked = parser.parse_args()
    if not asked.table:
        figures: dict[str, Any] = {"policy": POLICY.name}
        for backend in ("sim", "twin"):
            figures[backend] = [_flown(backend, seed) for seed in range(asked.flights)]
        record(NAME, figures)
    figures = recorded(NAME)
    PAGE.write_text(replace_between(PAGE.read_text(), BEGIN, END, table(figures)))


def table(figures: dict[str, Any]) -> list[str]:
    """Lines: a row for each error, over the flights that were flown to their end."""
    lines = [
        f"Flown by `{figures['policy']}`; medians over the flights, and the worst of them.",
        "",
        "| | sim | twin | twin over sim |",
        "|---|---|---|---|",
    ]
    for name in ERRORS:
        of = {
            backend: [flight[name] for flight in figures[backend] if flight[name] is not None]
            for backend in ("sim", "twin")
        }
        if not all(of.values()):
            lines.append(f"| {name} | not flown | | |")
            continue
        middle = {backend: statistics.median(errors) for backend, errors in of.items()}
        cells = [
            f"{100 * middle[backend]:.2f} cm, {100 * max(errors):.2f} cm of {len(errors)}"
            for backend, errors in of.items()
        ]
        ratio = middle["twin"] / middle["sim"]
        verdict = "" if ratio <= AIM else f", more than {AIM:g}"
        lines.append(f"| {name} | {cells[0]} | {cells[1]} | {ratio:.2f}{verdict} |")
    failed = [flight["why"] for flight in figures["twin"] if flight["why"]]
    return [*lines, "", f"Flights that failed: {'; '.join(failed) or 'none'}."]


def _flown(backend: str, seed: int) -> dict[str, Any]:
    """One flight: errors [m] by name, the commands' rate and latency, and why it failed, if so."""
    told: dict[str, Any] = {**dict.fromkeys(ERRORS), "why": ""}
    with tempfile.TemporaryDirectory() as folder:
        settings = FlySettings(
            policy=POLICY,
            airframe=AIRFRAME,
            run=f"{folder}/run",
            backend=backend,  # type: ignore[arg-type]
            seed=seed,
            tasks=("lemniscate",),
            hover_s=HOVER_S,
            **({"clock": "lockstep", "factor": 20.0} if backend == "sim" else {}),  # type: ignore[arg-type]
        )
        try:
            report = run(settings, quiet=True)
        except FlightError as error:
            return {**told, "why": str(error)}
        told |= _judged(settings, Path(folder, "run", "flight"))
        told |= {"why": "; ".join(report["problems"])}
    print(backend, seed, told, flush=True)  # noqa: T201
    return told


def _judged(settings: FlySettings, folder: Path) -> dict[str, Any]:
    planned = programme(settings)
    recording = read_recording(folder, planned.drones)
    unseen = Series(np.empty(0), np.empty((0, len(planned.drones), 13)))
    (flight,) = flight_records(replace(recording, truth=unseen), planned, "").values()
    figures = flight_figures(flight)
    path = figures["references"].get("lemniscate") or {"rmse_m": None}
    streamed_s = sum(end - start for start, end in recording.streams(0))
    commands = int(np.isfinite(recording.commands.values[:, 0, 0]).sum())
    return {
        "hover": figures["hover_error_m"],
        "lemniscate": path["rmse_m"],
        "commands_hz": round(commands / streamed_s, 1) if streamed_s else None,
        "latency_ms": figures["command_latency_ms"],
    }


if __name__ == "__main__":
    main()
