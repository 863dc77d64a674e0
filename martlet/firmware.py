# SPDX-License-Identifier: Apache-2.0
"""`martlet export --target firmware`: a policy as an app of the Crazyflie firmware."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from firmware_bridge.guard_rules import GuardLimits
from firmware_bridge.setpoints import PWM_LINEAR_N, PWM_SQUARE_N, ThrustKind
from martlet.errors import UsageError
from martlet.flight.programme import RACE_SPEED_M_S, RACE_TILT_DEG, race_fence
from martlet.places import check_folder
from policy_export.firmware.emit import GuardOnBoard, ThrustOnBoard
from policy_export.firmware.export import (
    FirmwarePlan,
    Weights,
    check_place,
    plan_firmware,
    write_firmware,
)
from policy_export.policy_file import open_policy
from sim_core.airframe import load_airframe
from sim_core.races import RaceTask, race_of
from sim_core.tasks import TrackTask

Task = str | TrackTask | RaceTask


def plan(
    run: Path,
    tasks: Sequence[Task] = (),
    *,
    weights: Weights = "float32",
    airframe: str | None = None,
    thrust: ThrustKind = "linear",
    guard: GuardOnBoard | None = None,
) -> FirmwarePlan:
    """See whether a policy has a form on board.

    Args:
        run: Folder of a run, or a policy file.
        tasks: What it can be asked to fly.
        weights: Their form.
        airframe: What it flies; the policy's first where not given.
        thrust: What the firmware makes of 16 bits of thrust.
        guard: Limits on board; as the flight guard has them for these tasks where not given.

    Raises:
        PolicyExportError, SettingsError: It has none.
        UsageError: The run has no policy file.
    """
    policy = run / "policy.onnx" if run.is_dir() else run
    if run.is_dir() and not policy.is_file():
        raise UsageError(
            f"{run}: expected a run with its policy.onnx, found none; `martlet export {run}` writes"
            " it from the run's checkpoint."
        )
    _, manifest = open_policy(policy)
    known = load_airframe(airframe or manifest.airframes[0])
    curve = ThrustOnBoard(thrust, known.rotors.thrust_max_n, PWM_SQUARE_N, PWM_LINEAR_N)
    return plan_firmware(
        policy,
        guard or guard_for(tasks),
        curve,
        airframe=airframe,
        tasks=tasks,
        weights=weights,
    )


def guard_for(tasks: Sequence[Task]) -> GuardOnBoard:
    """The flight guard's own limits, wider where there is a race."""
    low, high = np.array(GuardLimits.box_low_m), np.array(GuardLimits.box_high_m)
    races = [task if isinstance(task, RaceTask) else _race(task) for task in tasks]
    for race in races:
        if race is not None:
            wide_low, wide_high = race_fence(race)
            low, high = np.minimum(low, wide_low), np.maximum(high, wide_high)
    fast = any(race is not None for race in races)
    return GuardOnBoard(
        (float(low[0]), float(low[1]), float(low[2])),
        (float(high[0]), float(high[1]), float(high[2])),
        RACE_TILT_DEG if fast else GuardLimits.max_tilt_deg,
        RACE_SPEED_M_S if fast else GuardLimits.max_speed_m_s,
    )


def _race(task: str | TrackTask) -> RaceTask | None:
    return race_of(task) if isinstance(task, str) else None


def export(run: Path, out: Path, tasks: Sequence[Task] = (), **how: Any) -> dict[str, Any]:
    """Write the app's folder.

    Args:
        run: See `plan`.
        out: The folder.
        tasks: See `plan`.
        how: More of `plan`'s.

    Returns:
        What was written.

    Raises:
        UsageError: A place that cannot be written to; and see `plan`.
        FirmwareError: There is something else at that place.
    """
    check_folder(out, "--out")  # before the weights are calibrated
    check_place(out)
    planned = plan(run, tasks, **how)
    crc = write_firmware(planned, out)
    return {
        "folder": str(out),
        "policy": str(planned.policy),
        "airframe": planned.airframe,
        "weights": planned.network.layers[0].weights.dtype.name,
        "tasks": list(planned.board.names),
        "crc": f"{crc:08x}",
        "flash_kib": round(planned.budget.flash_bytes / 1024, 1),
        "step_ms_estimated": round(planned.budget.step_ms, 3),
    }
