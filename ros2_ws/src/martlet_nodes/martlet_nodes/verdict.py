# SPDX-License-Identifier: Apache-2.0
"""The referees' word on what a policy flew, from the states that it was given."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evaluation import race_referee, referee
from evaluation.group_score import score_group
from evaluation.race_course import race_course
from martlet_nodes.flown_tasks import FlownTask
from sim_core.group_flights import GroupFlight
from sim_core.races import RaceTask
from sim_core.tasks import TrackTask

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Verdict:
    """How a task went, with the referee's figures; the worst drone's where there are several."""

    success: bool
    reason: str
    rmse_m: float
    mean_error_last_3s_m: float
    max_error_m: float
    samples: int
    separation_m: float = math.nan
    slot_error_m: float = math.nan


def verdict_on(
    tasks: Sequence[FlownTask],
    times: Float64,
    states: Float32,
    first_s: float,
    reason: str,
    names: Sequence[str],
) -> Verdict:
    """On what was flown.

    Args:
        tasks: One for each drone, all of one kind; or one for all.
        times: When the states held, shape (T,).
        states: Shape (T, n, 13).
        first_s: Stamp of the first state answered: the tasks' time 0.
        reason: Why it ended early; empty where it did not.
        names: Of the drones.
    """
    # A radio's ages differ from state to state: one that held before the last is not judged.
    rising = times > np.maximum.accumulate(np.concatenate([[-np.inf], times[:-1]]))
    times, states = times[rising], states[rising]
    first = tasks[0]
    if isinstance(first, GroupFlight):
        return group_verdict(first, times, states, first_s, reason, names)
    if races := [task for task in tasks if isinstance(task, RaceTask)]:
        return race_verdict(races, times, states, reason)
    paths = [task for task in tasks if isinstance(task, TrackTask)]
    return track_verdict(paths, times, states, first_s, reason)


def track_verdict(
    tasks: Sequence[TrackTask], times: Float64, states: Float32, first_s: float, reason: str
) -> Verdict:
    """On references that were followed.

    Args:
        tasks: One for each drone.
        times: When the states held, shape (T,).
        states: Shape (T, n, 13).
        first_s: Stamp of the first state answered: the references' time 0.
        reason: Why it ended early; empty where it did not.
    """
    nothing = _nothing(reason)
    if len(times) < 2:
        return nothing
    reference = np.stack([task.reference.position(times - first_s) for task in tasks], axis=1)
    start, end = tasks[0].reference.scored
    window = first_s + start, min(first_s + end, float(times[-1]))
    if window[1] - window[0] < 0.0:
        return replace(nothing, reason=reason or "it ended before the path proper")
    score = referee.score_tracking(times, states, reference, window)
    crashed = np.flatnonzero(score.crashed)
    if len(crashed):
        reason = f"crashed: {referee.CRASH_REASONS[int(score.crash_reason[crashed[0]])]}"
    return Verdict(
        success=not reason,
        reason=reason,
        rmse_m=float(score.rmse_m.max()),
        mean_error_last_3s_m=float(score.settled_error_m.max()),
        max_error_m=float(score.max_error_m.max()),
        samples=int(np.count_nonzero((times >= window[0] - 1e-6) & (times <= window[1] + 1e-6))),
    )


def race_verdict(
    races: Sequence[RaceTask], times: Float64, states: Float32, reason: str
) -> Verdict:
    """On races: well flown is one that was finished, or, where it has no end, not crashed in.

    Args:
        races: One for each drone.
        times: When the states held, shape (T,).
        states: Shape (T, n, 13).
        reason: Why it ended early; empty where it did not.
    """
    if len(times) < 2:
        return _nothing(reason)
    score = race_referee.score_race(times, states, race_course([r.course.true for r in races]))
    gates, crashed = races[0].gates, np.flatnonzero(score.crashed)
    if len(crashed):
        touched = race_referee.CRASH_REASONS[int(score.crash_reason[crashed[0]])]
        reason = f"crashed: {touched}, after {score.gates_passed[crashed[0]]} gates"
    elif gates and not score.finished.all():
        reason = reason or f"passed {score.gates_passed.min()} of {gates} gates"
    return replace(_nothing(reason), success=not reason, reason=reason, samples=len(times))


def group_verdict(
    flight: GroupFlight,
    times: Float64,
    states: Float32,
    first_s: float,
    reason: str,
    names: Sequence[str],
) -> Verdict:
    """On drones that flew together: well flown is without collision or crash, every race finished.

    Args:
        flight: What they flew.
        times: When the states held, shape (T,).
        states: Shape (T, n, 13).
        first_s: Stamp of the first state answered: the flight's time 0.
        reason: Why it ended early; empty where it did not.
        names: Of the drones.
    """
    if len(times) < 2:
        return _nothing(reason)
    score = score_group(times - first_s, states, flight, 0.0)
    words = "; ".join([*([reason] if reason else []), *score.faults(names)])
    known = score.slot_error_m[~np.isnan(score.slot_error_m)]
    return replace(
        _nothing(words),
        success=not words,
        reason=words,
        samples=len(times),
        separation_m=float(score.swarm.separation_m[0]),
        slot_error_m=float(known.max()) if len(known) else math.nan,
    )


def _nothing(reason: str) -> Verdict:
    return Verdict(False, reason or "nothing was flown", math.nan, math.nan, math.nan, 0)
