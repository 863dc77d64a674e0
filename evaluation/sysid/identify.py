# SPDX-License-Identifier: Apache-2.0
"""From a drone's logs to its numbers, with a score on flight that was held out.

Logs of the motors' PWM tell all of them. Logs that have commands alone, thrust and body rates, tell
thrust and drag: between a rate that is commanded and the motors the firmware's rate loop stands,
and hides inertia, lag and trims.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.errors import LogError
from evaluation.replay.rates import obeyed
from evaluation.sysid.airframe_file import write_airframe
from evaluation.sysid.certainty import certainties
from evaluation.sysid.fit import FITTED, fit_drone, fitted_from, residuals
from evaluation.sysid.identifiable import check_identifiable
from evaluation.validation.flight import Flight, flight_of
from evaluation.validation.gates import check_log
from evaluation.validation.predict import Drone, drone_of
from sim_core.airframe import airframe_file, load_airframe
from sim_core.flight_log import FlightLog

_NOMINAL_VOLTS = 3.7
_HELD_OUT = 0.25
"""Share of a single log that is held out, its end."""


def identify(
    logs: Sequence[FlightLog], kind: str, out: Path, mass_kg: float | None = None
) -> dict[str, Any]:
    """Fit a drone to its flights and write its airframe file.

    Args:
        logs: Flights; of two or more, the last is held out.
        kind: Airframe to start from, a name or a file.
        out: File to write.
        mass_kg: Of the drone as flown; the kind's where not given.

    Returns:
        `source`, what told the thrust, "volts" or "command"; `fitted`, what is written;
        `certainty`, what the flights say of each number beside the kind's; `not_told`, the numbers
        that stay the kind's; `residuals`, `held_out` and `held_out_before` (the kind's numbers);
        `airframe`.

    Raises:
        LogError: A log that is not what it should be, or that cannot tell the numbers.
    """
    if out.suffix != ".toml":
        raise LogError(f"{out}: expected an airframe file to write, ending in .toml.")
    source = _source(logs)
    start = drone_of(load_airframe(kind), mass_kg or 0.0, source)
    fitting, held = _split([_flight(log, start) for log in logs])
    check_identifiable(fitting, source)
    drone = fit_drone(fitting, start)
    known = certainties(fitting, drone, start)
    untold = [name for name, certainty in known.items() if not certainty.told]
    if untold:
        drone = fit_drone(fitting, start, untold)
    untold += [name for name in FITTED if name not in fitted_from(source)]
    figures = {
        "source": source,
        "fitted": {name: float(f"{drone.value(name):.5g}") for name in FITTED},
        "certainty": {name: certainty.figures() for name, certainty in known.items()},
        "not_told": untold,
        "residuals": residuals(fitting, drone),
        "held_out": residuals(held, drone),
        "held_out_before": residuals(held, start),
    }
    write_airframe(airframe_file(kind), out, drone, figures, untold)
    return figures | {"airframe": str(out)}


def _source(logs: Sequence[FlightLog]) -> str:
    """What tells the thrust: the motors' PWM where all logs have it, else commands."""
    if not logs:
        raise LogError("sysid: expected one flight log or more, got none.")
    if all(log.pwm01 is not None for log in logs):
        return "volts"
    for log in logs:
        if log.command is None:
            raise LogError(
                f"{log.name}: expected pwm01 or command to fit a drone to,"
                f" {'and command in all logs' if log.pwm01 is not None else 'found neither'}."
            )
    return "command"


def _flight(log: FlightLog, kind: Drone) -> Flight:
    check_log(log)
    flight = flight_of(log, _NOMINAL_VOLTS).from_past()
    if kind.thrust == "volts":
        return flight
    return obeyed(log, flight, kind).flight


def _split(flights: list[Flight]) -> tuple[list[Flight], list[Flight]]:
    if len(flights) > 1:
        return flights[:-1], flights[-1:]
    flight = flights[0]
    flown = np.flatnonzero(flight.ok)
    cut = int(flown[round((1.0 - _HELD_OUT) * (len(flown) - 1))])
    rows = np.arange(len(flight.t))
    return (
        [replace(flight, ok=flight.ok & (rows < cut))],
        [replace(flight, ok=flight.ok & (rows >= cut))],
    )
