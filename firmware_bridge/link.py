# SPDX-License-Identifier: Apache-2.0
"""What a backend needs of the way to its drones: orders up, telemetry down.

The firmware double in process, and later the radio, are two such ways.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.orders import Order


@dataclass(frozen=True, eq=False)
class Telemetry:
    """What was last heard of n drones.

    Attributes:
        stamp_s: When it reached this side of the link, on the flight's clock.
        age_s: How much older than the stamp each drone's state is [s], shape (n,).
        states: Estimates p_WB q_WB(xyzw) v_WB w_WB_B in SI units, float32, shape (n, 13).
        battery_v: Shape (n,).
        battery_share: Charge left, 0 to 1, shape (n,); not a number where nobody knows.
        armed: Whether the motors may turn, shape (n,).
        flying: Whether the motors carry the drone, shape (n,).
        locked: Whether only switching off and on helps, shape (n,).
        quality: Share of packets answered, 0 to 1, shape (n,).
        pose_age_s: How old the newest external pose of each drone is [s], shape (n,), not a number
            where none is sent; None where no drone is sent any.
    """

    stamp_s: float
    age_s: NDArray[np.float32]
    states: NDArray[np.float32]
    battery_v: NDArray[np.float32]
    battery_share: NDArray[np.float32]
    armed: NDArray[np.bool_]
    flying: NDArray[np.bool_]
    locked: NDArray[np.bool_]
    quality: NDArray[np.float32]
    pose_age_s: NDArray[np.float32] | None = None


def unheard(count: int) -> Telemetry:
    """What is known of drones before anything was heard of them."""
    no = np.zeros(count, dtype=np.bool_)
    unknown = np.full(count, np.nan, dtype=np.float32)
    return Telemetry(
        stamp_s=0.0,
        age_s=np.full(count, np.inf, dtype=np.float32),
        states=np.full((count, 13), np.nan, dtype=np.float32),
        battery_v=unknown,
        battery_share=unknown,
        armed=no,
        flying=no,
        locked=no,
        quality=unknown,
    )


class FleetLink(Protocol):
    """The way to n drones."""

    def send(self, drone: int, order: Order, now_s: float) -> None:
        """Send an order to one drone.

        Args:
            drone: Its row.
            order: What to do.
            now_s: The present time on the flight's clock.
        """
