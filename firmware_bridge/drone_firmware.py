# SPDX-License-Identifier: Apache-2.0
"""One Crazyflie's firmware between what it is sent and its controllers: set-points and watchdogs.

Streamed set-points must keep coming, high-level commands feed themselves; a drone that hears
nothing levels itself, then switches off and locks. It counts in steps of 2 ms.
"""

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.aided_sim import STEP_S, AidedSim
from firmware_bridge.high_level import Flown, levelled, way_of
from firmware_bridge.orders import (
    Arm,
    Attitude,
    Emergency,
    HandBack,
    HighLevelOrder,
    Hover,
    Land,
    Order,
    Position,
    RateThrust,
    Stop,
    Streamed,
    Velocity,
)
from firmware_bridge.steering import Steering, lean
from sim_core import _core
from sim_core.airframe import Airframe
from sim_core.frames import yaw_of

PLAN_STEPS: int = _core.SUBSTEPS
"""The high-level commander looks at its way at 100 Hz, as the firmware's does."""

LEVEL_AFTER_STEPS = round(0.5 / STEP_S)  # firmware, COMMANDER_WDT_TIMEOUT_STABILIZE
OFF_AFTER_STEPS = round(2.0 / STEP_S)  # firmware, COMMANDER_WDT_TIMEOUT_SHUTDOWN

UPRIGHT, UPSIDE_DOWN = 0.5, -0.2  # firmware, tumble check: g along z; at rest, cosine of the tilt
TUMBLED_AFTER_STEPS = round(1.0 / STEP_S)  # firmware, of less than upright
CRASHED_AFTER_STEPS = round(0.1 / STEP_S)  # firmware, of upside down

ARMS_ITSELF = frozenset({"cf21"})
"""Platforms whose firmware is built with automatic arming; a CF2.1 Brushless must be asked."""


class DroneFirmware:
    """What one drone's firmware remembers and does.

    Attributes:
        number: The drone's row.
        armed: Whether motors may turn.
        locked: Whether it will not fly until it is switched off and on.
        streamed: The set-point that somebody streams, if somebody does.
        way: What the high-level commander flies, if it flies.
        crash_step: It lies on its side or back, and calls that a crash from then on.
        crashed: It has done so.
    """

    def __init__(self, number: int, airframe: Airframe) -> None:
        """Switch it on."""
        self.number, self._airframe = number, airframe
        self.armed = airframe.platform in ARMS_ITSELF
        self.locked = self.crashed = self.landing = False
        self.streamed: Streamed | None = None
        self.streamed_step = 0
        self.steering: Steering | None = None
        self.lift_n = 0.0
        self.handed_back = True
        self.way: Flown | None = None
        self.crash_step: int | None = None

    @property
    def idle(self) -> bool:
        """Whether there is no set-point at all: nobody streams, no way is flown."""
        return self.streamed is None and self.way is None

    def recover(self) -> None:
        """Stand on one's feet, and forget the crash."""
        if self.crash_step is not None:
            self.crash_step, self.crashed = None, False
            self.armed = self._airframe.platform in ARMS_ITSELF

    def unplug(self, sim: AidedSim) -> None:
        """Lose the battery."""
        self.locked = True
        self._off(sim)

    def next_event(self, event: int, step: int) -> int:
        """The next step at which a watchdog or a controller acts, `event` at the latest."""
        if self.streamed is None:
            return event
        level, off = (self.streamed_step + n for n in (LEVEL_AFTER_STEPS, OFF_AFTER_STEPS))
        each_step = step >= level or isinstance(self.streamed, Attitude)
        return min(event, step + 1 if each_step else level, off)

    def see_fall(self, before: NDArray[np.float32], sim: AidedSim, step: int) -> None:
        """See whether it came down too tilted to stand; height and attitude a moment ago, (5,)."""
        if sim.truth[self.number, 2] > 0.0 or before[0] <= 0.0:
            return
        upright = 1.0 - 2.0 * float(before[1] ** 2 + before[2] ** 2)
        if upright < UPRIGHT:
            on_its_back = upright < UPSIDE_DOWN
            self.crash_step = step + (CRASHED_AFTER_STEPS if on_its_back else TUMBLED_AFTER_STEPS)
            self._off(sim)

    def obey(self, order: Order, sim: AidedSim, step: int) -> None:
        """Take in an order that has arrived."""
        if isinstance(order, Emergency):
            self.locked = True
            self._off(sim)
        elif isinstance(order, Stop):
            self._off(sim)
        elif isinstance(order, Arm):
            self.armed = order.armed or self._airframe.platform in ARMS_ITSELF
            if not order.armed:
                self._off(sim)
        elif not self.armed or self.locked or self.crash_step is not None:
            return
        elif isinstance(order, HandBack):
            self.handed_back = True  # the watchdog runs on until a high-level command takes over
        elif isinstance(order, Streamed):
            self._stream(order, sim, step)
        elif self.handed_back:
            self._plan(order, sim, step)

    def _stream(self, order: Streamed, sim: AidedSim, step: int) -> None:
        if not isinstance(self.streamed, type(order)):
            seen = sim.estimate[self.number]
            self.steering = Steering(seen, self._airframe.body.mass_kg)
        self.streamed, self.streamed_step = order, step
        self.handed_back, self.way = False, None
        if isinstance(order, RateThrust):
            self._push(order, sim)
        elif isinstance(order, Position):
            sim.set_position(self.number, order.p_WB, order.yaw_rad)

    def _plan(self, order: HighLevelOrder, sim: AidedSim, step: int) -> None:
        """Take on a high-level command: from the way being flown, or from the drone's estimate."""
        if self.way is not None:
            point, yaw = self.way.at(step * STEP_S)
            velocity = self.way.velocity_at(step * STEP_S)
        else:
            seen = sim.estimate[self.number].astype(np.float64)
            point, yaw = (seen[0], seen[1], seen[2]), yaw_of(seen[3:7])
            velocity = np.append(seen[7:10], 0.0)
        self.landing, self.streamed = isinstance(order, Land), None
        self.way = way_of(order, step * STEP_S, (*point, yaw), velocity, STEP_S)

    def watch(self, sim: AidedSim, step: int) -> None:
        """What the drone does by itself at this step: its way, or its watchdogs."""
        if self.crash_step is not None:
            self.crashed = self.crashed or step >= self.crash_step
            return
        if self.streamed is not None:
            silent = step - self.streamed_step
            if silent >= OFF_AFTER_STEPS:
                # A drone whose motors are off anyway does not lock.
                self.locked = self.locked or sim.commanded_thrust_n(self.number) > 0.0
                self._off(sim)
                return
            if silent >= LEVEL_AFTER_STEPS:
                if isinstance(self.streamed, RateThrust):
                    seen = sim.estimate[self.number]
                    self.steering = Steering(seen, self._airframe.body.mass_kg)
                self.streamed = levelled(self.streamed)
            self._steer(sim, step)
        elif self.way is not None and step % PLAN_STEPS == 0:
            if self.landing and self.way.done(step * STEP_S):
                self._off(sim)
            else:
                sim.set_position(self.number, *self.way.at(step * STEP_S))

    def _steer(self, sim: AidedSim, step: int) -> None:
        """Fly the set-points that the core does not know, as the drone's firmware would."""
        order, steering = self.streamed, self.steering
        tick = step % PLAN_STEPS == 0
        if steering is None:
            return
        if isinstance(order, Velocity | Hover) and tick:
            seen = sim.estimate[self.number]
            sim.set_position(self.number, *steering.target(order, seen, PLAN_STEPS * STEP_S))
        elif isinstance(order, Attitude):
            thrust = order.thrust_n
            if thrust is None and order.height_m is not None and tick:
                seen = sim.estimate[self.number]
                self.lift_n = steering.lift_n(order.height_m, seen, PLAN_STEPS * STEP_S)
            rates = lean(
                order, self.lift_n if thrust is None else thrust, sim.truth[self.number, 3:7]
            )
            self._push(rates, sim)

    def _push(self, order: RateThrust, sim: AidedSim) -> None:
        """Rates and thrust; without thrust the firmware turns no motor, whatever the rates."""
        if order.thrust_n > 0.0:
            sim.set_rate_thrust(self.number, order.thrust_n, order.w_B)
        else:
            sim.set_off(self.number)

    def _off(self, sim: AidedSim) -> None:
        self.streamed = self.way = self.steering = None
        self.landing, self.handed_back = False, True
        sim.set_off(self.number)
