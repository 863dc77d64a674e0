# SPDX-License-Identifier: Apache-2.0
"""From a policy file to the folder of an app that the Crazyflie firmware is built with.

Everything is checked before a file is written; the folder is written aside, then renamed.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from policy_export.errors import FirmwareError
from policy_export.firmware import sources
from policy_export.firmware.board import Board, default_tasks, load_board
from policy_export.firmware.budget import Budget, check_budget
from policy_export.firmware.emit import GuardOnBoard, SelfTest, ThrustOnBoard, policy_data
from policy_export.firmware.network import Float32, Network, read_network
from policy_export.firmware.observations import flown_observations
from policy_export.firmware.quantize import quantized
from policy_export.firmware.seal import MARK, crc_of
from policy_export.manifest import Manifest, thrust_met
from policy_export.policy_file import check_use, core_task, open_policy
from policy_export.task_logic import AnyTask, task_logic
from sim_core.action_kinds import MOTORS, RATE_THRUST
from sim_core.airframe import load_airframe
from sim_core.races import RaceTask
from sim_core.tasks import TrackTask

Weights = Literal["float32", "int8"]

STREAMS: dict[str, str] = {RATE_THRUST: "rates.c", MOTORS: "motors.c"}
"""How the app hands commands on, of app/stream/, by their kind."""

CONTROLLERS: dict[str, str] = {RATE_THRUST: "", MOTORS: "CONFIG_CONTROLLER_OOT=y\n"}
"""Lines of the firmware's configuration, by the same."""

COMMANDS: dict[str, str] = {
    RATE_THRUST: "The policy streams thrust and body rates to the firmware's commander, 100 times a"
    " second.",
    MOTORS: "The policy commands the motors, 500 times a second, as the firmware's out-of-tree\n"
    "controller, which is the one at boot (`stabilizer.controller`); while another is chosen,\n"
    "`martlet.engage` counts as 0.",
}

PLATFORMS = {"cf21": "", "cf21bl": "CONFIG_PLATFORM_CF21BL=y\n"}
"""Lines of the firmware's configuration, by an airframe's platform."""


@dataclass(frozen=True, eq=False)
class FirmwarePlan:
    """All that an export is made of, found fit.

    Attributes:
        policy: The policy file.
        manifest: Its manifest.
        core_task: The core's task that it was trained in.
        airframe: What it will fly.
        network: As it is written: with int8 weights where asked for.
        board: Tasks on board.
        guard: What the drone holds the policy to.
        budget: What it asks of the chip.
        observations: Those that the weights were calibrated on; None for float32.
    """

    policy: Path
    manifest: Manifest
    core_task: str
    airframe: str
    network: Network
    board: Board
    guard: GuardOnBoard
    thrust: ThrustOnBoard
    budget: Budget
    observations: Float32 | None = None


def plan_firmware(
    policy: Path,
    guard: GuardOnBoard,
    thrust: ThrustOnBoard,
    *,
    airframe: str | None = None,
    tasks: Sequence[str | TrackTask | RaceTask] = (),
    weights: Weights = "float32",
    observations: Float32 | None = None,
) -> FirmwarePlan:
    """Read a policy and see whether it has a form on board.

    Args:
        policy: The policy file.
        guard: Limits on board.
        thrust: What the firmware makes of 16 bits of thrust.
        airframe: What it is to fly; the policy's first where not given.
        tasks: What it can be asked to fly; see `default_tasks` where empty.
        weights: Their form.
        observations: To calibrate int8 weights on, shape (n, OBS); flown in simulation where None.

    Raises:
        PolicyFileError, ManifestError: No policy, or none for this airframe or these tasks.
        FirmwareError: It has no form on board, or does not fit.
    """
    _, manifest = open_policy(policy)
    where = str(policy)
    check_use(manifest, airframe, where)
    airframe = airframe or manifest.airframes[0]
    _check(manifest, airframe, thrust, where)
    about = core_task(manifest, where)
    network = read_network(policy)
    board = load_board(manifest, about, tuple(tasks) or default_tasks(manifest), where)
    check_budget(network, board.bytes, where)
    if weights == "int8":
        if observations is None:
            observations = flown_observations(policy, board.tasks)
        network = quantized(network, observations)
    found = check_budget(network, board.bytes, where)
    return FirmwarePlan(
        policy,
        manifest,
        about["name"],
        airframe,
        network,
        board,
        guard,
        thrust,
        found,
        observations,
    )


def _check(manifest: Manifest, airframe: str, thrust: ThrustOnBoard, where: str) -> None:
    met = thrust_met(manifest)
    if thrust.kind not in met:
        raise FirmwareError(
            f"{where}: expected thrust {' or '.join(met)}, which the policy was trained with,"
            f" got {thrust.kind}."
        )
    if manifest.action.kind == MOTORS and thrust.kind != "linear":
        raise FirmwareError(
            f"{where}: expected thrust linear, since firmware of the other kind lets no controller"
            f" command the motors, got {thrust.kind}."
        )
    platform = load_airframe(airframe).platform
    if platform not in PLATFORMS:
        raise FirmwareError(
            f"{where}: expected an airframe whose firmware is known ({', '.join(PLATFORMS)}),"
            f" got {airframe} with {platform!r}."
        )


def write_firmware(plan: FirmwarePlan, out: Path) -> int:
    """Write the app's folder; an export that is there already is written over.

    Returns:
        The CRC-32 over its weights and tables.

    Raises:
        FirmwareError: There is something else at that place.
    """
    check_place(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    aside, old = (out.with_name(f"{out.name}.{end}") for end in ("part", "old"))
    for leftover in (aside, old):
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        for name, text in files_of(plan).items():
            path = aside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        if out.exists():
            out.rename(old)
        aside.rename(out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        if old.exists() and not out.exists():
            old.rename(out)
        shutil.rmtree(old, ignore_errors=True)
    return crc_of(out)


def check_place(out: Path) -> None:
    """Refuse to write over what is no export.

    Raises:
        FirmwareError: There is something else at that place.
    """
    if out.exists() and not (out / MARK).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise FirmwareError(f"{out}: expected a new folder or an earlier export, got neither.")


def files_of(plan: FirmwarePlan) -> dict[str, str]:
    """The files of the app's folder, by their path in it."""
    app = {path.name: path.read_text() for path in sources.APP.iterdir() if path.is_file()}
    test = self_test(plan)
    data = policy_data(
        plan.manifest,
        plan.core_task,
        plan.airframe,
        plan.network,
        plan.board,
        plan.guard,
        plan.thrust,
        test,
    )
    kind = plan.manifest.action.kind
    platform = PLATFORMS[str(load_airframe(plan.airframe).platform)]
    return {
        "Makefile": app["Makefile"],
        "Kbuild": app["Kbuild"],
        "app-config": app["app-config"] + platform + CONTROLLERS[kind],
        "README.md": _readme(plan, app["README.md"]),
        "src/Kbuild": app["Kbuild.src"],
        "src/martlet_app.c": app["martlet_app.c"],
        "src/stream.h": app["stream.h"],
        "src/stream.c": (sources.APP / "stream" / STREAMS[kind]).read_text(),
        MARK: data,
        **{f"src/{name}": text for name, text in sources.own_sources().items()},
        **{f"include/{n}": text for n, text in sources.core_headers(plan.core_task).items()},
    }


def self_test(plan: FirmwarePlan) -> SelfTest:
    """A state near the begin of the first task, and what the policy makes of it."""
    task: AnyTask = plan.board.tasks[0]
    logic = task_logic(plan.manifest, [task])
    state = np.zeros((1, 13), np.float32)
    state[0, :3] = np.add(plan.board.starts_m()[0], (0.11, -0.07, 0.05))
    state[0, 3:7] = np.array([0.05, -0.08, 0.1, 0.99]) / np.linalg.norm([0.05, 0.08, 0.1, 0.99])
    state[0, 7:] = (0.3, -0.2, 0.1, 0.4, -0.5, 0.2)
    observation = np.empty((1, plan.manifest.observation_size), np.float32)
    command = np.empty((1, 4), np.float32)
    logic.observe(state, 0, observation)
    logic.decode(plan.network.forward(observation), command)
    return SelfTest(state[0], observation[0], command[0])


def _readme(plan: FirmwarePlan, text: str) -> str:
    tasks = "\n".join(
        f"| {number} | {name} | {', '.join(f'{x:.2f}' for x in start)} |"
        for number, (name, start) in enumerate(
            zip(plan.board.names, plan.board.starts_m(), strict=True)
        )
    )
    values = {
        "@TASKS@": tasks,
        "@AIRFRAME@": plan.airframe,
        "@SHA256@": plan.manifest.sha256,
        "@FLASH@": f"{plan.budget.flash_bytes / 1024:.0f}",
        "@DEAD_MAN@": str(plan.guard.dead_man_ms),
        "@COMMANDS@": COMMANDS[plan.manifest.action.kind],
    }
    for mark, value in values.items():
        text = text.replace(mark, value)
    return text
