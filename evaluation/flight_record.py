# SPDX-License-Identifier: Apache-2.0
"""One drone's flight as plain arrays, and the figures that its report states."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import RecordingError
from evaluation.referee import Score, score_tracking

Array = NDArray[np.float64]

HOVER = "hover"
"""The phase whose mean error over the last 3 s is reported as the hover error."""

LATENCY_WARM_UP_S = 2.0
"""Latencies count from this long after the first command on: imports and caches are warm then."""

CUT_SHORT_S = 0.1
"""A record that ends this long before a phase's scored end has not flown it."""


@dataclass(frozen=True)
class Phase:
    """A stretch of a flight.

    Attributes:
        name: "takeoff", "hover", "lemniscate", "recorded", "land", or any other task's.
        start_s: When it began, on the record's clock.
        end_s: When it ended.
        scored_s: The part that the referee judges, on the same clock: of a reference the path
            proper; None for phases that follow none.
    """

    name: str
    start_s: float
    end_s: float
    scored_s: tuple[float, float] | None = None


@dataclass(frozen=True)
class GuardEntry:
    """What the guard of one drone changed to.

    Attributes:
        drone: Its name.
        time_s: When, on the record's clock.
        stage: "nominal", "hold", "land" or "off".
        reason: The rule and the number that tripped it; empty when nominal.
    """

    drone: str
    time_s: float
    stage: str
    reason: str


@dataclass(frozen=True, eq=False)
class FlightRecord:
    """One drone's flight: a row for each state, not a number where there was nothing.

    Attributes:
        title: What the picture is headed with.
        times_s: Rising, shape (T,).
        states: p_WB q_WB(xyzw) v_WB w_WB_B in SI units, shape (T, 13): what the referee judges, so
            the truth where there is one.
        reference_m: Where the drone should have been [m; W], shape (T, 3).
        commands: The policy's answer to this state [N, rad/s; B], shape (T, 4).
        latency_s: From the state's stamp to the receipt of its answer, shape (T,).
        phases: In order of time.
    """

    title: str
    times_s: Array
    states: Array
    reference_m: Array
    commands: Array
    latency_s: Array
    phases: tuple[Phase, ...]

    def __post_init__(self) -> None:
        """Check the shapes.

        Raises:
            RecordingError: An array of another shape, or times that do not rise.
        """
        count = len(self.times_s)
        shapes = {
            "times_s": (count,),
            "states": (count, 13),
            "reference_m": (count, 3),
            "commands": (count, 4),
            "latency_s": (count,),
        }
        for name, shape in shapes.items():
            found = np.shape(getattr(self, name))
            if found != shape:
                raise RecordingError(f"flight record: {name}: expected shape {shape}, got {found}.")
        if not count or not (np.diff(self.times_s) > 0.0).all():
            raise RecordingError("flight record: times_s: expected one or more rising times.")

    def states_at(self, times_s: Array) -> Array:
        """States at other times, between those recorded, shape (len(times_s), 13).

        Attitudes are interpolated linearly, which over the 10 ms between two states errs by less
        than a thousandth of a radian.
        """
        q = self.states[:, 3:7]
        turned = np.where((q[1:] * q[:-1]).sum(axis=1) < 0.0, -1.0, 1.0)
        states = self.states.astype(np.float64)
        states[:, 3:7] = q * np.cumprod(np.concatenate([[1.0], turned]))[:, None]
        out = np.stack([np.interp(times_s, self.times_s, c) for c in states.T], axis=1)
        out[:, 3:7] /= np.maximum(np.linalg.norm(out[:, 3:7], axis=1, keepdims=True), 1e-9)
        return out

    def during(self, phase: Phase) -> slice:
        """The rows of a phase."""
        start, end = np.searchsorted(self.times_s, [phase.start_s - 1e-9, phase.end_s + 1e-9])
        return slice(int(start), int(end))

    def error_m(self) -> Array:
        """Distance to the reference at each row, shape (T,)."""
        out: Array = np.linalg.norm(self.states[:, :3] - self.reference_m, axis=1)
        return out


def score_phase(flight: FlightRecord, phase: Phase) -> Score | None:
    """The referee on one phase; None where it has nothing to judge, or the record breaks off."""
    if phase.scored_s is None:
        return None
    start, end = phase.scored_s
    rows = flight.during(Phase(phase.name, start, end))
    times = flight.times_s[rows]
    if not len(times) or times[-1] < end - CUT_SHORT_S:
        return None
    return score_tracking(times, flight.states[rows], flight.reference_m[rows], (start, end))


def flight_figures(flight: FlightRecord) -> dict[str, Any]:
    """The figures of a flight: `hover_error_m`, `references`, `command_latency_ms`.

    What a phase was not flown to its end for is None, and what the drone crashed in is infinite.
    """
    hover_error_m: float | None = None
    references: dict[str, Any] = {}
    for phase in flight.phases:
        score = score_phase(flight, phase)
        if phase.name == HOVER and score is not None:
            hover_error_m = float(score.settled_error_m[0])
        elif phase.name != HOVER and phase.scored_s is not None:
            references[phase.name] = {
                "rmse_m": float(score.rmse_m[0]) if score else None,
                "max_error_m": float(score.max_error_m[0]) if score else None,
                "crashed": bool(score.crashed[0]) if score else None,
            }
    return {
        "hover_error_m": hover_error_m,
        "references": references,
        "command_latency_ms": latency_figures(flight),
    }


def warm_latencies_ms(flight: FlightRecord) -> Array:
    """Latencies of the answered states after the warm-up [ms], or of all where none came after."""
    answered = np.isfinite(flight.latency_s)
    if not answered.any():
        return np.empty(0)
    first = flight.times_s[int(np.argmax(answered))]
    warm = answered & (flight.times_s >= first + LATENCY_WARM_UP_S)
    out: Array = 1e3 * flight.latency_s[warm if warm.any() else answered]
    return out


def latency_figures(flight: FlightRecord) -> dict[str, float | None]:
    """Median, 99th percentile and largest latency after the warm-up [ms]."""
    latency = warm_latencies_ms(flight)
    if not len(latency):
        return {"p50": None, "p99": None, "max": None}
    p50, p99 = np.percentile(latency, [50, 99])
    return {"p50": float(p50), "p99": float(p99), "max": float(latency.max())}
