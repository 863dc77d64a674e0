# SPDX-License-Identifier: Apache-2.0
"""A swarm by its number, or by its fleet file, as the settings of a flight.

It imports the standard library alone, as stack.py does.
"""

import dataclasses
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path

from martlet_bringup.arguments import ArgumentError
from martlet_bringup.stack import FlightSettings

NEAREST_M = 0.3
"""As in a fleet file (firmware_bridge/fleet.py): a wake is felt so far aside."""

MOST = 64
"""Nobody has flown as many here; benchmarks/fleet_size.py says how many fly in real time."""


@dataclass(frozen=True)
class SwarmSettings:
    """What may differ from one swarm to the next; each is an argument of swarm.launch.py.

    Attributes:
        policy: The policy file.
        backend: As in `FlightSettings`.
        count: How many drones, where no fleet file names them.
        prefix: What their names begin with; numbers from 1 on follow.
        spacing_m: Between two of them, as they stand in a square.
        fleet: Fleet file with names, addresses, airframe and starts; empty: `count` of them.
        airframe: What they are, where no fleet file says so.
        seed: As in `FlightSettings`, as are those that follow.
        noise: Likewise.
        battery: Likewise.
        clock: Likewise.
        factor: Likewise.
        listeners: Likewise.
        operator_s: Likewise.
        box_low_m: Likewise.
        box_high_m: Likewise.
    """

    policy: str
    backend: str = "sim"
    count: int = 4
    prefix: str = "cf"
    spacing_m: float = 0.5
    fleet: str = ""
    airframe: str = "cf21_plus"
    seed: int = 0
    noise: bool = True
    battery: bool = True
    clock: str = "real"
    factor: float = 1.0
    listeners: int = 0
    operator_s: float = 0.0
    box_low_m: tuple[float, ...] = ()
    box_high_m: tuple[float, ...] = ()


_SWARMS_OWN = ("count", "prefix", "spacing_m")


def flight_of(swarm: SwarmSettings) -> FlightSettings:
    """The flight that a swarm is.

    Raises:
        ArgumentError: All faults in one sentence.
    """
    same = {n: v for n, v in vars(swarm).items() if n not in _SWARMS_OWN}
    flight = FlightSettings(**same)
    if swarm.fleet:
        return _with_fleet(flight, Path(swarm.fleet))
    faults = []
    if not 1 <= swarm.count <= MOST:
        faults.append(f"count: expected 1 to {MOST}, got {swarm.count}")
    if not swarm.spacing_m >= NEAREST_M:
        faults.append(f"spacing_m: expected at least {NEAREST_M:g}, got {swarm.spacing_m:g}")
    if swarm.backend == "hardware":
        faults.append("backend hardware: expected a fleet file that says where the drones answer")
    if faults:
        raise ArgumentError(f"swarm: {'; '.join(faults)}.")
    names = tuple(f"{swarm.prefix}{number + 1}" for number in range(swarm.count))
    return dataclasses.replace(
        flight, drones=names, starts=square(swarm.count, swarm.spacing_m), fleet=""
    )


def square(count: int, spacing_m: float) -> tuple[float, ...]:
    """x, y, z [m; W] and yaw [rad] of drones in a square about the origin, row by row."""
    side = math.ceil(math.sqrt(count))
    middle = 0.5 * (side - 1)
    return tuple(
        number
        for i in range(count)
        for number in (
            round(spacing_m * (i // side - middle), 4),
            round(spacing_m * (i % side - middle), 4),
            0.0,
            0.0,
        )
    )


def _with_fleet(flight: FlightSettings, path: Path) -> FlightSettings:
    """With what a fleet file says; the hardware's backend looks at all that is in it."""
    try:
        drones = tomllib.loads(path.read_text(encoding="utf-8")).get("drones")
    except (OSError, ValueError) as error:
        raise ArgumentError(f"fleet {path}: expected a fleet file, got: {error}.") from None
    if not isinstance(drones, list) or not drones or not all(_is_drone(d) for d in drones):
        raise ArgumentError(
            f"fleet {path}: expected [[drones]], each with a name and a uri, a start of three"
            " numbers and a yaw_deg where given."
        )
    kinds = list(dict.fromkeys(str(drone.get("airframe", "cf21_plus")) for drone in drones))
    if len(kinds) > 1:
        raise ArgumentError(
            f"fleet {path}: expected drones of one airframe, flown by one policy, got"
            f" {', '.join(kinds)}."
        )
    places = [(*drone.get("start", (0.0, 0.0, 0.0)), drone.get("yaw_deg", 0.0)) for drone in drones]
    starts = tuple(
        number for x, y, z, yaw_deg in places for number in (x, y, z, math.radians(yaw_deg))
    )
    hardware = flight.backend == "hardware"
    return dataclasses.replace(
        flight,
        drones=tuple(drone["name"] for drone in drones),
        airframe=kinds[0],
        uris=tuple(drone["uri"] for drone in drones) if hardware else (),
        starts=() if hardware else starts,
        fleet=str(path.absolute()) if flight.backend != "sim" else "",
    )


def _is_drone(drone: object) -> bool:
    return (
        isinstance(drone, dict)
        and isinstance(drone.get("name"), str)
        and isinstance(drone.get("uri"), str)
        and _are_numbers(drone.get("start", [0, 0, 0]), 3)
        and _are_numbers([drone.get("yaw_deg", 0)], 1)
    )


def _are_numbers(values: object, count: int) -> bool:
    return (
        isinstance(values, list)
        and len(values) == count
        and all(isinstance(value, int | float) for value in values)
    )
