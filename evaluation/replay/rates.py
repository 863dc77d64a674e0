# SPDX-License-Identifier: Apache-2.0
"""What the simulator's rate loop makes of a flight's commands: it follows, without drift."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evaluation.validation.flight import STEP_S, Flight
from evaluation.validation.predict import INDEX, Drone
from sim_core import _core
from sim_core.flight_log import FlightLog

Array = NDArray[np.float64]

HIGH_M = 5000.0
"""Where it is flown: a drone that goes by commands alone falls far, and is not to land."""

LONGEST_DELAY_S = 0.1
"""From a command's stamp to its effect; a link of half that is unusable."""

_SETTLE_STEPS = round(2.0 / STEP_S)


@dataclass(frozen=True, eq=False)
class Obeyed:
    """A flight whose commands are where they took effect.

    Attributes:
        flight: The same, its commanded thrust as late as it was obeyed.
        turned: q_WB and w_WB_B [rad/s; B] of the simulator on the commands, as late; shape (T, 7).
        delay_s: From a command's stamp to its effect, as fits best.
    """

    flight: Flight
    turned: Array
    delay_s: float


def obeyed(log: FlightLog, flight: Flight, drone: Drone) -> Obeyed:
    """Find how late a flight's commands were obeyed.

    Args:
        log: With commands.
        flight: The same, resampled.
        drone: Whose numbers to use.
    """
    assert log.command is not None
    assert flight.thrust_n is not None
    held = np.searchsorted(log.t, flight.t + 1e-9, side="right") - 1
    command = np.nan_to_num(log.command[np.clip(held, 0, len(log.t) - 1)])
    turned = flown_by_commands(drone, command, flight.ok)
    wait = best_delay(flight, turned[:, 4:])
    told = replace(flight, thrust_n=delayed(flight.thrust_n[:, None], wait)[:, 0])
    return Obeyed(told, delayed(turned, wait), wait * STEP_S)


def flown_by_commands(drone: Drone, command: Array, ok: NDArray[np.bool_]) -> Array:
    """Attitudes and body rates of a drone that obeys a flight's commands, as they come.

    Args:
        drone: Whose numbers to use; its battery is taken to be full, as the firmware's battery
            compensation wants it.
        command: Thrust [N] and body rates [rad/s; B] at each step, shape (T, 4).
        ok: Where there was one, shape (T,); elsewhere it hovers.

    Returns:
        q_WB x y z w and w_WB_B [rad/s; B], shape (T, 7).
    """
    parameters = drone.parameters.copy()
    for name in ("battery_current_a_per_n15", "battery_resistance_ohm"):
        parameters[INDEX[name]] = 0.0
    sim = _core.FirmwareSim(
        np.ascontiguousarray(parameters[None], dtype=np.float32), _core.EstimateNoise(), 1
    )
    start = [0.0, 0.0, HIGH_M]
    sim.place(0, start, 0.0)
    sim.set_position(0, start, 0.0)
    sim.step(_SETTLE_STEPS)
    hover = drone.value("mass_kg") * float(_core.GRAVITY_M_S2)
    told = np.where(ok[:, None], command, np.array([hover, 0.0, 0.0, 0.0]))
    changed = np.concatenate([[True], (told[1:] != told[:-1]).any(axis=1)])
    out = np.empty((len(told), 7))
    for i, row in enumerate(told.tolist()):
        out[i, :4], out[i, 4:] = sim.truth[0, 3:7], sim.truth[0, 10:]
        if changed[i]:
            sim.set_rate_thrust(0, max(row[0], 1e-3), row[1:])
        sim.step(1)
    return out


def best_delay(flight: Flight, simulated: Array) -> int:
    """By how many steps the simulated body rates must wait to fit the recorded ones best."""
    w = flight.state[:, 10:]
    longest = round(LONGEST_DELAY_S / STEP_S)
    flown = flight.ok.copy()
    flown[: 2 * longest] = False
    rows = np.flatnonzero(flown)
    costs = [float(((simulated[rows - k] - w[rows]) ** 2).sum()) for k in range(longest + 1)]
    return int(np.argmin(costs))


def delayed(values: Array, steps: int) -> Array:
    """The same, so many steps later; the first is there from the beginning."""
    if not steps:
        return values
    return np.concatenate([np.repeat(values[:1], steps, axis=0), values[:-steps]])
