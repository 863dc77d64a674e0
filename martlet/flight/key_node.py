# SPDX-License-Identifier: Apache-2.0
"""Says on /operator/key whether the operator holds the key; lands, and stops, when asked to.

    python -m martlet.flight.key_node

It has the terminal to itself, shows one line, and ends with Ctrl-C.
"""

import select
import sys
import time
from functools import partial
from typing import Any

from martlet_msgs.action import Land
from martlet_msgs.msg import DroneStatus
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import Bool
from std_srvs.srv import Empty

from martlet.flight.dead_man import Ask, DeadMan
from martlet.flight.key_line import key_line
from martlet.flight.keyboard import Keyboard
from martlet.flight.ros_process import ros

TICK_S = 0.05
LOOK_S = 1.0
"""Between two looks for drones that are new."""

KEY = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
STATUS = QoSProfile(
    depth=10,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)


class KeyNode:
    """The operator's hand on a flight."""

    def __init__(self, node: Node) -> None:
        """Open what is said and heard."""
        self._node = node
        self._key = node.create_publisher(Bool, "/operator/key", KEY)
        self._stop = node.create_client(Empty, "/all/emergency")
        self._landings: dict[str, ActionClient] = {}
        self._status: dict[str, DroneStatus] = {}
        self._looked_s = 0.0
        self.news = ""

    def say(self, held: bool) -> None:
        """Say whether the key is held, and look for drones."""
        self._key.publish(Bool(data=held))
        if time.monotonic() - self._looked_s >= LOOK_S:
            self._looked_s = time.monotonic()
            self._look()

    def ask(self, what: Ask) -> None:
        """Land all drones, or stop all motors."""
        if what is Ask.STOP:
            self._stop.call_async(Empty.Request())
            self.news = "motors off"
            return
        self.news = "landing"
        for name, client in self._landings.items():
            if self._status[name].flying:
                client.send_goal_async(Land.Goal()).add_done_callback(partial(self._taken, name))

    def drones(self) -> list[tuple[str, str]]:
        """Each drone's name, and how it stands."""
        return [(name, _standing(status)) for name, status in sorted(self._status.items())]

    def _look(self) -> None:
        for topic, types in self._node.get_topic_names_and_types():
            name = topic.removeprefix("/").removesuffix("/status")
            if "martlet_msgs/msg/DroneStatus" in types and name not in self._landings:
                self._landings[name] = ActionClient(self._node, Land, f"/{name}/land")
                hear = partial(self._status.__setitem__, name)
                self._node.create_subscription(DroneStatus, topic, hear, STATUS)

    def _taken(self, name: str, future: Any) -> None:
        handle = future.result()
        if handle.accepted:
            handle.get_result_async().add_done_callback(partial(self._ended, name))
        else:
            self.news = f"{name} was not even asked to land"

    def _ended(self, name: str, future: Any) -> None:
        result = future.result().result
        self.news = f"{name} landed" if result.success else result.reason


def _standing(status: DroneStatus) -> str:
    if status.guard_stage:
        return ("", "held", "landing", "off")[status.guard_stage] + f": {status.guard_reason}"
    if status.flying:
        return "flies"
    return "armed" if status.armed else "stands"


def main() -> int:
    """Hold the key until Ctrl-C."""
    try:
        with ros(), Keyboard() as keyboard:
            node = Node("operator_key")
            executor = SingleThreadedExecutor()
            executor.add_node(node)
            key, man = KeyNode(node), DeadMan()
            if keyboard.fd is None:
                sys.stderr.write("martlet: key: expected a terminal to take keys from.\n")
                return 2
            while True:
                keys: str | None = ""
                if select.select([keyboard.fd], [], [], TICK_S)[0]:
                    keys = keyboard.read()
                if keys is None:
                    return 1
                if what := man.press(keys, time.monotonic()):
                    key.ask(what)
                now_s = time.monotonic()
                key.say(man.held(now_s))
                for _ in range(10):
                    executor.spin_once(timeout_sec=0.0)
                line = key_line(man.held(now_s), man.half_stopped(now_s), key.drones(), key.news)
                sys.stdout.write(f"\r\x1b[2K{line}")
                sys.stdout.flush()
    except KeyboardInterrupt:
        return 0
    finally:
        sys.stdout.write("\n")


if __name__ == "__main__":
    sys.exit(main())
