# SPDX-License-Identifier: Apache-2.0
"""What can go wrong between us and a Crazyflie. Each message is one sentence."""


class FirmwareBridgeError(Exception):
    """Base of all errors raised by firmware_bridge."""


class GuardSettingsError(FirmwareBridgeError, ValueError):
    """Limits that guard nothing, all faults of them at once."""


class DoubleSettingsError(FirmwareBridgeError, ValueError):
    """A firmware double asked for in a way that makes no sense."""


class OrderError(FirmwareBridgeError, ValueError):
    """An order that no Crazyflie can be given."""


class TelemetryError(FirmwareBridgeError, ValueError):
    """Something was heard that says nothing."""


class TwinSettingsError(FirmwareBridgeError, ValueError):
    """A twin asked for in a way that makes no sense, all faults of it at once."""


class TwinError(FirmwareBridgeError, RuntimeError):
    """A twin that cannot run."""


class LinkError(FirmwareBridgeError, ConnectionError):
    """No way to a drone, or one that is not what was asked for."""
