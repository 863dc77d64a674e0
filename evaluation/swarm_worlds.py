# SPDX-License-Identifier: Apache-2.0
"""Drones of a seed in worlds of their own, each at rest near where its slot begins.

The core's worlds hold a power of two. Where fewer are asked for, drones that nobody asked for fall
from far away: no wake, no eye and no referee reaches them.
"""

import numpy as np
from numpy.typing import NDArray

from evaluation.evaluate import Drones
from sim_core import _core
from sim_core.course_library import flown_courses
from sim_core.environment import Environment
from sim_core.errors import SettingsError
from sim_core.formation_model import FormationTask
from sim_core.races import load_race

Float32 = NDArray[np.float32]

FEWEST = 4
"""Of one of the core's worlds: vec_sim.cpp."""

FAR_M = 100.0
"""From the others, along x.  # guess: wakes are gone after 2 m, float32 still knows 10 um"""

_START = {
    "company.start_m": 0.05,  # guess: of slots 0.32 m apart none begin within 0.15 m
    "company.start_share": 0.0,
}
"""Half-widths of the draws about the slot: training's own would begin with collisions."""


def drawn_swarm(
    tasks: list[FormationTask], environment: Environment, seed: int, threads: int = 1
) -> Drones:
    """Drones, world by world.

    Args:
        tasks: A formation for each world, all of as many drones.
        environment: Whose drones are drawn.
        seed: Of drones and noise.
        threads: Of the core.

    Raises:
        SettingsError: More drones than a world holds.
    """
    size = tasks[0].drones
    held = max(FEWEST, 1 << (size - 1).bit_length())
    if held == size:
        return core_swarm(tasks, environment, seed, threads)
    filled = [_filled(task, held) for task in tasks]
    return _Asked(core_swarm(filled, environment, seed, threads), len(tasks), size)


def core_swarm(
    tasks: list[FormationTask], environment: Environment, seed: int, threads: int = 1
) -> _core.VecSim:
    """The same in the core itself.

    Raises:
        SettingsError: A number of drones that none of its worlds holds.
    """
    size = tasks[0].drones
    try:
        drones = _core.VecSim(
            size * len(tasks),
            _settings(environment, size),
            [np.ascontiguousarray(path) for task in tasks for path in task.slots],
            threads=threads,
            courses=flown_courses([load_race().course]),  # nobody races
            formations=_core.Formations(size, in_order=True),
        )
    except ValueError as error:
        raise SettingsError(f"{error}, in a swarm of {size}.") from None
    drones.start(seed % 2**32)
    return drones


def _filled(task: FormationTask, held: int) -> FormationTask:
    others = np.repeat(task.slots[-1:], held - task.drones, axis=0)
    others[..., 0] += FAR_M + np.arange(len(others), dtype=np.float32)[:, None]
    return FormationTask(task.name, np.concatenate([task.slots, others]), task.settle_s)


class _Asked:
    """Of each world, the first `size` drones; see `Drones`."""

    def __init__(self, sim: _core.VecSim, worlds: int, size: int) -> None:
        self._sim = sim
        rows = np.arange(len(sim.truth)).reshape(worlds, -1)
        self._rows = rows[:, :size].ravel()
        self._commands = np.zeros((rows.size, 4), np.float32)

    @property
    def truth(self) -> Float32:
        return self._of(self._sim.truth)

    @property
    def estimate(self) -> Float32:
        return self._of(self._sim.estimate)

    @property
    def parameters(self) -> Float32:
        return self._of(self._sim.parameters)

    def fly(self, commands: Float32) -> None:
        self._commands[self._rows] = commands
        self._sim.fly(self._commands)

    def _of(self, rows: Float32) -> Float32:
        asked: Float32 = rows[self._rows]
        return asked


def _settings(environment: Environment, size: int) -> _core.VecSettings:
    """The environment's, with all drones in formations of this size."""
    settings = environment.core_settings()
    for kind in ("path", "race", "more_races", "both"):
        settings[f"mix.{kind}"] = 0.0
    settings["mix.formation"] = 1.0
    settings["world.drones"] = size
    settings.max_steps = 1_000_000
    for name, half_width in _START.items():
        settings[name] = half_width
    return settings
