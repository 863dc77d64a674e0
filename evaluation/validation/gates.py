# SPDX-License-Identifier: Apache-2.0
"""What a log must be before anything is fitted to it or judged by it.

Each gate names the file, the column and what was expected, in one sentence. Units are recognised
by what contradicts them: the sensor's range, gravity, or another column of the same log.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import LogError
from evaluation.validation.attitude import quaternion_orders, turning_rates
from sim_core.flight_log import FlightLog

Array = NDArray[np.float64]

LONGEST_GAP_S = 0.035
"""Between two samples of a flight: three packets at 100 Hz."""

GYRO_RANGE_RAD_S = 2000.0 * np.pi / 180.0
"""Full scale of the Crazyflie's gyro, BMI088 at 2000 deg/s."""

SHORTEST_S = 1.0
"""A log with less flight than this says nothing."""


def check_log(log: FlightLog) -> None:
    """Refuse a log with gaps, holes or columns in other units.

    Raises:
        LogError: The first fault found.
    """
    for fault in _faults(log):
        raise LogError(f"{log.name}: {fault}.")


def _faults(log: FlightLog) -> Iterator[str]:
    if len(log.t) < 10:
        yield f"t: expected a flight of at least {SHORTEST_S:g} s, got {len(log.t)} samples"
    flown = np.ones(len(log.t), bool) if log.ok is None else log.ok
    yield from _numbers(log, flown)
    yield from _time(log, flown)
    yield from _motors(log, flown)
    yield from _battery(log, flown)
    yield from _force(log, flown)
    yield from _attitude(log, flown)
    yield from _rates(log, flown)
    yield from _motion(log, flown)


def _numbers(log: FlightLog, flown: NDArray[np.bool_]) -> Iterator[str]:
    for key, values in log.columns().items():
        rows = values.reshape(len(values), -1)
        bad = ~np.isfinite(rows).all(axis=1)
        if key != "t":
            bad &= flown
        if bad.any():
            first = log.t[np.argmax(bad)]
            yield (
                f"{key}: expected numbers, got {int(bad.sum())} rows with NaN or infinity, first"
                f" at t = {first:.3f} s"
            )


def _time(log: FlightLog, flown: NDArray[np.bool_]) -> Iterator[str]:
    steps = np.diff(log.t)
    if not (steps > 0.0).all():
        at = log.t[int(np.argmax(~(steps > 0.0)))]
        yield f"t: expected rising times, got a step of {steps.min():g} s after t = {at:.3f} s"
        return
    usual = float(np.median(steps))
    if not 2e-4 <= usual <= 0.05:
        yield f"t: expected seconds at 20 to 5000 Hz, got steps of {usual:g}: other units"
        return
    if flown.sum() * usual < SHORTEST_S:
        yield f"ok: expected at least {SHORTEST_S:g} s of flight, got {flown.sum() * usual:.2f} s"
    inside = flown[:-1] & flown[1:]
    wide = inside & (steps > max(LONGEST_GAP_S, 1.5 * usual))
    if wide.any():
        at = int(np.argmax(wide))
        yield (
            f"t: expected no gap above {1e3 * LONGEST_GAP_S:.0f} ms within a flight (mark it in"
            f" `ok`), got {1e3 * steps[at]:.0f} ms at t = {log.t[at]:.3f} s"
        )


def _motors(log: FlightLog, flown: NDArray[np.bool_]) -> Iterator[str]:
    if log.pwm01 is not None and flown.any():
        high, low = float(log.pwm01[flown].max()), float(log.pwm01[flown].min())
        if high > 1.001:
            kind = "percent" if high <= 100.0 else "counts of 65535"
            yield f"pwm01: expected a fraction of full scale, 0 to 1, got up to {high:g}: {kind}?"
        elif low < 0.0:
            yield f"pwm01: expected a fraction of full scale, 0 to 1, got {low:g}"
    if log.rpm is not None and flown.any():
        usual = float(np.median(log.rpm[flown]))
        if not 3000.0 <= usual <= 40000.0:
            yield (
                "rpm: expected revolutions per minute, some 10000 to 30000 in flight, got a median"
                f" of {usual:g}: other units?"
            )


def _battery(log: FlightLog, flown: NDArray[np.bool_]) -> Iterator[str]:
    if log.vbat is None or not flown.any():
        return
    usual = float(np.median(log.vbat[flown]))
    if not 2.0 <= usual <= 4.6:
        yield f"vbat: expected the volts of one cell, 2.5 to 4.4, got a median of {usual:g}"


def _force(log: FlightLog, flown: NDArray[np.bool_]) -> Iterator[str]:
    if log.acc is None or not flown.any():
        return
    usual = float(np.median(np.linalg.norm(log.acc[flown], axis=1)))
    if not 6.0 <= usual <= 16.0:
        guess = ": in g?" if 0.6 <= usual <= 1.7 else ""
        yield (
            f"acc: expected the specific force in m/s², about 9.8 in flight, got a median of"
            f" {usual:.3g}{guess}"
        )
    elif float(np.median(log.acc[flown, 2])) < 0.0:
        yield "acc: expected specific force, +9.8 along z in hover, got it upside down"


def _attitude(log: FlightLog, flown: NDArray[np.bool_]) -> Iterator[str]:
    if log.quat_xyzw is None or not flown.any():
        return
    length = np.linalg.norm(log.quat_xyzw[flown], axis=1)
    if np.abs(length - 1.0).max() > 0.02:
        worst = length[np.argmax(np.abs(length - 1.0))]
        yield f"quat_xyzw: expected unit quaternions, got a length of {worst:.3g}"
        return
    better = quaternion_orders(log, flown)
    if better is not None:
        yield f"quat_xyzw: expected q_WB in the order x y z w, got what fits as {better}"


def _rates(log: FlightLog, flown: NDArray[np.bool_]) -> Iterator[str]:
    if not flown.any():
        return
    # Half a percent of the samples may be impacts.
    high = float(np.percentile(np.abs(log.gyro[flown]), 99.5))
    if high > GYRO_RANGE_RAD_S:
        yield f"gyro: expected rad/s, at most {GYRO_RANGE_RAD_S:.0f}, got {high:.0f}: degrees?"
        return
    turning = turning_rates(log, flown)
    if turning is None:
        return
    measured, seen = turning
    ratio = float((measured * seen).sum() / (seen * seen).sum())
    if ratio > 10.0:
        yield (
            f"gyro: expected rad/s, got {ratio:.0f} times the rate at which the attitude turns:"
            " degrees?"
        )
    elif ratio < 0.1:
        yield f"gyro: expected rad/s, got {ratio:.2g} times the rate at which the attitude turns"


def _motion(log: FlightLog, flown: NDArray[np.bool_]) -> Iterator[str]:
    if log.pos is None or log.vel is None:
        return
    # Over a tenth of a second a position's noise weighs little.
    apart = max(1, round(0.1 / float(np.median(np.diff(log.t)))))
    both = flown[:-apart] & flown[apart:]
    both &= np.abs(log.t[apart:] - log.t[:-apart] - 0.1) < 0.05
    if both.sum() < 10:
        return
    went = (log.pos[apart:] - log.pos[:-apart])[both] / (log.t[apart:] - log.t[:-apart])[both, None]
    said = 0.5 * (log.vel[apart:] + log.vel[:-apart])[both]
    moved = float((went * went).sum())
    if np.sqrt(moved / len(went)) < 0.02 and np.sqrt((said * said).mean()) < 0.1:
        return
    ratio = float((went * said).sum()) / max(moved, 1e-12)
    if not 0.33 <= ratio <= 3.0:
        yield (
            f"vel: expected m/s in the world frame, the rate of pos in m, got {ratio:.3g} times it:"
            " other units or another frame?"
        )
