# SPDX-License-Identifier: Apache-2.0
"""What the simulator's own rotors and body make of a recorded flight's commands."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import LogError
from evaluation.validation.flight import STEP_S, Flight
from evaluation.validation.marker_frame import composed
from sim_core import _core
from sim_core.airframe import Airframe

Array = NDArray[np.float64]
Rows = NDArray[np.int32]

INDEX = {name: i for i, name in enumerate(_core.PARAMETER_NAMES)}

_HELD = [3, 4, 5, 6, 10, 11, 12]
"""Of a state: attitude and body rates."""

_NO_LAG_S = 1e-4
_RADIANS_PER_TURN_MINUTES = 2.0 * np.pi / 60.0


@dataclass(frozen=True, eq=False)
class Drone:
    """The numbers of one drone.

    Attributes:
        parameters: In the order of `_core.PARAMETER_NAMES`, shape (P,).
        thrust: What tells its rotors' thrust, "volts", "rpm" or "command".
        thrust_n_per_rad2_s2: Thrust over squared rotor speed.
    """

    parameters: Array
    thrust: str
    thrust_n_per_rad2_s2: float

    def but(self, **values: float) -> "Drone":
        """The same with other values of some parameters."""
        parameters = self.parameters.copy()
        for name, value in values.items():
            parameters[INDEX[name]] = value
        return Drone(parameters, self.thrust, self.thrust_n_per_rad2_s2)

    def value(self, name: str) -> float:
        """One parameter."""
        return float(self.parameters[INDEX[name]])


def drone_of(airframe: Airframe, mass_kg: float = 0.0, thrust: str = "volts") -> Drone:
    """A drone of an airframe, with the mass it was flown at.

    Args:
        airframe: Its numbers.
        mass_kg: As flown; 0: the airframe's.
        thrust: What tells its rotors' thrust.
    """
    drone = Drone(
        airframe.parameters.astype(np.float64), thrust, airframe.rotors.thrust_n_per_rad2_s2
    )
    if mass_kg:
        drone = drone.but(mass_kg=mass_kg)
    if thrust == "rpm":  # measured speeds are what the rotors have, lag and delay included
        drone = drone.but(
            rotor_lag_up_s=_NO_LAG_S, rotor_lag_down_s=_NO_LAG_S, rotor_dead_time_s=0.0
        )
    return drone


def rotor_thrusts(flight: Flight, drone: Drone) -> tuple[Array, Array]:
    """Targets behind their dead time and thrust of each rotor over the flight [N], (T, 4) each.

    Raises:
        LogError: The log lacks what tells the thrust.
    """
    if drone.thrust == "rpm":
        if flight.rpm is None:
            raise LogError(f"{flight.name}: expected the column rpm, found none.")
        speed = flight.rpm * _RADIANS_PER_TURN_MINUTES
        gains = np.array([drone.value(f"motor_gain_{i}") for i in range(1, 5)])
        targets = drone.thrust_n_per_rad2_s2 * speed**2 * drone.value("thrust_gain") * gains
    elif drone.thrust == "command":
        if flight.thrust_n is None:
            raise LogError(f"{flight.name}: expected the column command, found none.")
        each = np.repeat(0.25 * flight.thrust_n[:, None], 4, axis=1)
        targets = np.minimum(each, drone.value("thrust_max_n")) * drone.value("thrust_gain")
    else:
        if flight.motor_volts is None:
            raise LogError(f"{flight.name}: expected the column pwm01, found none.")
        targets = _core.targets_from_volts(drone.parameters, flight.motor_volts)
    return _core.replay_rotors(drone.parameters, targets, STEP_S)


def predict(
    flight: Flight, drone: Drone, rows: Rows, steps: int, *, every: int = 0, held: bool = False
) -> Array:
    """States from those at `rows` on, shape (W, steps / every + 1, 13), the starts first.

    Args:
        flight: What was recorded.
        drone: Whose numbers to use.
        rows: Where the windows begin.
        steps: How long they are.
        every: How many steps apart the states told are; 0: the ends alone.
        held: Whether attitude and body rates are held to those measured.
    """
    delayed_n, thrust_n = rotor_thrusts(flight, drone)
    states = flight.state[rows]
    if flight.frame is not None:
        states[:, 3:7] = composed(states[:, 3:7], flight.frame[rows])
    measured = np.ascontiguousarray(flight.state[:, _HELD]) if held else None
    if measured is not None and flight.frame is not None:
        # A window knows its frame from what came before it: each has attitudes of its own.
        spans = rows[:, None] + np.arange(steps + 1)
        turned = measured[spans]
        turned[..., :4] = composed(turned[..., :4], flight.frame[rows][:, None])
        measured, delayed_n, thrust_n = (
            np.ascontiguousarray(x.reshape(-1, x.shape[-1]))
            for x in (turned, delayed_n[spans], thrust_n[spans])
        )
        rows = (np.arange(len(rows)) * (steps + 1)).astype(np.int32)
    return _core.replay_body(
        drone.parameters, delayed_n, thrust_n, rows, states, steps, every or steps, STEP_S,
        measured,
    )  # fmt: skip


def root_mean_square(errors: Array) -> float:
    """Of the lengths of vectors, shape (W, 3)."""
    return float(np.sqrt((errors**2).sum(axis=1).mean()))
