# SPDX-License-Identifier: Apache-2.0
"""A policy on a task, without ROS: answers states, hands back at the end, and asks the referee.

The policy's clock is the states' stamps: nothing here knows the wall.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from martlet_nodes.drone_names import name_faults
from martlet_nodes.errors import ParameterError
from martlet_nodes.flown_tasks import FlownTask, duration_s_of, runner_tasks
from martlet_nodes.manoeuvre import STILL_S, moving
from martlet_nodes.verdict import Verdict, verdict_on
from policy_export.errors import PolicyExportError
from policy_export.runtime import PolicyRunner
from sim_core.action_kinds import MOTORS
from sim_core.airframe import load_airframe
from sim_core.errors import SimCoreError
from sim_core.races import RaceTask

Float32 = NDArray[np.float32]

TAKEN_OVER_S = 1.0
"""So long may the backend take to let the policy command, or to confirm the hand-back."""

REST_S = 15.0  # guess: from 8 m/s the stock controller needs half of it
"""So long may a drone that was let go at speed take to come to rest."""

STREAM = 1
"""martlet_msgs/DroneStatus.COMMANDER_STREAM."""


@dataclass(frozen=True)
class PolicyParameters:
    """Parameters of the policy node; config/policy.param.yaml says what each is for."""

    policy: str
    drones: list[str] = field(default_factory=lambda: ["cf1"])
    controlled: list[str] = field(default_factory=list)
    offsets_m: list[float] = field(default_factory=list)
    planned_from: list[float] = field(default_factory=list)
    onboard: bool = False
    begins_late_s: float = 0.0
    airframe: str = "cf21_plus"
    lossless: bool = False
    listeners: int = 1

    def __post_init__(self) -> None:
        """Check what the types leave open.

        Raises:
            ParameterError: All faults in one sentence.
        """
        faults = name_faults(self.drones)
        strangers = sorted(set(self.controlled) - set(self.drones))
        if strangers:
            faults.append(f"controlled: expected some of {self.drones}, got {strangers} too")
        if len(self.offsets_m) not in (0, 3 * len(self.rows())):
            faults.append(
                f"offsets_m: expected x, y, z for each of {len(self.rows())} controlled drones,"
                f" got {len(self.offsets_m)} numbers"
            )
        try:
            load_airframe(self.airframe)
        except SimCoreError as error:
            faults.append(str(error).rstrip("."))
        if self.planned_from and (len(self.planned_from) != 4 or len(self.rows()) != 1):
            faults.append(
                "planned_from: expected x, y, z, yaw of one controlled drone,"
                f" got {len(self.planned_from)} numbers for {len(self.rows())}"
            )
        if faults:
            raise ParameterError.of("policy", faults)

    def rows(self) -> list[int]:
        """Rows of the drones that the policy commands: all, unless some are named."""
        names = self.controlled or self.drones
        return [self.drones.index(name) for name in names if name in self.drones]

    def offsets(self) -> NDArray[np.float64]:
        """How far each controlled drone's path is moved from the task's [m; W], shape (n, 3)."""
        return np.reshape(self.offsets_m or [0.0] * (3 * len(self.rows())), (-1, 3))


@dataclass(frozen=True)
class Answer:
    """What goes out in answer to a state: a row for each drone of the fleet."""

    stamp_s: float
    commands: Float32
    engaged: list[bool]


class _Stage(Enum):
    FLYING = 0
    HANDING_BACK = 1
    COMING_TO_REST = 2
    OVER = 3


class PolicyFlight:
    """One task flown by one policy: from the first state answered to the hover after it."""

    def __init__(
        self,
        runner: PolicyRunner,
        tasks: Sequence[FlownTask],
        rows: Sequence[int],
        duration_s: float = 0.0,
        names: Sequence[str] = (),
        late_s: float = 0.0,
    ) -> None:
        """Begin.

        Args:
            runner: The policy.
            tasks: One for each controlled drone, all of one kind; or one for all of them.
            rows: The controlled drones.
            duration_s: Longest time in the air; 0: as long as the tasks last.
            names: What the controlled drones are called; by their rows where not given.
            late_s: How much later than asked drones begin whose policy flies on board; the referee
                goes by their clock.

        Raises:
            PolicyFileError: Tasks that this policy was not made for.
        """
        self._session = runner.start(runner_tasks(tasks), controlled=rows)
        self._tasks, self._rows = list(tasks), list(rows)
        self._late_s = late_s
        # Nobody flies what is streamed to motors, which their own drone's policy turns: it is a
        # hover's, and tells that somebody is there.
        motors = runner.manifest.action.kind == MOTORS
        self._streamed = (runner.manifest.hover_thrust_n, 0.0, 0.0, 0.0) if motors else None
        self._names = list(names) or [f"row {row}" for row in rows]
        self._races = [task for task in tasks if isinstance(task, RaceTask)]
        longest = max(map(duration_s_of, tasks))
        self._end_s = min(duration_s, longest) if duration_s > 0.0 else longest
        self._stage = _Stage.FLYING
        self._reason = ""
        self._first_s = self._last_s = -math.inf
        self._handed_back_s = math.inf
        self._moved_s: dict[int, float] = {}  # of drones that were let go at speed
        self._seen = np.zeros((0, 13), dtype=np.float32)
        self._commanding: set[int] = set()
        self._fleet = 0
        self._times: list[float] = []
        self._states: list[Float32] = []

    @property
    def over(self) -> bool:
        """Whether the policy has let go, the backend has the drones back, and they hover."""
        return self._stage is _Stage.OVER

    @property
    def time_s(self) -> float:
        """Time since the policy took over."""
        return max(self._last_s - self._first_s, 0.0) if self._times else 0.0

    def goal(self) -> NDArray[np.float64]:
        """Where each controlled drone should be, or its next gate [m; W], shape (n, 3)."""
        return self._session.progress.goal

    def error_m(self) -> float:
        """Distance of the farthest drone from its reference, as last heard; NaN: it has none."""
        if not self._states or self._races:
            return math.nan
        offset = self._states[-1][:, :3] - self.goal()
        return float(np.linalg.norm(offset, axis=1).max())

    def answer(self, stamp_s: float, states: Float32, age_s: Float32) -> Answer | None:
        """Answer the states of the fleet; None where they are not new, or need no answer.

        Args:
            stamp_s: Their stamp.
            states: Shape (N, 13).
            age_s: How much older than the stamp each is, shape (N,).
        """
        if self._stage is _Stage.OVER or stamp_s <= self._last_s:
            return None
        self._seen = states
        if self._stage is _Stage.COMING_TO_REST:
            self._see_rest(stamp_s)
            return None
        if self._stage is _Stage.HANDING_BACK:
            self._last_s = stamp_s
            if stamp_s - self._handed_back_s > TAKEN_OVER_S:
                self._reason = self._reason or "the backend did not confirm the hand-back"
                self._stage = _Stage.OVER
            return self.release(len(states))
        first, self._fleet = not self._times, len(states)
        dt = 0.0 if first else stamp_s - self._last_s
        self._first_s = stamp_s if first else self._first_s
        self._last_s = stamp_s
        if self.time_s >= self._end_s - 1e-6:
            self._keep(states, age_s)
            self.give_up("")
        elif not self._commanding and self.time_s > TAKEN_OVER_S:
            self.give_up(f"no command was taken over within {TAKEN_OVER_S:g} s")
        if self._stage is not _Stage.FLYING:
            return self.release(len(states))
        try:
            commands = self._session.command(states, dt)
        except PolicyExportError as error:
            self.give_up(str(error).rstrip("."))
            return self.release(len(states))
        self._keep(states, age_s)
        if self._races and self._session.progress.finished:
            self.give_up("")
            return self.release(len(states))
        out = np.zeros((len(states), 4), dtype=np.float32)
        out[self._rows] = commands if self._streamed is None else self._streamed
        return Answer(stamp_s, out, [row in self._rows for row in range(len(states))])

    def release(self, count: int) -> Answer:
        """The answer that lets go of every drone."""
        return Answer(self._last_s, np.zeros((count, 4), dtype=np.float32), [False] * count)

    def heed(self, row: int, commander: int, guard_stage: int, reason: str) -> Answer | None:
        """Take in how a drone stands: whoever else takes command ends the flight.

        Args:
            row: The drone.
            commander: Who commands it, in the numbers of martlet_msgs/DroneStatus.
            guard_stage: How far its guard has stepped in, likewise.
            reason: The guard's.

        Returns:
            What is to be sent at once: whoever has lost command lets go, too.
        """
        if row not in self._rows or self._stage is _Stage.OVER:
            return None
        if commander == STREAM:
            self._commanding.add(row)
            return None
        flying = self._stage is _Stage.FLYING
        if self._stage is _Stage.FLYING and guard_stage:
            self.give_up(f"the guard took over: {reason}")
        elif self._stage is _Stage.FLYING and row in self._commanding:
            self.give_up("somebody else took command")
        self._commanding.discard(row)
        if self._stage is _Stage.COMING_TO_REST and commander:
            self._stage = _Stage.OVER
        if self._stage is _Stage.HANDING_BACK and not self._commanding:
            self._stage = _Stage.OVER
            if not self._reason and not commander:
                fast = [row for row in self._rows if moving(self._seen[[row]])]
                self._moved_s = dict.fromkeys(fast, self._last_s)
                self._stage = _Stage.COMING_TO_REST if fast else _Stage.OVER
        lost = flying and self._stage is not _Stage.FLYING
        return self.release(self._fleet) if lost else None

    def give_up(self, reason: str) -> None:
        """End the flight: well, when there is no reason, or else early."""
        if self._stage is _Stage.FLYING:
            self._reason = reason
            self._handed_back_s = self._last_s
            self._stage = _Stage.HANDING_BACK if self._commanding else _Stage.OVER

    def verdict(self) -> Verdict:
        """The referee's word on what was flown."""
        times, states = np.array(self._times), np.array(self._states)
        return verdict_on(self._tasks, times, states, self._first_s, self._reason, self._names)

    def _see_rest(self, stamp_s: float) -> None:
        """See which drones hover by now, as the backend does; the flight is over when all do."""
        for row, moved_s in list(self._moved_s.items()):
            if moving(self._seen[[row]]):
                self._moved_s[row] = stamp_s
            elif stamp_s - moved_s > STILL_S - 1e-6:
                del self._moved_s[row]
        if not self._moved_s or stamp_s - self._handed_back_s > REST_S:
            self._stage = _Stage.OVER

    def _keep(self, states: Float32, age_s: Float32) -> None:
        """Write down what the referee will look at: states, and when they held."""
        age = float(age_s[self._rows[0]]) if len(age_s) else 0.0
        self._times.append(self._last_s - age - self._late_s)
        self._states.append(states[self._rows].copy())
