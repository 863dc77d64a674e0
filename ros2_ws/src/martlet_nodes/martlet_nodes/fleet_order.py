# SPDX-License-Identifier: Apache-2.0
"""Whether a policy and the backend mean the same drones: of two lists, rows fly the wrong ones."""

from collections.abc import Sequence
from typing import Any

from rcl_interfaces.srv import GetParameters
from rclpy.node import Node

from martlet_nodes.other_fleets import order_fault


class FleetOrder:
    """Asks whoever says /fleet/states which drones its rows are.

    A backend of somebody else's may not know: then what is heard of the drones has to do.

    Attributes:
        fault: What is wrong with the answer; empty: nothing, or there is none yet.
    """

    def __init__(self, node: Node, drones: Sequence[str]) -> None:
        """Nobody was asked yet.

        Args:
            node: Asks.
            drones: In the order of the rows.
        """
        self._node, self._drones = node, list(drones)
        self._client: Any = None
        self._asked = False
        self.fault = ""

    def ask_anew(self) -> None:
        """Forget that it was asked: another backend may have come."""
        self._asked = False
        if self._client is not None and not self._client.service_is_ready():
            self._node.destroy_client(self._client)
            self._client = None

    def look(self) -> None:
        """Ask, as soon as somebody can be asked; call it now and then."""
        if self._asked:
            return
        if self._client is None:
            said_by = self._node.get_publishers_info_by_topic("/fleet/states")
            if len(said_by) != 1:
                return
            name = f"{said_by[0].node_namespace.rstrip('/')}/{said_by[0].node_name}"
            self._client = self._node.create_client(GetParameters, f"{name}/get_parameters")
        if self._client.service_is_ready():
            self._asked = True
            asked = self._client.call_async(GetParameters.Request(names=["drones"]))
            asked.add_done_callback(self._told)

    def _told(self, future: Any) -> None:
        theirs = [list(value.string_array_value) for value in future.result().values]
        self.fault = order_fault(self._drones, theirs[0] if theirs else [])
