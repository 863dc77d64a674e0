# SPDX-License-Identifier: Apache-2.0
"""What is asked of a fleet, whoever asks: by a topic, a service or an action of any name.

All of it is done on the thread that flies. Sentences say why something was not done.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from firmware_bridge.errors import OrderError
from firmware_bridge.orders import Follow
from firmware_bridge.setpoint_rules import Setpoint
from martlet_nodes.backend import Backend
from martlet_nodes.crazyswarm_services import Asked, Start, Upload, backwards
from martlet_nodes.drone_status import Commander
from martlet_nodes.manoeuvre import Goal, Kind, Manoeuvre
from martlet_nodes.rivals import Turn
from sim_core.frames import yaw_of

SETPOINTS = "set-points"
"""All of a drone's topics of set-points, as one: whoever flies it may pass from one to another."""


class Alone(Protocol):
    """Tells whether somebody else would command the same drones."""

    def sentence(self) -> str:
        """Why no drone should be armed; empty where one alone commands."""


class Requests:
    """Takes what is asked to the backend.

    Attributes:
        turns: Who streams to each drone.
    """

    def __init__(
        self,
        backend: Backend,
        rivals: Alone,
        now_s: Callable[[], float],
        changed: Callable[[], None],
        stopped: Callable[[str], None],
        *,
        arms_itself: bool,
    ) -> None:
        """Nothing is under way.

        Args:
            backend: What decides.
            rivals: Whoever else would.
            now_s: The flight's clock.
            changed: Called after all that may change how a drone stands.
            stopped: Called with the names of drones that the operator stopped.
            arms_itself: Whether these drones do, to those who do not arm: Crazyswarm2's scripts.
        """
        self.turns = [Turn() for _ in backend.names]
        self._backend, self._rivals, self._now_s = backend, rivals, now_s
        self._changed, self._stopped, self._arms_itself = changed, stopped, arms_itself
        self._trajectories: dict[tuple[int, int], Upload] = {}
        self._moving: dict[int, Manoeuvre] = {}

    def arm(self, numbers: Sequence[int], armed: bool) -> str:
        """Arm or disarm drones; tells why not, or that some do not say so yet."""
        backend, now_s = self._backend, self._now_s()
        rivals = self._rivals.sentence() if armed else ""
        whys = [rivals or backend.arm(number, armed, now_s) for number in numbers]
        whys += [
            f"{backend.names[number]} has been told to arm and does not yet say so: ask again"
            for number, why in zip(numbers, whys, strict=True)
            if not why and backend.arming(number)
        ]
        self._changed()
        return "; ".join(dict.fromkeys(why for why in whys if why))

    def stop(self, numbers: Sequence[int]) -> None:
        """The operator's stop: motors off, now."""
        for number in numbers:
            self._backend.emergency(number, self._now_s())
        self._stopped(", ".join(self._backend.names[number] for number in numbers))
        self._changed()

    def set_point(self, numbers: Sequence[int], order: Setpoint) -> None:
        """Take a streamed set-point of any kind, where nobody streams body rates."""
        now_s = self._now_s()
        for number in numbers:
            if self.turns[number].takes(SETPOINTS, now_s):
                self._backend.set_point(number, order, now_s)
        self._changed()

    def let_go(self, numbers: Sequence[int]) -> str:
        """Whoever streams to drones has done; tells what comes of it."""
        told = "; ".join(self._let_go(number) for number in numbers)
        self._changed()
        return told

    def _let_go(self, number: int) -> str:
        backend, now_s = self._backend, self._now_s()
        name, commander = backend.names[number], backend.commander(number)
        self.turns[number].ends()
        backend.release(number, now_s)
        if commander is not Commander.STREAM:
            return f"{name}: nobody streamed"
        if backend.telemetry.flying[number]:
            return f"{name}: hovers by itself"
        return f"{name}: motors off"

    def ask(self, numbers: Sequence[int], asked: Asked) -> str:
        """Begin what is asked, in place of what is under way; tells why not."""
        whys = dict.fromkeys(self._ask(number, asked) for number in numbers)
        self._changed()
        return "; ".join(why for why in whys if why)

    def _ask(self, number: int, asked: Asked) -> str:
        if isinstance(asked, Upload):
            self._trajectories[number, asked.number] = asked
            return "" if asked.pieces else f"trajectory {asked.number} has no pieces"
        name, goal = self._backend.names[number], self._goal(number, asked)
        if isinstance(goal, str):
            return f"{name}: {goal}"
        on_the_ground = not self._backend.telemetry.flying[number]
        arms = goal.kind is Kind.TAKEOFF and self._arms_itself and on_the_ground
        if arms and (why := self.arm([number], True)):
            return why
        try:
            manoeuvre = self._backend.begin(number, goal, self._now_s(), replacing=True)
        except OrderError as error:
            return f"{name}: {error}"
        if manoeuvre.outcome is not None:
            return manoeuvre.outcome.reason
        self._moving[number] = manoeuvre
        return ""

    def failed(self) -> list[str]:
        """Sentences on what was begun and came to nothing, since the last call."""
        if not self._moving:
            return []
        ended = {n: m.outcome for n, m in self._moving.items() if m.outcome is not None}
        for number in ended:
            del self._moving[number]
        return [outcome.reason for outcome in ended.values() if not outcome.success]

    def _goal(self, number: int, asked: Asked) -> Goal | str:
        state = self._backend.telemetry.states[number]
        x, y, z = (float(value) for value in state[:3])
        if isinstance(asked, Start):
            kept = self._trajectories.get((number, asked.number))
            if kept is None or not kept.pieces:
                return f"trajectory {asked.number} was not uploaded"
            if not asked.stretch > 0.0:
                return f"timescale: expected more than 0, got {asked.stretch:g}"
            pieces = backwards(kept.pieces) if asked.backwards else kept.pieces
            follow = Follow(pieces, asked.stretch, relative=asked.relative)
            return Goal(Kind.FOLLOW, (x, y, z), 0.0, 0.0, follow)
        assert not isinstance(asked, Upload)
        p, yaw = asked.p, asked.yaw_rad
        if asked.kind is not Kind.GO_TO:
            p = (x, y, p[2])
        elif asked.relative:
            p, yaw = (x + p[0], y + p[1], z + p[2]), yaw + yaw_of(state[3:7])
        return Goal(asked.kind, p, yaw, asked.duration_s)
