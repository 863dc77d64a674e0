# SPDX-License-Identifier: Apache-2.0
"""How far apart drones and flights are in recordings, kept in results/randomization_ranges.json.

The ranges of sim_core/environments/track.toml name this as their source. Run it with
`python benchmarks/randomization_ranges.py DATA`. Every flight that has a pose is measured, fitted
on or not: what is sought is the spread. Of each number: the least, the median and the greatest of
all flights, and the flights' own values.

Gain and drag are fitted to the flight, as `martlet sysid` does; a slow one tells no drag. Trims are
what the motor commands give on average, and so hold the motors' unlike gains and the centre of
mass. Motor gains are squared rotor speeds over what the volts give, one motor against the mean of
four. Wind is the velocity of the air that explains the accelerometer's sideways force, with the
airframe's drag; its mean over a flight holds the accelerometer's offset, its swings (means of
0.1 s) hold all that is not modelled: both are upper bounds.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from recording import record

from evaluation.sysid.fit import DRAG, GAIN, fit_translation
from evaluation.validation.flight import STEP_S, Flight, flight_of
from evaluation.validation.predict import Drone, drone_of, rotor_thrusts
from evaluation.validation.recordings import known_sets
from evaluation.validation.tally import rounded
from sim_core import _core
from sim_core.airframe import load_airframe
from sim_core.flight_log import FlightLog, read_flight_log
from sim_core.frames import to_body

Array = NDArray[np.float64]

SETS = ("imrc_brushed", "imrc_brushless", "nanobench")
_MIXER = np.array([(-1, -1, -1), (-1, 1, 1), (1, 1, -1), (1, -1, 1)])
_TELLS_DRAG_M_S = 0.45
"""Root mean square speed: below, an attitude off by 0.5 degree weighs half as much as the drag."""
_MEAN_OVER_S = 0.1
_LONGEST_GUST_S = 3.0


def measured(flight: Flight, log: FlightLog, drone: Drone) -> dict[str, float]:
    """Of one flight, by what track.toml calls it."""
    fitted = fit_translation([flight], drone)
    gain = fitted.value(GAIN)
    out = {"thrust_gain": gain}
    if np.sqrt((flight.state[flight.ok, 7:10] ** 2).sum(axis=1).mean()) >= _TELLS_DRAG_M_S:
        out["drag_over_kinds"] = fitted.value(DRAG) / drone.value(DRAG)
    mean_n = gain * rotor_thrusts(flight, drone)[1][flight.ok].mean(axis=0)
    arm, reach = drone.value("arm_component_m"), drone.value("torque_per_thrust_m")
    trims = -(mean_n @ _MIXER) * np.array([arm, arm, reach])
    out |= {f"trim_torque_{axis}_n_m": float(t) for axis, t in zip("xyz", trims, strict=True)}
    if flight.rpm is not None and drone.thrust == "volts":
        told = _core.targets_from_volts(drone.parameters, flight.motor_volts)[flight.ok]
        gains = (flight.rpm[flight.ok] ** 2).mean(axis=0) / told.mean(axis=0)
        out |= {f"motor_gain_{i + 1}": float(g) for i, g in enumerate(gains / gains.mean())}
    return out | _air(flight, log, drone)


def _air(flight: Flight, log: FlightLog, drone: Drone) -> dict[str, float]:
    assert log.acc is not None
    per_s = drone.value(DRAG) / drone.value("mass_kg")
    force = np.stack([np.interp(flight.t, log.t, c) for c in np.nan_to_num(log.acc).T], axis=1)
    through_air = to_body(flight.state[:, 3:7], flight.state[:, 7:10])
    wind = (force / per_s + through_air)[:, :2]
    n = round(_MEAN_OVER_S / STEP_S)
    whole = len(wind) // n * n
    flown = flight.ok[:whole].reshape(-1, n).all(axis=1)
    wind = wind[:whole].reshape(-1, n, 2).mean(axis=1)[flown]
    mean, swings = wind.mean(axis=0), wind - wind.mean(axis=0)
    lags = range(round(_LONGEST_GUST_S / _MEAN_OVER_S))
    power = float((swings**2).mean())
    alike = [float((swings[k:] * swings[: len(swings) - k]).mean()) / power for k in lags]
    below = [k for k in lags if alike[k] < np.exp(-1.0)]
    return {
        "wind_x_m_s": float(mean[0]),
        "wind_y_m_s": float(mean[1]),
        "gust_m_s": float(np.sqrt(power)),
        "gust_time_s": _MEAN_OVER_S * (below[0] if below else len(lags)),
    }


def spread(data: Path) -> dict[str, Any]:
    """Of each set, and of each number in it."""
    out: dict[str, Any] = {}
    for name in SETS:
        known = known_sets()[name]
        drone = drone_of(load_airframe(known.airframe), known.mass_kg, known.thrust)
        rows: dict[str, dict[str, float]] = {}
        for path in sorted((data / name).glob("*.npz")):
            log = read_flight_log(path)
            flight = flight_of(log, known.volts, markers=known.markers).from_past()
            rows[path.name] = measured(flight, log, drone)
        keys = dict.fromkeys(key for row in rows.values() for key in row)
        out[name] = {key: _over({f: r[key] for f, r in rows.items() if key in r}) for key in keys}
    return out


def _over(flights: dict[str, float]) -> dict[str, Any]:
    values = list(flights.values())
    return {
        "least": rounded(min(values)),
        "median": rounded(float(np.median(values))),
        "greatest": rounded(max(values)),
        "flights": {file: rounded(value) for file, value in flights.items()},
    }


def main() -> None:
    """Measure, and write."""
    if len(sys.argv) != 2:
        sys.exit("usage: python benchmarks/randomization_ranges.py DATA")
    record("randomization_ranges", spread(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
