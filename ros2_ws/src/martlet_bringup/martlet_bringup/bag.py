# SPDX-License-Identifier: Apache-2.0
"""How a bag is played back, for replay.launch.py; it imports the standard library alone."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReplaySettings:
    """Each is an argument of replay.launch.py.

    Attributes:
        bag: The bag's folder.
        speed: Times the time in which it was recorded.
        start_s: How much of it is left out at the beginning.
        loop: Whether it begins anew at its end.
    """

    bag: str
    speed: float = 1.0
    start_s: float = 0.0
    loop: bool = False


def words(settings: ReplaySettings) -> list[str]:
    """The words after lib/martlet_bringup/replay that play it."""
    told = [settings.bag, "--speed", f"{settings.speed:g}", "--start-s", f"{settings.start_s:g}"]
    return told + (["--loop"] if settings.loop else [])
