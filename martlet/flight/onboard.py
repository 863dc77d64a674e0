# SPDX-License-Identifier: Apache-2.0
"""A flight whose policy flies on board: what is exported for it, and for whom it is compiled."""

from pathlib import Path

from martlet import firmware
from martlet.flight.programme import Programme
from martlet.flight.settings import FlySettings
from policy_export.firmware.emit import GuardOnBoard
from policy_export.firmware.export import FirmwarePlan, write_firmware
from policy_export.firmware.host import build_host
from policy_export.policy_file import open_policy
from sim_core.races import RaceTask
from sim_core.tasks import TrackTask, load_task

Place = tuple[float, float, float, float]


def begin_of(planned: Programme) -> Place:
    """Where the drone hovers before the first task, x, y, z [m; W] and yaw [rad]."""
    return planned.over[0] if planned.over else (0.0, 0.0, planned.height_m, 0.0)


def plan_onboard(policy: Path, planned: Programme, airframe: str | None) -> FirmwarePlan:
    """The policy with this flight's tasks, in their order, each from where the one before it ends.

    Raises:
        PolicyExportError, SettingsError: It has no form on board.
    """
    guard = GuardOnBoard(
        planned.box_low_m, planned.box_high_m, planned.max_tilt_deg, planned.max_speed_m_s
    )
    return firmware.plan(policy, _tasks(planned), airframe=airframe, guard=guard)


def late_s(settings: FlySettings, policy: Path) -> float:
    """How much later than asked the drone begins a task, as the policy node's referee has it."""
    if not settings.onboard:
        return 0.0
    _, manifest = open_policy(policy)
    link_s = 1e-3 * (settings.state_delay_ms + settings.command_delay_ms)
    return link_s + 1.0 / manifest.control_rate_hz


def export_onboard(plan: FirmwarePlan, folder: Path, backend: str) -> dict[str, str]:
    """Export into a run's folder; a simulated drone's also compiled for this machine.

    Returns:
        What the stack's settings say of it.

    Raises:
        FirmwareError: There is no compiler where one is needed.
    """
    exported = (folder / "firmware").absolute()
    write_firmware(plan, exported)
    told = {} if backend == "sim" else {"exported": str(exported)}
    if backend != "hardware":
        told["onboard"] = str(build_host(exported, (folder / "onboard.so").absolute()))
    return told


def _tasks(planned: Programme) -> list[TrackTask | RaceTask]:
    if planned.race is not None:
        return [planned.race]
    tasks: list[TrackTask | RaceTask] = []
    place = begin_of(planned)
    for flown in planned.flown:
        task = load_task(flown.task, start=place)
        x, y, z, yaw = task.reference.samples[-1].tolist()
        place = (x, y, z, yaw)
        tasks.append(task)
    return tasks
