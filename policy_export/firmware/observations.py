# SPDX-License-Identifier: Apache-2.0
"""Observations as they occur: a policy's tasks, flown in the core's simulator, noise and all."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from policy_export.policy_file import core_task, open_policy
from policy_export.task_logic import AnyTask, task_logic
from sim_core import _core
from sim_core.action_kinds import MOTORS
from sim_core.airframe import Airframe, load_airframe
from sim_core.environment import load_environment
from sim_core.races import RaceTask
from sim_core.tasks import TrackTask

Float32 = NDArray[np.float32]

LANES = 16
"""Drones that fly a task at once, each with noise of its own."""

SPREAD_M = 0.3
"""About the task's begin they start, in half-widths: a hand-over is never exact."""

SEEDS_APART = 1_000_003
"""From one task to the next; within a task each new begin has a seed of its own."""

FULL_COUNTS = 65535.0
"""A motor's share of 1."""

LIFT_M = 0.75
"""A race is begun in a hover so far above its start, as martlet/flight/programme.py does."""


def flown_observations(
    policy: Path, tasks: Sequence[AnyTask], rows: int = 20_000, seed: int = 0
) -> Float32:
    """What a policy sees while it flies tasks, shape (n, OBS): `rows` of them, or a few more."""
    flights = [
        _flight(policy, task, -(-rows // (len(tasks) * LANES)), seed + number * SEEDS_APART)
        for number, task in enumerate(tasks, start=1)
    ]
    return np.concatenate(flights)


def _flight(policy: Path, task: AnyTask, steps: int, seed: int) -> Float32:
    """`LANES` drones on one task for so many steps, begun anew as often as it takes."""
    network, manifest = open_policy(policy)
    airframe = load_airframe(manifest.airframes[0])
    logic = task_logic(manifest, [task] * LANES)
    size = core_task(manifest, str(policy))["observation_size"]
    out = np.empty((steps, LANES, size), np.float32)
    commands = np.empty((LANES, 4), np.float32)
    motors = manifest.action.kind == MOTORS
    control_dt = 1.0 / manifest.control_rate_hz
    length = round(_longest_s(task) / control_dt) + 1
    for step in range(steps):
        row = step % length
        if row == 0:
            drones = _drones(airframe, task, seed + step)
            logic = task_logic(manifest, [task] * LANES)
        logic.observe(drones.estimate, row, out[step])
        raw = network.run(("command",), {"observation": out[step]})[0]
        logic.decode(raw, commands)
        for number, (first, *others) in enumerate(commands.tolist()):
            if motors:
                drones.set_motors(number, [FULL_COUNTS * share for share in (first, *others)])
            else:
                drones.set_rate_thrust(number, first, others)
        drones.step(round(control_dt / _core.PHYSICS_STEP_S))
    return out.reshape(-1, size)


def _drones(airframe: Airframe, task: AnyTask, seed: int) -> _core.FirmwareSim:
    """Drones about a task's begin, in the air, motors off yet."""
    noise = load_environment("track").estimate.noise()
    drones = _core.FirmwareSim(np.tile(airframe.parameters, (LANES, 1)), noise, seed)
    start, yaw = _begin(task)
    spread = np.random.default_rng(seed).uniform(-SPREAD_M, SPREAD_M, (LANES, 3))
    for number, offset in enumerate(spread):
        place = np.maximum(np.add(start, offset), (-np.inf, -np.inf, 0.3))
        drones.place(number, place.tolist(), yaw)
    return drones


def _begin(task: AnyTask) -> tuple[tuple[float, ...], float]:
    if isinstance(task, RaceTask):
        start = task.course.told.start
        return (*start.position_m[:2], start.position_m[2] + LIFT_M), start.yaw_rad
    assert isinstance(task, TrackTask), "what flies on board is a path or a race"
    *place, yaw = task.reference.samples[0].tolist()
    return tuple(place), yaw


def _longest_s(task: AnyTask) -> float:
    if isinstance(task, TrackTask):
        return task.reference.duration_s
    assert isinstance(task, RaceTask), "what flies on board is a path or a race"
    return task.longest_s
