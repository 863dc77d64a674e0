# SPDX-License-Identifier: Apache-2.0
"""An environment as a gymnasium VectorEnv over the compiled core."""

import os
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from sim_core import _core
from sim_core.course_library import training_courses
from sim_core.environment import CourseChoice, Environment, load_environment
from sim_core.errors import SettingsError, ShapeError
from sim_core.formations import formation_groups
from sim_core.reference_library import draw_references

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

_SPARE_S = 3.0
"""A path outlasts an episode by this much, so that episodes begin anywhere on it."""


class VecEnv(VectorEnv[Floats, Floats, Flags]):
    """Many drones at one task, each by itself; an episode that ends begins anew at once.

    Arrays that `reset` and `step` return are views of the core's memory, overwritten by the next
    call: copy what must last. Actions are commands: collective thrust [N] and body rates
    [rad/s; B], or shares of full scale for the motors M1 to M4, float32, shape (N, 4); what exceeds
    the action space is limited by the core.

    Attributes:
        task: What the core says of the task: fields, reward terms, sizes.
        core: The compiled simulator; a critic sees its `privileged` and `final_privileged`.
    """

    metadata: dict[str, Any] = {"autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012

    def __init__(
        self,
        num_envs: int,
        environment: Environment | str = "track",
        *,
        threads: int | None = None,
        seed: int = 0,
        isa: str = "auto",
    ) -> None:
        """Draw paths and drones.

        Args:
            num_envs: Number of drones.
            environment: Settings, or the name or path of their file.
            threads: Of the core; all of the machine's cores where not given.
            seed: Of paths and drones, until `reset` gives another.
            isa: The core's instruction set, or "auto".

        Raises:
            SettingsError: A seed that does not fit, an instruction set that is not there, drones
                that are not whole worlds.
        """
        if isinstance(environment, str):
            environment = load_environment(environment)
        self.settings = environment
        self.num_envs = num_envs
        self._seed, self._running = _fitting(seed), False
        self.task = environment.about
        references, formations = _references(environment, seed)
        try:
            self.core = _core.VecSim(
                num_envs,
                environment.core_settings(),
                references,
                threads=threads or os.cpu_count() or 1,
                isa=isa,
                courses=_courses(environment.course, seed),
                more_courses=_courses(environment.more_courses, seed),
                formations=formations,
            )
        except ValueError as error:
            raise SettingsError(f"{error}, in VecEnv.") from None
        low, high = environment.command_limits()
        self.single_action_space = Box(low, high, dtype=np.float32)
        self.single_observation_space = Box(
            -np.inf, np.inf, (self.task["observation_size"],), np.float32
        )
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.render_mode = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Floats, dict[str, Any]]:
        """Start every drone anew.

        Args:
            seed: Of drones, starts and noise; where not given, the last one. Paths stay.
            options: `{"staggered": True}` starts episodes at random ages, so that they do not all
                end in the same step.

        Raises:
            SettingsError: A seed that does not fit.
        """
        if seed is not None:
            self._seed = _fitting(seed)
        self.core.start(self._seed, staggered=bool((options or {}).get("staggered", False)))
        self._running = True
        return self.core.observation, {}

    def step(  # type: ignore[override]  # gymnasium's stub calls rewards booleans
        self, actions: Floats
    ) -> tuple[Floats, Floats, Flags, Flags, dict[str, Any]]:
        """Move every drone by one control step (10 ms; of motors 2 ms).

        Returns:
            Observations, rewards, terminated, truncated, and infos with `final_obs` and
            `_final_obs` (rows where an episode ended), as gymnasium's same-step autoreset has it.

        Raises:
            ResetNeeded: There was no reset yet.
            ShapeError: Actions of another shape or type.
        """
        if not self._running:
            raise gymnasium.error.ResetNeeded("VecEnv.step: expected a reset before it.")
        try:
            self.core.step(actions)
        except ValueError as error:
            raise ShapeError(f"actions: {error}, in VecEnv.step.") from None
        core = self.core
        done = core.terminated | core.truncated
        infos = {"final_obs": core.final_observation, "_final_obs": done} if done.any() else {}
        return core.observation, core.reward, core.terminated, core.truncated, infos


def _references(
    environment: Environment, seed: int
) -> tuple[list[Floats], _core.Formations | None]:
    """Paths, then formations."""
    if environment.references is None:
        return [], None
    length_s = environment.max_steps * environment.about["control_step_s"] + _SPARE_S
    paths = draw_references(environment.references, length_s, seed)
    choice = environment.formations
    if choice is None:
        return paths, None
    size, first = int(environment.numbers["world.drones"]), len(paths)
    shares, settings = choice.shares(), choice.settings()
    groups = formation_groups(choice.count, size, seed, shares=shares, settings=settings)
    paths += [np.ascontiguousarray(slots) for group in groups for slots in group.slots]
    return paths, _core.Formations(size, first)


def _courses(choice: CourseChoice | None, seed: int) -> _core.Courses | None:
    return None if choice is None else training_courses(choice, seed)


def _fitting(seed: int) -> int:
    if not 0 <= seed < 2**32:
        raise SettingsError(f"seed: expected 0 to {2**32 - 1}, got {seed}.")
    return seed


for _task in _core.TASKS:
    gymnasium.register(
        id=f"martlet/{_task.title()}-v0",
        vector_entry_point="sim_core.vec_env:VecEnv",
        kwargs={"environment": _task},
    )
