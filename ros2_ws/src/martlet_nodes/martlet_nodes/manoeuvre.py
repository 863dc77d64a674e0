# SPDX-License-Identifier: Apache-2.0
"""Takeoff, landing and flying to a point: what is asked, refused, and truthfully reported."""

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.braking import SINK_M
from firmware_bridge.guard_rules import GuardLimits
from firmware_bridge.orders import Follow, GoTo, Land, Order, TakeOff, Vector
from firmware_bridge.planner import Trajectory, plan_trajectory
from firmware_bridge.trajectory_upload import MOST_PIECES
from sim_core.frames import yaw_of

NEAR_M = 0.15  # the stock controller overshoots a takeoff by about a decimetre
SLOW_M_S = 0.2
STILL_S = 0.5  # guess: longer than a drone that turns round is slow
"""Who was let go at speed rests when it has been slow for so long."""

PATIENCE_S = 4.0
"""So much later than planned, at most, may the drone be where it was sent."""

MEAN_SPEED_M_S = 0.4
FASTEST_M_S = 1.0  # the stock position controller asks for no more
PEAK_OVER_MEAN = 1.875  # of a quintic from rest to rest
SHORTEST_S = 1.5

FARTHEST_START_M = 0.5  # guess: the stock controller flies a step of that size calmly
SAMPLE_S = 0.05


class Kind(Enum):
    """What can be asked for."""

    TAKEOFF = "takeoff"
    LAND = "land"
    GO_TO = "go_to"
    FOLLOW = "start_trajectory"


@dataclass(frozen=True)
class Goal:
    """What is asked: the point [m; W] (x and y count for `GO_TO` alone), and the time for it.

    A duration of 0 lets the backend choose. A trajectory has its own end and time.
    """

    kind: Kind
    p_WB: Vector
    yaw_rad: float
    duration_s: float
    follow: Follow | None = None


@dataclass(frozen=True)
class Outcome:
    """How it ended: a reason for people where it failed, and the distance from the goal."""

    success: bool
    reason: str
    error_m: float


@dataclass
class Manoeuvre:
    """One action under way."""

    goal: Goal
    started_s: float
    outcome: Outcome | None = None

    def error_m(self, state: NDArray[np.float32]) -> float:
        """Distance from the goal: of the height alone, or of the point."""
        offset = state[:3].astype(np.float64) - self.goal.p_WB
        if self.goal.kind in (Kind.TAKEOFF, Kind.LAND):
            return abs(float(offset[2]))
        return math.hypot(*offset)

    def look(self, now_s: float, state: NDArray[np.float32], flying: bool) -> None:
        """End it when the drone is where it should be, or should have been there."""
        late_s = now_s - self.started_s - self.goal.duration_s
        error = self.error_m(state)
        if self.goal.kind is Kind.LAND:
            there = not flying and error < NEAR_M
        else:
            there = late_s >= 0.0 and error < NEAR_M and not moving(state[None])
        if there:
            self.outcome = Outcome(True, "", error)
        elif late_s >= PATIENCE_S:
            why = (
                f"{self.goal.kind.value}: {error:.2f} m from the goal {late_s:.1f} s after its time"
            )
            self.outcome = Outcome(False, why, error)


def moving(states: NDArray[np.float32]) -> bool:
    """Whether any of some drones is faster than one that hovers, states of shape (n, 13)."""
    return bool((np.linalg.norm(states[:, 7:10], axis=1) >= SLOW_M_S).any())


def complete(goal: Goal, state: NDArray[np.float32]) -> Goal:
    """The goal with x, y and heading where it leaves them open, and with a duration."""
    x, y, z = (float(value) for value in state[:3])
    if goal.follow is not None:
        way, total_s = trajectory_of(goal.follow, state)
        return Goal(goal.kind, *way.at(total_s), total_s, goal.follow)
    point, yaw = goal.p_WB, goal.yaw_rad
    if goal.kind is not Kind.GO_TO:
        point, yaw = (x, y, goal.p_WB[2]), yaw_of(state[3:7])
    way_m = math.dist((x, y, z), point)
    duration = goal.duration_s or max(way_m / MEAN_SPEED_M_S, SHORTEST_S)
    return Goal(goal.kind, point, yaw, duration)


def refusal(goal: Goal, state: NDArray[np.float32], limits: GuardLimits) -> str:
    """Why a completed goal cannot be flown; empty when it can.

    Args:
        goal: As `complete` gives it.
        state: Where the drone is, shape (13,).
        limits: The guard's.
    """
    if not np.isfinite([*goal.p_WB, goal.yaw_rad, goal.duration_s]).all() or goal.duration_s < 0.0:
        return "expected finite numbers and a duration of at least 0 s"
    if goal.follow is not None:
        return trajectory_refusal(goal.follow, state, limits)
    way_m = math.dist(state[:3].tolist(), goal.p_WB)
    fastest = PEAK_OVER_MEAN * way_m / goal.duration_s
    if fastest > FASTEST_M_S + 1e-6:
        return (
            f"{way_m:.2f} m in {goal.duration_s:.2f} s would take {fastest:.1f} m/s, and the drone"
            f" by itself flies {FASTEST_M_S:g} m/s"
        )
    return "" if goal.kind is Kind.LAND else outside(goal.p_WB, limits)


def outside(point: Vector, limits: GuardLimits) -> str:
    """Why nobody is sent to a point [m; W]; empty when it is inside the geofence."""
    for axis, value, low, high in zip(
        "xyz", point, limits.box_low_m, limits.box_high_m, strict=True
    ):
        if not low <= value <= high:
            return f"{axis} = {value:.2f} m is outside the geofence, {low:g} to {high:g} m"
    return ""


def trajectory_of(follow: Follow, state: NDArray[np.float32]) -> tuple[Trajectory, float]:
    """A trajectory as it is flown from a state, its time beginning at 0; and how long it takes."""
    here = (*state[:3].tolist(), yaw_of(state[3:7]))
    total_s = sum(piece.duration_s for piece in follow.pieces) * follow.stretch
    return plan_trajectory(0.0, follow, here), total_s


def trajectory_refusal(follow: Follow, state: NDArray[np.float32], limits: GuardLimits) -> str:
    """Why a trajectory cannot be flown from a state; empty when it can.

    It may not begin elsewhere, leave the geofence, or be faster than the guard allows.
    """
    if len(follow.pieces) > MOST_PIECES:
        return f"expected at most {MOST_PIECES} pieces, got {len(follow.pieces)}"
    way, total_s = trajectory_of(follow, state)
    away_m = math.dist(state[:3].tolist(), way.at(0.0)[0])
    if away_m > FARTHEST_START_M:
        return (
            f"the trajectory begins {away_m:.2f} m from the drone, and {FARTHEST_START_M:g} m are"
            " allowed: fly there first"
        )
    for time_s in np.arange(0.0, total_s, SAMPLE_S):
        if why := outside(way.at(float(time_s))[0], limits):
            return f"after {time_s:.1f} s {why}"
        speed = math.hypot(*way.velocity_at(float(time_s))[:3].tolist())
        if speed > limits.max_speed_m_s:
            return (
                f"after {time_s:.1f} s it flies {speed:.1f} m/s, and the guard allows"
                f" {limits.max_speed_m_s:g} m/s"
            )
    return ""


def order_of(goal: Goal) -> Order:
    """What the drone is told."""
    if goal.kind is Kind.TAKEOFF:
        return TakeOff(goal.p_WB[2], goal.duration_s)
    if goal.kind is Kind.LAND:
        return Land(goal.p_WB[2] - SINK_M, goal.duration_s)
    if goal.follow is not None:
        return goal.follow
    return GoTo(goal.p_WB, goal.yaw_rad, goal.duration_s)
