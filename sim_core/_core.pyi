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

class TaskDescription(TypedDict):
    name: str
    observation: list[FieldDescription]
    privileged: list[FieldDescription]
    numbers: list[tuple[str, float, float]]
    reward_terms: list[str]
    observation_size: int
    privileged_size: int
    follows_paths: bool
    flies_courses: bool
    control_step_s: float
    longest_delay_s: float

PARAMETER_NAMES: tuple[str, ...]
TASKS: dict[str, TaskDescription]
MOTOR_TASKS: dict[str, TaskDescription]  # by the task that policies of motors fly
MOST_GATES: int
MOST_POLES: int
HISTORY_LENGTH: int
PHYSICS_STEP_S: float
CONTROL_STEP_S: float
SUBSTEPS: int
GRAVITY_M_S2: float

class CommandLimits:
    def __init__(
        self, thrust_low_n: float, thrust_high_n: float, body_rate_rad_s: Sequence[float]
    ) -> None: ...
    @staticmethod
    def motors(low: float, high: float) -> CommandLimits: ...

class EstimateNoise:
    position_m: float
    position_z_m: float
    velocity_m_s: float
    velocity_z_m_s: float
    attitude_rad: float
    body_rate_rad_s: float

class VecSettings:
    """All that a vectorised run is set to; the task's own numbers by name, like "reward.crash"."""

    max_steps: int
    noise: EstimateNoise
    limits: CommandLimits
    def __init__(self, task: str = "track") -> None: ...
    @property
    def task(self) -> str: ...
    def __getitem__(self, name: str) -> float: ...
    def __setitem__(self, name: str, value: float) -> None: ...
    def set_box(self, low: Sequence[float], high: Sequence[float]) -> None: ...

class CourseRules:
    """What is the same in all courses of a run."""

    def __init__(
        self,
        *,
        room_low_m: Sequence[float],
        room_high_m: Sequence[float],
        laps: int,
        closed: bool,
        in_order: bool = False,
        sensing_range_m: float = 0.0,
        start_m: Sequence[float] = (0.0, 0.0, 0.0),
        start_yaw_rad: float = 0.0,
        gate_m: Sequence[float] = (0.0, 0.0, 0.0),
        gate_yaw_rad: float = 0.0,
        pole_m: float = 0.0,
    ) -> None: ...

class Courses:
    """Race courses as numbers; gates (C, G, 12), poles (C, P, 4), starts (C, 5)."""

    def __init__(
        self,
        rules: CourseRules,
        told_gates: NDArray[np.float32],
        true_gates: NDArray[np.float32],
        told_poles: NDArray[np.float32],
        true_poles: NDArray[np.float32],
        starts: NDArray[np.float32],
    ) -> None: ...
    @property
    def count(self) -> int: ...
    @property
    def gates(self) -> int: ...
    @property
    def poles(self) -> int: ...

class Formations:
    """Which of the references belong together: `size` at a time, from number `first` on."""

    def __init__(self, size: int, first: int = 0, in_order: bool = False) -> None: ...

class VecSim:
    """Many independent drones, stepped together; arrays are views of its own memory."""

    def __init__(
        self,
        num_drones: int,
        settings: VecSettings,
        references: Sequence[NDArray[np.float32]] = (),
        threads: int = 1,
        isa: str = "auto",
        courses: Courses | None = None,
        more_courses: Courses | None = None,
        formations: Formations | None = None,
    ) -> None: ...
    @property
    def task(self) -> str: ...
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
    def kinds(self) -> NDArray[np.int32]: ...
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
    def set_motors(self, drone: int, counts: Sequence[float]) -> None: ...
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
    @property
    def felt(self) -> NDArray[np.float32]: ...

class TaskSession:
    """A task's observation and action code in flight: drone i follows path or course i."""

    def __init__(
        self,
        task: str,
        limits: CommandLimits,
        references: Sequence[NDArray[np.float32]] = (),
        courses: Courses | None = None,
        groups: Sequence[int] = (),
    ) -> None: ...
    def take_role(self, drone: int, role: int) -> None: ...
    @property
    def places(self) -> NDArray[np.int32]: ...
    def reset(self, hover: float) -> None: ...
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
def path_table(references: Sequence[NDArray[np.float32]]) -> dict[str, NDArray[Any]]: ...
def downwash_n(below_m: Sequence[float]) -> float: ...
