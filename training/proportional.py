# SPDX-License-Identifier: Apache-2.0
"""A policy that flies without training: proportional laws for position and tilt, as a network.

What measures or tests the way from a policy file to the motors needs one that stays in the air.
"""

import torch

from sim_core import _core


def fields(observation: torch.Tensor) -> dict[str, torch.Tensor]:
    """An observation's entries by their names in the core."""
    sizes = [field["size"] for field in _core.TASKS["track"]["observation"]]
    names = [field["name"] for field in _core.TASKS["track"]["observation"]]
    return dict(zip(names, torch.split(observation, sizes, dim=-1), strict=True))


class ProportionalActor(torch.nn.Module):
    """Acceleration from errors of position and velocity; body rates from the error of the tilt."""

    def __init__(self, hover_thrust_n: float) -> None:
        """Make it for a drone that this thrust [N] carries."""
        super().__init__()
        self.weight_n = torch.nn.Parameter(torch.tensor(hover_thrust_n))

    def forward(self, observation: torch.Tensor) -> torch.Tensor:
        """Command for each observation, in SI units."""
        seen = fields(observation)
        ahead = seen["reference_ahead"]  # every 50 ms from 50 ms on
        velocity = (ahead[:, 0:3] - seen["reference_now"]) / 0.05
        acceleration = (ahead[:, 12:15] - 2.0 * ahead[:, 6:9] + ahead[:, 0:3]) / 0.1**2
        asked = 8.0 * seen["reference_now"] + 5.0 * (velocity - seen["velocity"]) + acceleration
        asked = asked + 8.0 * seen["position_error_integral"]
        up = torch.tensor([0.0, 0.0, 1.0])
        force = torch.clamp(asked, -5.0, 5.0) / 9.81 + up  # weights, in H
        R_HB = seen["rotation_HB"].reshape(-1, 3, 3)
        axis_H = R_HB[:, :, 2]
        thrust = self.weight_n * (force * axis_H).sum(-1, keepdim=True)
        turn_H = torch.linalg.cross(axis_H, force / force.norm(dim=-1, keepdim=True))
        turn_B = (R_HB.transpose(1, 2) @ turn_H[:, :, None])[:, :, 0]
        yaw = -1.5 * R_HB[:, 1:2, 0]
        return torch.cat([thrust, 4.0 * turn_B[:, :2], yaw], dim=-1)
