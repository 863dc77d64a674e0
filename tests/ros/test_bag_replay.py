# SPDX-License-Identifier: Apache-2.0
"""A bag is heard on the topics that it was recorded from; nobody plays where somebody flies."""

import json
import sys

import pytest
from made_up_bag import write_made_up_bag
from made_up_flight import commanded_log

from martlet.flight.processes import Process

pytestmark = [pytest.mark.ros, pytest.mark.timeout(120)]

LISTENER = """
import json, time, rclpy
from martlet_msgs.msg import DroneStatus, FleetStates
from martlet_nodes.quality import COMMANDS, STATUS

rclpy.init()
node = rclpy.create_node("listener")
heard, statuses = [], []
node.create_subscription(FleetStates, "/fleet/states", heard.append, COMMANDS)
node.create_subscription(DroneStatus, "/cf1/status", statuses.append, STATUS)
deadline = time.monotonic() + 40
while (len(heard) < 40 or not statuses) and time.monotonic() < deadline:
    rclpy.spin_once(node, timeout_sec=0.1)
print(json.dumps({
    "height_m": heard[-1].states[2], "drones": len(heard[-1].states) // 13,
    "flying": statuses[-1].flying, "name": statuses[-1].name,
}))
"""


def test_what_was_recorded_is_heard_again_and_by_one_player_alone(stack, tmp_path, wait_until):
    log = commanded_log(seconds=1.0)
    write_made_up_bag(tmp_path / "flight", [log])
    words = [sys.executable, "-m", "martlet.flight.player", str(tmp_path / "flight")]

    def start(name, *more):
        process = Process(name, [*words, *more], stack.env, stack.folder / f"{name}.log")
        stack.processes.add(process)
        return process

    first = start("first", "--loop", "--speed", "0.5")
    told = json.loads(stack.run(LISTENER))
    assert (told["name"], told["flying"], told["drones"]) == ("cf1", True, 1)
    assert min(log.pos[:, 2]) - 1e-3 <= told["height_m"] <= max(log.pos[:, 2]) + 1e-3
    second = start("second")
    assert wait_until(lambda: second.exit_code() is not None)
    assert second.exit_code() == 1
    assert second.last_words().startswith(
        "replay: expected nobody else who publishes /fleet/states, got replay:"
    )
    assert first.exit_code() is None
    stack.end()
    assert first.exit_code() == 0, first.last_words()
