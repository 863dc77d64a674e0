# SPDX-License-Identifier: Apache-2.0
"""Crazyswarm2's topics and services at a desk, whatever package their types come from."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from martlet_nodes.crazyswarm_services import asked_of
from martlet_nodes.requests import Requests
from martlet_nodes.setpoint_messages import ORDER_OF

BEGINNING = {
    "takeoff": "Takeoff",
    "land": "Land",
    "go_to": "GoTo",
    "upload_trajectory": "UploadTrajectory",
    "start_trajectory": "StartTrajectory",
}
"""Services that begin something, and their types."""


class Taker(Protocol):
    """A desk, as far as it concerns this file."""

    def serve(
        self, type_: Any, name: str, work: Callable[[Any], Any], fill: Callable[[Any, Any], None]
    ) -> None:
        """Serve a service: `work` on the thread that flies, `fill` with what came of it."""

    def hear(self, type_: Any, name: str, work: Callable[[Any], object]) -> None:
        """Listen to a topic: `work` on the thread that flies."""


def hear_setpoints(
    desk: Taker, types: Any, requests: Requests, prefix: str, rows: Sequence[int]
) -> None:
    """Listen to streamed set-points; of all drones at once to full states alone.

    Args:
        desk: Where they come in.
        types: FullState, Position, VelocityWorld, Hover.
        requests: Whom to ask.
        prefix: What the names begin with.
        rows: The drones.
    """
    for topic, (type_name, order_of) in ORDER_OF.items():
        if prefix != "/all" or topic == "cmd_full_state":
            work = partial(_set_point, requests, rows, order_of)
            desk.hear(getattr(types, type_name), f"{prefix}/{topic}", work)


def serve_theirs(
    desk: Taker,
    types: Any,
    requests: Requests,
    prefix: str,
    rows: Sequence[int],
    log: Callable[[str], object],
) -> None:
    """Serve what has no answer but "received"; what is refused is told in the log.

    Args:
        desk: Where it comes in.
        types: Those of crazyflie_interfaces.
        requests: Whom to ask.
        prefix: What the names begin with.
        rows: The drones.
        log: Tells a sentence.
    """

    def tell(name: str, _: Any, why: str) -> None:
        if why:
            log(f"{name}: {why}")

    for service, type_name in BEGINNING.items():
        name = f"{prefix}/{service}"
        work = partial(_begin, requests, rows, service)
        desk.serve(getattr(types, type_name), name, work, partial(tell, name))
    name = f"{prefix}/arm"
    desk.serve(types.Arm, name, lambda r: requests.arm(rows, r.arm), partial(tell, name))
    name = f"{prefix}/notify_setpoints_stop"
    desk.serve(types.NotifySetpointsStop, name, lambda _: requests.let_go(rows), lambda *_: None)


def robots(names: Sequence[str], places: Sequence[Sequence[float]]) -> dict[str, list[float] | str]:
    """What Crazyswarm2's scripts read of its server's parameters.

    Where each robot starts [m; W], and its address, of which they take the last two characters as a
    number.
    """
    told: dict[str, list[float] | str] = {}
    for number, (name, place) in enumerate(zip(names, places, strict=True)):
        told[f"robots.{name}.initial_position"] = [x if math.isfinite(x) else 0.0 for x in place]
        told[f"robots.{name}.uri"] = f"martlet://{name}/{number + 1:02X}"
    return told


def _set_point(
    requests: Requests, rows: Sequence[int], order_of: Callable[[Any], Any], message: Any
) -> None:
    requests.set_point(rows, order_of(message))


def _begin(requests: Requests, rows: Sequence[int], service: str, request: Any) -> str:
    asked = asked_of(service, request)
    return asked if isinstance(asked, str) else requests.ask(rows, asked)
