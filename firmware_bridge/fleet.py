# SPDX-License-Identifier: Apache-2.0
"""fleet.toml: which drones there are, where they answer, what they are, where they stand.

dongles = ["0", "1"]             # Crazyradios, by number or serial; left out: those named below

[[drones]]
name = "cf1"                     # as in the topics
uri = "radio://0/80/2M/E7E7E7E7E7"
airframe = "cf21_plus"           # a name under sim_core/airframes, or a file
start = [0.0, 0.0, 0.0]          # x, y, z [m; W] where it stands before it takes off
yaw_deg = 0.0                    # its heading there
estimator = "mocap"              # what tells it where it is; left out: as its firmware chooses
thrust = "linear"                # what 16 bits of thrust mean to it; left out: as it tells

[parameters.locSrv]              # of every drone's firmware, set for the flight and set back
extPosStdDev = 0.001
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from firmware_bridge.drone_setup import Estimator
from firmware_bridge.radio_address import drone_at, is_drone_address, radio_address
from firmware_bridge.setpoints import ThrustKind
from sim_core.airframe import load_airframe
from sim_core.errors import SettingsError
from sim_core.settings_file import build, is_finite_number, read_toml_file

NEAREST_M = 0.3
"""Starts are no nearer: a Crazyflie's wake is felt to some 0.3 m aside (sim_core, downwash.hpp)."""

MOST_PER_DONGLE = 4
"""At 100 Hz both ways, two packets a drone every 10 ms: a Crazyradio carries about 1300 packets/s
at best and 4 to 20 ms a round trip in practice, and several drones on one get unstable
(Crazyswarm2, issues 392 and 797)."""

CHANNELS_APART = {"250K": 1, "1M": 1, "2M": 2}
"""MHz that a link takes up; nRF24L01+, RF channel occupation."""

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
"""Of a drone: it is the namespace of its topics."""

RESERVED = (
    *("all", "fleet", "operator"),  # /all/arm, /fleet/states, /operator/key
    *("sim_backend", "crazyflie_backend", "fleet_desk", "crazyflie_server", "policy"),
    *("mocap", "teleop"),  # nodes, whose services lie below their names
)
"""Names that no drone has: they are namespaces of others."""


@dataclass(frozen=True)
class FleetDrone:
    """One drone; see the head of this file."""

    name: str
    uri: str
    airframe: str = "cf21_plus"
    start: tuple[float, float, float] = (0.0, 0.0, 0.0)
    yaw_deg: float = 0.0
    estimator: Estimator | None = None
    thrust: ThrustKind | None = None

    @property
    def place(self) -> tuple[float, float, float, float]:
        """x, y, z [m; W] and yaw [rad] of its start."""
        return (*self.start, math.radians(self.yaw_deg))


@dataclass(frozen=True)
class Fleet:
    """A fleet file's content.

    Attributes:
        drones: In the order of their rows.
        dongles: Those that are there, by number or serial; none: those that addresses name.
        parameters: Of every drone's firmware, by group and name.
    """

    drones: tuple[FleetDrone, ...]
    dongles: tuple[str, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the drones."""
        return tuple(drone.name for drone in self.drones)

    @property
    def uris(self) -> tuple[str, ...]:
        """Where the drones answer."""
        return tuple(drone.uri for drone in self.drones)

    @property
    def settings(self) -> tuple[tuple[str, float], ...]:
        """The parameters as "group.name" and value."""
        return tuple(
            (f"{group}.{name}", float(value))
            for group, values in self.parameters.items()
            for name, value in values.items()
        )

    def named(self, name: str) -> FleetDrone:
        """The drone of a name.

        Raises:
            SettingsError: There is none.
        """
        for drone in self.drones:
            if drone.name == name:
                return drone
        raise SettingsError(f"fleet: expected one of {', '.join(self.names)}, got {name!r}.")

    def in_order(self, rows: Sequence[int]) -> "Fleet":
        """The same drones in another order."""
        return replace(self, drones=tuple(self.drones[row] for row in rows))


def load_fleet(path: Path) -> Fleet:
    """Read a fleet file.

    Raises:
        SettingsError: No such file, or one with faults: all of them in one sentence.
    """
    table = read_toml_file(path)
    fleet = build(Fleet, table, str(path))
    if faults := list(_faults(fleet)):
        raise SettingsError(f"{path}: {'; '.join(faults)}.")
    return fleet


def crowded(fleet: Fleet) -> list[str]:
    """What will fly badly though it may be flown: sentences on the dongles' load and channels."""
    told = []
    on: dict[str, list[FleetDrone]] = {}
    for drone in fleet.drones:
        if radio := radio_address(drone.uri):
            on.setdefault(radio.dongle, []).append(drone)
    for dongle, drones in on.items():
        if len(drones) > MOST_PER_DONGLE:
            told.append(
                f"dongle {dongle}: expected at most {MOST_PER_DONGLE} drones, for 100 Hz both ways,"
                f" got {len(drones)} ({', '.join(drone.name for drone in drones)})"
            )
    for a, b in combinations(fleet.drones, 2):
        one, other = radio_address(a.uri), radio_address(b.uri)
        if one is None or other is None or one.dongle == other.dongle:
            continue
        apart = max(CHANNELS_APART[one.rate], CHANNELS_APART[other.rate])
        if abs(one.channel - other.channel) < apart:
            told.append(
                f"{a.name} and {b.name}: expected dongles {one.dongle} and {other.dongle} at least"
                f" {apart} channels apart, got {one.channel} and {other.channel}: they disturb each"
                " other"
            )
    return told


def _faults(fleet: Fleet) -> Iterator[str]:
    if not fleet.drones:
        yield "drones: expected one [[drones]] or more, got none"
    yield from _twice("name", [(drone.name, drone.name) for drone in fleet.drones])
    yield from _twice("uri", [(drone_at(drone.uri), drone.name) for drone in fleet.drones])
    for drone in fleet.drones:
        yield from _drone_faults(drone)
    for a, b in combinations(fleet.drones, 2):
        apart_m = math.dist(a.start, b.start)
        if apart_m < NEAREST_M:
            yield (
                f"{a.name} and {b.name}: expected starts at least {NEAREST_M:g} m apart, got"
                f" {apart_m:.2f} m"
            )
    yield from _dongle_faults(fleet)
    yield from _parameter_faults(fleet.parameters)


def _twice(what: str, found: list[tuple[str, str]]) -> Iterator[str]:
    owners: dict[str, list[str]] = {}
    for key, owner in found:
        owners.setdefault(key, []).append(owner)
    for key, of in owners.items():
        if len(of) > 1:
            whose = "" if what == "name" else f" (of {', '.join(of)})"
            yield f"{what} {key!r}: expected once, got {len(of)} times{whose}"


def _drone_faults(drone: FleetDrone) -> Iterator[str]:
    if not NAME.fullmatch(drone.name) or drone.name in RESERVED:
        yield (
            f"name {drone.name!r}: expected letters, digits and _, a letter first, and neither"
            f" {' nor '.join(RESERVED)}"
        )
    if not is_drone_address(drone.uri):
        yield (
            f"{drone.name}: uri: expected an address like radio://0/80/2M/E7E7E7E7E7 or"
            f" udp://127.0.0.1:19850, got {drone.uri!r}"
        )
    try:
        load_airframe(drone.airframe)
    except SettingsError as error:
        yield f"{drone.name}: {str(error).rstrip('.')}"


def _dongle_faults(fleet: Fleet) -> Iterator[str]:
    if not fleet.dongles:
        return
    listed = [dongle.upper() for dongle in fleet.dongles]
    yield from _twice("dongle", [(dongle, dongle) for dongle in listed])
    used = {
        radio.dongle: drone.name
        for drone in fleet.drones
        if (radio := radio_address(drone.uri)) is not None
    }
    for dongle in dict.fromkeys(listed):
        if dongle not in used:
            yield f"dongle {dongle!r}: expected a drone that uses it, got none"
    for dongle, name in used.items():
        if dongle not in listed:
            yield f"{name}: uri: expected dongle {' or '.join(listed)}, got {dongle}"


def _parameter_faults(parameters: dict[str, Any]) -> Iterator[str]:
    for group, values in parameters.items():
        if not isinstance(values, dict):
            yield f"parameters.{group}: expected a section of a group's values, got {values!r}"
            continue
        for name, value in values.items():
            if not is_finite_number(value):
                yield f"parameters.{group}.{name}: expected a finite number, got {value!r}"
