# SPDX-License-Identifier: Apache-2.0
"""The figures of a set of flights: each measure over all of its files."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from evaluation.errors import LogError
from evaluation.validation.closed_loop import ClosedLoop, replay_closed_loop, setpoints_of
from evaluation.validation.flight import Flight
from evaluation.validation.pose import pose_errors, straight_on_errors, trimmed
from evaluation.validation.predict import Drone, root_mean_square
from evaluation.validation.published import PUBLISHED, told_by_fraction, with_published
from evaluation.validation.rates import constant_rate_errors, per_axis, rate_errors
from evaluation.validation.tally import Tally, rounded
from evaluation.validation.translation import (
    constant_velocity_errors,
    fitted_gain,
    translation_errors,
)

Figures = dict[str, Any]


def predictors(flight: Flight, drone: Drone) -> list[tuple[str, Flight, Drone]]:
    """Our numbers and the published ones: name, the flight as it is told to them, the drone."""
    found = [("ours", flight, drone)]
    if drone.thrust == "volts" and flight.motor_volts is not None:
        assert flight.battery_volts is not None
        told = replace(
            flight, motor_volts=told_by_fraction(flight.motor_volts, flight.battery_volts)
        )
        found += [(p.name, told, with_published(drone, p)) for p in PUBLISHED]
    return found


def translation(flights: list[Flight], drone: Drone) -> Figures:
    """0.5 s ahead with the attitude as measured, without any fit."""
    tally = Tally(root_mean_square)
    for flight in flights:
        tally.add("naive", flight.name, constant_velocity_errors(flight))
        for name, told, theirs in predictors(flight, drone):
            tally.add(name, flight.name, translation_errors(told, theirs))
    return tally.figures() | _told_otherwise(flights, drone, one_gain=False)


def translation_gain(flights: list[Flight], drone: Drone) -> Figures:
    """The same with one gain for each flight."""
    tally = Tally(root_mean_square)
    gains = {}
    for flight in flights:
        tally.add("naive", flight.name, constant_velocity_errors(flight))
        for name, told, theirs in predictors(flight, drone):
            gain = fitted_gain(told, theirs)
            tally.add(name, flight.name, translation_errors(told, theirs.but(thrust_gain=gain)))
            if name == "ours":
                gains[flight.name] = rounded(gain)
    otherwise = _told_otherwise(flights, drone, one_gain=True)
    return tally.figures() | otherwise | {"gains": gains}


def _told_otherwise(flights: list[Flight], drone: Drone, *, one_gain: bool) -> Figures:
    """Ours on the same windows, from what else the logs say: how much of an error is the log's.

    `ours_past_start`: the start not the log's velocity but what the last 80 ms tell.
    `ours_markers_attitude`: the attitude of the markers as it was recorded.
    """
    out: Figures = {}
    if all(flight.past is not None for flight in flights):
        told = [flight.from_past() for flight in flights]
        out["ours_past_start"] = _translation_of(told, drone, one_gain=one_gain)
        naive = np.concatenate([constant_velocity_errors(flight) for flight in told])
        out["naive_past_start"] = rounded(root_mean_square(naive))
    if all(flight.frame is not None for flight in flights):
        told = [replace(flight, frame=None) for flight in flights]
        out["ours_markers_attitude"] = _translation_of(told, drone, one_gain=one_gain)
    return out


def _translation_of(flights: list[Flight], drone: Drone, *, one_gain: bool) -> float:
    errors = []
    for flight in flights:
        gain = fitted_gain(flight, drone) if one_gain else drone.value("thrust_gain")
        errors.append(translation_errors(flight, drone.but(thrust_gain=gain)))
    return rounded(root_mean_square(np.concatenate(errors)))


def rates(flights: list[Flight], drone: Drone) -> Figures:
    """Body rates 10 and 100 ms ahead."""
    near, far = Tally(per_axis), Tally(per_axis)
    for flight in flights:
        all_of_them = [("naive", constant_rate_errors(flight))]
        all_of_them += [(n, rate_errors(told, d)) for n, told, d in predictors(flight, drone)]
        for name, (soon, late) in all_of_them:
            near.add(name, flight.name, soon)
            far.add(name, flight.name, late)
    return {"10ms": near.figures(), "100ms": far.figures()}


def pose(flights: list[Flight], drone: Drone) -> Figures:
    """Full motion 100 ms ahead, with one gain and one trim for each flight.

    From the past's start: a velocity off by 0.05 m/s is 5 mm by then, more than what is judged.
    """
    tally = Tally(root_mean_square)
    for flight in (each.from_past() for each in flights):
        tally.add("naive", flight.name, straight_on_errors(flight))
        for name, told, theirs in predictors(flight, drone):
            tally.add(name, flight.name, pose_errors(told, trimmed(told, theirs)))
    return tally.figures()


def closed_loop(flights: list[Flight], drone: Drone) -> Figures:
    """The stock controller on the flights' set-points; naive: the drone is where it should be."""
    found: dict[str, ClosedLoop] = {}
    for flight in flights:
        setpoints = setpoints_of(flight)
        replayed = None if setpoints is None else replay_closed_loop(flight, drone, setpoints)
        if replayed is not None:
            found[flight.name] = replayed
    if not found:
        raise LogError(f"{flights[0].name}: expected set-points to fly, none are known.")

    def over(name: str) -> float:
        return rounded(float(np.sqrt(np.mean([getattr(r, name) ** 2 for r in found.values()]))))

    files = {file: {k: rounded(v) for k, v in vars(r).items()} for file, r in found.items()}
    worst = max(
        max(abs(r.replayed_error_m / r.recorded_error_m - 1.0),
            abs(r.replayed_lag_s / max(r.recorded_lag_s, 0.01) - 1.0))
        for r in found.values()
    )  # fmt: skip
    return {
        "ours": over("apart_m"),
        "naive": over("recorded_error_m"),
        "recorded_error_m": over("recorded_error_m"),
        "replayed_error_m": over("replayed_error_m"),
        "recorded_lag_s": over("recorded_lag_s"),
        "replayed_lag_s": over("replayed_lag_s"),
        "worst_ratio": rounded(worst),
        "files": files,
    }


MEASURES: dict[str, tuple[str, Callable[[list[Flight], Drone], Figures]]] = {
    "translation": ("translation_500ms_m", translation),
    "gain": ("translation_500ms_gain_m", translation_gain),
    "rates": ("rates_rad_s", rates),
    "pose": ("pose_100ms_m", pose),
    "closed_loop": ("closed_loop_rmse_m", closed_loop),
}
"""By the word of recordings.toml: the key of the report, and what computes it."""
