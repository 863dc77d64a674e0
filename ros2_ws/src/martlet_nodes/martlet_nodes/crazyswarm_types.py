# SPDX-License-Identifier: Apache-2.0
"""Which messages Crazyswarm2's names carry here: those of crazyflie_interfaces, where they are.

Without that package martlet_msgs stands in for its set-points, field by field, and the services
that our actions do better are left out.
"""

from types import ModuleType

try:
    import crazyflie_interfaces.msg as _msg
    import crazyflie_interfaces.srv as _srv
except ImportError:
    import martlet_msgs.msg as _msg

    _srv = None

SETPOINTS: ModuleType = _msg
"""FullState, Position, VelocityWorld, Hover."""

SERVICES: ModuleType | None = _srv
"""Takeoff, Land, GoTo, UploadTrajectory, StartTrajectory, NotifySetpointsStop, Arm; or none."""
