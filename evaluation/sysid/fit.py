# SPDX-License-Identifier: Apache-2.0
"""Gain, drag, lag, inertia and trims of one drone, by least squares on the simulator's predictions.

Thrust and drag come from positions with the attitude as measured; lag, inertia and trims from the
body rates 10 and 100 ms ahead. Each hangs on the other a little, so the two are done twice.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from evaluation.validation.flight import Flight
from evaluation.validation.predict import Drone, root_mean_square
from evaluation.validation.rates import per_axis, rate_errors
from evaluation.validation.translation import translation_errors

Array = NDArray[np.float64]

_ROUNDS = 2
_NEAR_RAD_S, _FAR_RAD_S = 0.1, 1.0
"""Errors of a good model after 10 and 100 ms: what the two weigh."""

GAIN, DRAG = "thrust_gain", "drag_across_n_s_m"
ROTATION = ("inertia_x_kg_m2", "inertia_y_kg_m2", "inertia_z_kg_m2", "rotor_lag_up_s",
            "rotor_lag_down_s")  # fmt: skip
TRIMS = ("trim_torque_x_n_m", "trim_torque_y_n_m", "trim_torque_z_n_m")
_TRIM_UNIT_N_M = 1e-4

PRIOR_SPREAD = 0.3
"""Of inertia and lag, as a share, among drones of a kind (decks, worn motors)."""

_PRIOR_WEIGHT = 0.05
"""Of that knowledge, to the flights': it decides where a gentle flight cannot."""

FITTED = (GAIN, DRAG, *ROTATION, *TRIMS)
"""The core's names of what is fitted; drag is the same along the thrust axis."""


def fitted_from(source: str) -> tuple[str, ...]:
    """Of `FITTED`, what flights can tell whose thrust is known by "volts" or by "command"."""
    return (GAIN, DRAG) if source == "command" else FITTED


def with_value(drone: Drone, name: str, value: float) -> Drone:
    """The drone with one fitted parameter changed; drag goes with it on both axes."""
    if name == DRAG:
        return drone.but(drag_across_n_s_m=value, drag_along_n_s_m=value)
    return drone.but(**{name: value})


def fit_drone(flights: list[Flight], drone: Drone, held: Collection[str] = ()) -> Drone:
    """The drone whose predictions fit the flights best, starting from one of its kind.

    Args:
        flights: What it flew.
        drone: Of its kind.
        held: Of `FITTED`, what stays as it is.
    """
    kind = drone
    if drone.thrust == "command":
        return fit_translation(flights, drone, held)
    for _ in range(_ROUNDS):
        drone = fit_translation(flights, drone, held)
        drone = _fit_rotation(flights, drone, kind, held)
    return drone


def residuals(flights: list[Flight], drone: Drone) -> dict[str, float]:
    """Root mean square errors on flights: positions 0.5 s ahead [m]; of volts, rates [rad/s]."""
    ahead = np.concatenate([translation_errors(flight, drone) for flight in flights])
    if drone.thrust == "command":
        return {"translation_500ms_m": round(root_mean_square(ahead), 5)}
    near, far = zip(*(rate_errors(flight, drone) for flight in flights), strict=True)
    return {
        "translation_500ms_m": round(root_mean_square(ahead), 5),
        "rates_10ms_rad_s": round(per_axis(np.concatenate(near)), 4),
        "rates_100ms_rad_s": round(per_axis(np.concatenate(far)), 4),
    }


def weighed_rates(flight: Flight, drone: Drone) -> Array:
    """Errors of a flight's rates over those of a good model, a row a window; (W, 6)."""
    near, far = rate_errors(flight, drone)
    return np.hstack([near / _NEAR_RAD_S, far / _FAR_RAD_S])


def fit_translation(flights: list[Flight], drone: Drone, held: Collection[str] = ()) -> Drone:
    """The drone with the gain and the drag that fit the flights' positions."""
    names = [name for name in (GAIN, DRAG) if name not in held]
    if not names:
        return drone
    limits = {GAIN: (0.2, 3.0, 1.0), DRAG: (0.0, 10.0, 0.01)}
    low, high, unit = np.array([limits[name] for name in names]).T

    def tried(x: Array) -> Drone:
        out = drone
        for name, value in zip(names, x * unit, strict=True):
            out = with_value(out, name, value)
        return out

    def errors(x: Array) -> Array:
        return np.concatenate([translation_errors(f, tried(x)).ravel() for f in flights])

    start = np.array([drone.value(name) for name in names]) / unit
    found = least_squares(errors, start, diff_step=1e-2, bounds=(low, high))
    return tried(found.x)


def _fit_rotation(flights: list[Flight], drone: Drone, kind: Drone, held: Collection[str]) -> Drone:
    names = [name for name in ROTATION if name not in held]
    first = np.array([kind.value(name) for name in names])
    begin = [drone.value(name) / v for name, v in zip(names, first, strict=True)]

    def tried(x: Array) -> Drone:
        scaled = dict(zip(names, first * x[: len(names)], strict=True))
        trims = dict(zip(TRIMS, _TRIM_UNIT_N_M * x[len(names) :], strict=True))
        return drone.but(**scaled, **trims)

    def errors(x: Array) -> Array:
        found = np.concatenate([weighed_rates(flight, tried(x)).ravel() for flight in flights])
        prior = np.log(np.maximum(x[: len(names)], 1e-3)) / PRIOR_SPREAD
        return np.concatenate([found, _PRIOR_WEIGHT * np.sqrt(len(found)) * prior])

    trims = [drone.value(name) / _TRIM_UNIT_N_M for name in TRIMS]
    low, high = [0.2] * len(names) + [-30.0] * 3, [5.0] * len(names) + [30.0] * 3
    found = least_squares(
        errors, begin + trims, bounds=(low, high), loss="soft_l1",
        diff_step=1e-3, x_scale=[1.0] * len(names) + [3.0] * 3, max_nfev=20,
    )  # fmt: skip
    return _possible(tried(found.x))


def _possible(drone: Drone) -> Drone:
    """The same, its yaw inertia no more than a body of these other two can have."""
    x, y, z = (drone.value(f"inertia_{axis}_kg_m2") for axis in "xyz")
    return drone.but(inertia_z_kg_m2=min(z, 0.99 * (x + y)))
