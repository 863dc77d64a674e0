# SPDX-License-Identifier: Apache-2.0
"""What the file of a policy says that commands the motors."""

import dataclasses

from sample_policy import MANIFEST

from policy_export.manifest import MotorActionSpec
from policy_export.manifest_fields import FULL_SCALE
from sim_core import _core
from training.manifest_of import observation_of

TRACK = _core.MOTOR_TASKS["track"]

MOTOR_MANIFEST = dataclasses.replace(
    MANIFEST,
    observation=observation_of(TRACK),
    control_rate_hz=500.0,
    action=MotorActionSpec("motors", FULL_SCALE, (0.05, 0.95), 0.59),
)
