# SPDX-License-Identifier: Apache-2.0
"""The networks that fly and the networks that judge, with the scales of the real world inside.

Outside they speak SI: observations as the core writes them, commands in newtons and rad/s, or of
motors in shares of full scale. Scales
are fixed by the environment's settings, never by running statistics.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sim_core import _core
from sim_core.environment import Environment


class Actor(nn.Module):
    """Observation (N, OBS) to command (N, 4): what is exported.

    Attributes:
        log_std: Of the exploration noise, in half ranges of the command, shape (4,).
    """

    observation_scale: Tensor
    observation_offset: Tensor
    command_center: Tensor
    command_half_range: Tensor

    def __init__(self, environment: Environment, hidden: int, initial_log_std: float) -> None:
        super().__init__()
        center, half_range = _command_scale(environment)
        offset, scale = _observation_scale(environment)
        self.register_buffer("observation_offset", torch.from_numpy(offset))
        self.register_buffer("observation_scale", torch.from_numpy(scale))
        self.register_buffer("command_center", torch.from_numpy(center))
        self.register_buffer("command_half_range", torch.from_numpy(half_range))
        self.body = _mlp(len(scale), hidden, 4, last_gain=0.01)
        self.log_std = nn.Parameter(torch.full((4,), initial_log_std))

    def forward(self, observation: Tensor) -> Tensor:
        """Command [N, rad/s] for an observation in SI, not limited."""
        return self.to_command(self.body(self.normalize(observation)))

    def normalize(self, observation: Tensor) -> Tensor:
        """Entries of order one."""
        return (observation - self.observation_offset) * self.observation_scale

    def to_command(self, action: Tensor) -> Tensor:
        """Command of an action; 0 is hover, 1 half a range more."""
        return self.command_center + self.command_half_range * action


class Critic(nn.Module):
    """Observation and privileged observation to value (N,)."""

    scale: Tensor
    offset: Tensor

    def __init__(self, environment: Environment, hidden: int) -> None:
        super().__init__()
        offset, scale = _privileged_scale(environment)
        self.register_buffer("offset", torch.from_numpy(offset))
        self.register_buffer("scale", torch.from_numpy(scale))
        inputs = environment.about["observation_size"] + len(scale)
        self.body = _mlp(inputs, hidden, 1, last_gain=1.0)

    def forward(self, inputs: Tensor) -> Tensor:
        """Value of normalised inputs; see `join`."""
        value: Tensor = self.body(inputs)
        return value.squeeze(-1)

    def join(self, normalized_observation: Tensor, privileged: Tensor) -> Tensor:
        """Inputs of the critic: the actor's, and what only the critic sees."""
        return torch.cat([normalized_observation, (privileged - self.offset) * self.scale], -1)


def _mlp(inputs: int, hidden: int, outputs: int, last_gain: float) -> nn.Sequential:
    sizes = [(inputs, hidden, 2**0.5), (hidden, hidden, 2**0.5), (hidden, outputs, last_gain)]
    layers: list[nn.Module] = []
    for fan_in, fan_out, gain in sizes:
        linear = nn.Linear(fan_in, fan_out)
        nn.init.orthogonal_(linear.weight, gain)
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def _command_scale(
    environment: Environment,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Center (hover, no turning) and half range of a command, each of shape (4,)."""
    low, high = environment.command_limits()
    return environment.hover_command(), ((high - low) / 2).astype(np.float32)


def _observation_scale(
    environment: Environment,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    center, half_range = _command_scale(environment)
    offset, scale = [], []
    for field in environment.about["observation"]:
        if field["name"] == "past_commands":
            offset += center.tolist() * _core.HISTORY_LENGTH
            scale += (1.0 / half_range).tolist() * _core.HISTORY_LENGTH
        else:
            offset += [0.0] * field["size"]
            scale += [field["scale"]] * field["size"]
    return np.array(offset, np.float32), np.array(scale, np.float32)


def _privileged_scale(
    environment: Environment,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Parameters are scaled by the box they are drawn from; one that is not drawn, to zero."""
    box = environment.parameter_box()
    offset, scale = [], []
    for field in environment.about["privileged"]:
        if field["scale"]:
            offset += [0.0] * field["size"]
            scale += [field["scale"]] * field["size"]
            continue
        for index in _parameters_of(field["name"], field["size"]):
            low, high = float(box.low[index]), float(box.high[index])
            offset.append((low + high) / 2)
            scale.append(2.0 / (high - low) if high > low else 0.0)
    return np.array(offset, np.float32), np.array(scale, np.float32)


def _parameters_of(name: str, size: int) -> list[int]:
    """Indices of the parameters that a privileged field shows: one, or one an axis."""
    if name in _core.PARAMETER_NAMES:
        return [_core.PARAMETER_NAMES.index(name)]
    stem, unit = {
        "trim_torque_n_m": ("trim_torque", "n_m"),
        "attitude_bias_rad": ("attitude_bias", "rad"),
    }[name]
    return [_core.PARAMETER_NAMES.index(f"{stem}_{axis}_{unit}") for axis in "xyz"[:size]]
