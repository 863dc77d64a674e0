# SPDX-License-Identifier: Apache-2.0
"""Drones whose policy flies on board, in simulation: the exported code, from estimate to command.

What the laptop streams counts here as what it sends to such a drone: `martlet.engage` set to 1 with
the first command, and a dead-man packet with each; the numbers in it are not looked at. Any other
order lets go first. Each time it is engaged, a drone is asked for its next task.
"""

from collections.abc import Sequence
from pathlib import Path

from firmware_bridge.firmware_double import STEP_S, DoubleSettings, FirmwareDouble
from firmware_bridge.orders import Arm, GoTo, HandBack, Order, RateThrust
from policy_export.firmware.host import PERIOD_MS, HostPolicy
from sim_core.airframe import Airframe

PERIOD_STEPS = round(PERIOD_MS / (1e3 * STEP_S))


class App:
    """One drone's app: parameters, dead-man packets, and the unit that they govern.

    Attributes:
        engage: The parameter.
        task: The other one.
        heard_ms: When the last dead-man packet came; None: none yet.
        status: What the unit logs.
        reason: Why.
        told: Whether the backend has been told that it let go.
        idle: Whether a step has been taken since the parameter became 0.
    """

    def __init__(self, library: Path) -> None:
        """Boot."""
        self.unit = HostPolicy(library)
        self.engage = False
        self.task = -1
        self.heard_ms: int | None = None
        self.status, self.reason, self.told = "idle", "none", False
        self.idle = True

    def hear(self, now_ms: int) -> None:
        """A dead-man packet; the first after the app has seen the parameter at 0 engages anew."""
        self.heard_ms = now_ms
        if not self.engage and self.idle:
            self.task = min(self.task + 1, len(self.unit.tasks) - 1)
            self.engage, self.idle = True, False


class OnboardDouble(FirmwareDouble):
    """The firmware double with an app in each drone; a `FleetLink`."""

    def __init__(
        self,
        airframe: Airframe,
        settings: DoubleSettings,
        starts: Sequence[Sequence[float]],
        library: Path,
    ) -> None:
        """See `FirmwareDouble`.

        Args:
            airframe: What the drones are.
            settings: Link, noise and battery.
            starts: x, y, z [m; W] and yaw [rad] of each drone.
            library: The exported code, compiled for this machine.

        Raises:
            DoubleSettingsError: No drone, or a start that is no pose.
            FirmwareError: No such library.
        """
        super().__init__(airframe, settings, starts)
        self.apps = [App(library) for _ in starts]
        self._let_go: list[tuple[int, str]] = []

    def take_returned(self) -> list[tuple[int, str]]:
        """Drones that gave themselves back, or would not fly, since the last call, and why."""
        taken, self._let_go = self._let_go, []
        return taken

    def advance(self, to_s: float) -> None:
        """Simulate up to a time; the apps take their steps on the way."""
        end_s = to_s - 0.5 * STEP_S
        while self.time_s < end_s:
            done = round(self.time_s / STEP_S)
            due = (done // PERIOD_STEPS + 1) * PERIOD_STEPS
            super().advance(min(due * STEP_S, to_s))
            if round(self.time_s / STEP_S) == due:
                for number in range(self.count):
                    self._run(number)

    def arrive(self, drone: int, order: Order) -> None:
        """A command streamed is a dead-man packet; all else reaches the firmware as ever."""
        app = self.apps[drone]
        if isinstance(order, RateThrust):
            app.hear(self._now_ms)
            return
        if not isinstance(order, Arm):
            app.engage = False
        super().arrive(drone, order)

    @property
    def _now_ms(self) -> int:
        return round(1e3 * self.time_s)

    def _run(self, number: int) -> None:
        app = self.apps[number]
        state = self.telemetry().states[number]
        step = app.unit.step(
            state, self._now_ms, app.heard_ms, engage=app.engage, task=max(app.task, 0)
        )
        if step.command is not None:
            thrust, p, q, r = step.command
            super().arrive(number, RateThrust(thrust, (p, q, r)))
        if step.rest is not None:
            (x, y, z, yaw), duration_s = step.rest
            super().arrive(number, HandBack())
            super().arrive(number, GoTo((x, y, z), yaw, duration_s))
        gone = app.engage and step.status in ("back", "refused")
        if gone and not app.told:
            self._let_go.append((number, step.reason))
        app.told = gone
        app.status, app.reason, app.idle = step.status, step.reason, not app.engage
