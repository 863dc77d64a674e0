# SPDX-License-Identifier: Apache-2.0
"""How well flights tell each fitted number, and whether well enough to write it.

Two things make a fitted number doubtful. Noise about the prediction: its standard error. And noise
in what the prediction is made from: on a gentle flight most of a motor command answers gusts and
gyro noise that no log holds, the commands seem to do little, and the inertia comes out several
times too large, with a small standard error. How much of the motion the commands explain shows
that: the truth lies between the fit and the fit times the explained share (regression of one on the
other, and of the other on the one; Frisch 1934).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.sysid.fit import (
    DRAG,
    FITTED,
    GAIN,
    PRIOR_SPREAD,
    ROTATION,
    TRIMS,
    fitted_from,
    weighed_rates,
    with_value,
)
from evaluation.validation.flight import Flight
from evaluation.validation.predict import Drone
from evaluation.validation.rates import constant_rate_errors, rate_errors
from evaluation.validation.translation import translation_errors

Array = NDArray[np.float64]

LARGEST_STANDARD_ERROR = 0.5 * PRIOR_SPREAD
"""As a share: above, the kind's own number is as good a guess."""

LEAST_EXPLAINED = 2.0 / 3.0
"""Of the rates' change over 100 ms: below, the fit may be half as large again as the truth."""

_BLOCK_S = 1.0
"""Errors of windows this close hang together; standard errors count blocks, not windows."""

_TRIM_STEP_N_M, _SHARE_STEP = 1e-5, 1e-2


@dataclass(frozen=True)
class Certainty:
    """What flights say of one number.

    Attributes:
        fitted: The number that fits best.
        standard_error: In its own unit.
        explained: Share of the motion that tells it which the commands explain; None for those
            that are told by positions.
        kind: The kind's own number.
        told: Whether the flights tell it; where not, the kind's is written.
        bounded: Whether the truth lies between `explained` times `fitted` and `fitted`: inertia.
    """

    fitted: float
    standard_error: float
    explained: float | None
    kind: float
    told: bool
    bounded: bool

    def figures(self) -> dict[str, Any]:
        """For the report."""
        out: dict[str, Any] = {
            "fitted": _digits(self.fitted),
            "standard_error": _digits(self.standard_error),
            "kind": _digits(self.kind),
            "told": self.told,
        }
        if self.explained is not None:
            out["explained"] = _digits(self.explained)
        if self.bounded and self.explained is not None:
            out["between"] = [_digits(self.explained * self.fitted), _digits(self.fitted)]
        return out


def certainties(flights: list[Flight], drone: Drone, kind: Drone) -> dict[str, Certainty]:
    """Of each fitted number, by the core's name.

    Args:
        flights: It was fitted to.
        drone: As fitted.
        kind: The numbers it started from.
    """
    errors = _standard_errors(flights, drone, (GAIN, DRAG), translation_errors)
    names = fitted_from(drone.thrust)
    shares = np.ones(3)
    if names == FITTED:
        errors |= _standard_errors(flights, drone, (*ROTATION, *TRIMS), weighed_rates)
        shares = explained_shares(flights, drone)
    out = {}
    for name in names:
        value, share = drone.value(name), _share_of(name, shares)
        told = name in TRIMS or (
            errors[name] <= LARGEST_STANDARD_ERROR * abs(value)
            and (share is None or share >= LEAST_EXPLAINED)
        )
        bounded = name.startswith("inertia")
        out[name] = Certainty(value, errors[name], share, kind.value(name), told, bounded)
    return out


def explained_shares(flights: list[Flight], drone: Drone) -> Array:
    """Of the rates' change over 100 ms, what the prediction explains; an axis each, (3,)."""
    ours = np.concatenate([rate_errors(flight, drone)[1] for flight in flights])
    still = np.concatenate([constant_rate_errors(flight)[1] for flight in flights])
    # A constant turning, a trim's, is no more than noise here.
    shares: Array = 1.0 - ours.var(axis=0) / np.maximum(still.var(axis=0), 1e-12)
    return np.maximum(shares, 0.0)


def _share_of(name: str, shares: Array) -> float | None:
    if name in (GAIN, DRAG, *TRIMS):
        return None
    if name.startswith("inertia"):
        return float(shares["xyz".index(name.split("_")[1])])
    return float(shares[:2].max())  # a lag shows on either


def _standard_errors(
    flights: list[Flight], drone: Drone, names: tuple[str, ...], errors: Any
) -> dict[str, float]:
    """By the spread of what each block of flight asks for (a sandwich of block sums)."""
    information = np.zeros((len(names), len(names)))
    spread = np.zeros_like(information)
    steps = [
        _TRIM_STEP_N_M if name in TRIMS else _SHARE_STEP * max(abs(drone.value(name)), 1e-6)
        for name in names
    ]
    for flight in flights:
        at = errors(flight, drone)
        if not len(at):
            continue
        slopes = (
            np.stack(
                [
                    (errors(flight, with_value(drone, name, drone.value(name) + step)) - at) / step
                    for name, step in zip(names, steps, strict=True)
                ]
            )
            * np.array(steps)[:, None, None]
        )  # in steps: of one size
        information += np.einsum("iwk,jwk->ij", slopes, slopes)
        for block in np.array_split(np.arange(len(at)), _blocks(flight)):
            pull = np.einsum("iwk,wk->i", slopes[:, block], at[block])
            spread += np.outer(pull, pull)
    inverse = np.linalg.pinv(information)
    sizes = np.sqrt(np.maximum(np.diag(inverse @ spread @ inverse), 0.0))
    return {name: float(s * step) for name, s, step in zip(names, sizes, steps, strict=True)}


def _blocks(flight: Flight) -> int:
    flown = float(flight.ok.sum()) * float(flight.t[1] - flight.t[0])
    return max(2, round(flown / _BLOCK_S))


def _digits(value: float) -> float:
    return float(f"{value:.4g}")
