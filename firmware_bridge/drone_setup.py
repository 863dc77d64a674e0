# SPDX-License-Identifier: Apache-2.0
"""What a drone's firmware is set to for a flight, and which decks it must have for that."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from firmware_bridge.errors import LinkError
from firmware_bridge.setpoints import RATE_MODE, Style, ThrustKind

if TYPE_CHECKING:
    from firmware_bridge.onboard_link import OnboardPolicy

Estimator = Literal["mocap", "flow", "lighthouse", "loco"]

DECKS: dict[Estimator, tuple[str, ...]] = {
    "flow": ("deck.bcFlow2", "deck.bcFlow"),
    "lighthouse": ("deck.bcLighthouse4",),
    "loco": ("deck.bcLoco", "deck.bcDWM1000"),
}
"""Parameters of which one is not 0 when a deck is there that tells the drone where it is. Motion
capture is told over the radio and needs none."""

KALMAN = 2.0
"""Of stabilizer.estimator: the one that takes positions."""

PID = 1.0
"""Of stabilizer.controller: the one that takes body rates."""

RATE_PARAMETERS = tuple(f"flightmode.stabMode{axis}" for axis in ("Roll", "Pitch", "Yaw"))

_START = ("kalman.initialX", "kalman.initialY", "kalman.initialZ", "kalman.initialYaw")
_RESET = "kalman.resetEstimation"


@dataclass(frozen=True)
class LinkSettings:
    """How to talk to a drone.

    Attributes:
        thrust: What its 16 bits of thrust mean; as its firmware tells where not given.
        style: How body rates travel; as its parameters allow where not given.
        parameters: What to set for the flight, by "group.name"; a drone without one is refused.
        estimator: What tells the drone where it is; whatever it is set to where not given.
        start: x, y, z [m; W] and yaw [rad] where it stands, for its estimator to begin with.
        cache: Folder of the tables of contents; the user's cache where not given.
        connect_s: The longest that connecting may take: 26 s are normal without a cache.
        onboard: The policy that is to fly on board; the laptop's flies where not given.
    """

    thrust: ThrustKind | None = None
    style: Style | None = None
    parameters: tuple[tuple[str, float], ...] = ()
    estimator: Estimator | None = None
    start: tuple[float, float, float, float] | None = None
    cache: Path | None = None
    connect_s: float = 90.0
    onboard: "OnboardPolicy | None" = None


class Parameters(Protocol):
    """The parameters of one firmware."""

    def has(self, name: str) -> bool:
        """Whether there is such a one."""

    def value(self, name: str) -> float:
        """What it stands at."""

    def set(self, name: str, value: float) -> None:
        """Set it until the link is closed, and see that it is set.

        Raises:
            LinkError: It is not.
        """

    def write(self, name: str, value: float) -> None:
        """Set it for good, and see that it is set.

        Raises:
            LinkError: It is not.
        """


def set_up(
    parameters: Parameters, settings: LinkSettings, refusal: Callable[[str], LinkError]
) -> Style:
    """Set a drone as a flight wants it.

    Args:
        parameters: The firmware's.
        settings: What the flight wants.
        refusal: Makes the error of a reason.

    Returns:
        How body rates travel to it.

    Raises:
        LinkError: It lacks a deck or a parameter, or refuses a value.
    """
    if settings.estimator is not None:
        _estimate_by(settings.estimator, parameters, refusal)
    if parameters.has("stabilizer.controller"):
        parameters.set("stabilizer.controller", PID)
    for name, value in settings.parameters:
        if not parameters.has(name):
            raise refusal(f"it has no parameter {name}, which the fleet file sets")
        parameters.set(name, value)
    if settings.start is not None and settings.estimator is not None:
        _begin_at(settings.start, parameters)
    here = all(map(parameters.has, RATE_PARAMETERS[:2]))
    style = settings.style or ("rpyt" if here else "manual")
    if style == "rpyt":
        for name in filter(parameters.has, RATE_PARAMETERS):
            parameters.set(name, RATE_MODE)
    return style


def _estimate_by(
    estimator: Estimator, parameters: Parameters, refusal: Callable[[str], LinkError]
) -> None:
    wanted = DECKS.get(estimator, ())
    found = [name for name in filter(parameters.has, wanted) if parameters.value(name)]
    if wanted and not found:
        raise refusal(
            f"estimator {estimator}: expected its deck ({' or '.join(wanted)} not 0), found none:"
            " mount it and switch the drone on again, or name another estimator"
        )
    parameters.set("stabilizer.estimator", KALMAN)


def _begin_at(start: tuple[float, float, float, float], parameters: Parameters) -> None:
    """Let the estimator begin where the drone stands, rather than at the origin."""
    if not all(map(parameters.has, (*_START, _RESET))):
        return  # it finds its place by itself, or its estimate is refused before it flies
    for name, value in zip(_START, start, strict=True):
        parameters.set(name, value)
    parameters.write(_RESET, 1.0)
    parameters.write(_RESET, 0.0)
