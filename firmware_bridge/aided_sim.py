# SPDX-License-Identifier: Apache-2.0
"""The core's drones behind estimates that may be off, and with gains that may be changed.

A drone holds its place by its estimate: where that is off, a target is flown to where the estimate
says that it is.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.pose_aid import PoseAid
from firmware_bridge.setpoints import COUNTS_FULL
from sim_core import _core
from sim_core.frames import yaw_of

STEP_S: float = _core.PHYSICS_STEP_S

_CHARGE = _core.PARAMETER_NAMES.index("battery_charge")
_FULL_N = _core.PARAMETER_NAMES.index("thrust_max_n")

Target = tuple[tuple[float, float, float], float]


class AidedSim:
    """`_core.FirmwareSim`, whose estimates hang on external poses from the first of them on."""

    def __init__(
        self, parameters: NDArray[np.float32], noise: _core.EstimateNoise, seed: int
    ) -> None:
        """Take drones of these parameters, shape (n, P)."""
        self._parameters, self._noise, self._seed = parameters.copy(), noise, seed
        self._sim = _core.FirmwareSim(parameters, noise, seed)
        self._aids: list[PoseAid | None] = [None] * len(parameters)
        self._targets: list[Target | None] = [None] * len(parameters)
        self._motors_n = [0.0] * len(parameters)  # what commands of the motors ask for
        self._tuned = False

    @property
    def truth(self) -> NDArray[np.float32]:
        """Where the drones are, shape (n, 13)."""
        return self._sim.truth

    @property
    def estimate(self) -> NDArray[np.float32]:
        """Where they think that they are, shape (n, 13)."""
        seen = self._sim.estimate
        if not any(self._aids):
            return seen
        seen = seen.copy()
        for drone, aid in enumerate(self._aids):
            if aid is not None:
                seen[drone, :3] += aid.position_m.astype(np.float32)
                seen[drone, 7:10] += aid.velocity_m_s.astype(np.float32)
        return seen

    def aid(self, drone: int) -> PoseAid | None:
        """How one drone's estimate hangs on external poses; None where it does not."""
        return self._aids[drone]

    def see_pose(self, drone: int, p_WB: Sequence[float], std_m: float) -> None:
        """Let a drone be told where it is seen [m; W], its own trust in that `std_m`."""
        aid = self._aids[drone]
        if aid is None:
            aid = self._aids[drone] = PoseAid(self._seed)
        aid.see(np.array(p_WB, dtype=np.float64) - self._sim.truth[drone, :3], std_m)

    def begin_estimate(self, drone: int, p_WB: Sequence[float]) -> None:
        """Let an estimate that hangs on poses begin anew from a place [m; W]."""
        aid = self._aids[drone]
        if aid is not None:
            aid.reset(np.array(p_WB, dtype=np.float64) - self._sim.truth[drone, :3])

    def tune(self, drone: int, name: str, value: float) -> None:
        """Change one of the core's parameters of a drone, as soon as none of them flies."""
        self._parameters[drone, _core.PARAMETER_NAMES.index(name)] = value
        self._tuned = True

    def step(self, steps: int) -> None:
        """Go on by so many steps of 2 ms."""
        if self._tuned and not (self._sim.truth[:, 2] > 0.0).any() and self._all_off():
            self._begin_anew()
        self._sim.step(steps)
        for drone, aid in enumerate(self._aids):
            if aid is not None:
                aid.pass_time(steps * STEP_S)
                self._follow(drone)

    def place(self, drone: int, p_WB: Sequence[float], yaw_rad: float = 0.0) -> None:
        """Put a drone down."""
        self._sim.place(drone, p_WB, yaw_rad)

    def set_off(self, drone: int) -> None:
        """Motors off."""
        self._aim(drone)
        self._sim.set_off(drone)

    def set_rate_thrust(self, drone: int, thrust_n: float, w_B: Sequence[float]) -> None:
        """Fly collective thrust [N] and body rates [rad/s; B]."""
        self._aim(drone)
        self._sim.set_rate_thrust(drone, thrust_n, w_B)

    def set_motors(self, drone: int, shares: Sequence[float]) -> None:
        """Turn the motors M1 to M4 by shares of full scale: none of the firmware's loops acts."""
        self._aim(drone, motors_n=sum(shares) * float(self._parameters[drone, _FULL_N]))
        self._sim.set_motors(drone, [COUNTS_FULL * share for share in shares])

    def set_position(self, drone: int, p_WB: Sequence[float], yaw_rad: float) -> None:
        """Fly to where the estimate will say `p_WB` [m; W], and stay there."""
        x, y, z = p_WB
        self._aim(drone, ((x, y, z), yaw_rad))
        if self._aids[drone] is None:
            self._sim.set_position(drone, p_WB, yaw_rad)
        else:
            self._follow(drone)

    def battery_volts(self, drone: int) -> float:
        """Under load [V]."""
        return self._sim.battery_volts(drone)

    def battery_charge(self, drone: int) -> float:
        """0 to 1."""
        return self._sim.battery_charge(drone)

    def commanded_thrust_n(self, drone: int) -> float:
        """Collective thrust that the set-point, or the motors' commands, ask for [N]."""
        return self._motors_n[drone] or self._sim.commanded_thrust_n(drone)

    def _aim(self, drone: int, target: Target | None = None, motors_n: float = 0.0) -> None:
        self._targets[drone], self._motors_n[drone] = target, motors_n

    def _follow(self, drone: int) -> None:
        target, aid = self._targets[drone], self._aids[drone]
        if target is not None and aid is not None:
            place = (np.array(target[0]) - aid.position_m).tolist()
            self._sim.set_position(drone, place, target[1])

    def _all_off(self) -> bool:
        return not any(self.commanded_thrust_n(i) > 0.0 for i in range(len(self._aids)))

    def _begin_anew(self) -> None:
        """The same drones where they stand, their parameters as they have been tuned."""
        self._tuned = False
        for drone in range(len(self._aids)):
            self._parameters[drone, _CHARGE] = self._sim.battery_charge(drone)
        stood = self._sim.truth.copy()
        self._sim = _core.FirmwareSim(self._parameters, self._noise, self._seed)
        for drone, state in enumerate(stood):
            self._sim.place(drone, state[:3].tolist(), yaw_of(state[3:7]))
