# SPDX-License-Identifier: Apache-2.0
"""The Crazyflie backend without ROS: its parameters, and its drones behind a link.

The drones say when there is something new, and time is the wall's: states bear the stamp of their
arrival. A drone that falls silent is the guard's business first; one whose link is lost for good is
named once, and when all are lost the flight is over.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from firmware_bridge.drone_setup import LinkSettings
from firmware_bridge.errors import LinkError
from firmware_bridge.fleet import load_fleet
from firmware_bridge.guard_rules import GuardLimits
from firmware_bridge.link import FleetLink, Telemetry
from firmware_bridge.link_faults import nobody_answers
from firmware_bridge.onboard_link import OnboardPolicy
from martlet_nodes.backend import Backend
from martlet_nodes.drone_names import name_faults
from martlet_nodes.errors import ParameterError
from martlet_nodes.guard_parameters import GuardParameters
from policy_export.errors import FirmwareError
from policy_export.firmware.seal import crc_of
from sim_core.airframe import load_airframe
from sim_core.errors import SettingsError, SimCoreError


@dataclass(frozen=True)
class CrazyflieParameters:
    """Parameters of the crazyflie_backend node; config/crazyflie_backend.param.yaml explains."""

    uris: list[str]
    drones: list[str] = field(default_factory=lambda: ["cf1"])
    airframe: str = "cf21_plus"
    fleet: str = ""
    onboard: str = ""
    patience_s: float = 0.0
    listeners: int = 0
    guard: GuardParameters = field(default_factory=GuardParameters)

    def __post_init__(self) -> None:
        """Check what the types leave open.

        Raises:
            ParameterError: All faults in one sentence.
        """
        faults = name_faults(self.drones)
        if len(self.uris) != len(self.drones):
            faults.append(
                f"uris: expected an address for each of {len(self.drones)} drones,"
                f" got {len(self.uris)}"
            )
        if self.patience_s < 0.0:
            faults.append(f"patience_s: expected at least 0, got {self.patience_s:g}")
        try:
            load_airframe(self.airframe)
        except SimCoreError as error:
            faults.append(str(error).rstrip("."))
        faults += self.guard.faults()
        try:
            self.settings()
        except (SettingsError, FirmwareError) as error:
            faults.append(str(error).rstrip("."))
        if faults:
            raise ParameterError.of("crazyflie_backend", faults)

    def settings(self) -> list[LinkSettings]:
        """How to talk to each drone, as the fleet file says where there is one.

        Raises:
            SettingsError: No such file, or a drone that is not in it.
            FirmwareError: No export where one was named.
        """
        folder = Path(self.onboard)
        onboard = OnboardPolicy(crc_of(folder), folder) if self.onboard else None
        if not self.fleet:
            return [LinkSettings(onboard=onboard) for _ in self.drones]
        fleet = load_fleet(Path(self.fleet))
        return [
            LinkSettings(
                thrust=drone.thrust,
                parameters=fleet.settings,
                estimator=drone.estimator,
                start=drone.place,
                onboard=onboard,
            )
            for drone in map(fleet.named, self.drones)
        ]


class HeardLink(FleetLink, Protocol):
    """A link that tells what it hears, and what is wrong with it."""

    def telemetry(self, now_s: float) -> Telemetry:
        """What was last heard of all drones."""

    def faults(self) -> list[str]:
        """Why nothing more will be heard of each drone; empty while there is hope."""

    def notices(self) -> list[str]:
        """What is wrong with each link that may pass; empty where nothing is."""

    def take_returned(self) -> list[tuple[int, str]]:
        """Drones that policies on board gave back by themselves since the last call, and why."""


class Crazyflies:
    """Drones behind a link, and the backend in charge of them.

    Attributes:
        backend: Commands, actions and guards.
    """

    def __init__(
        self,
        link: HeardLink,
        names: Sequence[str],
        limits: GuardLimits,
        *,
        onboard: bool = False,
    ) -> None:
        """Take charge of the drones behind a link; `onboard`: whose policies fly on board."""
        self.backend = Backend(link, names, limits, onboard=onboard)
        self._link = link
        self._published_s = float("-inf")
        self._lost: dict[str, str] = {}
        self._noticed: dict[str, str] = {}

    def hear(self, now_s: float) -> bool:
        """Take in what the drones say; call at every news of them, and when there were none.

        Returns:
            Whether some state is new: an old one, or none, is not to be told again.
        """
        telemetry = self._link.telemetry(now_s)
        self.backend.hear(telemetry)
        arrived = telemetry.stamp_s != now_s  # nobody was heard of late: the stamp is the present
        if not arrived or telemetry.stamp_s <= self._published_s:
            return False
        self._published_s = telemetry.stamp_s
        return True

    def newly_returned(self) -> list[str]:
        """Take drones that let go by themselves from whoever streams to them; sentences on them."""
        return [self.backend.lose_stream(n, why) for n, why in self._link.take_returned()]

    def newly_noticed(self) -> list[str]:
        """Sentences on what is wrong with a link, though it may pass, since the last call."""
        now = dict(zip(self.backend.names, self._link.notices(), strict=True))
        before, self._noticed = self._noticed, now
        return [f"{name}: {why}." for name, why in now.items() if why and why != before.get(name)]

    def newly_lost(self) -> list[str]:
        """Sentences on the drones whose link was lost since the last call.

        Raises:
            LinkError: All are lost.
        """
        names = self.backend.names
        faults = {n: why for n, why in zip(names, self._link.faults(), strict=True) if why}
        new = [f"{name}: {why}" for name, why in faults.items() if name not in self._lost]
        self._lost |= faults
        if len(self._lost) == len(names):
            raise LinkError(" ".join(new or faults.values()))
        return new


L = TypeVar("L", bound=HeardLink)


def connect(open_link: Callable[[], L], patience_s: float, wait: Callable[[], float]) -> L:
    """Open a link to drones that may not be switched on yet.

    Args:
        open_link: Connects to all of them.
        patience_s: How long to go on trying while nobody answers.
        wait: Lets some time pass; tells how much has passed since the beginning.

    Raises:
        LinkError: What stands in the way.
    """
    while True:
        try:
            return open_link()
        except LinkError as error:
            if not nobody_answers(str(error)) or wait() > patience_s:
                raise
