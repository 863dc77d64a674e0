# SPDX-License-Identifier: Apache-2.0
"""A backend's node that looks at the clock when a streamed command goes out to the link.

    MARTLET_TIMED=out.json python benchmarks/fleet/timed_backend.py crazyflie_backend --ros-args ...

At its end it writes rows of the stamp that was answered and of how much later the command of one
drone was out [s]: handed to the socket, or to the simulated firmware.
"""

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from firmware_bridge.cflib_drone import CflibDrone
from firmware_bridge.crtp_packets import Packet, Port
from firmware_bridge.firmware_double import FirmwareDouble
from firmware_bridge.orders import Order, Streamed
from martlet_nodes import messages
from martlet_nodes.fleet_node import FleetNode

SETPOINTS = (Port.COMMANDER, Port.SETPOINT)


class Timed:
    """What went out, and when."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.rows: list[tuple[float, float]] = []
        self._node: FleetNode | None = None
        self._stamp_s = 0.0

    def watch(self) -> None:
        """Look on wherever a command passes."""
        take, transmit, simulate = FleetNode._on_fleet, CflibDrone._transmit, FirmwareDouble.send

        def on_fleet(node: FleetNode, message: Any) -> None:
            self._node, self._stamp_s = node, messages.seconds(message.header.stamp)
            take(node, message)

        def on_transmit(drone: CflibDrone, packet: Packet) -> None:
            transmit(drone, packet)
            if packet.port in SETPOINTS:
                self._out()

        def on_send(double: FirmwareDouble, drone: int, order: Order, now_s: float) -> None:
            simulate(double, drone, order, now_s)
            if isinstance(order, Streamed):
                self._out()

        FleetNode._on_fleet = on_fleet  # type: ignore[method-assign]
        CflibDrone._transmit = on_transmit  # type: ignore[method-assign]
        FirmwareDouble.send = on_send  # type: ignore[method-assign]

    def _out(self) -> None:
        if self._node is not None:
            self.rows.append((self._stamp_s, self._node.now_s() - self._stamp_s))


def main() -> int:
    """Run the node that the command line names."""
    name = sys.argv.pop(1)
    timed = Timed()
    timed.watch()
    code: int = importlib.import_module(f"martlet_nodes.{name}_node").main()
    Path(os.environ["MARTLET_TIMED"]).write_text(json.dumps(timed.rows))
    return code


if __name__ == "__main__":
    sys.exit(main())
