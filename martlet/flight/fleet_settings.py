# SPDX-License-Identifier: Apache-2.0
"""What a fleet file says of a flight's settings, and what does not go together with it."""

import dataclasses
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from firmware_bridge.fleet import Fleet, load_fleet

if TYPE_CHECKING:
    from martlet.flight.settings import FlySettings

_INSTEAD = {"uri": None, "airframe": None, "drones": 1}
"""Settings that a fleet file is there in place of, and what they are where nobody set them."""

_ELSEWHERE = ("race", "mixed")


@cache
def fleet_of(path: Path) -> Fleet:
    """The fleet in a file, read once.

    Raises:
        SettingsError: See `load_fleet`.
    """
    return load_fleet(path)


def fleet_faults(settings: "FlySettings") -> list[str]:
    """What cannot be together with a fleet file.

    Raises:
        SettingsError: No fleet file.
    """
    assert settings.fleet is not None, "asked for where there is one"
    faults = [
        f"--{name} is what --fleet says"
        for name, unset in _INSTEAD.items()
        if getattr(settings, name) != unset
    ]
    if settings.task in _ELSEWHERE:
        faults.append(f"--task {settings.task} has starts of its own: expected no --fleet")
    kinds = dict.fromkeys(drone.airframe for drone in fleet_of(settings.fleet).drones)
    if len(kinds) > 1:
        faults.append(
            f"{settings.fleet}: expected drones of one airframe, flown by one policy, got"
            f" {', '.join(kinds)}"
        )
    return faults


def with_fleet(settings: "FlySettings") -> "FlySettings":
    """The settings with how many drones there are and what they are, where a fleet file says so."""
    if settings.fleet is None:
        return settings
    drones = fleet_of(settings.fleet).drones
    return dataclasses.replace(settings, airframe=drones[0].airframe, drones=len(drones))
