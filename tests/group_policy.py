# SPDX-License-Identifier: Apache-2.0
"""A policy that flies anything without training, slowly and blind to others; and a track for it."""

import dataclasses
from pathlib import Path

import torch
from sample_policy import MANIFEST

from policy_export.manifest import ActionSpec
from sim_core import _core
from sim_core.environment import load_environment
from training.manifest_of import observation_of

SPEED_M_S = 1.5

ENVIRONMENT = load_environment("all")
LOW, HIGH = ENVIRONMENT.command_limits()
FIELDS = _core.TASKS["all"]["observation"]

GROUP_MANIFEST = dataclasses.replace(
    MANIFEST,
    observation=observation_of(ENVIRONMENT.about),
    action=ActionSpec(
        "rate_thrust",
        (float(LOW[0]), float(HIGH[0])),
        (float(HIGH[1]), float(HIGH[2]), float(HIGH[3])),
    ),
    airframes=(ENVIRONMENT.airframe,),
    tasks=("all", "hover", "track", "race", "swarm"),
    hover_thrust_n=ENVIRONMENT.load_airframe().hover_thrust_n,
)

TRACK = """
name = "hall"
laps = 1
closed = false
room = { low_m = [-2.5, -1.0, 0.0], high_m = [2.0, 1.0, 2.5] }
start = { position_m = [-1.8, 0.0, 0.01], yaw_rad = 0.0 }
frame = { shape = "square", opening_m = 0.5, outer_m = 0.8, depth_m = 0.02, solid = true }
gates = [
  { position_m = [-0.2, 0.0, 1.2], yaw_rad = 0.0 },
  { position_m = [0.8, 0.1, 1.2], yaw_rad = 0.1 },
]
"""
"""Two gates one behind the other, a way off from where a formation waits."""


def write_hall(folder: Path) -> Path:
    path = folder / "hall.toml"
    path.write_text(TRACK)
    return path


class GroupActor(torch.nn.Module):
    """To its slot, or through the middle of its gate, by proportional laws."""

    def __init__(self) -> None:
        super().__init__()
        self.weight_n = torch.nn.Parameter(torch.tensor(GROUP_MANIFEST.hover_thrust_n))

    def forward(self, observation: torch.Tensor) -> torch.Tensor:
        sizes, names = [field["size"] for field in FIELDS], [field["name"] for field in FIELDS]
        seen = dict(zip(names, torch.split(observation, sizes, dim=-1), strict=True))
        to_slot = 2.5 * seen["goal_near"] + seen["goal_ahead"][:, 0:3] / 0.05
        to_slot = to_slot / torch.clamp(to_slot.norm(dim=-1, keepdim=True) / SPEED_M_S, min=1.0)
        normal, way = seen["goal_normal"], seen["goal_position"]
        aside = way - (way * normal).sum(-1, keepdim=True) * normal
        through = normal + 4.0 * aside
        through = SPEED_M_S * through / (through.norm(dim=-1, keepdim=True) + 1e-6)
        velocity = torch.where(seen["goal_opening"] > 0.0, through, to_slot)
        asked = 4.0 * (velocity - seen["velocity"]) + 8.0 * seen["position_error_integral"]
        asked = torch.clamp(asked, -4.0, 4.0)
        axis = seen["thrust_axis"]
        force = asked / 9.81 + torch.tensor([0.0, 0.0, 1.0])  # weights, in L
        thrust = self.weight_n * (force * axis).sum(-1, keepdim=True)
        turn = torch.linalg.cross(axis, force / force.norm(dim=-1, keepdim=True))
        yaw = 1.5 * seen["goal_heading"][:, 1:2]
        return torch.cat([thrust, 6.0 * turn[:, :2], yaw], dim=-1)
