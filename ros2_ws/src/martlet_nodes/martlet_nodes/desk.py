# SPDX-License-Identifier: Apache-2.0
"""A node with a thread of its own, for what people and tools ask now and then.

The thread that flies looks at everything its executor has at each wake-up; what waits here costs it
nothing. Nothing is decided here: what comes in is handed over (`hand_over.py`).
"""

import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import rclpy
from rclpy.action import ActionServer
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node

from martlet_nodes import quality
from martlet_nodes.hand_over import HandOver
from martlet_nodes.remapped import remapped

T = TypeVar("T")

PATIENCE_S = 2.0
"""So long may the flying thread take to answer: it is never busy for more than milliseconds."""


class Desk:
    """Takes what is asked of one node.

    Attributes:
        node: The node.
        hand_over: The way to the thread that flies.
    """

    def __init__(self, name: str, hand_over: HandOver, *, own_participant: bool = False) -> None:
        """Make the node; nothing is taken until the desk is opened.

        Args:
            name: Of the node.
            hand_over: The way to the thread that flies.
            own_participant: Whether it is one to DDS: two types by one name cannot be one's.
        """
        self.hand_over = hand_over
        self._closed = False
        self._context: Context | None = None
        if own_participant:
            self._context = Context()
            rclpy.init(context=self._context)
        # The name and parameters on the command line are those of the node that flies; remappings
        # of topics and services are everybody's.
        self.node = Node(
            name,
            context=self._context,
            use_global_arguments=False,
            cli_args=remapped(sys.argv),
        )
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._spin, name=name, daemon=True)

    def open(self) -> None:
        """Begin to take what is asked."""
        self._thread.start()

    def close(self) -> None:
        """Take nothing more; closed twice, it does nothing the second time."""
        if self._closed:
            return
        self._closed = True
        self._executor.shutdown()
        if self._thread.is_alive():
            self._thread.join()
        for server in [one for one in self.node.waitables if isinstance(one, ActionServer)]:
            server.destroy()  # left alone, it keeps the node in the graph
        self.node.destroy_node()
        if self._context is not None:
            self._context.try_shutdown()

    def serve(
        self, type_: Any, name: str, work: Callable[[Any], T], fill: Callable[[Any, T], None]
    ) -> None:
        """Serve a service.

        Args:
            type_: Its type.
            name: Its name.
            work: Does what a request asks, on the thread that flies.
            fill: Writes what came of it into the response.
        """

        def answer(request: Any, response: Any) -> Any:
            try:
                done = self.hand_over.ask(partial(work, request), PATIENCE_S)
            except TimeoutError:
                why = (
                    f"the backend did not answer within {PATIENCE_S:g} s: see how the drones stand"
                )
                self.node.get_logger().error(f"{name}: {why}")
                if hasattr(response, "message"):
                    response.message = why
            else:
                fill(response, done)
            return response

        self.node.create_service(type_, name, answer)

    def hear(self, type_: Any, name: str, work: Callable[[Any], object]) -> None:
        """Listen to a topic of commands.

        Args:
            type_: Its type.
            name: Its name.
            work: Does what a message asks, on the thread that flies.
        """

        def take(message: Any) -> None:
            self.hand_over.post(partial(work, message))

        self.node.create_subscription(type_, name, take, quality.COMMANDS)

    def _spin(self) -> None:
        """Serve; what goes wrong here ends the flying thread, which tells it."""
        try:
            self._executor.spin()
        except ExternalShutdownException:
            return
        except Exception as error:  # told by the thread that flies
            self.hand_over.post(partial(_raise, error))


def _raise(error: Exception) -> None:
    raise error
