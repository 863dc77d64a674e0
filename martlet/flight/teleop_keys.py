# SPDX-License-Identifier: Apache-2.0
"""Flies by the keyboard: says on /joy what a joystick would, and starts the node that hears it.

    python -m martlet.flight.teleop_keys LOG PROGRAM WORDS...

It has the terminal to itself, and ends with Ctrl-C.
"""

import os
import re
import select
import sys
import time
from pathlib import Path

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Joy

from martlet.errors import MartletError
from martlet.flight.key_stick import HELP, KeyStick
from martlet.flight.keyboard import Keyboard
from martlet.flight.processes import Process, Processes
from martlet.flight.ros_process import ros

TICK_S = 0.05
JOY = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)


ROS_LOG = re.compile(r"^\[\w+\] \[[\d.]+\] \[\w+\]: ")
"""What rclpy writes before the words: level, time, node."""


class _News:
    """What a log has to tell that was not told yet."""

    def __init__(self, log: Path) -> None:
        self._log, self._told = log, 0

    def lines(self) -> list[str]:
        """Whole lines, without what ROS writes before them."""
        whole, _, _ = self._log.read_text(errors="replace").rpartition("\n")
        lines = whole.splitlines()
        new, self._told = lines[self._told :], len(lines)
        return [ROS_LOG.sub("", line) for line in new]


def fly(keyboard: Keyboard, fd: int, teleop: Process) -> int:
    """Say what the keys of terminal `fd` are until Ctrl-C, or the node ends; the exit code."""
    node = Node("keyboard", start_parameter_services=False)
    joy, stick = node.create_publisher(Joy, "/joy", JOY), KeyStick()
    sys.stdout.write(f"{HELP}\n")
    news = _News(teleop.log)
    while teleop.exit_code() is None:
        keys: str | None = ""
        if select.select([fd], [], [], TICK_S)[0]:
            keys = keyboard.read()
        if keys is None:
            return 1
        stick.press(keys, time.monotonic())
        for axes, buttons in stick.state(time.monotonic()):
            message = Joy(axes=axes, buttons=buttons)
            message.header.stamp = node.get_clock().now().to_msg()
            joy.publish(message)
        held = "steering" if stick.held(time.monotonic()) else "let go"
        above = "".join(f"{line}\n" for line in news.lines())
        sys.stdout.write(f"\r\x1b[2K{above}{held}")
        sys.stdout.flush()
    sys.stderr.write(f"\nteleop: it ended: {teleop.last_words()}\n")
    return teleop.exit_code() or 1


def main(words: list[str]) -> int:
    """Fly until Ctrl-C."""
    log, *command = words
    try:
        with ros(), Keyboard() as keyboard, Processes() as processes:
            if (fd := keyboard.fd) is None:
                sys.stderr.write("martlet: teleop: expected a terminal to take keys from.\n")
                return 2
            teleop = Process("teleop", command, os.environ, Path(log))
            processes.add(teleop)
            return fly(keyboard, fd, teleop)
    except MartletError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        sys.stdout.write("\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
