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

from policy_export.errors import ObservationError, ShapeError
from policy_export.manifest import Manifest
from policy_export.policy_file import check_use, open_policy
from policy_export.task_logic import AnyTask, Roles, drones_of, parts_of, task_logic
from sim_core.action_kinds import MOTORS, RATE_THRUST
from sim_core.formations import SCENARIOS, load_formation
from sim_core.mixed import load_mixed
from sim_core.races import load_race
from sim_core.tasks import load_task

Float32 = NDArray[np.float32]
Task = AnyTask | str | Path

STATE_ENTRIES = (
    *(f"p_WB.{axis}" for axis in "xyz"),
    *(f"q_WB.{axis}" for axis in "xyzw"),
    *(f"v_WB.{axis}" for axis in "xyz"),
    *(f"w_WB_B.{axis}" for axis in "xyz"),
)
"""The 13 numbers of a drone's state, in order."""

COMMAND_ENTRIES: dict[str, tuple[str, ...]] = {
    RATE_THRUST: ("thrust", *(f"rate.{axis}" for axis in "xyz")),
    MOTORS: ("M1", "M2", "M3", "M4"),
}
"""The four numbers of a command, by its kind."""


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
            task: A task, or its name or file, for all controlled drones; or a sequence of tasks,
                of which each takes the next drone, or a formation as many as it has slots. Drones
                of one formation see each other.
            controlled: Rows of the state that this policy commands.

        Raises:
            ShapeError: Tasks for more or fewer drones than are controlled.
            SettingsError: A task that cannot be loaded.
            PolicyFileError: A task that this policy was not made for.
        """
        if isinstance(task, AnyTask | str | Path):
            one = _loaded(task, len(controlled))
            tasks: list[AnyTask] = [one]
            if drones_of(one) == 1:
                tasks *= len(controlled)
        else:
            tasks = [_loaded(each, 1) for each in task]
        wanted = len(parts_of(tasks))
        if not tasks or wanted != len(controlled):
            raise ShapeError(
                f"tasks: expected work for {len(controlled)} controlled drones,"
                f" got it for {wanted}."
            )
        return Session(self, tasks, controlled)

    def infer(self, observations: Float32) -> Float32:
        """The network alone: observations (n, OBS) in SI to commands (n, 4), not clipped."""
        out: Float32 = self._network.run(("command",), {"observation": observations})[0]
        return out


class Session:
    """One flight of one policy: its clock and its memory. `PolicyRunner.start` makes it.

    Attributes:
        tasks: What is flown.
        control_dt: How often the policy has to be asked [s].
    """

    def __init__(
        self, runner: PolicyRunner, tasks: Sequence[AnyTask], controlled: Sequence[int]
    ) -> None:
        """See `PolicyRunner.start`."""
        self.tasks = tuple(tasks)
        self._parts = parts_of(tasks)
        self._runner = runner
        self._drones = _drones(controlled)
        self._logic = task_logic(runner.manifest, tasks)
        self._roles = Roles(self._parts)
        self._observed = entry_names(runner.manifest)
        self.control_dt = 1.0 / runner.manifest.control_rate_hz
        self._time_s = 0.0
        count = len(self._parts)
        self._own = np.empty((count, len(STATE_ENTRIES)), dtype=np.float32)
        self._observation = np.empty((count, len(self._observed)), dtype=np.float32)
        self._command = np.empty((count, 4), dtype=np.float32)

    def command(self, state: Float32, dt: float) -> Float32:
        """What the controlled drones should do now.

        Args:
            state: Every drone heard, p_WB q_WB v_WB w_WB_B in SI units, float32, shape (N, 13).
            dt: Seconds since the command before; 0 at the first.

        Returns:
            Collective thrust [N] and body rates [rad/s; B] within the manifest's limits, float32,
            shape (n, 4); of a policy of motors, M1 to M4 as shares of full scale.

        Raises:
            ShapeError: A state of another shape or type, or a dt that is no time.
            ObservationError: A number that is not finite; the session's clock has not moved.
        """
        self._take(state)
        if not 0.0 <= dt < math.inf:
            raise ShapeError(f"dt: expected a time of at least 0 s, got {dt}.")
        time_s = self._time_s + dt
        self._roles.keep(self._logic, time_s)
        self._logic.observe(self._own, round(time_s / self.control_dt), self._observation)
        self._check(self._observation, self._observed, "observation")
        raw = self._runner.infer(self._observation)
        self._check(
            raw, COMMAND_ENTRIES[self._runner.manifest.action.kind], "the network's command"
        )
        self._time_s = time_s
        self._logic.decode(raw, self._command)
        return self._command.copy()

    @property
    def progress(self) -> Progress:
        """Where the session stands."""
        places = self._logic.places
        goals, over, passed = zip(
            *(part.standing(self._time_s, p) for part, p in zip(self._parts, places, strict=True)),
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


def _loaded(task: Task, drones: int) -> AnyTask:
    if isinstance(task, AnyTask):
        return task
    if task == "mixed":
        return load_mixed(drones)
    if task in ("swarm", *SCENARIOS):
        return load_formation("mix" if task == "swarm" else task, drones, seed=0)
    return load_race() if task == "race" else load_task(task)


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
