# SPDX-License-Identifier: Apache-2.0
"""What lies between a client and a twin: delay, jitter and loss, as a radio with retries has them.

Order is kept. Loss strikes only what is streamed, body rates, dead-man packets and log data: CRTP
over UDP repeats nothing, so that a client whose question or answer were lost would wait for ever. A
radio would have repeated it.
"""

import random
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from firmware_bridge.crtp_packets import APP_CHANNEL, Packet, Port
from firmware_bridge.errors import TwinSettingsError


@dataclass(frozen=True)
class LinkConditions:
    """How bad the link is, each way.

    Attributes:
        delay_s: From sending to arrival, at least.
        jitter_s: What chance adds to it, at most, evenly spread.
        loss: Share of streamed packets that never arrive.
        seed: Of chance.
    """

    delay_s: float = 0.0
    jitter_s: float = 0.0
    loss: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            TwinSettingsError: All faults in one sentence.
        """
        faults = [
            f"{name}: expected 0 to 1 s, got {value:g}"
            for name in ("delay_s", "jitter_s")
            if not 0.0 <= (value := getattr(self, name)) <= 1.0
        ]
        if not 0.0 <= self.loss < 1.0:
            faults.append(f"loss: expected 0 to less than 1, got {self.loss:g}")
        if faults:
            raise TwinSettingsError(f"link conditions: {'; '.join(faults)}.")


Address = tuple[str, int]


class Sent(NamedTuple):
    """A packet under way.

    Attributes:
        arrival_s: When it arrives.
        packet: What it says.
        address: Who sent it, or is to have it; nobody in particular where not given.
    """

    arrival_s: float
    packet: Packet
    address: Address | None


class Pipe:
    """One way of a link."""

    def __init__(self, conditions: LinkConditions, seed: str) -> None:
        """Begin empty; `seed` tells the two ways of a link apart."""
        self.lost = 0
        self._conditions = conditions
        self._chance = random.Random(f"{conditions.seed} {seed}")
        self._waiting: deque[Sent] = deque()
        self._last_s = 0.0

    def put(self, packet: Packet, now_s: float, address: Address | None = None) -> None:
        """Send a packet; see `Sent`."""
        c = self._conditions
        if c.loss and is_streamed(packet) and self._chance.random() < c.loss:
            self.lost += 1
            return
        jitter = self._chance.uniform(0.0, c.jitter_s) if c.jitter_s else 0.0
        self._last_s = max(self._last_s, now_s + c.delay_s + jitter)
        self._waiting.append(Sent(self._last_s, packet, address))

    def take(self, now_s: float) -> list[Sent]:
        """What has arrived by now, in the order in which it was sent."""
        arrived = []
        while self._waiting and self._waiting[0].arrival_s <= now_s:
            arrived.append(self._waiting.popleft())
        return arrived

    @property
    def next_s(self) -> float | None:
        """When the next packet arrives, if one is under way."""
        return self._waiting[0].arrival_s if self._waiting else None


def is_streamed(packet: Packet) -> bool:
    """Whether a packet is one of many, so that the next one makes good for it."""
    if packet.port == Port.LOG:
        return packet.channel == 2
    if packet.port == Port.COMMANDER:
        return any(packet.payload)  # a thrust of 0 at no rates opens the lock, and is sent once
    if packet.port == Port.SETPOINT:
        return packet.channel == 0 and packet.payload[:1] not in (b"", b"\0")
    return packet.port == Port.PLATFORM and packet.channel == APP_CHANNEL  # dead-man packets
