# SPDX-License-Identifier: Apache-2.0
"""Drones whose policy flies on board, in simulation: the exported code, from estimate to command.

What the laptop streams counts here as what it sends to such a drone: `martlet.engage` set to 1 with
the first command, and a dead-man packet with each; the numbers in it are not looked at. Any other
order lets go first. Each time it is engaged, a drone is asked for its next task.
"""

from collections.abc import Sequence
from pathlib import Path

from firmware_bridge.firmware_double import DoubleSettings
from firmware_bridge.onboard_double import App, OnboardDouble
from firmware_bridge.orders import Arm, Order, RateThrust
from policy_export.firmware.host import HostPolicy
from sim_core.airframe import Airframe


class StreamedDouble(OnboardDouble):
    """Drones with apps that the stream of commands itself engages, and keeps."""

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
        super().__init__(airframe, settings, starts, [HostPolicy(library) for _ in starts])
        self._idle = [True] * self.count  # whether a step was taken since engage became 0
        self._engagements = [0] * self.count
        self._told = [False] * self.count
        self._let_go: list[tuple[int, str]] = []

    def take_returned(self) -> list[tuple[int, str]]:
        """Drones that gave themselves back, or would not fly, since the last call, and why."""
        taken, self._let_go = self._let_go, []
        return taken

    def arrive(self, drone: int, order: Order) -> None:
        """A command streamed is a dead-man packet; all else reaches the firmware as ever."""
        app = self.apps[drone]
        if isinstance(order, RateThrust):
            self._hear(drone, app)
            return
        if not isinstance(order, Arm):
            app.engage = False
        super().arrive(drone, order)

    def run(self, number: int, app: App) -> None:
        """A step; and whether that let go is to be told."""
        super().run(number, app)
        gone = app.engage and app.status in ("back", "refused")
        if gone and not self._told[number]:
            self._let_go.append((number, app.reason))
        self._told[number], self._idle[number] = gone, not app.engage

    def _hear(self, drone: int, app: App) -> None:
        """A dead-man packet; the first after the app has seen the parameter at 0 engages anew."""
        app.heard_ms = self.now_ms
        if not app.engage and self._idle[drone]:
            app.task = min(self._engagements[drone], len(app.unit.tasks) - 1)
            self._engagements[drone] += 1
            app.engage, self._idle[drone] = True, False
