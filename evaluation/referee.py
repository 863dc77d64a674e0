# SPDX-License-Identifier: Apache-2.0
"""The referee of tracking flights. Reads like the rules; knows recorded states and nothing else.

Everything is float64 numpy, computed from times, states and reference positions alone. Nothing of
ours is imported, above all no reward and no task logic: what those get wrong shows here.

The rules, for one drone over the samples of one recording:

    error       |p_WB - p_ref|, the distance to the reference at that time            [m]
    rmse        √(mean of error²) over the scored window (SimpleFlight and the
                trajectory-tracking literature use the same or the mean error)        [m]
    settled     mean of error over the last `settle_s` of the scored window           [m]
    crashed     at any sample of the whole recording, one of
                  - a number that is not finite
                  - p_WB.z < floor_m: the propellers touch the ground
                  - error > lost_m: the drone is lost
                  - tilt > upset_rad: the thrust points below the horizon
    success     not crashed, and over the last `steady_s` of the scored window never
                farther than `near_m` and never faster than `steady_m_s` (hovering);
                not crashed, and never farther than `near_m` in the scored window (tracking)

What has crashed stays crashed, and its errors are infinite: no average is flattered by drones that
fell out of it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

CRASH_REASONS = ("none", "not finite", "floor", "lost", "upset")
"""What `Score.crash_reason` counts: the first rule broken at the first sample at fault."""


@dataclass(frozen=True)
class Rules:
    """The numbers in the rules above.

    Attributes:
        floor_m: Lowest height of the body's centre: the legs of a Crazyflie 2.1 hold it 15 mm up.
        lost_m: A drone farther away than this is lost, as it is in most of the field's simulators.
        upset_rad: Largest tilt of the body's z axis.
        settle_s: Last stretch, over which the settled error is taken.
        near_m: Farthest that a success may be from the reference.
        steady_s: How long a hovering drone has to have been steady at the end; 0 for tracking.
        steady_m_s: Fastest that "steady" allows.
    """

    floor_m: float = 0.015
    lost_m: float = 3.0
    upset_rad: float = np.pi / 2.0
    settle_s: float = 3.0
    near_m: float = 0.3
    steady_s: float = 0.0
    steady_m_s: float = np.inf


TRACKING = Rules()
HOVERING = Rules(settle_s=2.0, near_m=0.10, steady_s=2.0, steady_m_s=0.20)


@dataclass(frozen=True, eq=False)
class Score:
    """What the referee found, one entry for each drone, each of shape (N,).

    Attributes:
        rmse_m: Root mean square error over the window; infinite after a crash.
        settled_error_m: Mean error over the window's last stretch; infinite after a crash.
        max_error_m: Largest error in the window; infinite after a crash.
        crashed: Whether a crash rule was broken.
        crash_time_s: When; not a number without a crash.
        crash_reason: Index into `CRASH_REASONS`.
        success: Whether the flight did what was asked.
    """

    rmse_m: Array
    settled_error_m: Array
    max_error_m: Array
    crashed: Flags
    crash_time_s: Array
    crash_reason: NDArray[np.int64]
    success: Flags


def score_tracking(
    times_s: ArrayLike,
    states: ArrayLike,
    reference_m: ArrayLike,
    window_s: tuple[float, float],
    rules: Rules = TRACKING,
) -> Score:
    """Judge flights along references.

    Args:
        times_s: When the states were taken, rising, shape (T,).
        states: p_WB q_WB(xyzw) v_WB w_WB_B, shape (T, N, 13), or (T, 13) for one drone.
        reference_m: Where the drones should have been, shape (T, N, 3), (T, 1, 3) or (T, 3).
        window_s: First and last time that counts for errors; crashes count at any time.
        rules: The numbers in the rules.

    Raises:
        ValueError: Shapes that disagree, times that do not rise, or a window without samples.
    """
    times, state, reference = _checked(times_s, states, reference_m)
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.linalg.norm(state[:, :, 0:3] - reference, axis=2)
    speed = np.linalg.norm(state[:, :, 7:10], axis=2)
    reason, when = _crashes(times, state, error, rules)
    crashed = reason > 0

    start, end = window_s
    scored = _between(times, start, end)
    settled = _between(times, max(start, end - rules.settle_s), end)
    judged = _between(times, end - rules.steady_s, end) if rules.steady_s > 0.0 else scored
    # Samples need not come evenly, yet every message counts once: plain means over samples.
    rmse = np.sqrt(np.mean(error[scored] ** 2, axis=0))
    mean = np.mean(error[settled], axis=0)
    largest = np.max(error[scored], axis=0)
    near = (error[judged] <= rules.near_m).all(axis=0)
    steady = (speed[judged] <= rules.steady_m_s).all(axis=0)
    return Score(
        rmse_m=np.where(crashed, np.inf, rmse),
        settled_error_m=np.where(crashed, np.inf, mean),
        max_error_m=np.where(crashed, np.inf, largest),
        crashed=crashed,
        crash_time_s=when,
        crash_reason=reason,
        success=~crashed & near & steady,
    )


def tilt(quaternions: Array) -> Array:
    """Angle between the body's z axis and up [rad] of unit quaternions x y z w, shape (..., 4).

    The third entry of the third column of the rotation matrix is cos(tilt) = 1 - 2(x² + y²).
    """
    x, y, z, w = np.moveaxis(quaternions, -1, 0)
    length2 = x * x + y * y + z * z + w * w
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = 1.0 - 2.0 * (x * x + y * y) / length2
    out: Array = np.arccos(np.clip(cosine, -1.0, 1.0))
    return out


def _crashes(
    times: Array, state: Array, error: Array, rules: Rules
) -> tuple[NDArray[np.int64], Array]:
    """The first rule broken and when, each of shape (N,)."""
    broken = np.stack(
        [
            ~np.isfinite(state).all(axis=2) | ~np.isfinite(error),
            state[:, :, 2] < rules.floor_m,
            error > rules.lost_m,
            ~(tilt(state[:, :, 3:7]) <= rules.upset_rad),  # also of a quaternion that is none
        ]
    )  # (rule, T, N)
    at_fault = broken.any(axis=0)
    first = np.argmax(at_fault, axis=0)  # the first sample at fault, or 0 where there is none
    crashed = at_fault.any(axis=0)
    rule = np.argmax(broken[:, first, np.arange(state.shape[1])], axis=0)
    return np.where(crashed, rule + 1, 0), np.where(crashed, times[first], np.nan)


def _between(times: Array, start: float, end: float) -> Flags:
    """Samples from `start` to `end`; a microsecond of rounding is forgiven."""
    inside = (times >= start - 1e-6) & (times <= end + 1e-6)
    if not inside.any():
        raise ValueError(
            f"window: expected samples from {start:.3f} to {end:.3f} s,"
            f" got a recording from {times[0]:.3f} to {times[-1]:.3f} s."
        )
    return inside


def _checked(
    times_s: ArrayLike, states: ArrayLike, reference_m: ArrayLike
) -> tuple[Array, Array, Array]:
    times = np.asarray(times_s, dtype=np.float64)
    state = np.asarray(states, dtype=np.float64)
    reference = np.asarray(reference_m, dtype=np.float64)
    state = state[:, None, :] if state.ndim == 2 else state
    reference = reference[:, None, :] if reference.ndim == 2 else reference
    if times.ndim != 1 or not len(times) or not (np.diff(times) > 0.0).all():
        raise ValueError(f"times: expected rising times (T ≥ 1,), got shape {times.shape}.")
    if state.ndim != 3 or state.shape[0] != len(times) or state.shape[2] != 13:
        raise ValueError(f"states: expected ({len(times)}, N, 13), got {state.shape}.")
    fits = reference.ndim == 3 and reference.shape[0] == len(times) and reference.shape[2] == 3
    if not fits or reference.shape[1] not in (1, state.shape[1]):
        raise ValueError(
            f"reference: expected ({len(times)}, {state.shape[1]} or 1, 3), got {reference.shape}."
        )
    return times, state, reference
