# SPDX-License-Identifier: Apache-2.0
"""Whether a drone's estimate moves as it says that it moves: positions against velocities.

An estimate that jumps (motion capture took another drone for this one), or that stands still at
speed, says where the drone is no longer.
"""

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.guard_rules import GuardLimits, Rule, Violation

WINDOW_S = 0.25
"""A jump that a filter smears over some states is still one: they are added up over so long."""

GAP_S = 0.05
"""After such a gap the clocks of drone and laptop may have moved against each other, and the way
that the drone had to fly in it counts as flown or not."""


class EstimateWatch:
    """Looks at one drone's estimates, in their order.

    Attributes:
        sunk_m: How far jumps have moved the estimate down since arming, at most [m]; 0 or less.
            Where the ground was at a height h, it may now be at h + sunk_m.
    """

    def __init__(self, limits: GuardLimits) -> None:
        """Nothing seen yet."""
        self._limits = limits
        self.begin()

    def begin(self) -> None:
        """Forget what was seen: the drone was armed."""
        self.sunk_m = 0.0
        self._lift_m = 0.0
        self._seen: tuple[float, list[float]] | None = None
        self._strays: deque[tuple[float, list[float]]] = deque()

    def look(self, held_s: float, state: NDArray[np.float32]) -> Violation | None:
        """Look at an estimate; one that is not newer than the last is passed over.

        Args:
            held_s: When it held, on the flight's clock.
            state: Finite, shape (13,).

        Returns:
            The jump that it completes, if it does.
        """
        now: list[float] = state.tolist()
        before, self._seen = self._seen, (held_s, now)
        if before is None or held_s - before[0] > self._limits.lost_s:
            self._strays.clear()  # after such a silence nothing can be said
            return None
        dt = held_s - before[0]
        if dt <= 0.0:
            self._seen = before
            return None
        old, half = before[1], 0.5 * dt
        told = [half * (old[axis] + now[axis]) for axis in (7, 8, 9)]
        stray = [now[axis] - old[axis] - told[axis] for axis in (0, 1, 2)]
        if dt > GAP_S:
            far = math.hypot(*stray)
            share = max(far - math.hypot(*told), 0.0) / far if far else 0.0
            stray = [share * one for one in stray]
        self._strays.append((held_s, stray))
        while held_s - self._strays[0][0] > WINDOW_S:
            self._strays.popleft()
        total = [0.0, 0.0, 0.0]
        for _, (x, y, z) in self._strays:
            total[0] += x
            total[1] += y
            total[2] += z
        far = math.hypot(*total)
        if far <= self._limits.jump_m:
            return None
        self._strays.clear()
        self._lift_m += total[2]
        self.sunk_m = min(self.sunk_m, self._lift_m)
        return Violation(
            Rule.JUMP, "away from where it was flying", far, "m", 0.0, self._limits.jump_m
        )
