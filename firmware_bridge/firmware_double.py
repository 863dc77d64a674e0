# SPDX-License-Identifier: Apache-2.0
"""What Crazyflies do with what they are sent: the firmware's manners over the core's physics.

Orders reach the drone after the link's delay, to the 2 ms step. Streamed set-points must keep
coming, high-level commands feed themselves; a drone that hears nothing levels itself, then switches
off and locks. Time is passed in; nothing here knows a wall clock.
"""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.errors import DoubleSettingsError
from firmware_bridge.link import Telemetry
from firmware_bridge.orders import (
    Arm,
    Attitude,
    Emergency,
    Follow,
    GoTo,
    HandBack,
    HighLevelOrder,
    Hover,
    Land,
    Order,
    Position,
    RateThrust,
    Spiral,
    Stop,
    Streamed,
    Velocity,
)
from firmware_bridge.planner import Trajectory, Turning, Way, plan_line, plan_trajectory, plan_way
from firmware_bridge.steering import Steering, lean
from sim_core import _core
from sim_core.airframe import Airframe
from sim_core.environment import load_environment
from sim_core.frames import yaw_of

STEP_S: float = _core.PHYSICS_STEP_S
PLAN_STEPS: int = _core.SUBSTEPS
"""The high-level commander looks at its way at 100 Hz, as the firmware's does."""

LEVEL_AFTER_STEPS = round(0.5 / STEP_S)  # firmware, COMMANDER_WDT_TIMEOUT_STABILIZE
OFF_AFTER_STEPS = round(2.0 / STEP_S)  # firmware, COMMANDER_WDT_TIMEOUT_SHUTDOWN

UPRIGHT, UPSIDE_DOWN = 0.5, -0.2  # firmware, tumble check: g along z; at rest, cosine of the tilt
TUMBLED_AFTER_STEPS = round(1.0 / STEP_S)  # firmware, of less than upright
CRASHED_AFTER_STEPS = round(0.1 / STEP_S)  # firmware, of upside down

ARMS_ITSELF = frozenset({"cf21"})
"""Platforms whose firmware is built with automatic arming; a CF2.1 Brushless must be asked."""


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


@dataclass
class _Drone:
    """What one drone's firmware remembers."""

    armed: bool
    locked: bool = False
    streamed: Streamed | None = None
    streamed_step: int = 0
    steering: Steering | None = None
    lift_n: float = 0.0
    handed_back: bool = True
    way: Way | Trajectory | Turning | None = None
    landing: bool = False
    crash_step: int | None = None  # lies on its side or back, and calls it a crash from then on
    crashed: bool = False


@dataclass(order=True)
class _Sent:
    """An order under way."""

    step: int
    number: int
    drone: int = field(compare=False)
    order: Order = field(compare=False)


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
        self._sim = _core.FirmwareSim(
            np.tile(_parameters(airframe, settings), (len(starts), 1)),
            _noise(settings),
            settings.seed,
        )
        for drone, start in enumerate(starts):
            if len(start) != 4 or not np.isfinite(start).all():
                raise DoubleSettingsError(
                    f"firmware double: start of drone {drone}: expected x, y, z and yaw,"
                    f" got {tuple(start)}."
                )
            self._sim.place(drone, [float(value) for value in start[:3]], float(start[3]))
        armed = airframe.platform in ARMS_ITSELF
        self._drones = [_Drone(armed) for _ in starts]
        self._step = 0
        self._sent: list[_Sent] = []
        self._count = 0

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

    def way(self, drone: int) -> Way | Trajectory | Turning | None:
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
        one = self._drones[drone]
        if one.crash_step is not None:
            one.crash_step, one.crashed = None, False
            one.armed = self.airframe.platform in ARMS_ITSELF

    def idle(self, drone: int) -> bool:
        """Whether one drone has no set-point at all: nobody streams, no way is flown."""
        return self._drones[drone].streamed is None and self._drones[drone].way is None

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
        self._count += 1
        heapq.heappush(self._sent, _Sent(max(arrival, self._step), self._count, drone, order))

    def advance(self, to_s: float) -> None:
        """Simulate up to a time on the drones' clock, rounded to the step."""
        end = round(to_s / STEP_S)
        while self._step < end:
            self._deliver()
            for number, drone in enumerate(self._drones):
                self._watch(number, drone)
            steps = self._next_event(end) - self._step
            before = self._sim.truth[:, 2:7].copy()
            self._sim.step(steps)
            self._step += steps
            self._see_falls(before)

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
        if self._sent:
            event = min(event, max(self._sent[0].step, self._step + 1))
        for drone in self._drones:
            if drone.streamed is not None:
                level, off = (
                    drone.streamed_step + after for after in (LEVEL_AFTER_STEPS, OFF_AFTER_STEPS)
                )
                each_step = self._step >= level or isinstance(drone.streamed, Attitude)
                event = min(event, self._step + 1 if each_step else level, off)
        return max(event, self._step + 1)

    def _see_falls(self, before: NDArray[np.float32]) -> None:
        """See who came down too tilted to stand; heights and attitudes a moment ago are (n, 5)."""
        down = (self._sim.truth[:, 2] <= 0.0) & (before[:, 0] > 0.0)
        if not down.any():
            return
        upright = 1.0 - 2.0 * (before[:, 1] ** 2 + before[:, 2] ** 2)
        for number in np.flatnonzero(down & (upright < UPRIGHT)):
            drone = self._drones[number]
            on_its_back = upright[number] < UPSIDE_DOWN
            after = CRASHED_AFTER_STEPS if on_its_back else TUMBLED_AFTER_STEPS
            drone.crash_step = self._step + after
            self._off(int(number), drone)

    def _deliver(self) -> None:
        while self._sent and self._sent[0].step <= self._step:
            sent = heapq.heappop(self._sent)
            self._obey(sent.drone, self._drones[sent.drone], sent.order)

    def _obey(self, number: int, drone: _Drone, order: Order) -> None:
        if isinstance(order, Emergency):
            drone.locked = True
            self._off(number, drone)
        elif isinstance(order, Stop):
            self._off(number, drone)
        elif isinstance(order, Arm):
            drone.armed = order.armed or self.airframe.platform in ARMS_ITSELF
            if not order.armed:
                self._off(number, drone)
        elif not drone.armed or drone.locked or drone.crash_step is not None:
            return
        elif isinstance(order, HandBack):
            drone.handed_back = True  # the watchdog runs on until a high-level command takes over
        elif isinstance(order, Streamed):
            self._stream(number, drone, order)
        elif drone.handed_back:
            self._plan(number, drone, order)

    def _stream(self, number: int, drone: _Drone, order: Streamed) -> None:
        if not isinstance(drone.streamed, type(order)):
            seen = self._sim.estimate[number]
            drone.steering = Steering(seen, self.airframe.body.mass_kg)
        drone.streamed, drone.streamed_step = order, self._step
        drone.handed_back, drone.way = False, None
        if isinstance(order, RateThrust):
            self._push(number, order)
        elif isinstance(order, Position):
            self._sim.set_position(number, order.p_WB, order.yaw_rad)

    def _plan(self, number: int, drone: _Drone, order: HighLevelOrder) -> None:
        """Take on a high-level command: from the way being flown, or from the drone's estimate."""
        if drone.way is not None:
            point, yaw = drone.way.at(self.time_s)
            velocity = drone.way.velocity_at(self.time_s)
        else:
            seen = self._sim.estimate[number].astype(np.float64)
            point, yaw = (seen[0], seen[1], seen[2]), yaw_of(seen[3:7])
            velocity = np.append(seen[7:10], 0.0)
        drone.landing, drone.streamed = isinstance(order, Land), None
        if isinstance(order, Follow):
            drone.way = plan_trajectory(self.time_s, order, (*point, yaw))
            return
        if isinstance(order, Spiral):
            drone.way = Turning(self.time_s, order, np.array((*point, yaw)))
            return
        if isinstance(order, GoTo):
            end = (*order.p_WB, order.yaw_rad)
        else:
            heading = yaw if order.yaw_rad is None else order.yaw_rad
            end = (point[0], point[1], order.height_m, heading)
        duration_s = max(order.duration_s, STEP_S)
        if isinstance(order, GoTo) and order.linear:
            drone.way = plan_line(self.time_s, duration_s, (*point, yaw), end)
            return
        drone.way = plan_way(self.time_s, duration_s, (*point, yaw), velocity, end)

    def _watch(self, number: int, drone: _Drone) -> None:
        """What the drone does by itself at this step: its way, or its watchdogs."""
        if drone.crash_step is not None:
            drone.crashed = drone.crashed or self._step >= drone.crash_step
            return
        if drone.streamed is not None:
            silent = self._step - drone.streamed_step
            if silent >= OFF_AFTER_STEPS:
                # A drone whose motors are off anyway does not lock.
                drone.locked = drone.locked or self._sim.commanded_thrust_n(number) > 0.0
                self._off(number, drone)
                return
            if silent >= LEVEL_AFTER_STEPS:
                self._level(number, drone)
            self._steer(number, drone)
        elif drone.way is not None and self._step % PLAN_STEPS == 0:
            if drone.landing and drone.way.done(self.time_s):
                self._off(number, drone)
            else:
                self._sim.set_position(number, *drone.way.at(self.time_s))

    def _level(self, number: int, drone: _Drone) -> None:
        """Bring roll and pitch to zero; thrust and height stay, a position is held."""
        order = drone.streamed
        if isinstance(order, RateThrust):
            seen = self._sim.estimate[number]
            drone.steering = Steering(seen, self.airframe.body.mass_kg)
            drone.streamed = Attitude(0.0, 0.0, 0.0, thrust_n=order.thrust_n)
        elif isinstance(order, Attitude):
            drone.streamed = Attitude(0.0, 0.0, 0.0, order.thrust_n, order.height_m)
        elif isinstance(order, Velocity):
            drone.streamed = Velocity((0.0, 0.0, 0.0), 0.0)
        elif isinstance(order, Hover):
            drone.streamed = Hover(order.height_m, 0.0, 0.0, 0.0)

    def _steer(self, number: int, drone: _Drone) -> None:
        """Fly the set-points that the core does not know, as the drone's firmware would."""
        order, steering = drone.streamed, drone.steering
        tick = self._step % PLAN_STEPS == 0
        if steering is None:
            return
        if isinstance(order, Velocity | Hover) and tick:
            seen = self._sim.estimate[number]
            self._sim.set_position(number, *steering.target(order, seen, PLAN_STEPS * STEP_S))
        elif isinstance(order, Attitude):
            thrust = order.thrust_n
            if thrust is None and order.height_m is not None and tick:
                seen = self._sim.estimate[number]
                drone.lift_n = steering.lift_n(order.height_m, seen, PLAN_STEPS * STEP_S)
            rates = lean(
                order, drone.lift_n if thrust is None else thrust, self._sim.truth[number, 3:7]
            )
            self._push(number, rates)

    def _push(self, number: int, order: RateThrust) -> None:
        """Rates and thrust; without thrust the firmware turns no motor, whatever the rates."""
        if order.thrust_n > 0.0:
            self._sim.set_rate_thrust(number, order.thrust_n, order.w_B)
        else:
            self._sim.set_off(number)

    def _off(self, number: int, drone: _Drone) -> None:
        drone.streamed = drone.way = drone.steering = None
        drone.landing, drone.handed_back = False, True
        self._sim.set_off(number)


def _parameters(airframe: Airframe, settings: DoubleSettings) -> NDArray[np.float32]:
    values = airframe.parameters.copy()
    if not settings.battery:
        for name in ("battery_current_a_per_n15", "battery_resistance_ohm"):
            values[_core.PARAMETER_NAMES.index(name)] = 0.0
    return values


def _noise(settings: DoubleSettings) -> _core.EstimateNoise:
    trained_with = load_environment("track").estimate
    return trained_with.noise() if settings.noise else _core.EstimateNoise()
