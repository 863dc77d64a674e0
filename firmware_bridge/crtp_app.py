# SPDX-License-Identifier: Apache-2.0
"""A twin's app with a policy: its parameters, its log variables and its packets."""

from firmware_bridge.crtp_params import Parameter, ParamRoom
from firmware_bridge.onboard_double import App
from firmware_bridge.onboard_link import CRC, ENGAGE, REASON, STATUS, TASK
from firmware_bridge.twin_variables import Read
from sim_core.onboard import REASONS, STATUSES


class AppRoom:
    """What a client meets of one drone's app."""

    def __init__(self, app: App) -> None:
        """Put it behind the packets."""
        self._app = app

    @property
    def parameters(self) -> list[Parameter]:
        """As policy_export/firmware/app/martlet_app.c has them."""
        return [
            Parameter(ENGAGE, "uint8_t", 0),
            Parameter(TASK, "uint8_t", 0),
            Parameter(CRC, "uint32_t", self._app.unit.crc, read_only=True),
        ]

    @property
    def readings(self) -> dict[str, tuple[str, Read]]:
        """Its log variables: type, and how to read them."""
        return {
            STATUS: ("uint8_t", lambda _: STATUSES.index(self._app.status)),
            REASON: ("uint8_t", lambda _: REASONS.index(self._app.reason)),
        }

    def listen(self, params: ParamRoom) -> None:
        """Take what clients write."""
        params.on_write(ENGAGE, self._engage)
        params.on_write(TASK, self._choose)

    def hear(self, now_ms: int) -> None:
        """A packet on the app channel, whatever it says."""
        self._app.heard_ms = now_ms

    def _engage(self, value: float) -> None:
        self._app.engage = value != 0.0
        self._app.released = self._app.released or not self._app.engage

    def _choose(self, value: float) -> None:
        self._app.task = int(value)
