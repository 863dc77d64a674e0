# SPDX-License-Identifier: Apache-2.0
"""What a film shows: flights as they were recorded, and what stood there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.drone_mesh import SIZES, Kind
from evaluation.errors import PictureError
from evaluation.picture import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION
from sim_core import _core
from sim_core.track_model import Room, Track

Array = NDArray[np.float64]
Floats = NDArray[np.floating]

COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, "#F0E442", GREY)
"""Of drones, in turn: Okabe and Ito's, and grey."""


_BRUSHLESS_ARM_M = 0.034  # between 32.5 mm of cf21_plus and 35.4 mm of cf21_brushless


@dataclass(frozen=True, eq=False)
class Scene:
    """Flights and their surroundings.

    Attributes:
        times_s: Rising, shape (T,).
        states: p_WB q_WB(xyzw) v_WB w_WB_B in SI units, shape (T, N, 13).
        track: Gates and poles; None for none.
        passed_s: When the track's gates were passed, in order from `track.start.first_gate` on.
        slots_m: Where each drone should be [m; W], shape (T, N, 3); None for none.
        reference_m: A path that is drawn faintly [m; W], shape (K, 3); None for none.
        room: Whose floor is drawn; None for the track's, or for one under all that is shown.
        names: Of the drones, one each, for a legend; empty for none.
        colours: Of the drones, "#rrggbb", one each; empty for `COLOURS` in turn.
        kind: Which Crazyflie.
        drone_scale: Drones are drawn at this times their true size; captions say so.
    """

    times_s: Array
    states: Floats
    track: Track | None = None
    passed_s: tuple[float, ...] = ()
    slots_m: Floats | None = None
    reference_m: Floats | None = None
    room: Room | None = None
    names: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    kind: Kind = "brushless"
    drone_scale: float = 2.0

    def __post_init__(self) -> None:
        """Check shapes and values.

        Raises:
            PictureError: An array of another shape, times that do not rise, states that are not
                finite, names or colours that are not one a drone, another kind, or no scale.
        """
        count = len(self.times_s)
        if np.ndim(self.states) != 3 or len(self.states) != count or self.states.shape[2] != 13:
            raise PictureError(
                f"scene: states: expected shape ({count}, N, 13), got {np.shape(self.states)}."
            )
        if not count or not self.drones or not (np.diff(self.times_s) > 0.0).all():
            raise PictureError("scene: times_s: expected one or more rising times and drones.")
        if not np.isfinite(self.states).all():
            raise PictureError("scene: states: expected finite numbers, got others.")
        slots = (count, self.drones, 3)
        if self.slots_m is not None and np.shape(self.slots_m) != slots:
            raise PictureError(
                f"scene: slots_m: expected shape {slots}, got {np.shape(self.slots_m)}."
            )
        if self.reference_m is not None and np.shape(self.reference_m)[1:] != (3,):
            raise PictureError(
                f"scene: reference_m: expected shape (K, 3), got {np.shape(self.reference_m)}."
            )
        for name, given in (("names", self.names), ("colours", self.colours)):
            if given and len(given) != self.drones:
                raise PictureError(
                    f"scene: {name}: expected one for each of {self.drones} drones,"
                    f" got {len(given)}."
                )
        if self.kind not in SIZES or not 0.0 < self.drone_scale < np.inf:
            raise PictureError(
                "scene: expected a kind of 'brushed' or 'brushless' and a drone_scale above 0,"
                f" got {self.kind!r} and {self.drone_scale}."
            )

    @property
    def drones(self) -> int:
        """How many."""
        return int(self.states.shape[1])

    def row(self, time_s: float) -> int:
        """The last sample that is not later."""
        found = int(np.searchsorted(self.times_s, time_s + 1e-9, side="right")) - 1
        return min(max(found, 0), len(self.times_s) - 1)

    def colour(self, drone: int) -> str:
        """That of a drone."""
        return self.colours[drone] if self.colours else COLOURS[drone % len(COLOURS)]

    def shown_room(self) -> Room:
        """The room, the track's, or a box around all that is shown, on the floor."""
        if self.room is not None:
            return self.room
        if self.track is not None:
            return self.track.room
        points = self.bounds()
        low, high = np.floor(2.0 * points.min(0) - 1.0) / 2.0, np.ceil(2.0 * points.max(0) + 1) / 2
        return Room((low[0], low[1], 0.0), (high[0], high[1], high[2]))

    def bounds(self) -> Array:
        """Flights, slots, frames and poles, and the floor under them, (K, 3)."""
        points = [np.asarray(self.states[..., :3], np.float64).reshape(-1, 3)]
        for given in (self.slots_m, self.reference_m):
            if given is not None:
                points.append(np.asarray(given, np.float64).reshape(-1, 3))
        if self.track is not None:
            for gate in self.track.gates:
                half = gate.outer_m / 2.0
                aside = half * np.array([-np.sin(gate.yaw_rad), np.cos(gate.yaw_rad), 0.0])
                up, centre = np.array([0.0, 0.0, half]), np.array(gate.position_m)
                points.append(centre + [a + u for a in (-aside, aside) for u in (-up, up)])
                points.append(np.array([(centre[0], centre[1], 0.0)]))
            poles = [(o.x_m, o.y_m, z) for o in self.track.obstacles for z in (0.0, o.height_m)]
            points.append(np.array(poles).reshape(-1, 3))
        every = np.concatenate(points)
        room = self.room if self.room is not None else self.track.room if self.track else None
        if room is not None:  # those who crash may fall far out of it
            every = every.clip(np.subtract(room.low_m, 0.3), np.add(room.high_m, 0.3))
        return np.concatenate([every, every * (1.0, 1.0, 0.0)])


def kind_of(parameters: Floats) -> Kind:
    """Which Crazyflie a drone's parameters (P,) are of."""
    arm_m = float(parameters[_core.PARAMETER_NAMES.index("arm_component_m")])
    return "brushless" if arm_m > _BRUSHLESS_ARM_M else "brushed"
