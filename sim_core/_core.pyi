# SPDX-License-Identifier: Apache-2.0
"""Types of the compiled core. Units, frames and shapes as the C++ headers say."""

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

class FieldDescription(TypedDict):
    name: str
    size: int
    unit: str
    frame: str
    scale: float

PARAMETER_NAMES: tuple[str, ...]
REWARD_TERMS: tuple[str, ...]
TRACK_FIELDS: list[FieldDescription]
PRIVILEGED_FIELDS: list[FieldDescription]
OBSERVATION_SIZE: int
PRIVILEGED_SIZE: int
HISTORY_LENGTH: int
PHYSICS_STEP_S: float
CONTROL_STEP_S: float
SUBSTEPS: int
GRAVITY_M_S2: float

class CommandLimits:
    def __init__(
        self, thrust_low_n: float, thrust_high_n: float, body_rate_rad_s: Sequence[float]
    ) -> None: ...

class StartRanges:
    position_m: float
    velocity_m_s: float
    tilt_rad: float
    yaw_rad: float
    body_rate_rad_s: float
    floor_m: float

class EstimateNoise:
    position_m: float
    position_z_m: float
    velocity_m_s: float
    velocity_z_m_s: float
    attitude_rad: float
    body_rate_rad_s: float

class TrackReward:
    scale: float
    distance: float
    precision: float
    precision_width_m: float
    velocity: float
    body_rate: float
    heading: float
    smoothness: float
    overshoot: float
    effort: float
    crash: float

class TrackEpisode:
    max_steps: int
    max_distance_m: float
    max_body_rate_rad_s: float

class VecSettings:
    start: StartRanges
    noise: EstimateNoise
    limits: CommandLimits
    reward: TrackReward
    episode: TrackEpisode
    def set_box(self, low: Sequence[float], high: Sequence[float]) -> None: ...

class VecSim:
    """Many independent drones, stepped together; arrays are views of its own memory."""

    def __init__(
        self,
        num_drones: int,
        settings: VecSettings,
        references: Sequence[NDArray[np.float32]],
        threads: int = 1,
        isa: str = "auto",
    ) -> None: ...
    def start(self, seed: int, staggered: bool = False) -> None: ...
    def step(self, commands: NDArray[np.float32]) -> None: ...
    def fly(self, commands: NDArray[np.float32]) -> None: ...
    def take_reward_terms(self) -> list[float]: ...
    def snapshot(self) -> NDArray[np.uint8]: ...
    def restore(self, snapshot: NDArray[np.uint8]) -> None: ...
    @property
    def num_drones(self) -> int: ...
    @property
    def threads(self) -> int: ...
    @property
    def isa(self) -> str: ...
    @property
    def bytes_per_drone(self) -> int: ...
    @property
    def parameters(self) -> NDArray[np.float32]: ...
    @property
    def places(self) -> NDArray[np.int32]: ...
    @property
    def observation(self) -> NDArray[np.float32]: ...
    @property
    def privileged(self) -> NDArray[np.float32]: ...
    @property
    def final_observation(self) -> NDArray[np.float32]: ...
    @property
    def final_privileged(self) -> NDArray[np.float32]: ...
    @property
    def truth(self) -> NDArray[np.float32]: ...
    @property
    def estimate(self) -> NDArray[np.float32]: ...
    @property
    def reward(self) -> NDArray[np.float32]: ...
    @property
    def terminated(self) -> NDArray[np.bool_]: ...
    @property
    def truncated(self) -> NDArray[np.bool_]: ...

class FirmwareSim:
    """Drones with the firmware's loops inside; time goes on in steps of 2 ms."""

    def __init__(
        self, parameters: NDArray[np.float32], noise: EstimateNoise, seed: int
    ) -> None: ...
    def place(self, drone: int, p_WB: Sequence[float], yaw_rad: float = 0.0) -> None: ...
    def set_off(self, drone: int) -> None: ...
    def set_rate_thrust(self, drone: int, thrust_n: float, w_B: Sequence[float]) -> None: ...
    def set_position(self, drone: int, p_WB: Sequence[float], yaw_rad: float) -> None: ...
    def step(self, steps: int) -> None: ...
    def battery_volts(self, drone: int) -> float: ...
    def battery_charge(self, drone: int) -> float: ...
    def commanded_thrust_n(self, drone: int) -> float: ...
    @property
    def count(self) -> int: ...
    @property
    def time_s(self) -> float: ...
    @property
    def truth(self) -> NDArray[np.float32]: ...
    @property
    def estimate(self) -> NDArray[np.float32]: ...
    @property
    def imu(self) -> NDArray[np.float32]: ...

class TrackSession:
    """The tracking task's observation and action code in flight."""

    def __init__(
        self, references: Sequence[NDArray[np.float32]], limits: CommandLimits
    ) -> None: ...
    def reset(self, hover_thrust_n: float) -> None: ...
    def observe(self, states: NDArray[np.float32], row: int, out: NDArray[np.float32]) -> None: ...
    def decode(self, outputs: NDArray[np.float32], out: NDArray[np.float32]) -> None: ...
    @property
    def count(self) -> int: ...

def instruction_sets() -> list[str]: ...
def integrate(
    parameters: Any, state: Any, target_n: Any, step_s: float, steps: int
) -> NDArray[np.float64]: ...
def rate_step(
    parameters: NDArray[np.float32], thrust_n: float, w_B: Sequence[float], steps: int
) -> NDArray[np.float32]: ...
def targets_from_volts(
    parameters: NDArray[np.float64], motor_volts: NDArray[np.float64]
) -> NDArray[np.float64]: ...
def replay_rotors(
    parameters: NDArray[np.float64], target_n: NDArray[np.float64], step_s: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
def replay_body(
    parameters: NDArray[np.float64],
    delayed_n: NDArray[np.float64],
    thrust_n: NDArray[np.float64],
    starts: NDArray[np.int32],
    states: NDArray[np.float64],
    steps: int,
    every: int,
    step_s: float,
    measured: NDArray[np.float64] | None = ...,
) -> NDArray[np.float64]: ...
def downwash_n(below_m: Sequence[float]) -> float: ...
