# SPDX-License-Identifier: Apache-2.0
"""Types of the compiled learner. Shapes and orders as the C++ headers say."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim_core._core import VecSim

class Settings:
    horizon: int
    epochs: int
    minibatch: int
    discount: float
    trace: float
    clip: float
    entropy: float
    max_gradient_norm: float
    min_log_std: float
    keep_mean: float
    keep_square: float
    epsilon: float
    seed: int

class Ranges:
    observation_offset: Sequence[float]
    observation_scale: Sequence[float]
    privileged_offset: Sequence[float]
    privileged_scale: Sequence[float]
    command_center: Sequence[float]
    command_half_range: Sequence[float]

class Network:
    def __init__(
        self, inputs: int, constant: int, first: int, second: int, outputs: int, deviations: bool
    ) -> None: ...

class Learner:
    """Figures come as dictionaries: losses, norms, seconds, and `fault`, None where all is well."""

    tick: int
    def __init__(
        self,
        sim: VecSim,
        settings: Settings,
        ranges: Ranges,
        actor: Network,
        critic: Network,
        isa: str = "auto",
    ) -> None: ...
    def load(
        self, critic: bool, vectors: Sequence[NDArray[np.float32]], adam_steps: int
    ) -> None: ...
    def save(
        self, critic: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], int]: ...
    def train(self, rate: float) -> dict[str, Any]: ...
    def collect(self) -> dict[str, Any]: ...
    def update(
        self, rate: float, orders: NDArray[np.uint32] | None, epochs: int
    ) -> dict[str, Any]: ...
    def differentiate(self, order: NDArray[np.uint32]) -> dict[str, Any]: ...
    def fly(self, steps: int) -> dict[str, Any]: ...
    @property
    def stride(self) -> int: ...
    @property
    def isa(self) -> str: ...
    @property
    def inputs(self) -> NDArray[np.float32]: ...
    @property
    def actions(self) -> NDArray[np.float32]: ...
    @property
    def log_probs(self) -> NDArray[np.float32]: ...
    @property
    def rewards(self) -> NDArray[np.float32]: ...
    @property
    def going_on(self) -> NDArray[np.float32]: ...
    @property
    def values(self) -> NDArray[np.float32]: ...
    @property
    def advantages(self) -> NDArray[np.float32]: ...
    @property
    def returns(self) -> NDArray[np.float32]: ...

def tanh(x: NDArray[np.float32], isa: str = "auto") -> NDArray[np.float32]: ...
def instruction_sets() -> list[str]: ...
