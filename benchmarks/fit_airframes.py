# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: T201 (it speaks to people)
"""Fits the airframes' numbers to recordings of real drones, and prints them for their files.

Run it with `python benchmarks/fit_airframes.py DATA`, the folder that holds the data sets. It reads
the files that evaluation/validation/splits.toml names and no others. The order is that of what
depends on what: rotor speed coefficient; thrust over volts and drag; lag and inertia; yaw.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from evaluation.validation.bench_log import BenchLog, read_bench_log
from evaluation.validation.downwash import fit_downwash, read_downwash_log
from evaluation.validation.flight import STEP_S, Flight, flight_of
from evaluation.validation.pose import trimmed
from evaluation.validation.predict import Drone, drone_of
from evaluation.validation.rates import rate_errors
from evaluation.validation.recordings import fitted_files, known_sets
from evaluation.validation.translation import fitted_gain, translation_errors
from sim_core.airframe import load_airframe
from sim_core.flight_log import read_flight_log

Array = NDArray[np.float64]

FLIGHTS_WEIGH = 2.0
"""Of the flights against one stand: theirs is the drone that flies."""

_SHARED = (
    "rotor_lag_up_s",
    "rotor_lag_down_s",
    "rotor_dead_time_s",
    "inertia_x_kg_m2",
    "inertia_y_kg_m2",
)

DEAD_TIMES_S = (0.004, 0.006, 0.008)
"""The fit would take more. But part of what logs show is logging, and inside the rate loop 10 ms
are the most with which no corner of the randomisation box oscillates, as the real one does not."""


def flights_of(data: Path, name: str) -> list[Flight]:
    """The flights of a set that may be fitted on."""
    recorded = known_sets()[name]
    paths = [data / name / file for file in sorted(fitted_files()[name])]
    return [flight_of(read_flight_log(path), recorded.volts).from_past() for path in paths]


def thrust_over_volts(benches: list[BenchLog], pseudo: list[tuple[Array, Array]]) -> Array:
    """Cubic without a constant (no volts, no thrust) through stands and flights, least squares."""
    rows, sides = [], []
    for bench in benches:
        weight = 1.0 / np.sqrt(len(bench.volts))
        rows.append(_powers(bench.volts) * weight)
        sides.append(bench.thrust_n * weight)
    for volts, thrust in pseudo:
        weight = FLIGHTS_WEIGH / np.sqrt(len(volts) * len(pseudo))
        rows.append(_powers(volts) * weight)
        sides.append(thrust * weight)
    found, *_ = np.linalg.lstsq(np.concatenate(rows), np.concatenate(sides), rcond=None)
    return np.concatenate([[0.0], found])


def _powers(volts: Array) -> Array:
    return np.stack([volts, volts**2, volts**3], axis=1)


def with_cubic(drone: Drone, cubic: Array) -> Drone:
    """The drone with another thrust over volts."""
    return drone.but(**{f"motor_volts_to_n_{i}": float(c) for i, c in enumerate(cubic)})


def seen_by_flight(flight: Flight, drone: Drone) -> tuple[Array, Array]:
    """Volts and thrusts that belong together in a flight: the curve, times the flight's gain."""
    assert flight.motor_volts is not None
    volts = np.linspace(*np.percentile(flight.motor_volts[flight.ok], [2.0, 98.0]), 20)
    cubic = np.array([drone.value(f"motor_volts_to_n_{i}") for i in range(4)])
    return volts, fitted_gain(flight, drone) * np.polyval(cubic[::-1], volts)


def fit_drag(flights: list[Flight], drone: Drone) -> float:
    """Linear drag, the same along and across, with one gain per flight; flights weigh alike."""

    def errors(x: Array) -> Array:
        parts = []
        for flight in flights:
            tried = drone.but(drag_across_n_s_m=x[0], drag_along_n_s_m=x[0])
            tried = tried.but(thrust_gain=fitted_gain(flight, tried))
            found = translation_errors(flight, tried).ravel()
            parts.append(found / np.sqrt(len(found)))
        return np.concatenate(parts)

    return float(least_squares(errors, [0.0147], bounds=([0.0], [0.1]), diff_step=0.05).x[0])


def fit_roll_pitch(flights: list[Flight], drone: Drone) -> tuple[Drone, float]:
    """Lag, dead time and inertia about x and y, with one trim per drone; the drone and its cost."""
    best: tuple[float, Drone] | None = None
    for dead in DEAD_TIMES_S:

        def tried(x: Array, dead: float = dead) -> Drone:
            return drone.but(
                inertia_x_kg_m2=x[0] * 1e-5, inertia_y_kg_m2=x[1] * 1e-5,
                rotor_lag_up_s=x[2] * 0.01, rotor_lag_down_s=x[3] * 0.01, rotor_dead_time_s=dead,
                trim_torque_x_n_m=x[4] * 1e-4, trim_torque_y_n_m=x[5] * 1e-4,
            )  # fmt: skip

        def errors(x: Array, tried: "object" = tried) -> Array:
            return _scaled_rates(flights, tried(x), slice(0, 2))  # type: ignore[operator]

        found = least_squares(
            errors, [2.0, 2.3, 4.4, 7.6, 0.0, 0.0], loss="soft_l1", diff_step=1e-3,
            bounds=([0.5, 0.5, 1.0, 1.0, -20, -20], [6, 6, 20, 20, 20, 20]),
        )  # fmt: skip
        print(f"# dead time {dead}: cost {found.cost:.0f}, {np.round(found.x, 3)}")
        if best is None or found.cost < best[0]:
            best = (float(found.cost), tried(found.x))
    assert best is not None
    return best[1], best[0]


def fit_yaw(flights: list[tuple[Flight, Drone]]) -> tuple[float, float]:
    """Inertia about z and of a rotor, with torque over thrust as it is; each flight trimmed."""

    def errors(x: Array) -> Array:
        parts = []
        for flight, drone in flights:
            tried = drone.but(inertia_z_kg_m2=x[0] * 1e-5, **_rotor(x[1] * 1e-8))
            parts.append(_scaled_rates([flight], trimmed(flight, tried), slice(2, 3)))
        return np.concatenate([p / np.sqrt(len(p)) for p in parts])

    found = least_squares(errors, [3.5, 2.8], bounds=([1.0, 0.0], [9.0, 10.0]), diff_step=1e-2)
    return float(found.x[0] * 1e-5), float(found.x[1] * 1e-8)


def _rotor(inertia: float) -> dict[str, float]:
    from evaluation.validation.predict import INDEX

    return {"rotor_inertia_kg_m2": inertia} if "rotor_inertia_kg_m2" in INDEX else {}


def _scaled_rates(flights: list[Flight], drone: Drone, axes: slice) -> Array:
    """Rate errors over those of a good model, 0.1 and 1 rad/s after 10 and 100 ms."""
    parts = []
    for flight in flights:
        near, far = rate_errors(flight, drone)
        parts += [near[:, axes].ravel() / 0.1, far[:, axes].ravel()]
    return np.concatenate(parts)


def volts_of(flight: Flight, drone: Drone, mean_force_m_s2: float) -> float:
    """The battery's volts with which the rotors give the force that the accelerometer felt."""
    assert flight.motor_volts is not None
    cubic = np.array([drone.value(f"motor_volts_to_n_{i}") for i in range(4)])[::-1]
    fraction = flight.motor_volts[flight.ok]
    trial = np.linspace(0.8, 1.2, 81)
    means = [4.0 * np.maximum(np.polyval(cubic, fraction * s), 0.0).mean() for s in trial]
    return float(np.interp(drone.value("mass_kg") * mean_force_m_s2, means, trial))


def fit_brushed(data: Path) -> None:
    """cf21_plus and cf21_legacy."""
    benches = [read_bench_log(data / "bench" / f) for f in sorted(fitted_files()["bench"])]
    plus = [b for b in benches if "cf21plus" in b.name]
    print("[cf21_plus]")
    print(f"volts_to_n = {_list(thrust_over_volts(plus, []))}")
    print(f"thrust_n_per_rad2_s2 = {_speed_coefficient(plus):.4g}")

    legacy = load_airframe("cf21_legacy")
    flights = flights_of(data, "imrc_brushed")
    drone = drone_of(legacy, known_sets()["imrc_brushed"].mass_kg)
    stands = [b for b in benches if "cf21plus" not in b.name]
    arpl = flights_of(data, "arpl")
    for _ in range(3):  # lag, thrust and drag hang together a little
        cubic = thrust_over_volts(stands, [seen_by_flight(f, drone) for f in flights])
        drone = with_cubic(drone, cubic)
        drag = fit_drag(flights, drone)
        drone = drone.but(drag_across_n_s_m=drag, drag_along_n_s_m=drag)
        acro = replace(drone).but(mass_kg=known_sets()["arpl"].mass_kg)
        scale = volts_of(arpl[0], acro, _mean_force(data))
        scaled = [replace(f, motor_volts=f.motor_volts * scale) for f in arpl]
        acro, cost = fit_roll_pitch(scaled, acro)
        kept = {name: acro.value(name) for name in _SHARED}
        drone = drone.but(**kept)
    print("[cf21_legacy]")
    print(f"volts_to_n = {_list(cubic)}")
    print(f"drag = {drag:.4g}")
    print({k: f"{v:.4g}" for k, v in kept.items()}, f"cost {cost:.0f}")
    print({f"trim_{a}": f"{acro.value(f'trim_torque_{a}_n_m'):.3g}" for a in "xy"})
    print(f"arpl volts = {known_sets()['arpl'].volts * scale:.3f}")
    yaw = fit_yaw([(f, acro) for f in scaled] + [(f, drone) for f in flights])
    print(f"inertia_z, rotor inertia = {yaw[0]:.3g}, {yaw[1]:.3g}")


def _mean_force(data: Path) -> float:
    log = read_flight_log(data / "arpl" / sorted(fitted_files()["arpl"])[0])
    flight = flight_of(log, 1.0)
    assert log.acc is not None
    return float(np.interp(flight.t, log.t, log.acc[:, 2])[flight.ok].mean())


def fit_brushless(data: Path) -> None:
    """cf21_brushless, from its rotors' speeds."""
    recorded = known_sets()["imrc_brushless"]
    flights = flights_of(data, "imrc_brushless")
    drone = drone_of(load_airframe("cf21_brushless"), recorded.mass_kg, "rpm")
    for _ in range(2):
        gain = float(np.mean([fitted_gain(f, drone) for f in flights]))
        drone = replace(drone, thrust_n_per_rad2_s2=drone.thrust_n_per_rad2_s2 * gain)
        drag = fit_drag(flights, drone)
        drone = drone.but(drag_across_n_s_m=drag, drag_along_n_s_m=drag)
    print("[cf21_brushless]")
    print(f"thrust_n_per_rad2_s2 = {drone.thrust_n_per_rad2_s2:.4g}\ndrag = {drag:.4g}")


def _speed_coefficient(benches: list[BenchLog]) -> float:
    speed = np.concatenate([b.rpm for b in benches]) * 2.0 * np.pi / 60.0
    thrust = np.concatenate([b.thrust_n for b in benches])
    return float((thrust * speed**2).sum() / (speed**4).sum())


def _list(values: Array) -> list[float]:
    return [float(f"{v:.5g}") for v in values]


def main() -> None:
    """Fit all, and print."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: python benchmarks/fit_airframes.py DATA")
    data = Path(sys.argv[1])
    print(f"# steps of {STEP_S} s; files of evaluation/validation/splits.toml")
    fit_brushless(data)
    fit_brushed(data)
    log = read_downwash_log(data / "downwash" / sorted(fitted_files()["downwash"])[0])
    every = np.ones(len(log.force_g), dtype=bool)
    print(f"downwash: {_list(np.array(fit_downwash(log, every)))}")


if __name__ == "__main__":
    main()
