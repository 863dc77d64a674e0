# SPDX-License-Identifier: Apache-2.0
"""What a policy is trained in: an environment file as a frozen, validated model."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim_core import _core
from sim_core.action_kinds import MOTORS, RATE_THRUST, ActionKind, tasks_of
from sim_core.airframe import Airframe, load_airframe
from sim_core.environment_faults import faults_of
from sim_core.environment_files import environment_file, read_environment
from sim_core.errors import SettingsError
from sim_core.formation_settings import SCENARIOS, FormationSettings
from sim_core.randomization import ParameterBox, randomized_box, range_faults
from sim_core.settings_file import build, is_finite_number, override, read_toml_file

_ESTIMATES = Path(__file__).parent / "estimates"

ESTIMATES = ("mocap", "onboard", "exact")
"""Kinds of estimate, a file each."""

TRAINING_SECTIONS = ("ppo", "stages")
"""Sections of an environment file that say how to learn in it; training/recipe.py reads them."""


@dataclass(frozen=True)
class Estimate:
    """The state estimate: standard deviations of white noise, bias, lag.

    `kind` names a file under estimates/, whose values hold where the environment gives none.
    """

    kind: Literal["mocap", "onboard", "exact"]
    position_m: float
    position_z_m: float
    velocity_m_s: float
    velocity_z_m_s: float
    attitude_rad: float
    body_rate_rad_s: float
    attitude_bias_rad: float
    lag_s: float

    def exact(self) -> "Estimate":
        """One that tells the truth at once."""
        return Estimate(self.kind, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    def noise(self) -> _core.EstimateNoise:
        """The white noise, for the core."""
        noise = _core.EstimateNoise()
        noise.position_m, noise.position_z_m = self.position_m, self.position_z_m
        noise.velocity_m_s, noise.velocity_z_m_s = self.velocity_m_s, self.velocity_z_m_s
        noise.attitude_rad, noise.body_rate_rad_s = self.attitude_rad, self.body_rate_rad_s
        return noise

    def ranges(self) -> dict[str, dict[str, list[float]]]:
        """Bias and lag as [randomization] writes them; a file's own ranges go before them."""
        bias = self.attitude_bias_rad
        return {
            "attitude_bias_rad": {"range": [-bias, bias]},
            "estimate_lag_s": {"range": [self.lag_s, self.lag_s]},
        }


@dataclass(frozen=True)
class Action:
    """What a policy may command: thrust as a share of the airframe's maximum, body rates.

    Of `kind` "motors": each motor's, as a share of full scale; body rates do not act.
    """

    thrust_low: float
    thrust_high: float
    body_rate_rad_s: tuple[float, float, float]
    kind: ActionKind = RATE_THRUST


@dataclass(frozen=True)
class References:
    """Shares and shapes of the paths flown in training."""

    count: int
    hover: float
    lemniscate: float
    lissajous: float
    period_s: tuple[float, float]
    max_acceleration_m_s2: float
    yaw_rad: float


@dataclass(frozen=True)
class CourseChoice:
    """Which courses are raced in training."""

    track: str
    level: int
    count: int


@dataclass(frozen=True)
class FormationChoice:
    """Formations of training: shares of the scenarios, and what they are drawn from."""

    count: int
    static: float
    changing: float
    swapped: float
    moving: float
    turning: float
    out_of: tuple[int, ...]
    change_s: tuple[float, float]
    swap_s: tuple[float, float]
    radius_m: tuple[float, float]
    height_m: tuple[float, float]

    def shares(self) -> dict[str, float]:
        """By scenario."""
        return {name: getattr(self, name) for name in SCENARIOS}

    def settings(self) -> FormationSettings:
        """What they are drawn from; what is not said here as the referee has it."""
        return FormationSettings(
            out_of=self.out_of,
            change_s=self.change_s,
            swap_s=self.swap_s,
            radius_m=self.radius_m,
            height_m=self.height_m,
        )


@dataclass(frozen=True)
class Environment:
    """Settings of an environment; the file they come from says what each is for.

    Attributes:
        task: Name of the core's task.
        airframe: Name or file of the drone.
        max_steps: Control steps of an episode.
        numbers: The task's own: start, episode and reward, like "reward.crash".
        estimate: What the drone tells of its state.
        action: What a policy may command.
        randomization: What is drawn each episode.
        references: Paths, for tasks that follow them.
        course: Courses, for tasks that fly them.
        more_courses: Of another kind, for a task that flies both.
        formations: For tasks whose drones share a world.
    """

    task: str
    airframe: str
    max_steps: int
    numbers: dict[str, float]
    estimate: Estimate
    action: Action
    randomization: dict[str, dict[str, list[float]]]
    references: References | None = None
    course: CourseChoice | None = None
    more_courses: CourseChoice | None = None
    formations: FormationChoice | None = None

    @property
    def about(self) -> "_core.TaskDescription":
        """What the core says of the task, flown with the commands that [action] names."""
        return tasks_of(self.action.kind)[self.task]

    def load_airframe(self) -> Airframe:
        """The airframe that the file names."""
        return load_airframe(self.airframe)

    def parameter_box(self) -> ParameterBox:
        """Bounds of the drones drawn in training."""
        return randomized_box(self.load_airframe(), self.ranges(), "environment")

    def ranges(self) -> dict[str, dict[str, list[float]]]:
        """What is drawn each episode: [randomization], and the estimate's bias and lag."""
        return self.estimate.ranges() | self.randomization

    def command_limits(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Lowest and highest command [N, rad/s], or of motors [1], each of shape (4,)."""
        if self.action.kind == MOTORS:
            shares = self.action.thrust_low, self.action.thrust_high
            return np.full(4, shares[0], np.float32), np.full(4, shares[1], np.float32)
        thrust = self.load_airframe().max_thrust_n
        rates = self.action.body_rate_rad_s
        low = np.array([self.action.thrust_low * thrust, *(-r for r in rates)], np.float32)
        high = np.array([self.action.thrust_high * thrust, *rates], np.float32)
        return low, high

    def hover_command(self) -> NDArray[np.float32]:
        """The command under which the airframe hovers [as `command_limits`], shape (4,)."""
        airframe = self.load_airframe()
        if self.action.kind == MOTORS:
            return np.full(4, airframe.hover_thrust_n / airframe.max_thrust_n, np.float32)
        return np.array([airframe.hover_thrust_n, 0.0, 0.0, 0.0], np.float32)

    def core_settings(self) -> _core.VecSettings:
        """The same for the compiled core."""
        settings = _core.VecSettings(self.about["name"])
        box = self.parameter_box()
        settings.set_box(box.low.tolist(), box.high.tolist())
        low, high = self.command_limits()
        settings.limits = (
            _core.CommandLimits.motors(low[0], high[0])
            if self.action.kind == MOTORS
            else _core.CommandLimits(low[0], high[0], high[1:].tolist())
        )
        settings.noise = self.estimate.noise()
        settings.max_steps = self.max_steps
        for name, value in self.numbers.items():
            settings[name] = value
        return settings


def load_environment(name_or_path: str | Path, changes: Iterable[str] = ()) -> Environment:
    """Load an environment by its name, or from a file of one's own.

    Args:
        name_or_path: "track", "race", ..., or the path of a .toml file.
        changes: Texts like `start.position_m=0.5`, applied on top.

    Raises:
        SettingsError: Every fault of the file in one sentence.
    """
    path = environment_file(name_or_path)
    changes = tuple(changes)
    table = read_environment(path, changes)
    override(table, _expanded(table, changes, str(path)), str(path))
    environment = build(Environment, gathered(table, str(path)), str(path))
    faults = faults_of(environment)
    faults += range_faults(environment.load_airframe(), environment.ranges())
    if faults:
        raise SettingsError(f"{path}: {'; '.join(faults)}.")
    return environment


def gathered(table: dict[str, Any], where: str) -> dict[str, Any]:
    """A file's table as `Environment` has it: the numbers of the task's sections in one place.

    Raises:
        SettingsError: No such task, or numbers missing, unknown or out of range: all at once.
    """
    task = table.get("task")
    if task not in _core.TASKS:
        known = ", ".join(_core.TASKS)
        raise SettingsError(f"{where}: task: expected one of {known}, got {task!r}.")
    about = _core.TASKS[task]
    sections = {name.partition(".")[0] for name, _, _ in about["numbers"]} | {"episode"}
    kept = {k: v for k, v in table.items() if k not in sections and k not in TRAINING_SECTIONS}
    given = {
        f"{section}.{key}": value
        for section in sorted(sections)
        for key, value in _section(table, section, where).items()
    }
    max_steps = given.pop("episode.max_steps", None)
    bounds = {name: (low, high) for name, low, high in about["numbers"]}
    faults = [f"unknown key {name!r} (known: {_known(name, bounds)})" for name in given
              if name not in bounds]  # fmt: skip
    faults += [f"missing key {name!r}" for name in bounds if name not in given]
    if max_steps is None:
        faults.append("missing key 'episode.max_steps'")
    elif type(max_steps) is not int:
        faults.append(f"episode.max_steps: expected a whole number, got {max_steps!r}")
    faults += _number_faults(given, bounds)
    if faults:
        # Faults of the other sections are told in the same sentence.
        try:
            build(Environment, {**kept, "max_steps": 1, "numbers": {}}, where)
        except SettingsError as error:
            faults.append(str(error).removeprefix(f"{where}: ").removesuffix("."))
        raise SettingsError(f"{where}: {'; '.join(faults)}.")
    numbers = {name: float(given[name]) for name in bounds}
    return {**kept, "max_steps": max_steps, "numbers": numbers}


def _number_faults(given: dict[str, Any], bounds: dict[str, tuple[float, float]]) -> Iterable[str]:
    for name, value in given.items():
        if name not in bounds:
            continue
        low, high = bounds[name]
        if not is_finite_number(value):
            yield f"{name}: expected a finite number, got {value!r}"
        elif not low <= value <= high:
            yield f"{name}: expected {low:g} to {high:g}, got {value:g}"


def _section(table: dict[str, Any], name: str, where: str) -> dict[str, Any]:
    section = table.get(name, {})
    if not isinstance(section, dict):
        raise SettingsError(f"{where}: {name}: expected a section, got {section!r}.")
    return section


def _known(name: str, bounds: dict[str, Any]) -> str:
    section = name.partition(".")[0]
    keys = ["max_steps"] if section == "episode" else []
    keys += [n.partition(".")[2] for n in bounds if n.startswith(f"{section}.")]
    return ", ".join(keys)


def _expanded(table: dict[str, Any], changes: Iterable[str], where: str) -> list[str]:
    """Give [estimate] the values of its kind, as changed; returns the other changes."""
    changes = list(changes)
    of_kind = [c for c in changes if c.partition("=")[0].strip() == "estimate.kind"]
    override(table, of_kind, where)
    estimate = table.get("estimate")
    if isinstance(estimate, dict) and estimate.get("kind") in ESTIMATES:
        kind = read_toml_file(_ESTIMATES / f"{estimate['kind']}.toml")
        table["estimate"] = kind | estimate
    return [c for c in changes if c not in of_kind]


def track_part(environment: Environment) -> Environment:
    """What "track" is to the drones of an environment of several tasks: how it is judged."""
    return _part(environment, "track")


def race_part(environment: Environment, course: CourseChoice | None) -> Environment:
    """The same of "race", on these courses."""
    return replace(_part(environment, "race"), course=course)


def _part(environment: Environment, task: str) -> Environment:
    known = ("airframe", "estimate", "action", "randomization")
    drones = {name: getattr(environment, name) for name in known}
    return replace(load_environment(task), **drones)
