# SPDX-License-Identifier: Apache-2.0
"""The gap between simulator and drone, from a flight's own commands.

Flown open loop, any two drones drift apart within seconds; so the simulator starts anew from what
was recorded, every tenth of a second, and is judged after 0.1 to 1 s. Where the log has commands
(thrust and body rates) it flies these, its rate loop included; else the motors' PWM or speeds.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import LogError
from evaluation.replay.rates import obeyed
from evaluation.validation.flight import STEP_S, Flight, flight_of
from evaluation.validation.gates import check_log
from evaluation.validation.marker_frame import composed
from evaluation.validation.predict import Drone, drone_of, predict, root_mean_square, rotor_thrusts
from evaluation.validation.tally import rounded
from evaluation.validation.translation import fitted_gain
from sim_core import _core
from sim_core.airframe import load_airframe
from sim_core.flight_log import FlightLog
from sim_core.frames import conjugate

Array = NDArray[np.float64]

HORIZONS_S = (0.1, 0.25, 0.5, 1.0)
STRIDE_S = 0.1
ASSUMED_VOLTS = 3.7
"""Of a battery that the log says nothing of: the nominal voltage of its cell."""


@dataclass(frozen=True, eq=False)
class Replay:
    """One flight and its replay.

    Attributes:
        flight: What was recorded.
        source: What was flown: "command", "volts" or "rpm".
        delay_s: From a command's stamp to its effect, as fits best; 0 where motors were recorded.
        thrust_gain: The factor on all thrusts that fits best.
        w_WB_B: Body rates of the simulator on the commands, shape (T, 3); of motors not a number.
        rows: Where windows begin, shape (W,).
        paths: States from there on, at every 10 ms of the longest horizon, shape (W, H + 1, 13).
    """

    flight: Flight
    source: str
    delay_s: float
    thrust_gain: float
    w_WB_B: Array
    rows: NDArray[np.int32]
    paths: Array

    @property
    def every(self) -> int:
        """Steps between two states of a path."""
        return round(0.01 / STEP_S)


def replay_log(log: FlightLog, airframe: str, mass_kg: float = 0.0) -> Replay:
    """Fly a log's commands.

    Args:
        log: The flight.
        airframe: What flew, a name or a file.
        mass_kg: As flown; 0: the airframe's.

    Raises:
        LogError: A log that is not what it should be, or without commands to fly.
    """
    check_log(log)
    if log.pos is None or log.vel is None or log.quat_xyzw is None:
        raise LogError(f"{log.name}: expected pos, vel and quat_xyzw, to compare a replay with.")
    source = _source(log)
    flight = flight_of(log, ASSUMED_VOLTS)
    drone = drone_of(load_airframe(airframe), mass_kg, source)
    steps = round(HORIZONS_S[-1] / STEP_S)
    rows = flight.windows(steps, round(STRIDE_S / STEP_S))
    if not len(rows):
        raise LogError(f"{log.name}: expected {HORIZONS_S[-1]:g} s of flight in a row, found none.")
    every = round(0.01 / STEP_S)
    if source != "command":
        gain = fitted_gain(flight, drone)
        paths = predict(flight, drone, rows, steps, every=every)
        nothing = np.full((len(flight.t), 3), np.nan)
        return Replay(flight, source, 0.0, gain, nothing, rows, paths)
    found = obeyed(log, flight, drone)
    gain = fitted_gain(found.flight, drone)
    paths = _flown(found.flight, drone, found.turned, rows, steps, every)
    return Replay(flight, source, found.delay_s, gain, found.turned[:, 4:], rows, paths)


def figures_of(replay: Replay) -> dict[str, Any]:
    """The gap in numbers; `naive` is a drone that goes straight on as it began.

    Returns:
        `source`, `windows`, `delay_s`, `thrust_gain`; `rates_rad_s`, root mean square over axes,
        where commands were flown; and `horizons` by seconds: root mean squares `position_m`,
        `naive_position_m`, `velocity_m_s`, `attitude_deg`.
    """
    flight = replay.flight
    found: dict[str, Any] = {
        "source": replay.source,
        "windows": len(replay.rows),
        "delay_s": rounded(replay.delay_s),
        "thrust_gain": rounded(replay.thrust_gain),
    }
    if replay.source == "command":
        errors = (replay.w_WB_B - flight.state[:, 10:])[flight.ok]
        found["rates_rad_s"] = rounded(float(np.sqrt((errors**2).mean())))
    found["horizons"] = {}
    start = flight.state[replay.rows]
    for horizon_s in HORIZONS_S:
        ends = flight.state[replay.rows + round(horizon_s / STEP_S)]
        ours = replay.paths[:, round(horizon_s / STEP_S) // replay.every]
        straight = start[:, :3] + start[:, 7:10] * horizon_s
        found["horizons"][f"{horizon_s:g}"] = {
            "position_m": rounded(root_mean_square(ours[:, :3] - ends[:, :3])),
            "naive_position_m": rounded(root_mean_square(straight - ends[:, :3])),
            "velocity_m_s": rounded(root_mean_square(ours[:, 7:10] - ends[:, 7:10])),
            "attitude_deg": rounded(_apart_deg(ours[:, 3:7], ends[:, 3:7])),
        }
    return found


def _source(log: FlightLog) -> str:
    for source, column in (("command", log.command), ("volts", log.pwm01), ("rpm", log.rpm)):
        if column is not None:
            return source
    raise LogError(
        f"{log.name}: expected commands to fly (command, pwm01 or rpm), found none of them."
    )


def _flown(
    flight: Flight, drone: Drone, turned: Array, rows: NDArray[np.int32], steps: int, every: int
) -> Array:
    """States of all windows: each starts as recorded, and turns as the simulator turned then."""
    delayed_n, thrust_n = rotor_thrusts(flight, drone)
    spans = rows[:, None] + np.arange(steps + 1)
    q, begin = turned[spans, :4], flight.state[rows, 3:7]
    onto = composed(begin, np.stack([conjugate(each) for each in q[:, 0]]))
    held = np.concatenate([composed(onto[:, None], q), turned[spans, 4:]], axis=-1)
    flat = (np.ascontiguousarray(x.reshape(-1, x.shape[-1])) for x in (held, delayed_n[spans],
                                                                     thrust_n[spans]))  # fmt: skip
    measured, delayed_flat, thrust_flat = flat
    starts = (np.arange(len(rows)) * (steps + 1)).astype(np.int32)
    return _core.replay_body(
        drone.parameters, delayed_flat, thrust_flat, starts, flight.state[rows], steps, every,
        STEP_S, measured,
    )  # fmt: skip


def _apart_deg(a: Array, b: Array) -> float:
    """Root mean square angle between attitudes [deg]."""
    cosine = np.clip(np.abs((a * b).sum(axis=1)), 0.0, 1.0)
    return float(np.degrees(np.sqrt(((2.0 * np.arccos(cosine)) ** 2).mean())))
