# SPDX-License-Identifier: Apache-2.0
"""What the file of a policy says that commands the motors."""

import dataclasses

from sample_policy import MANIFEST

from policy_export.manifest import MotorActionSpec, ObservationField
from policy_export.manifest_fields import FULL_SCALE
from sim_core import _core

TRACK = _core.MOTOR_TASKS["track"]

MOTOR_MANIFEST = dataclasses.replace(
    MANIFEST,
    observation=tuple(
        ObservationField(field["name"], field["size"], field["unit"], field["frame"])
        for field in TRACK["observation"]
    ),
    control_rate_hz=500.0,
    action=MotorActionSpec("motors", FULL_SCALE, (0.05, 0.95), 0.59),
)
