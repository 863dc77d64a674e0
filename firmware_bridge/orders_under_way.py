# SPDX-License-Identifier: Apache-2.0
"""Orders between those who send them and the drones: each takes effect at a step of its own."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field

from firmware_bridge.orders import Order


@dataclass(order=True)
class _Sent:
    step: int
    number: int
    drone: int = field(compare=False)
    order: Order = field(compare=False)


class OrdersUnderWay:
    """Orders that were sent and have not arrived; those for one step keep their order."""

    def __init__(self) -> None:
        """None yet."""
        self._sent: list[_Sent] = []
        self._count = 0

    def send(self, step: int, drone: int, order: Order) -> None:
        """Let an order arrive at a step."""
        self._count += 1
        heapq.heappush(self._sent, _Sent(step, self._count, drone, order))

    def arrived(self, step: int) -> Iterator[tuple[int, Order]]:
        """The orders that have arrived by a step, each with its drone; they are taken out."""
        while self._sent and self._sent[0].step <= step:
            sent = heapq.heappop(self._sent)
            yield sent.drone, sent.order

    def next_step(self) -> int | None:
        """When the next one arrives, if any is under way."""
        return self._sent[0].step if self._sent else None
