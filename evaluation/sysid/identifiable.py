# SPDX-License-Identifier: Apache-2.0
"""Whether flights say enough to fit a drone to them."""

import numpy as np

from evaluation.errors import LogError
from evaluation.validation.flight import STEP_S, Flight

LEAST_S = 5.0
"""Of flight that can be fitted on, over all logs."""

LEAST_TURNING_RAD_S = 0.25
"""Root mean square change of body rates over 100 ms: below, noise and trims hide the inertia."""

LEAST_SPEED_M_S = 0.25
"""Root mean square speed: below, drag is less than what the attitude's error weighs."""


def check_identifiable(flights: list[Flight], source: str) -> None:
    """Refuse flights that cannot tell thrust and drag apart, and of "volts" inertia and lag.

    Args:
        flights: What is to be fitted to.
        source: What tells their thrust, "volts" or "command".

    Raises:
        LogError: What they lack, in one sentence.
    """
    names = ", ".join(flight.name for flight in flights)
    for flight in flights:
        if not flight.posed:
            raise LogError(
                f"{flight.name}: expected pos, vel and quat_xyzw to fit a drone to, found none."
            )
    seconds = STEP_S * sum(int(flight.ok.sum()) for flight in flights)
    if seconds < LEAST_S:
        raise LogError(f"{names}: expected {LEAST_S:g} s of flight to fit to, got {seconds:.1f} s.")
    step = round(0.1 / STEP_S)
    turning = [
        (f.state[step:, 10:12] - f.state[:-step, 10:12])[f.ok[step:] & f.ok[:-step]]
        for f in flights
    ]
    turned = float(np.sqrt((np.concatenate(turning) ** 2).mean()))
    if source == "volts" and turned < LEAST_TURNING_RAD_S:
        raise LogError(
            f"{names}: expected a flight that rolls and pitches, its rates changing by"
            f" {LEAST_TURNING_RAD_S:g} rad/s in 100 ms, to tell inertia and lag; got {turned:.2f}"
            " rad/s: a hover?"
        )
    moved = np.concatenate([flight.state[flight.ok, 7:10] for flight in flights])
    speed = float(np.sqrt((moved**2).sum(axis=1).mean()))
    if speed < LEAST_SPEED_M_S:
        raise LogError(
            f"{names}: expected a flight faster than {LEAST_SPEED_M_S:g} m/s to tell the drag, got"
            f" {speed:.2f} m/s."
        )
