# SPDX-License-Identifier: Apache-2.0
"""A process of a flight that speaks ROS in a rhythm of its own, and ends in good order."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import rclpy
from rclpy.signals import SignalHandlerOptions

from martlet.errors import MartletError


@contextmanager
def ros(
    told: Callable[[int, FrameType | None], object] = signal.default_int_handler,
) -> Iterator[None]:
    """Set ROS up, and shut it down at the end.

    Args:
        told: Takes SIGTERM and SIGINT; where not given, both end what is between as Ctrl-C does.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told)
    # rclpy's own handlers shut ROS down under the feet of whoever is at work.
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    try:
        yield
    finally:
        rclpy.try_shutdown()


def work_until_told(work: Callable[[Callable[[], bool]], None]) -> int:
    """Do some work in ROS.

    Args:
        work: Is given what tells whether SIGTERM or SIGINT has come.

    Returns:
        The exit code: 1 where the work failed, 2 where it was asked for wrongly; it is said why.
    """
    told = threading.Event()
    try:
        with ros(lambda *_: told.set()):
            work(told.is_set)
    except (MartletError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, ValueError) else 1
    return 0
