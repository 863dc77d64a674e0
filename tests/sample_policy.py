# SPDX-License-Identifier: Apache-2.0
"""A policy that flies without training, and what its file says of it."""

from policy_export.manifest import ActionSpec, Manifest, Training
from sim_core import _core
from sim_core.environment import load_environment
from training import proportional
from training.manifest_of import observation_of

TRACK = _core.TASKS["track"]

ENVIRONMENT = load_environment("track")
LOW, HIGH = ENVIRONMENT.command_limits()

MANIFEST = Manifest(
    observation=observation_of(TRACK),
    control_rate_hz=100.0,
    action=ActionSpec(
        "rate_thrust",
        (float(LOW[0]), float(HIGH[0])),
        (float(HIGH[1]), float(HIGH[2]), float(HIGH[3])),
    ),
    airframes=(ENVIRONMENT.airframe,),
    tasks=("track",),
    history_length=_core.HISTORY_LENGTH,
    hover_thrust_n=ENVIRONMENT.load_airframe().hover_thrust_n,
    training=Training("none", 0, 0, {"law": "proportional"}),
)


class ProportionalActor(proportional.ProportionalActor):
    """For the drone that the manifest names."""

    def __init__(self) -> None:
        super().__init__(MANIFEST.hover_thrust_n)
