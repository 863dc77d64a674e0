# SPDX-License-Identifier: Apache-2.0
"""What Crazyflies do with what they are sent: the firmware's manners over the core's physics.

Orders reach the drone after the link's delay, to the 2 ms step. Streamed set-points must keep
coming, high-level commands feed themselves; a drone that hears nothing levels itself, then switches
off and locks. Time is passed in; nothing here knows a wall clock.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.aided_sim import AidedSim
from firmware_bridge.drone_firmware import PLAN_STEPS, DroneFirmware
from firmware_bridge.errors import DoubleSettingsError
from firmware_bridge.high_level import Flown
from firmware_bridge.link import Telemetry
from firmware_bridge.orders import Order
from firmware_bridge.orders_under_way import OrdersUnderWay
from sim_core import _core
from sim_core.airframe import Airframe
from sim_core.environment import load_environment
from sim_core.frames import yaw_of

STEP_S: float = _core.PHYSICS_STEP_S
SEEN_VARIANCE_M2 = 1e-5
"""Of an estimate that is the simulator's: what a filter fed by motion capture settles at."""


@dataclass(frozen=True)
class DoubleSettings:
    """How the double differs from a perfect drone on a perfect link.

    Attributes:
        seed: Of the estimate's noise.
        state_delay_s: From the drone's estimate to its arrival, a multiple of 2 ms.
        command_delay_s: From sending an order to its effect, a multiple of 2 ms.
        noise: Whether the estimate has the noise that policies are trained with (motion capture's).
        battery: Whether flying drains the battery, and its sag limits the thrust.
    """

    seed: int = 0
    state_delay_s: float = 0.010
    command_delay_s: float = 0.010
    noise: bool = True
    battery: bool = True

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            DoubleSettingsError: All faults in one sentence.
        """
        faults = [
            f"{name}: expected a multiple of {STEP_S:g} s from 0 to 0.5 s, got {value:g}"
            for name in ("state_delay_s", "command_delay_s")
            if not _is_delay(value := getattr(self, name))
        ]
        if not 0 <= self.seed < 2**32:
            faults.append(f"seed: expected 0 to {2**32 - 1}, got {self.seed}")
        if faults:
            raise DoubleSettingsError(f"firmware double: {'; '.join(faults)}.")


def _is_delay(value: float) -> bool:
    steps = value / STEP_S
    return 0.0 <= value <= 0.5 and abs(steps - round(steps)) < 1e-3


class FirmwareDouble:
    """Drones that behave as Crazyflies do, in simulated time; a `FleetLink`."""

    def __init__(
        self,
        airframe: Airframe,
        settings: DoubleSettings,
        starts: Sequence[Sequence[float]] = ((0.0, 0.0, 0.0, 0.0),),
    ) -> None:
        """Put the drones on the floor.

        Args:
            airframe: What they are.
            settings: Link, noise and battery.
            starts: x, y, z [m; W] and yaw [rad] of each drone.

        Raises:
            DoubleSettingsError: No drone, or a start that is no pose.
        """
        self.settings = settings
        self.airframe = airframe
        self._sim = AidedSim(
            np.tile(core_parameters(airframe, settings), (len(starts), 1)),
            estimate_noise(settings),
            settings.seed,
        )
        for drone, start in enumerate(starts):
            if len(start) != 4 or not np.isfinite(start).all():
                raise DoubleSettingsError(
                    f"firmware double: start of drone {drone}: expected x, y, z and yaw,"
                    f" got {tuple(start)}."
                )
            self._sim.place(drone, [float(value) for value in start[:3]], float(start[3]))
        self._drones = [DroneFirmware(number, airframe) for number in range(len(starts))]
        self._step = 0
        self._sent = OrdersUnderWay()

    @property
    def count(self) -> int:
        """How many drones there are."""
        return len(self._drones)

    @property
    def time_s(self) -> float:
        """The drones' own time: how far they have been simulated."""
        return self._step * STEP_S

    @property
    def truth(self) -> NDArray[np.float32]:
        """Where the drones are now, as nobody in flight knows it, shape (n, 13)."""
        return self._sim.truth

    def way(self, drone: int) -> Flown | None:
        """What one drone's high-level commander flies, if it flies."""
        return self._drones[drone].way

    def lies(self, drone: int) -> bool:
        """Whether one drone came down tilted: it lies on its side or back, and cannot fly.

        The core's floor sets every drone on its feet, so that its state does not show it.
        """
        return self._drones[drone].crash_step is not None

    def crashed(self, drone: int) -> bool:
        """Whether one drone's firmware has found out that it lies, and switched off."""
        return self._drones[drone].crashed

    def locked(self, drone: int) -> bool:
        """Whether one drone will not fly until it is switched off and on."""
        return self._drones[drone].locked

    def recover(self, drone: int) -> None:
        """Set one drone on its feet, and let its firmware forget the crash."""
        self._drones[drone].recover()

    def unplug(self, drone: int) -> None:
        """Take one drone's battery away."""
        self._drones[drone].unplug(self._sim)

    def idle(self, drone: int) -> bool:
        """Whether one drone has no set-point at all: nobody streams, no way is flown."""
        return self._drones[drone].idle

    def pose(self, drone: int) -> tuple[tuple[float, float, float], float]:
        """Where one drone is, as it believes, without its estimate's noise: place [m; W], yaw."""
        state, aid = self._sim.truth[drone], self._sim.aid(drone)
        x, y, z = (state[:3] + (0.0 if aid is None else aid.position_m)).tolist()
        return (x, y, z), yaw_of(state[3:7])

    def position_variance_m2(self, drone: int) -> float:
        """What one drone's filter believes of its position, an axis."""
        aid = self._sim.aid(drone)
        return SEEN_VARIANCE_M2 if aid is None else aid.variance_m2

    def see_pose(self, drone: int, p_WB: Sequence[float], std_m: float) -> None:
        """Tell one drone where it is seen [m; W]; its estimate hangs on that from then on."""
        self._sim.see_pose(drone, p_WB, std_m)

    def begin_estimate(self, drone: int, p_WB: Sequence[float]) -> None:
        """Let one drone's estimate begin anew from a place [m; W], if it hangs on poses."""
        self._sim.begin_estimate(drone, p_WB)

    def tune(self, drone: int, name: str, value: float) -> None:
        """Change one of the core's parameters of a drone, as soon as it stands, motors off."""
        self._sim.tune(drone, name, value)

    def commanded_thrust_n(self, drone: int) -> float:
        """Collective thrust that one drone's set-point asks for now [N]."""
        return self._sim.commanded_thrust_n(drone)

    def send(self, drone: int, order: Order, now_s: float) -> None:
        """Send an order; it takes effect `command_delay_s` later, at the next 2 ms step.

        Args:
            drone: Its row.
            order: What to do.
            now_s: When it is sent, on the drones' clock.
        """
        arrival = math.ceil((now_s + self.settings.command_delay_s) / STEP_S - 1e-6)
        self._sent.send(max(arrival, self._step), drone, order)

    def arrive(self, drone: int, order: Order) -> None:
        """An order reaches a drone's firmware: it takes effect now."""
        self._drones[drone].obey(order, self._sim, self._step)

    def advance(self, to_s: float) -> None:
        """Simulate up to a time on the drones' clock, rounded to the step."""
        end = round(to_s / STEP_S)
        while self._step < end:
            for number, order in self._sent.arrived(self._step):
                self.arrive(number, order)
            for drone in self._drones:
                drone.watch(self._sim, self._step)
            steps = self._next_event(end) - self._step
            before = self._sim.truth[:, 2:7].copy()
            self._sim.step(steps)
            self._step += steps
            for drone in self._drones:
                drone.see_fall(before[drone.number], self._sim, self._step)

    def telemetry(self) -> Telemetry:
        """What the drones say of themselves now, stamped with its arrival."""
        n, delay = self.count, self.settings.state_delay_s
        volts = [self._sim.battery_volts(i) for i in range(n)]
        charge = [self._sim.battery_charge(i) for i in range(n)]
        flying = [self._sim.commanded_thrust_n(i) > 0.0 for i in range(n)]
        return Telemetry(
            stamp_s=self.time_s + delay,
            age_s=np.full(n, delay, dtype=np.float32),
            states=self._sim.estimate,
            battery_v=np.array(volts, dtype=np.float32),
            battery_share=np.array(charge, dtype=np.float32),
            armed=np.array([d.armed and not (d.locked or d.crashed) for d in self._drones]),
            flying=np.array(flying),
            locked=np.array([d.locked or d.crashed for d in self._drones]),
            quality=np.ones(n, dtype=np.float32),
        )

    def _next_event(self, end: int) -> int:
        """The next step at which something may change."""
        event = min(end, (self._step // PLAN_STEPS + 1) * PLAN_STEPS)
        if (arrives := self._sent.next_step()) is not None:
            event = min(event, max(arrives, self._step + 1))
        for drone in self._drones:
            event = drone.next_event(event, self._step)
        return max(event, self._step + 1)


def core_parameters(airframe: Airframe, settings: DoubleSettings) -> NDArray[np.float32]:
    """The core's parameters of a drone, shape (P,)."""
    values = airframe.parameters.copy()
    if not settings.battery:
        for name in ("battery_current_a_per_n15", "battery_resistance_ohm"):
            values[_core.PARAMETER_NAMES.index(name)] = 0.0
    return values


def estimate_noise(settings: DoubleSettings) -> _core.EstimateNoise:
    """The noise that policies are trained with (motion capture's), or none."""
    trained_with = load_environment("track").estimate
    return trained_with.noise() if settings.noise else _core.EstimateNoise()
