# SPDX-License-Identifier: Apache-2.0
"""Whether a drone is what a flight takes it for: the generation of its firmware, and its gains."""

from firmware_bridge.drone_setup import Parameters
from firmware_bridge.setpoints import ThrustKind, thrust_kind_of
from sim_core.airframe import Airframe

PWM_CURVE = "quadSysId.pwmToThrustA"
"""Of firmware from before its thrust was made linear: the square of force over PWM.
# Bitcraze's firmware, power_distribution_quadrotor.c: there until then, gone since"""

ALIKE = 0.1
"""Gains that differ by less, as a share, make no other drone.  # guess"""


def thrust_read(parameters: Parameters, protocol: int) -> ThrustKind:
    """What 16 bits of thrust mean to a firmware, as its parameters and its protocol tell."""
    return "pwm" if parameters.has(PWM_CURVE) else thrust_kind_of(protocol)


def doubts(
    parameters: Parameters, airframe: Airframe, thrust: ThrustKind | None, protocol: int
) -> tuple[str, ...]:
    """What speaks against flying this drone as it is taken for, a clause each.

    Args:
        parameters: The firmware's.
        airframe: What the drone is taken for.
        thrust: The convention that somebody has named for it, if anybody has.
        protocol: Version that it speaks.
    """
    found = []
    if thrust == "linear" and parameters.has(PWM_CURVE):
        found.append(
            f"thrust: expected pwm, since its firmware has {PWM_CURVE}, as it had before it"
            " compensated the battery; got linear from the fleet file"
        )
    if thrust == "pwm" and not parameters.has(PWM_CURVE) and thrust_kind_of(protocol) == "linear":
        found.append(
            f"thrust: expected linear, since its firmware speaks protocol {protocol} and has no"
            f" {PWM_CURVE}; got pwm from the fleet file"
        )
    loop = airframe.rate_loop
    for axis, gains in (("roll", loop.roll_pitch), ("pitch", loop.roll_pitch), ("yaw", loop.yaw)):
        for gain, wanted in zip(("kp", "ki", "kd"), gains, strict=True):
            name = f"pid_rate.{axis}_{gain}"
            if parameters.has(name) and _differ(wanted, got := parameters.value(name)):
                found.append(
                    f"{name}: expected {wanted:g}, as airframe {airframe.name} has it and policies"
                    f" for it were trained with, got {got:g}"
                )
    return tuple(found)


def _differ(wanted: float, got: float) -> bool:
    return abs(got - wanted) > ALIKE * max(abs(wanted), abs(got))
