# SPDX-License-Identifier: Apache-2.0
"""The node fleet_desk: the services and actions of any backend, and streamed set-points."""

from collections.abc import Callable, Sequence
from typing import Any

from martlet_msgs.srv import Arm
from std_srvs.srv import Empty, Trigger

from martlet_nodes import crazyswarm_types
from martlet_nodes.actions import Actions
from martlet_nodes.crazyswarm_desk import hear_setpoints, robots, serve_theirs
from martlet_nodes.desk import Desk
from martlet_nodes.hand_over import HandOver
from martlet_nodes.requests import Requests

NAME, CRAZYSWARM_NAME = "fleet_desk", "crazyflie_server"


class FleetDesk:
    """Opens what can be asked of a fleet; where crazyflie_interfaces is installed, twice.

    Crazyswarm2's `arm` and ours are two types by one name: a node crazyflie_server, a participant
    of its own, serves theirs.

    Attributes:
        actions: Ours, drone by drone and of all.
    """

    def __init__(
        self,
        requests: Requests,
        names: Sequence[str],
        hand_over: HandOver,
        make_actions: Callable[[Desk, str, Sequence[int]], Actions],
        places: Sequence[Sequence[float]],
    ) -> None:
        """Open topics, services and actions; nothing is taken until `open`.

        Args:
            requests: Whom to ask.
            names: The drones.
            hand_over: The way to the thread that flies.
            make_actions: Makes the action servers of a prefix and rows.
            places: x, y, z [m; W] at which the drones stand.
        """
        self._requests = requests
        desk = Desk(NAME, hand_over)
        self._desks = [desk]
        everyone = range(len(names))
        groups = [("/all", everyone)]
        groups += [(f"/{name}", range(i, i + 1)) for i, name in enumerate(names)]
        self.actions: list[Actions] = []
        for prefix, rows in groups:
            self._serve_ours(desk, prefix, rows)
            self.actions.append(make_actions(desk, prefix, rows))
        types = crazyswarm_types.SERVICES
        if types is not None:
            desk = Desk(CRAZYSWARM_NAME, hand_over, own_participant=True)
            self._desks.append(desk)
            log = desk.node.get_logger().error
            for prefix, rows in groups:
                serve_theirs(desk, types, requests, prefix, rows, log)
            for name, value in robots(names, places).items():
                desk.node.declare_parameter(name, value)
        for prefix, rows in groups:
            hear_setpoints(desk, crazyswarm_types.SETPOINTS, requests, prefix, rows)

    def open(self) -> None:
        """Begin to take what is asked."""
        for desk in self._desks:
            desk.open()

    def close(self) -> None:
        """Take nothing more."""
        for desk in self._desks:
            desk.close()

    def _serve_ours(self, desk: Desk, prefix: str, rows: Sequence[int]) -> None:
        requests = self._requests
        desk.serve(
            Arm, f"{prefix}/arm", lambda request: requests.arm(rows, request.arm), _told_why_not
        )
        desk.serve(Empty, f"{prefix}/emergency", lambda _: requests.stop(rows), _nothing)
        if crazyswarm_types.SERVICES is None:
            name = f"{prefix}/notify_setpoints_stop"
            desk.serve(Trigger, name, lambda _: requests.let_go(rows), _told)


def _told_why_not(response: Any, why: str) -> None:
    response.success, response.message = not why, why


def _told(response: Any, words: str) -> None:
    response.success, response.message = True, words


def _nothing(*_: Any) -> None:
    """There is nothing to answer."""
