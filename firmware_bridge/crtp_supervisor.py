# SPDX-License-Identifier: Apache-2.0
"""A twin's supervisor: arming, the emergency stop and its watchdog, and what it says of itself."""

import math
from collections.abc import Callable

from firmware_bridge.drone_firmware import ARMS_ITSELF
from firmware_bridge.firmware_double import FirmwareDouble
from firmware_bridge.orders import Arm, Emergency
from firmware_bridge.setpoints import SupervisorCommand
from firmware_bridge.telemetry import Supervisor

WATCHDOG_S = 1.0
"""The emergency stop's own watchdog, once started, wants to be fed so often."""

_WORDS = ("tumbled, motors off", "crashed: recover to fly again", "locked: reboot required")

_ASK_BITS = 0x0C
_ANSWER = 0x80


class SupervisorRoom:
    """Port 9, and where older protocols had the same."""

    def __init__(
        self, double: FirmwareDouble, say: Callable[[str], None], high_level: Callable[[], bool]
    ) -> None:
        """Watch over the first drone of a double.

        Args:
            double: The drone.
            say: To the console.
            high_level: Whether high-level commands are taken.
        """
        self._double, self._say, self._high_level = double, say, high_level
        self._told = (False, False, False)
        self._stop_at_s = math.inf

    def answer(self, channel: int, data: bytes, now_s: float) -> bytes | None:
        """Port 9: the bit field on channel 0, commands on channel 1."""
        if channel == 0 and data[:1] == bytes([_ASK_BITS]):
            return bytes([_ASK_BITS | _ANSWER]) + self.state().bits().to_bytes(2, "little")
        if channel != 1 or not data:
            return None
        if data[0] == SupervisorCommand.ARM and len(data) > 1:
            done = self._arm(bool(data[1]), now_s)
            return bytes([data[0] | _ANSWER, done, self._armed(asked=bool(data[1]))])
        if data[0] == SupervisorCommand.RECOVER:
            self._double.recover(0)
            return bytes([data[0] | _ANSWER, 1, not self._double.crashed(0)])
        self._stop(data[0], now_s)
        return None

    def answer_old(self, data: bytes, now_s: float) -> bytes | None:
        """Port 13, channel 0, before protocol 12: arming and recovery."""
        if data[:1] == bytes([SupervisorCommand.ARM]) and len(data) > 1:
            done = self._arm(bool(data[1]), now_s)
            return bytes([data[0], done, self._armed(asked=bool(data[1]))])
        if data[:1] == bytes([SupervisorCommand.RECOVER]):
            self._double.recover(0)
            return data[:1]
        return None

    def answer_localization(self, data: bytes, now_s: float) -> None:
        """Port 6, channel 1, before protocol 12: the emergency stop."""
        if data:
            self._stop(data[0], now_s)

    def watch(self, to_s: float) -> None:
        """Stop if the emergency watchdog was started and starves; call as time goes on."""
        if to_s >= self._stop_at_s:
            self._stop_at_s = math.inf
            self._double.send(0, Emergency(), self._double.time_s)

    def tell(self) -> None:
        """Say what has come about; call after time has gone on."""
        double = self._double
        now = (double.lies(0), double.crashed(0), double.locked(0))
        for is_so, was_so, words in zip(now, self._told, _WORDS, strict=True):
            if is_so and not was_so:
                self._say(f"SUP: {words}\n")
        self._told = now

    def state(self) -> Supervisor:
        """What it says of itself."""
        heard, way = self._double.telemetry(), self._double.way(0)
        armed, locked = bool(heard.armed[0]), self._double.locked(0)
        crashed, tumbled = self._double.crashed(0), self._double.lies(0)
        return Supervisor(
            can_arm=not (locked or tumbled),
            armed=armed,
            arms_itself=self._double.airframe.platform in ARMS_ITSELF,
            can_fly=armed and not (locked or tumbled),
            flying=bool(heard.flying[0]),
            tumbled=tumbled,
            locked=locked,
            crashed=crashed,
            high_level_active=way is not None,
            high_level_done=way is not None and way.done(self._double.time_s),
            high_level_disabled=not self._high_level(),
        )

    def stop(self) -> None:
        """The emergency stop, however it was asked for."""
        self._double.send(0, Emergency(), self._double.time_s)

    def _arm(self, armed: bool, now_s: float) -> bool:
        if bool(self._double.telemetry().locked[0]):
            return False
        self._double.send(0, Arm(armed), now_s)
        return True

    def _armed(self, *, asked: bool) -> bool:
        """What arming will have led to: the order takes effect at the next step."""
        if bool(self._double.telemetry().locked[0]):
            return False
        return asked or self._double.airframe.platform in ARMS_ITSELF

    def _stop(self, command: int, now_s: float) -> None:
        if command == SupervisorCommand.EMERGENCY:
            self._double.send(0, Emergency(), now_s)
        elif command == SupervisorCommand.EMERGENCY_WATCHDOG:
            self._stop_at_s = now_s + WATCHDOG_S
