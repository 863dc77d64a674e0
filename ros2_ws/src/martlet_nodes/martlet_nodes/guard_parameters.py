# SPDX-License-Identifier: Apache-2.0
"""What a backend's parameters say of its guard."""

from dataclasses import dataclass

from firmware_bridge.errors import GuardSettingsError
from firmware_bridge.guard_rules import GuardLimits
from firmware_bridge.orders import Vector
from martlet_nodes.parameters import sentence_faults
from sim_core.airframe import Airframe


@dataclass(frozen=True)
class GuardParameters:
    """The guard's numbers that a flight may set; see `GuardLimits`."""

    box_low_m: Vector = GuardLimits.box_low_m
    box_high_m: Vector = GuardLimits.box_high_m
    body_rate_rad_s: Vector = GuardLimits.body_rate_rad_s
    stale_s: float = GuardLimits.stale_s
    lost_s: float = GuardLimits.lost_s
    hold_s: float = GuardLimits.hold_s
    max_tilt_deg: float = GuardLimits.max_tilt_deg
    max_speed_m_s: float = GuardLimits.max_speed_m_s
    jump_m: float = GuardLimits.jump_m
    pose_lost_s: float = GuardLimits.pose_lost_s
    battery_low_v: float = GuardLimits.battery_low_v
    battery_low_s: float = GuardLimits.battery_low_s
    operator_s: float = GuardLimits.operator_s
    overrides: int = GuardLimits.overrides
    overrides_s: float = GuardLimits.overrides_s

    def faults(self) -> list[str]:
        """What of them guards nothing."""
        try:
            GuardLimits((0.0, 1.0), **vars(self))
        except GuardSettingsError as error:
            return sentence_faults(error, "guard.")
        return []

    def limits(self, airframe: Airframe) -> GuardLimits:
        """The guard's limits for drones of a kind.

        Raises:
            GuardSettingsError: Limits that guard nothing.
        """
        return GuardLimits(
            (0.0, airframe.max_thrust_n), weight_n=airframe.hover_thrust_n, **vars(self)
        )
