# SPDX-License-Identifier: Apache-2.0
"""Drones with a policy on board: the firmware double, with an app in each.

The app is what policy_export/firmware/app is on a drone: it runs every 10 ms, streams to the
firmware's commander while its unit flies, and lets go.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.errors import DoubleSettingsError
from firmware_bridge.firmware_double import STEP_S, DoubleSettings, FirmwareDouble
from firmware_bridge.orders import GoTo, HandBack, RateThrust
from sim_core.airframe import Airframe
from sim_core.onboard import PERIOD_MS, Step

PERIOD_STEPS = round(PERIOD_MS / (1e3 * STEP_S))


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
    """

    def __init__(self, unit: Unit) -> None:
        """Boot."""
        self.unit = unit
        self.engage, self.released, self.task = False, False, 0
        self.heard_ms: int | None = None
        self.status, self.reason = "idle", "none"


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
            DoubleSettingsError: No drone, a start that is no pose, or a policy of motors.
        """
        for unit in units:
            if unit.period_ms != PERIOD_MS:
                raise DoubleSettingsError(
                    "firmware double: expected a policy on board of thrust and body rates, asked"
                    f" every {PERIOD_MS} ms, got one that is asked every {unit.period_ms} ms."
                )
        super().__init__(airframe, settings, starts)
        self.apps = [App(unit) for unit in units]

    @property
    def now_ms(self) -> int:
        """The drones' clock, as their apps read it."""
        return round(1e3 * self.time_s)

    def advance(self, to_s: float) -> None:
        """Simulate up to a time; the apps take their steps on the way."""
        end_s = to_s - 0.5 * STEP_S
        while self.time_s < end_s:
            done = round(self.time_s / STEP_S)
            due = (done // PERIOD_STEPS + 1) * PERIOD_STEPS
            super().advance(min(due * STEP_S, to_s))
            if round(self.time_s / STEP_S) == due:
                for number, app in enumerate(self.apps):
                    self.run(number, app)

    def run(self, number: int, app: App) -> None:
        """One step of a drone's app."""
        flew = app.status == "flying"
        state = self.telemetry().states[number]
        engage, app.released = app.engage and not app.released, False
        step = app.unit.step(state, self.now_ms, app.heard_ms, engage=engage, task=app.task)
        app.status, app.reason = step.status, step.reason
        # Past `arrive`, which may have a meaning of its own for what comes over the link.
        if step.command is not None:
            thrust, p, q, r = step.command
            FirmwareDouble.arrive(self, number, RateThrust(thrust, (p, q, r)))
        elif flew:
            FirmwareDouble.arrive(self, number, HandBack())
        if step.rest is not None:
            (x, y, z, yaw), duration_s = step.rest
            FirmwareDouble.arrive(self, number, GoTo((x, y, z), yaw, duration_s))
