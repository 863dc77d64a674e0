# SPDX-License-Identifier: Apache-2.0
"""Drones with a policy on board: the firmware double, with an app in each.

The app is what policy_export/firmware/app is on a drone: it runs every 10 ms, or every 2 ms where
the policy commands the motors, streams to the firmware's commander while its unit flies, and lets
go.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.errors import DoubleSettingsError
from firmware_bridge.firmware_double import STEP_S, DoubleSettings, FirmwareDouble
from firmware_bridge.orders import GoTo, HandBack, Order, RateThrust
from sim_core.airframe import Airframe
from sim_core.onboard import MOTORS_PERIOD_MS, PERIOD_MS, Step

STEP_MS = 1e3 * STEP_S


class Unit(Protocol):
    """One drone's policy and guard, as they are on board."""

    @property
    def crc(self) -> int:
        """CRC-32 over its weights and tables."""

    @property
    def period_ms(self) -> int:
        """From one step to the next."""

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of the tasks on board, in the order of their numbers."""

    def step(
        self,
        state: NDArray[np.float32],
        now_ms: int,
        heard_ms: int | None,
        *,
        engage: bool,
        task: int,
    ) -> Step:
        """One step: see `policy_export.firmware.host.HostPolicy`."""


class App:
    """One drone's app: parameters, dead-man packets, and the unit that they govern.

    Attributes:
        unit: The policy and its guard.
        engage: The parameter.
        released: Whether it was set to 0 since the last step, whatever it is by now.
        task: The other parameter.
        heard_ms: When the last dead-man packet came; None: none yet.
        status: What the unit logs.
        reason: Why.
        motors: Whether the unit commands the motors, in place of thrust and body rates.
    """

    def __init__(self, unit: Unit) -> None:
        """Boot."""
        self.unit = unit
        self.engage, self.released, self.task = False, False, 0
        self.heard_ms: int | None = None
        self.status, self.reason = "idle", "none"
        self.motors = unit.period_ms == MOTORS_PERIOD_MS
        self.period_steps = round(unit.period_ms / STEP_MS)


class OnboardDouble(FirmwareDouble):
    """The firmware double with an app in each drone; a `FleetLink`."""

    def __init__(
        self,
        airframe: Airframe,
        settings: DoubleSettings,
        starts: Sequence[Sequence[float]],
        units: Sequence[Unit],
    ) -> None:
        """See `FirmwareDouble`.

        Args:
            airframe: What the drones are.
            settings: Link, noise and battery.
            starts: x, y, z [m; W] and yaw [rad] of each drone.
            units: The policy of each.

        Raises:
            DoubleSettingsError: No drone, a start that is no pose, or an app of another period.
        """
        for unit in units:
            if unit.period_ms not in (PERIOD_MS, MOTORS_PERIOD_MS):
                raise DoubleSettingsError(
                    f"firmware double: expected a policy on board that is asked every {PERIOD_MS}"
                    f" or {MOTORS_PERIOD_MS} ms, got one that is asked every {unit.period_ms} ms."
                )
        super().__init__(airframe, settings, starts)
        self.apps = [App(unit) for unit in units]
        self._level = RateThrust(airframe.hover_thrust_n, (0.0, 0.0, 0.0))

    @property
    def now_ms(self) -> int:
        """The drones' clock, as their apps read it."""
        return round(1e3 * self.time_s)

    def advance(self, to_s: float) -> None:
        """Simulate up to a time; the apps take their steps on the way."""
        end_s = to_s - 0.5 * STEP_S
        while self.time_s < end_s:
            done = round(self.time_s / STEP_S)
            due = min((done // app.period_steps + 1) * app.period_steps for app in self.apps)
            super().advance(min(due * STEP_S, to_s))
            for number, app in enumerate(self.apps):
                if round(self.time_s / STEP_S) == due and due % app.period_steps == 0:
                    self.run(number, app)

    def run(self, number: int, app: App) -> None:
        """One step of a drone's app."""
        flew = app.status == "flying"
        state = self._sim.estimate[number]
        engage, app.released = app.engage and not app.released, False
        step = app.unit.step(state, self.now_ms, app.heard_ms, engage=engage, task=app.task)
        app.status, app.reason = step.status, step.reason
        if step.command is not None and app.motors:
            self._turn_motors(number, step.command)
        elif step.command is not None:
            thrust, p, q, r = step.command
            self._tell(number, RateThrust(thrust, (p, q, r)))
        elif flew:
            self._give_back(number)
        if step.rest is not None:
            (x, y, z, yaw), duration_s = step.rest
            self._tell(number, GoTo((x, y, z), yaw, duration_s))

    def _tell(self, number: int, order: Order) -> None:
        """Past `arrive`, which may have a meaning of its own for what comes over the link."""
        FirmwareDouble.arrive(self, number, order)

    def _turn_motors(self, number: int, shares: Sequence[float]) -> None:
        """As app/stream/motors.c: where the set-point that holds the drone's place counts."""
        self._tell(number, self._level)
        if self._drones[number].streamed is self._level:
            self._sim.set_motors(number, shares)

    def _give_back(self, number: int) -> None:
        """No command any more: the stock controller flies what set-point there is."""
        if self._drones[number].streamed is self._level:
            self._tell(number, self._level)
        self._tell(number, HandBack())
