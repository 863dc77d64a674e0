# SPDX-License-Identifier: Apache-2.0
"""A formation as data: where each of N drones should be, at every control instant."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim_core.references import CONTROL_DT

FEWEST_DRONES, MOST_DRONES = 2, 64
"""Of one formation; the core's worlds hold as many."""

JUMP_M = 0.05
"""A slot that moves farther than this in one control step has jumped: 5 m/s, and moving formations
keep to a fifth of that."""

JUMP_ACCELERATION_M_S2 = 2.0
"""A jump is flown with so much: a gentle 11° of tilt, half of the way braking."""

_STEADY_S = 0.6  # to come to rest after it  # guess: two time constants of a position loop
_SHORTEST_SETTLE_S = 2.5  # of 1.8 m, across a circle of 0.9 m, by the same rule


@dataclass(frozen=True, eq=False)
class FormationTask:
    """Keep to the slots of a formation, and clear of each other.

    Attributes:
        name: What reports call it: the scenario, or the user's file.
        slots: Rows x, y, z [m; W] and yaw [rad], one per `CONTROL_DT`, for each of N drones:
            float32, shape (N, M, 4). A slot may jump: its drone then flies to the new place.
        settle_s: So long after a jump of its slot a drone counts as settled.
    """

    name: str
    slots: NDArray[np.float32]
    settle_s: float

    @property
    def drones(self) -> int:
        """How many fly it."""
        return len(self.slots)

    @property
    def duration_s(self) -> float:
        """Time from the first row to the last."""
        return float(self.slots.shape[1] - 1) * CONTROL_DT

    def goal(self, t: float) -> NDArray[np.float64]:
        """Slots in W [m] at `t` seconds, shape (N, 3): the last row that has begun, then held."""
        out: NDArray[np.float64] = self.goals(np.array([t]))[0]
        return out

    def goals(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same at several times, shape (T, N, 3)."""
        begun = np.floor(times_s / CONTROL_DT + 1e-6)
        rows = np.clip(begun, 0, self.slots.shape[1] - 1).astype(np.int64)
        out: NDArray[np.float64] = self.slots[:, rows, :3].astype(np.float64).swapaxes(0, 1)
        return out


def jumps(slots: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which slots (N, M, ≥ 3) have just jumped, at each row: shape (N, M)."""
    out = np.zeros(slots.shape[:2], bool)
    out[:, 1:] = np.linalg.norm(np.diff(slots[..., :3], axis=1), axis=2) > JUMP_M
    return out


def settle_time(slots: NDArray[np.floating]) -> float:
    """`settle_s` of slots (N, M, 4): for the longest jump d, 2 √(d/a) of flight and some rest."""
    steps = np.linalg.norm(np.diff(slots[..., :3], axis=1), axis=2)
    longest = float(steps.max(initial=0.0))
    flight = 2.0 * np.sqrt(longest / JUMP_ACCELERATION_M_S2)
    return max(_SHORTEST_SETTLE_S, round(float(flight) + _STEADY_S, 2))
