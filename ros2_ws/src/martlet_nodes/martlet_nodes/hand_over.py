# SPDX-License-Identifier: Apache-2.0
"""Work that comes in on other threads, for the one thread that flies.

An executor of rclpy looks at all it has at every wake-up: 10 to 20 µs for each subscription. What
people and tools use now and then waits in a thread of its own, where it costs the flight nothing.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol, TypeVar

T = TypeVar("T")


class Bell(Protocol):
    """Wakes the thread that flies; rclpy's guard condition is one."""

    def trigger(self) -> None:
        """Wake it."""


class HandOver:
    """Takes work from any thread; `work` does it."""

    def __init__(self, make_bell: Callable[[Callable[[], None]], Bell]) -> None:
        """Nothing to do yet.

        Args:
            make_bell: Makes the bell, given what the flying thread is to do when it rings.
        """
        self._waiting: deque[Callable[[], object]] = deque()
        self._bell = make_bell(self.work)

    def post(self, job: Callable[[], object]) -> None:
        """Leave a job; returns at once."""
        self._waiting.append(job)
        self._bell.trigger()

    def ask(self, job: Callable[[], T], patience_s: float) -> T:
        """Leave a job and wait for what comes of it.

        Raises:
            TimeoutError: Nothing did, in time.
        """
        answer: Future[T] = Future()

        def work() -> None:
            try:
                answer.set_result(job())
            except Exception as error:  # whoever asked is told, in their own thread
                answer.set_exception(error)

        self.post(work)
        return answer.result(patience_s)

    def work(self) -> None:
        """Do what waits; on the thread that flies."""
        while self._waiting:
            self._waiting.popleft()()
