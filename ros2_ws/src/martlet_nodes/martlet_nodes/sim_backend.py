# SPDX-License-Identifier: Apache-2.0
"""The simulator backend without ROS: its parameters, its drones, and its three ways with time.

A tick is 10 ms of the drones' time. Its states reach the host `state_delay_s` later, which is their
stamp: the drones are simulated no further than what has been heard of them, so that every command
sent before is known when its turn comes.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.errors import DoubleSettingsError
from firmware_bridge.firmware_double import DoubleSettings, FirmwareDouble
from martlet_nodes.backend import Backend
from martlet_nodes.drone_names import name_faults
from martlet_nodes.errors import ParameterError
from martlet_nodes.guard_parameters import GuardParameters
from martlet_nodes.onboard import StreamedDouble
from martlet_nodes.parameters import sentence_faults
from policy_export.errors import FirmwareError
from sim_core.airframe import Airframe, load_airframe
from sim_core.errors import SimCoreError
from sim_core.tasks import CONTROL_DT

CLOCKS = ("real", "lockstep")
LATE_S = 0.05
"""A simulator later than this lets its clock slip, rather than run a burst of ticks."""


@dataclass(frozen=True)
class SimParameters:
    """Parameters of the sim_backend node; config/sim_backend.param.yaml says what each is for."""

    drones: list[str] = field(default_factory=lambda: ["cf1"])
    starts: list[float] = field(default_factory=list)
    airframe: str = "cf21_plus"
    added_mass_kg: float = 0.0
    seed: int = 0
    state_delay_s: float = 0.010
    command_delay_s: float = 0.010
    noise: bool = True
    battery: bool = True
    clock: str = "real"
    factor: float = 1.0
    patience_s: float = 2.0
    listeners: int = 0
    onboard: str = ""
    guard: GuardParameters = field(default_factory=GuardParameters)

    def __post_init__(self) -> None:
        """Check what the types leave open.

        Raises:
            ParameterError: All faults in one sentence.
        """
        faults = name_faults(self.drones)
        if len(self.starts) not in (0, 4 * len(self.drones)):
            faults.append(
                f"starts: expected x, y, z, yaw for each of {len(self.drones)} drones,"
                f" got {len(self.starts)} numbers"
            )
        if self.clock not in CLOCKS:
            faults.append(f"clock: expected {' or '.join(CLOCKS)}, got {self.clock!r}")
        if not 0.01 <= self.factor <= 100.0:
            faults.append(f"factor: expected 0.01 to 100, got {self.factor:g}")
        if self.patience_s <= 0.0:
            faults.append(f"patience_s: expected more than 0, got {self.patience_s:g}")
        try:
            self.double()
        except DoubleSettingsError as error:
            faults += sentence_faults(error)
        try:
            self.loaded()
        except SimCoreError as error:
            faults.append(str(error).rstrip("."))
        except ParameterError as error:
            faults += error.faults
        faults += self.guard.faults()
        if faults:
            raise ParameterError.of("sim_backend", faults)

    def double(self) -> DoubleSettings:
        """How the simulated drones differ from perfect ones.

        Raises:
            DoubleSettingsError: Numbers that make no such drone.
        """
        return DoubleSettings(
            self.seed, self.state_delay_s, self.command_delay_s, self.noise, self.battery
        )

    def loaded(self) -> Airframe:
        """The airframe with what it carries, or lacks.

        Raises:
            ParameterError: Nothing would be left.
            SimCoreError: No such airframe.
        """
        airframe = load_airframe(self.airframe)
        mass_kg = airframe.body.mass_kg + self.added_mass_kg
        if not mass_kg > 0.0:
            fault = (
                f"added_mass_kg: expected more than {-airframe.body.mass_kg:g},"
                f" got {self.added_mass_kg:g}"
            )
            raise ParameterError.of("sim_backend", [fault])
        return replace(airframe, body=replace(airframe.body, mass_kg=mass_kg))

    def start_poses(self) -> list[list[float]]:
        """x, y, z, yaw of each drone: as given, or in a row, half a metre apart."""
        if self.starts:
            return np.reshape(self.starts, (-1, 4)).tolist()
        return [[0.0, 0.5 * i, 0.0, 0.0] for i in range(len(self.drones))]


class Simulation:
    """Drones in simulation, and the backend in charge of them.

    Attributes:
        airframe: What the drones are.
        backend: Commands, actions and guards.
        stamp_s: Stamp of the newest states.
        truth: Where the drones were when those states were taken, shape (n, 13).
        said: What drones with a policy on board have done by themselves, for a log to take.
    """

    def __init__(self, parameters: SimParameters) -> None:
        """Put the drones on the floor and listen to them once.

        Raises:
            ParameterError: A library that is no policy on board.
        """
        self.airframe = airframe = parameters.loaded()
        limits = parameters.guard.limits(airframe)
        settings, starts = parameters.double(), parameters.start_poses()
        try:
            self._double = (
                StreamedDouble(airframe, settings, starts, Path(parameters.onboard))
                if parameters.onboard
                else FirmwareDouble(airframe, settings, starts)
            )
        except (FirmwareError, DoubleSettingsError) as error:
            raise ParameterError(f"sim_backend: {error}") from None
        self.backend = Backend(
            self._double, parameters.drones, limits, onboard=bool(parameters.onboard)
        )
        self._tick = 0
        self.said: list[str] = []
        self._hear()

    @property
    def next_stamp_s(self) -> float:
        """Stamp that the next states will bear."""
        return self.stamp_s + CONTROL_DT

    def step(self) -> None:
        """Simulate one tick and hear of it."""
        self._tick += 1
        self._double.advance(self._tick * CONTROL_DT)
        self._hear()
        if isinstance(self._double, StreamedDouble):
            for number, reason in self._double.take_returned():
                self.said.append(self.backend.lose_stream(number, reason))

    def _hear(self) -> None:
        telemetry = self._double.telemetry()
        self.stamp_s: float = telemetry.stamp_s
        self.truth: NDArray[np.float32] = self._double.truth
        self.backend.hear(telemetry)


class WallClock:
    """The flight's time from a wall clock that is passed in: real time, or a factor of it."""

    def __init__(self, factor: float, wall_s: float, time_s: float) -> None:
        """Begin at `time_s` of the flight, at the wall's `wall_s`."""
        self.slips = 0
        self._factor = factor
        self._wall_s, self._time_s = wall_s, time_s

    def now_s(self, wall_s: float) -> float:
        """The flight's time."""
        return self._time_s + self._factor * (wall_s - self._wall_s)

    def wait_s(self, time_s: float, wall_s: float) -> float:
        """Wall time until a time of the flight; not more than 0 when it has come."""
        return (time_s - self.now_s(wall_s)) / self._factor

    def catch_up(self, time_s: float, wall_s: float) -> bool:
        """Slip back to `time_s` when the wall is far ahead of it; tells whether that was so."""
        if self.now_s(wall_s) - time_s <= LATE_S * max(self._factor, 1.0):
            return False
        self._wall_s, self._time_s = wall_s, time_s
        self.slips += 1
        return True
