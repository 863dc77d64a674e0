# SPDX-License-Identifier: Apache-2.0
"""A policy on a task, without ROS: answers states, hands back at the end, and asks the referee.

The policy's clock is the states' stamps: nothing here knows the wall.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from evaluation.referee import CRASH_REASONS, score_tracking
from martlet_nodes.errors import ParameterError
from policy_export.errors import PolicyExportError
from policy_export.runtime import PolicyRunner
from sim_core.frames import yaw_of
from sim_core.tasks import TrackTask, load_task

Float32 = NDArray[np.float32]

TAKEN_OVER_S = 1.0
"""So long may the backend take to let the policy command, or to confirm the hand-back."""

STREAM = 1
"""martlet_msgs/DroneStatus.COMMANDER_STREAM."""


@dataclass(frozen=True)
class PolicyParameters:
    """Parameters of the policy node; config/policy.param.yaml says what each is for."""

    policy: str
    drones: list[str] = field(default_factory=lambda: ["cf1"])
    controlled: list[str] = field(default_factory=list)
    offsets_m: list[float] = field(default_factory=list)
    airframe: str = "cf21_plus"
    lossless: bool = False
    listeners: int = 1

    def __post_init__(self) -> None:
        """Check what the types leave open.

        Raises:
            ParameterError: All faults in one sentence.
        """
        faults = []
        strangers = sorted(set(self.controlled) - set(self.drones))
        if not self.drones or len(set(self.drones)) != len(self.drones):
            faults.append(f"drones: expected one name or more, all different, got {self.drones}")
        if strangers:
            faults.append(f"controlled: expected some of {self.drones}, got {strangers} too")
        if len(self.offsets_m) not in (0, 3 * len(self.rows())):
            faults.append(
                f"offsets_m: expected x, y, z for each of {len(self.rows())} controlled drones,"
                f" got {len(self.offsets_m)} numbers"
            )
        if faults:
            raise ParameterError(f"policy: {'; '.join(faults)}.")

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


@dataclass(frozen=True)
class Verdict:
    """How a task went, with the referee's figures; the worst drone's where there are several."""

    success: bool
    reason: str
    rmse_m: float
    mean_error_last_3s_m: float
    max_error_m: float
    samples: int


def load_tasks(
    text: str, states: Float32, rows: Sequence[int], offsets: NDArray[np.float64]
) -> list[TrackTask]:
    """The task for each controlled drone, from where it hovers now.

    Args:
        text: A built-in's name, a file's path, or a task file's text.
        states: Of the whole fleet, shape (N, 13).
        rows: The controlled drones.
        offsets: How far each one's path is moved [m; W], shape (n, 3).

    Raises:
        SettingsError: A task that cannot be loaded, or not be flown.
    """
    tasks = []
    for row, offset in zip(rows, offsets, strict=True):
        state = states[row].astype(np.float64)
        task = load_task(text, start=(*(state[:3] - offset), yaw_of(state[3:7])))
        samples = task.reference.samples + np.append(offset, 0.0).astype(np.float32)
        tasks.append(replace(task, reference=replace(task.reference, samples=samples)))
    return tasks


class _Stage(Enum):
    FLYING = 0
    HANDING_BACK = 1
    OVER = 2


class PolicyFlight:
    """One task flown by one policy: from the first state answered to the confirmed hand-back."""

    def __init__(
        self,
        runner: PolicyRunner,
        tasks: Sequence[TrackTask],
        rows: Sequence[int],
        duration_s: float = 0.0,
    ) -> None:
        """Begin.

        Args:
            runner: The policy.
            tasks: One for each controlled drone.
            rows: The controlled drones.
            duration_s: Longest time in the air; 0: as long as the tasks last.
        """
        self._session = runner.start(list(tasks), controlled=rows)
        self._tasks, self._rows = list(tasks), list(rows)
        longest = max(task.reference.duration_s for task in tasks)
        self._end_s = min(duration_s, longest) if duration_s > 0.0 else longest
        self._stage = _Stage.FLYING
        self._reason = ""
        self._first_s = self._last_s = -math.inf
        self._handed_back_s = math.inf
        self._commanding: set[int] = set()
        self._fleet = 0
        self._times: list[float] = []
        self._states: list[Float32] = []

    @property
    def over(self) -> bool:
        """Whether the policy has let go, and the backend has taken the drones back."""
        return self._stage is _Stage.OVER

    @property
    def time_s(self) -> float:
        """Time since the policy took over."""
        return max(self._last_s - self._first_s, 0.0) if self._times else 0.0

    def goal(self) -> NDArray[np.float64]:
        """Where each controlled drone should be [m; W], shape (n, 3)."""
        return self._session.progress.goal

    def error_m(self) -> float:
        """Distance of the farthest drone from its reference, as last heard."""
        if not self._states:
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
        out = np.zeros((len(states), 4), dtype=np.float32)
        out[self._rows] = commands
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
        if self._stage is _Stage.HANDING_BACK and not self._commanding:
            self._stage = _Stage.OVER
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
        nothing = Verdict(False, self._reason or "nothing was flown", *[math.nan] * 3, 0)
        if len(self._times) < 2:
            return nothing
        times, states = np.array(self._times), np.array(self._states)
        reference = np.stack(
            [task.reference.position(times - self._first_s) for task in self._tasks], axis=1
        )
        start, end = self._tasks[0].reference.scored
        window = self._first_s + start, min(self._first_s + end, float(times[-1]))
        if window[1] - window[0] < 0.0:
            return replace(nothing, reason=self._reason or "it ended before the path proper")
        score = score_tracking(times, states, reference, window)
        crashed = np.flatnonzero(score.crashed)
        reason = self._reason
        if len(crashed):
            reason = f"crashed: {CRASH_REASONS[int(score.crash_reason[crashed[0]])]}"
        return Verdict(
            success=not reason,
            reason=reason,
            rmse_m=float(score.rmse_m.max()),
            mean_error_last_3s_m=float(score.settled_error_m.max()),
            max_error_m=float(score.max_error_m.max()),
            samples=int(
                np.count_nonzero((times >= window[0] - 1e-6) & (times <= window[1] + 1e-6))
            ),
        )

    def _keep(self, states: Float32, age_s: Float32) -> None:
        """Write down what the referee will look at: states, and when they held."""
        age = float(age_s[self._rows[0]]) if len(age_s) else 0.0
        self._times.append(self._last_s - age)
        self._states.append(states[self._rows].copy())
