# SPDX-License-Identifier: Apache-2.0
"""Sends packets from a thread of its own, since a radio may keep its sender waiting for seconds."""

import threading
from collections import deque
from collections.abc import Callable, Iterable

from firmware_bridge.crtp_packets import Packet
from firmware_bridge.orders import Emergency, Order, Streamed


class Sender:
    """Packets to one drone, in order; of the streamed ones that wait, the newest alone."""

    def __init__(self, send: Callable[[Packet], None], name: str) -> None:
        """Begin.

        Args:
            send: Sends one packet, and may block.
            name: Of the thread.
        """
        self._send = send
        self._waiting: deque[tuple[bool, Packet]] = deque()
        self._changed = threading.Condition()
        self._open = True
        self._busy = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, order: Order | None, packets: Iterable[Packet]) -> None:
        """Send an order's packets, or those of none, each of which is sent; returns at once."""
        streamed = isinstance(order, Streamed)
        with self._changed:
            if isinstance(order, Emergency):
                self._waiting.clear()
            elif streamed and self._waiting and self._waiting[-1][0]:
                self._waiting.pop()
            self._waiting.extend((streamed, packet) for packet in packets)
            self._changed.notify_all()

    def put_newest(self, packet: Packet) -> None:
        """Send a packet that makes every waiting one of its port and channel void."""

        def same(other: Packet) -> bool:
            return (other.port, other.channel) == (packet.port, packet.channel)

        with self._changed:
            kept = [entry for entry in self._waiting if not same(entry[1])]
            self._waiting = deque([*kept, (False, packet)])
            self._changed.notify_all()

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything was sent; tells whether it was."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._busy, timeout_s)

    def close(self) -> None:
        """Send nothing more."""
        with self._changed:
            self._open = False
            self._waiting.clear()
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting or not self._open)
                if not self._open:
                    return
                _, packet = self._waiting.popleft()
                self._busy = True
            self._send(packet)
