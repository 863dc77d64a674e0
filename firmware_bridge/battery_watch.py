# SPDX-License-Identifier: Apache-2.0
"""Whether a drone's battery has been low for so long that it is no passing sag."""

from firmware_bridge.guard_rules import GuardLimits, Rule, Violation


class BatteryWatch:
    """Looks at one drone's battery."""

    def __init__(self, limits: GuardLimits) -> None:
        """Nothing seen yet."""
        self._limits = limits
        self._low_s: float | None = None

    def look(self, now_s: float, volts: float) -> Violation | None:
        """Look at the battery under load [V]; not a number where the drone does not say."""
        if not volts < self._limits.battery_low_v:
            self._low_s = None
            return None
        if self._low_s is None:
            self._low_s = now_s
        low_for_s = now_s - self._low_s
        if low_for_s < self._limits.battery_low_s:
            return None
        what = f"volts for {low_for_s:.1f} s"
        return Violation(Rule.BATTERY, what, volts, "V", self._limits.battery_low_v)
