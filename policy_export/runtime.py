# SPDX-License-Identifier: Apache-2.0
"""A policy in flight: numpy, onnxruntime and the core's task logic; no torch, no ROS.

Example:
    runner = PolicyRunner("policy.onnx")
    session = runner.start("lemniscate", controlled=[0])
    command = session.command(state, dt)
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from policy_export.errors import ObservationError, PolicyFileError, ShapeError
from policy_export.manifest import Manifest
from policy_export.policy_file import check_use, open_policy
from sim_core import _core
from sim_core.course_library import flown_courses
from sim_core.races import RaceTask, load_race
from sim_core.tasks import CONTROL_DT, TrackTask, load_task

Float32 = NDArray[np.float32]
Task = TrackTask | RaceTask | str | Path
AnyTask = TrackTask | RaceTask

STATE_ENTRIES = (
    *(f"p_WB.{axis}" for axis in "xyz"),
    *(f"q_WB.{axis}" for axis in "xyzw"),
    *(f"v_WB.{axis}" for axis in "xyz"),
    *(f"w_WB_B.{axis}" for axis in "xyz"),
)
"""The 13 numbers of a drone's state, in order."""

COMMAND_ENTRIES = ("thrust", *(f"rate.{axis}" for axis in "xyz"))


@dataclass(frozen=True)
class Progress:
    """Where a session stands.

    Attributes:
        time_s: Time since its first command.
        goal: Where each controlled drone should be now, or the centre of its next gate [m; W],
            shape (n, 3).
        finished: Whether every reference has come to its end, every race to its last gate.
        passed: Gates passed by each drone, shape (n,); zeros where there are none.
    """

    time_s: float
    goal: NDArray[np.float64]
    finished: bool
    passed: NDArray[np.int32]


class PolicyRunner:
    """A policy file, opened and found fit to fly.

    Attributes:
        path: The file.
        manifest: What it says about itself.
    """

    def __init__(self, path: str | Path, *, airframe: str | None = None) -> None:
        """Open a policy file.

        Args:
            path: The file.
            airframe: The airframe it is to fly; None where nothing particular is meant.

        Raises:
            PolicyFileError: No such file, no policy, changed, or a policy for something else.
            ManifestError: Its manifest has faults.
        """
        self.path = Path(path)
        self._network, self.manifest = open_policy(self.path)
        check_use(self.manifest, airframe, str(self.path))

    def start(self, task: Task | Sequence[Task], controlled: Sequence[int] = (0,)) -> "Session":
        """Begin a flight.

        Args:
            task: A task, or its name or file; or a sequence of one for each controlled drone.
            controlled: Rows of the state that this policy commands.

        Raises:
            ShapeError: Not one task for each controlled drone.
            SettingsError: A task that cannot be loaded.
            PolicyFileError: A task that this policy was not made for.
        """
        if isinstance(task, TrackTask | RaceTask | str | Path):
            tasks = [_loaded(task)] * len(controlled)
        else:
            tasks = [_loaded(each) for each in task]
        if not tasks or len(tasks) != len(controlled):
            raise ShapeError(
                f"tasks: expected one for each of {len(controlled)} controlled drones,"
                f" got {len(tasks)}."
            )
        return Session(self, tasks, controlled)

    def infer(self, observations: Float32) -> Float32:
        """The network alone: observations (n, OBS) in SI to commands (n, 4), not clipped."""
        out: Float32 = self._network.run(("command",), {"observation": observations})[0]
        return out


class Session:
    """One flight of one policy: its clock and its memory. `PolicyRunner.start` makes it."""

    def __init__(
        self, runner: PolicyRunner, tasks: Sequence[AnyTask], controlled: Sequence[int]
    ) -> None:
        """See `PolicyRunner.start`."""
        self.tasks = tuple(tasks)
        self._runner = runner
        self._drones = _drones(controlled)
        self._logic = task_logic(runner.manifest, tasks)
        self._observed = entry_names(runner.manifest)
        self._time_s = 0.0
        count = len(tasks)
        self._own = np.empty((count, len(STATE_ENTRIES)), dtype=np.float32)
        self._observation = np.empty((count, len(self._observed)), dtype=np.float32)
        self._command = np.empty((count, len(COMMAND_ENTRIES)), dtype=np.float32)

    def command(self, state: Float32, dt: float) -> Float32:
        """What the controlled drones should do now.

        Args:
            state: Every drone heard, p_WB q_WB v_WB w_WB_B in SI units, float32, shape (N, 13).
            dt: Seconds since the command before; 0 at the first.

        Returns:
            Collective thrust [N] and body rates [rad/s; B] within the manifest's limits, float32,
            shape (n, 4).

        Raises:
            ShapeError: A state of another shape or type, or a dt that is no time.
            ObservationError: A number that is not finite; the session's clock has not moved.
        """
        self._take(state)
        if not 0.0 <= dt < math.inf:
            raise ShapeError(f"dt: expected a time of at least 0 s, got {dt}.")
        time_s = self._time_s + dt
        self._logic.observe(self._own, round(time_s / CONTROL_DT), self._observation)
        self._check(self._observation, self._observed, "observation")
        raw = self._runner.infer(self._observation)
        self._check(raw, COMMAND_ENTRIES, "the network's command")
        self._time_s = time_s
        self._logic.decode(raw, self._command)
        return self._command.copy()

    @property
    def progress(self) -> Progress:
        """Where the session stands."""
        places = self._logic.places
        goals, over, passed = zip(
            *(_standing(t, self._time_s, p) for t, p in zip(self.tasks, places, strict=True)),
            strict=True,
        )
        return Progress(self._time_s, np.array(goals), all(over), np.array(passed, np.int32))

    def _take(self, state: Float32) -> None:
        """Copy the controlled drones' rows and look at them."""
        rows = int(self._drones.max()) + 1
        if (
            not isinstance(state, np.ndarray)
            or state.dtype != np.float32
            or state.ndim != 2
            or state.shape[1] != len(STATE_ENTRIES)
            or len(state) < rows
        ):
            got = f"{getattr(state, 'dtype', type(state).__name__)} {np.shape(state)}"
            raise ShapeError(f"state: expected float32 (N ≥ {rows}, 13), got {got}.")
        np.take(state, self._drones, axis=0, out=self._own)
        self._check(self._own, STATE_ENTRIES, "state")

    def _check(self, rows: Float32, entries: Sequence[str], what: str) -> None:
        """Refuse what is not finite, by entry and drone."""
        if np.isfinite(rows).all():
            return
        row, column = np.argwhere(~np.isfinite(rows))[0]
        raise ObservationError(
            f"{what}: expected finite numbers, got {rows[row, column]} in {entries[column]}"
            f" of drone {self._drones[row]} at {self._time_s:.2f} s."
        )


def _loaded(task: Task) -> AnyTask:
    if isinstance(task, TrackTask | RaceTask):
        return task
    return load_race() if task == "race" else load_task(task)


def _standing(
    task: AnyTask, time_s: float, place: NDArray[np.int32]
) -> tuple[NDArray[np.float64], bool, int]:
    """Goal [m; W], whether it is over, gates passed."""
    if isinstance(task, TrackTask):
        over = time_s > task.reference.duration_s - CONTROL_DT / 2.0
        return task.reference.position(time_s), over, 0
    gate, passed = (int(number) for number in place)
    goal = np.array(task.course.told.gates[gate].position_m)
    flown = task.gates > 0 and passed >= task.gates
    return goal, flown or time_s > task.longest_s - CONTROL_DT / 2.0, passed


def task_logic(manifest: Manifest, tasks: Sequence[AnyTask]) -> _core.TaskSession:
    """The core's observation and decoding for these tasks, within the manifest's limits.

    Raises:
        PolicyFileError: Tasks that the policy was not made for, or of two kinds.
    """
    action = manifest.action
    races = [task for task in tasks if isinstance(task, RaceTask)]
    if races and len(races) != len(tasks):
        raise PolicyFileError("tasks: expected races alone or none, got some of each.")
    kind = "race" if races else "track"
    if kind not in manifest.tasks:
        raise PolicyFileError(
            f"task {tasks[0].name!r}: expected one that this policy flies"
            f" ({', '.join(manifest.tasks)}), got a {kind}."
        )
    limits = _core.CommandLimits(*action.thrust_n, action.body_rates_rad_s)
    if races:
        logic = _core.TaskSession("race", limits, courses=flown_courses([t.course for t in races]))
    else:
        paths = [task.reference.samples for task in tasks if isinstance(task, TrackTask)]
        logic = _core.TaskSession("track", limits, references=paths)
    logic.reset(manifest.hover_thrust_n)
    return logic


def entry_names(manifest: Manifest) -> list[str]:
    """A name for each number of an observation."""
    return [f"{entry.name}[{i}]" for entry in manifest.observation for i in range(entry.size)]


def _drones(controlled: Sequence[int]) -> NDArray[np.intp]:
    drones = np.asarray(controlled, dtype=np.intp)
    if drones.ndim != 1 or (drones < 0).any() or len(set(drones.tolist())) != len(drones):
        raise ShapeError(
            f"controlled: expected different rows of the state, from 0 on, got {list(controlled)}."
        )
    return drones
