# SPDX-License-Identifier: Apache-2.0
"""Twins on UDP ports of this machine, such that cflib takes them for Crazyflies.

One thread, one loop, in real time: a packet is taken at the time of its arrival, to the 2 ms step,
whenever the loop gets to it. One datagram is one CRTP packet. Who asks is answered; log data and
console go to whoever last set up a log. The twins listen on the loopback address alone.
"""

import math
import select
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Generic, Protocol, TypeVar

from firmware_bridge.crtp_link import Address, LinkConditions, Pipe
from firmware_bridge.crtp_packets import Packet, Port, decode
from firmware_bridge.errors import TwinError, TwinSettingsError

HOST = "127.0.0.1"
PORT = 19850
"""The first of the ten ports on which cflib looks for simulators."""

RECEIVE_BYTES = 4 << 20
LATE_S = 0.05
"""A loop that wakes later than this lets the twins' clock slip, rather than age what waits."""

IDLE_S = 0.1


class Drone(Protocol):
    """What a server puts on a port. Times are its own, in seconds since its start."""

    @property
    def time_s(self) -> float:
        """How far it has come."""

    @property
    def ready(self) -> bool:
        """Whether a client may connect."""

    def advance(self, to_s: float) -> list[tuple[float, Packet]]:
        """Fly on to a time; returns what it sends on the way, and when."""

    def next_due_s(self) -> float | None:
        """When it next has something to do by itself, if ever."""

    def take(self, packet: Packet) -> list[Packet]:
        """Take a packet now; returns what is answered at once."""

    def close(self) -> None:
        """Let go of what it holds."""


D = TypeVar("D", bound=Drone)


@dataclass
class _Line(Generic[D]):
    """One twin and its way to the client."""

    drone: D
    socket: socket.socket
    up: Pipe
    down: Pipe
    listener: Address | None = None
    askers: dict[tuple[int, int], Address] = field(default_factory=dict)
    """Who last said something on a port and channel: a later answer there is for them."""

    def next_s(self) -> float:
        """When something happens by itself."""
        times = (self.up.next_s, self.down.next_s, self.drone.next_due_s())
        return min((at for at in times if at is not None), default=math.inf)

    def receive(self, now_s: float) -> None:
        """Take every datagram that waits."""
        while True:
            try:
                datagram, sender = self.socket.recvfrom(64)
            except BlockingIOError:
                return
            packet = decode(datagram)
            if packet is None:
                continue
            if packet.is_null:  # a scan: answered at once, whoever asks
                self.socket.sendto(packet.encode(), sender)
                continue
            if self.listener is None or (packet.port == Port.LOG and packet.channel == 1):
                self.listener = sender
            self.askers[packet.port, packet.channel] = sender
            self.up.put(packet, now_s, sender)

    def fly(self, now_s: float) -> None:
        """Fly on to the present, taking each packet at its time of arrival."""
        for arrival_s, packet, sender in self.up.take(now_s):
            self._say(self.drone.advance(arrival_s))
            for answer in self.drone.take(packet):
                self.down.put(answer, arrival_s, sender)
        self._say(self.drone.advance(now_s))
        for _, packet, address in self.down.take(now_s):
            to = address or self.askers.get((packet.port, packet.channel)) or self.listener
            if to is not None:
                self.socket.sendto(packet.encode(), to)

    def _say(self, packets: Sequence[tuple[float, Packet]]) -> None:
        for at_s, packet in packets:
            self.down.put(packet, at_s)


class TwinServer(Generic[D]):
    """Twins, each on a port of its own."""

    def __init__(
        self,
        drones: Sequence[D],
        conditions: LinkConditions,
        port: int = PORT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the ports.

        Args:
            drones: One or more.
            conditions: Of each way of each link; chance differs from link to link.
            port: Of the first drone, the others follow; 0 for any that are free.
            clock: Seconds.

        Raises:
            TwinSettingsError: No drone, or no such port.
            TwinError: A port is taken.
        """
        if not drones or not 0 <= port <= 65536 - len(drones):
            raise TwinSettingsError(
                f"twin: expected one drone or more and a port up to {65536 - len(drones)},"
                f" got {len(drones)} and {port}."
            )
        self.slips = 0
        self._clock = clock
        self._zero_s = clock()
        self._wake, self._waker = socket.socketpair()
        self._lines: list[_Line[D]] = []
        try:
            for i, drone in enumerate(drones):
                up, down = (Pipe(conditions, f"{i} {way}") for way in ("up", "down"))
                self._lines.append(_Line(drone, _open(port + i if port else 0), up, down))
        except TwinError:
            self.close()
            raise

    @property
    def uris(self) -> list[str]:
        """What to connect to, in the order of the drones."""
        return [f"udp://{HOST}:{line.socket.getsockname()[1]}" for line in self._lines]

    @property
    def drones(self) -> list[D]:
        """The twins themselves; not to be touched while the server runs."""
        return [line.drone for line in self._lines]

    @property
    def lost(self) -> list[tuple[int, int]]:
        """Packets lost as asked for, up and down, of each drone."""
        return [(line.up.lost, line.down.lost) for line in self._lines]

    def run(
        self,
        stop: threading.Event | None = None,
        announce: Callable[[], None] = lambda: None,
    ) -> None:
        """Fly until told to stop, or for ever.

        Args:
            stop: See `wake`.
            announce: Called once, when all drones are ready.
        """
        announced = False
        self._zero_s = self._clock() - self._lines[0].drone.time_s
        sockets = [self._wake, *(line.socket for line in self._lines)]
        while stop is None or not stop.is_set():
            next_s = min(line.next_s() for line in self._lines)
            wait_s = min(max(next_s - self._now_s(), 0.0), IDLE_S)
            due_s = self._now_s() + wait_s
            select.select(sockets, [], [], wait_s)
            self._slip(due_s)
            now_s = self._now_s()
            for line in self._lines:
                line.receive(now_s)
                line.fly(now_s)
            if not announced and all(line.drone.ready for line in self._lines):
                announced = True
                announce()

    def wake(self) -> None:
        """Let a running server look at its stop event; from another thread."""
        self._waker.send(b"\0")

    def close(self) -> None:
        """Close the ports, and the drones."""
        for line in self._lines:
            line.socket.close()
            line.drone.close()
        self._wake.close()
        self._waker.close()

    def __enter__(self) -> "TwinServer[D]":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _now_s(self) -> float:
        return self._clock() - self._zero_s

    def _slip(self, due_s: float) -> None:
        late_s = self._now_s() - due_s
        if late_s > LATE_S:
            self._zero_s += late_s
            self.slips += 1


def _open(port: int) -> socket.socket:
    """A port of this machine that keeps what comes until it is asked."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)  # or as far as allowed
    opened.setblocking(False)
    try:
        opened.bind((HOST, port))
    except OSError as error:
        opened.close()
        raise TwinError(
            f"twin: expected port {port} of {HOST} to be free, got: {error.strerror}; another twin"
            " may be running."
        ) from None
    return opened
