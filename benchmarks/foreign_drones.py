# SPDX-License-Identifier: Apache-2.0
"""Drones of another simulator, as evaluation/ flies its own: see `evaluation.evaluate.Drones`."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from sim_core import _core
from sim_core.airframe import Airframe
from sim_core.environment import Estimate

Float32 = NDArray[np.float32]

LINK_DELAY_S = 0.010
"""A command acts one control step after the state that it answers."""


class Simulator(Protocol):
    """What foreign_simulator.py gives."""

    facts: dict[str, Any]
    airframe: Airframe

    def ask(self, rows: Float32) -> Float32:
        """States (N, 13) after a message: states to begin at, or commands."""


class ForeignDrones:
    """Its drones, begun where drones of ours are, told of with the same noise.

    Attributes:
        truth: p_WB q_WB v_WB w_WB_B, float32, shape (N, 13).
        estimate: The same with white noise and each drone's attitude bias.
        parameters: What can be said of the drones in ours, shape (N, P).
    """

    def __init__(
        self, simulator: Simulator, ours: _core.VecSim, noise: Estimate, seed: int
    ) -> None:
        self._simulator, self._noise = simulator, noise
        self._rng = np.random.default_rng(seed)
        column = _core.PARAMETER_NAMES.index
        self._bias = ours.parameters[:, [column(f"attitude_bias_{a}_rad") for a in "xy"]]
        self.parameters = described(simulator, len(ours.truth))
        mass_kg = simulator.facts["mass_kg"]
        hover = np.array([mass_kg * _core.GRAVITY_M_S2, 0.0, 0.0, 0.0], np.float32)
        self._on_its_way = np.tile(hover, (len(ours.truth), 1))
        self._see(simulator.ask(ours.truth))

    def fly(self, commands: Float32) -> None:
        """One control step; what acts is the command before."""
        arriving, self._on_its_way = self._on_its_way, commands.copy()
        self._see(self._simulator.ask(arriving))

    def _see(self, states: Float32) -> None:
        self.truth = states.copy()
        # crazyflow's floor is 1 mm lower than ours, which the race referee calls under the floor.
        self.truth[:, 2] = np.maximum(self.truth[:, 2], 0.0)
        self.estimate = told(self.truth, self._bias, self._noise, self._rng)


def told(truth: Float32, bias_rad: Float32, noise: Estimate, rng: np.random.Generator) -> Float32:
    """Estimates of states (N, 13), as sim_core/cpp/include/sim_core/sensors.hpp makes them.

    Args:
        truth: The states.
        bias_rad: Of each drone's roll and pitch, shape (N, 2).
        noise: Standard deviations; its lag is no part of this.
        rng: Draws the noise.
    """
    normal = rng.standard_normal((len(truth), 12))
    place = (noise.position_m, noise.position_m, noise.position_z_m)
    speed = (noise.velocity_m_s, noise.velocity_m_s, noise.velocity_z_m_s)
    seen = truth.astype(np.float64)
    seen[:, 0:3] += normal[:, 0:3] * place
    seen[:, 7:10] += normal[:, 3:6] * speed
    seen[:, 10:13] += normal[:, 9:12] * noise.body_rate_rad_s
    tilt = normal[:, 6:9] * noise.attitude_rad
    tilt[:, :2] += bias_rad
    upright = np.where(np.isfinite(seen[:, 3:7]).all(axis=1, keepdims=True), seen[:, 3:7], 1.0)
    seen[:, 3:7] = (Rotation.from_quat(upright) * Rotation.from_rotvec(tilt)).as_quat()
    return seen.astype(np.float32)


def described(simulator: Simulator, count: int) -> Float32:
    """The core's parameters with what the simulator says of its drone, shape (count, P)."""
    facts = simulator.facts
    values = {"mass_kg": facts["mass_kg"], "thrust_max_n": facts["motor_max_n"]}
    values |= {
        f"inertia_{axis}_kg_m2": moment
        for axis, moment in zip("xyz", facts["inertia_kg_m2"], strict=True)
    }
    row = simulator.airframe.parameters.copy()
    for name, value in values.items():
        row[_core.PARAMETER_NAMES.index(name)] = value
    return np.tile(row, (count, 1))
