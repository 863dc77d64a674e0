# SPDX-License-Identifier: Apache-2.0
"""A policy on board, from the laptop: engaged, kept by dead-man packets, let go, and heard of.

What is streamed to such a drone is not sent: the first command sets `martlet.task` and
`martlet.engage`, each time the next task, and as long as commands come a dead-man packet goes out
every 50 ms. Any other order sets `martlet.engage` to 0 first. Time is passed in.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.crtp_packets import APP_CHANNEL, Packet, Port
from firmware_bridge.drone_setup import Parameters
from firmware_bridge.errors import LinkError
from firmware_bridge.orders import Arm, Emergency, Order, RateThrust
from firmware_bridge.setpoints import ThrustKind
from sim_core.onboard import REASONS, STATUSES

ENGAGE, TASK, CRC = "martlet.engage", "martlet.task", "martlet.crc"
STATUS, REASON = "martlet.status", "martlet.reason"
CONTROLLER = "stabilizer.controller"
IDLE = (STATUSES.index("idle"), REASONS.index("none"))

DEAD_MAN = Packet(Port.PLATFORM, APP_CHANNEL, b"\1")
DEAD_MAN_S = 0.05
"""From one to the next: three may be lost before the drone misses them, at 200 ms."""

FIRST = 3
"""So many go ahead of `martlet.engage`: without one heard the app would not begin."""

HEARD_S = 0.3
"""After it was engaged, what it says may be of before for so long: it is logged every 50 ms, and
travels. It stands until the drone is let go, so that a later look misses nothing.  # guess"""

BEGUN_S = 1.0
"""So long after it was engaged, a drone that still idles will not begin: one whose policy turns its
motors does not while its firmware flies by another controller.  # guess: three times `HEARD_S`"""

SLACK_S = 1e-6


@dataclass(frozen=True)
class OnboardPolicy:
    """The policy that a drone must have on board.

    Attributes:
        crc: CRC-32 over its weights and tables.
        folder: Of its export, for people.
    """

    crc: int
    folder: Path


def check_on_board(
    parameters: Parameters,
    wanted: OnboardPolicy,
    thrust: ThrustKind,
    refusal: Callable[[str], LinkError],
) -> None:
    """Refuse a drone without a policy on board, or with another one; let go of it.

    Args:
        parameters: The firmware's.
        wanted: The one that is to fly.
        thrust: What 16 bits of thrust mean to the firmware; the policy's app takes them as linear.
        refusal: Makes the error of a reason.

    Raises:
        LinkError: It is not the one.
    """
    for name in (ENGAGE, TASK, CRC):
        if not parameters.has(name):
            raise refusal(
                f"it has no policy on board: expected parameter {name}, found none; build and flash"
                f" {wanted.folder} (docs/onboard.md)"
            )
    found = int(parameters.value(CRC))
    if found != wanted.crc:
        raise refusal(
            "it has another policy or other tasks on board: expected CRC-32"
            f" {wanted.crc:08x}, got {found:08x}; build and flash {wanted.folder} (docs/onboard.md)"
        )
    if thrust != "linear":
        raise refusal(
            f"expected a firmware that takes thrust as linear, as {wanted.folder} is exported for,"
            f" got one that takes it as {thrust}: update it"
        )
    parameters.write(ENGAGE, 0.0)


Sending = tuple[Order | None, tuple[Packet, ...]]
"""Packets, and the order that they are of; None: of none."""


class OnboardRemote:
    """What a laptop sends to one drone with a policy on board, and what it hears of it."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        """It is idle.

        Args:
            numbers: Of the parameters `ENGAGE` and `TASK` in the drone's table.
        """
        self._numbers = numbers
        self._engaged = self._told = False
        self._engagements = 0
        self._engaged_s = self._sent_s = -math.inf
        self._says: tuple[int, int] | None = None

    def sendings(self, order: Order, packets: tuple[Packet, ...], now_s: float) -> list[Sending]:
        """What to send for an order, in this order.

        Args:
            order: What to do.
            packets: As a drone without a policy on board is told it.
            now_s: The present on the flight's clock.
        """
        if isinstance(order, RateThrust):
            return self._keep(order, now_s)
        if isinstance(order, Arm) or not self._engaged:
            return [(order, packets)]
        self._engaged = False
        let_go: Sending = (None, (self._set(ENGAGE, 0),))
        both = [let_go, (order, packets)]
        return both[::-1] if isinstance(order, Emergency) else both

    def hear(self, status: int, reason: int) -> None:
        """Take in what the drone logs."""
        self._says = (status, reason)

    @property
    def heard(self) -> bool:
        """Whether it has ever said how it stands."""
        return self._says is not None

    @property
    def refused(self) -> str:
        """Why it never flies; empty where it does."""
        status, reason = self._words()
        return reason if status == "refused" else ""

    def take_returned(self, now_s: float) -> str:
        """Why it gave itself back, or would not begin; once, empty where it did not."""
        since_s = now_s - self._engaged_s
        if not self._engaged or self._told or since_s < HEARD_S:
            return ""
        status, reason = self._words()
        if self._says == IDLE and since_s >= BEGUN_S:
            self._told = True
            return f"it was engaged and did not begin: is {CONTROLLER} as it was at boot?"
        self._told = status in ("back", "refused")
        return reason if self._told else ""

    def _keep(self, order: Order, now_s: float) -> list[Sending]:
        if not self._engaged:
            task, self._engagements = self._engagements, self._engagements + 1
            self._engaged, self._told, self._engaged_s = True, False, now_s
            self._sent_s = now_s
            return [(None, (*(DEAD_MAN,) * FIRST, self._set(TASK, task), self._set(ENGAGE, 1)))]
        if now_s - self._sent_s < DEAD_MAN_S - SLACK_S:
            return []
        self._sent_s = now_s
        return [(order, (DEAD_MAN,))]

    def _set(self, name: str, value: int) -> Packet:
        number = self._numbers[name].to_bytes(2, "little")
        return Packet(Port.PARAM, 2, number + bytes([value & 0xFF]))

    def _words(self) -> tuple[str, str]:
        status, reason = self._says or (0, 0)
        known = status < len(STATUSES) and reason < len(REASONS)
        return (STATUSES[status], REASONS[reason]) if known else ("idle", "none")
