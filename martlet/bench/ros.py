# SPDX-License-Identifier: Apache-2.0
"""Latency from state to command through ROS: one drone at 100 Hz, all processes of a flight up."""

import tempfile
from pathlib import Path
from typing import Any

from martlet.flight.settings import FlySettings
from martlet.fly import run
from policy_export.export import export_policy
from sim_core.environment import load_environment
from training.manifest_of import manifest_of
from training.proportional import ProportionalActor
from training.settings import PPOSettings


def measure(quick: bool) -> dict[str, Any]:
    """`ros_latency_ms`: `p50`, `p99`, in a hover, as the backend sees it after 2 s of warm-up."""
    environment = load_environment("track")
    manifest = manifest_of(environment, PPOSettings(), 0)
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(folder) / "policy.onnx"
        export_policy(ProportionalActor(manifest.hover_thrust_n), manifest, policy)
        settings = FlySettings(
            policy=policy, run=f"{folder}/run", tasks=(), hover_s=3.0 if quick else 20.0
        )
        latency = run(settings, quiet=True)["command_latency_ms"]
    return {"ros_latency_ms": {name: round(latency[name], 2) for name in ("p50", "p99")}}
