# SPDX-License-Identifier: Apache-2.0
"""An estimate that is wrong about the place, for the drone's own controllers too."""

from typing import Any

import numpy as np

from firmware_bridge.firmware_double import FirmwareDouble


class BentSim:
    """The core's simulator behind an estimate that is off by `offset_m` [m; W], shape (3,).

    A drone holds its place by its estimate: where that is off, a target is flown to where the
    estimate says that it is.
    """

    def __init__(self, sim: Any) -> None:
        """Stand in front of `sim`, without fault yet."""
        self._sim = sim
        self.offset_m = np.zeros(3)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sim, name)

    @property
    def estimate(self) -> Any:
        """As the drones have it, shape (n, 13)."""
        bent = np.array(self._sim.estimate)
        bent[:, :3] += self.offset_m.astype(np.float32)
        return bent

    def set_position(self, drone: int, p_WB: Any, yaw_rad: float) -> None:
        """Fly to a place that the estimate will call `p_WB`."""
        self._sim.set_position(drone, (np.array(p_WB) - self.offset_m).tolist(), yaw_rad)


def bend(double: FirmwareDouble) -> BentSim:
    """Put a double's simulator behind such an estimate."""
    bent = BentSim(double._sim)
    double._sim = bent  # type: ignore[assignment]
    return bent
