# SPDX-License-Identifier: Apache-2.0
"""Frees drones that a guard has landed, as a person would: arms them, and disarms them again.

python benchmarks/fleet/rearm.py
"""

import rclpy
from martlet_msgs.srv import Arm

WAIT_S = 10.0


def main() -> None:
    """Do it."""
    rclpy.init()
    node = rclpy.create_node("person", start_parameter_services=False)
    client = node.create_client(Arm, "/all/arm")
    if client.wait_for_service(WAIT_S):
        for armed in (True, False):
            future = client.call_async(Arm.Request(arm=armed))
            rclpy.spin_until_future_complete(node, future, timeout_sec=WAIT_S)
    rclpy.shutdown()


if __name__ == "__main__":
    main()
