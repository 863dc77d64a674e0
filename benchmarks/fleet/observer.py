# SPDX-License-Identifier: Apache-2.0
"""Tells every so often how streamed commands came, as JSON, one object a line.

    python benchmarks/fleet/observer.py 5 cf1 cf2

Of the drones under streamed command since it last told: `streamed_s` (for how long, all drones
together), `commands` (how many came), `on_time` (how many of them within a period of the state
that they answer), and their latency, receipt minus stamp, as `p50_ms` and `p99_ms`, None where
none came. The numbers are those of /<name>/status.
"""

import json
import sys
import time
from functools import partial

import numpy as np
import rclpy
from martlet_msgs.msg import DroneStatus
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy

from martlet_nodes.polled import Polled

PERIOD_S = 0.010
LOOK_EVERY_S = 0.05
RELIABLE = QoSProfile(depth=1000, reliability=ReliabilityPolicy.RELIABLE)


class Observer:
    """Counts commands."""

    def __init__(self, drones: list[str]) -> None:
        """Subscribe."""
        self.news = Polled(Node("observer", start_parameter_services=False))
        self._streamed_to_s: dict[str, float] = {}
        self._streamed_s, self._late_s = 0.0, list[float]()
        for name in drones:
            take = partial(self._on_status, name)
            self.news.subscribe(DroneStatus, f"/{name}/status", take, RELIABLE)

    def _on_status(self, name: str, status: DroneStatus) -> None:
        stamp_s = status.header.stamp.sec + 1e-9 * status.header.stamp.nanosec
        since_s = self._streamed_to_s.pop(name, None)
        if status.commander != DroneStatus.COMMANDER_STREAM:
            return
        self._streamed_to_s[name] = stamp_s
        if since_s is not None:
            self._streamed_s += stamp_s - since_s
            self._late_s += status.command_latency_s

    def take(self) -> dict[str, float | int | None]:
        """What came since the last time."""
        late_s, streamed_s = np.array(self._late_s), self._streamed_s
        self._late_s, self._streamed_s = [], 0.0
        p50, p99 = np.percentile(1e3 * late_s, [50, 99]).tolist() if len(late_s) else (None, None)
        return {
            "streamed_s": streamed_s,
            "commands": len(late_s),
            "on_time": int((late_s <= PERIOD_S).sum()),
            "p50_ms": p50,
            "p99_ms": p99,
        }


def main(every_s: float, drones: list[str]) -> None:
    """Tell until told to end."""
    rclpy.init()
    observer = Observer(drones)
    due_s = time.monotonic() + every_s
    try:
        while rclpy.ok():
            time.sleep(LOOK_EVERY_S)
            observer.news.take()
            if time.monotonic() >= due_s:
                due_s += every_s
                sys.stdout.write(json.dumps(observer.take()) + "\n")
                sys.stdout.flush()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
