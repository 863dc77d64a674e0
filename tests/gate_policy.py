# SPDX-License-Identifier: Apache-2.0
"""A policy that races without training: it flies at the next gate, slowly; and a track for it."""

import dataclasses
from pathlib import Path

import torch
from sample_policy import MANIFEST

from policy_export.manifest import ActionSpec
from sim_core import _core
from sim_core.environment import load_environment
from training.manifest_of import observation_of

SPEED_M_S = 1.5
AHEAD_M = 0.5

ENVIRONMENT = load_environment("race")
LOW, HIGH = ENVIRONMENT.command_limits()
RACE = _core.TASKS["race"]

RACE_MANIFEST = dataclasses.replace(
    MANIFEST,
    observation=observation_of(RACE),
    action=ActionSpec(
        "rate_thrust",
        (float(LOW[0]), float(HIGH[0])),
        (float(HIGH[1]), float(HIGH[2]), float(HIGH[3])),
    ),
    airframes=(ENVIRONMENT.airframe,),
    tasks=("race",),
    hover_thrust_n=ENVIRONMENT.load_airframe().hover_thrust_n,
)

TRACK = """
name = "straight"
laps = 1
closed = false
room = { low_m = [-2.0, -1.0, 0.0], high_m = [2.0, 1.0, 2.0] }
start = { position_m = [-1.2, 0.2, 0.01], yaw_rad = 0.3 }
frame = { shape = "square", opening_m = 0.5, outer_m = 0.8, depth_m = 0.02, solid = true }
gates = [
  { position_m = [-0.2, 0.0, 0.8], yaw_rad = 0.0 },
  { position_m = [0.8, 0.1, 0.9], yaw_rad = 0.1 },
]
"""
"""Two gates one behind the other."""


def write_track(folder: Path) -> Path:
    path = folder / "straight.toml"
    path.write_text(TRACK)
    return path


class GateActor(torch.nn.Module):
    """Flies at a point a little behind the next gate; velocities and tilts by proportional laws."""

    def __init__(self) -> None:
        super().__init__()
        self.weight_n = torch.nn.Parameter(torch.tensor(RACE_MANIFEST.hover_thrust_n))

    def forward(self, observation: torch.Tensor) -> torch.Tensor:
        sizes = [field["size"] for field in RACE["observation"]]
        names = [field["name"] for field in RACE["observation"]]
        seen = dict(zip(names, torch.split(observation, sizes, dim=-1), strict=True))
        way = seen["gate_position"] + AHEAD_M * seen["gate_normal"]
        velocity = SPEED_M_S * way / way.norm(dim=-1, keepdim=True)
        asked = torch.clamp(4.0 * (velocity - seen["velocity"]), -4.0, 4.0)
        R_WB = seen["rotation_WB"].reshape(-1, 3, 3)
        force = asked / 9.81 + R_WB[:, 2, :]  # weights, in B
        thrust = self.weight_n * force[:, 2:3]
        force = force / force.norm(dim=-1, keepdim=True)
        yaw = -1.5 * R_WB[:, 1:2, 0]
        return torch.cat([thrust, -6.0 * force[:, 1:2], 6.0 * force[:, 0:1], yaw], dim=-1)
