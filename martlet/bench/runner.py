# SPDX-License-Identifier: Apache-2.0
"""Latency of PolicyRunner: one drone's state in, its command out."""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from policy_export.export import export_policy
from policy_export.runtime import PolicyRunner
from sim_core.environment import load_environment
from training.manifest_of import manifest_of
from training.networks import Actor
from training.settings import PPOSettings


def measure(quick: bool) -> dict[str, Any]:
    """`runner_latency_us`: `p50`, `p99`, for one drone and a 64-64 network."""
    settings = PPOSettings()
    environment = load_environment("track")
    actor = Actor(environment, settings.hidden, settings.initial_log_std)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policy.onnx"
        export_policy(actor, manifest_of(environment, settings, 0), path)
        session = PolicyRunner(path).start("lemniscate")
    state = np.zeros((1, 13), np.float32)
    state[0, 2], state[0, 6] = 1.0, 1.0
    calls = 500 if quick else 5000
    taken = np.empty(calls)
    for call in range(calls):
        began = time.perf_counter()
        session.command(state, 0.01 if call else 0.0)
        taken[call] = time.perf_counter() - began
    p50, p99 = np.percentile(taken[calls // 10 :], [50, 99]) * 1e6
    return {"runner_latency_us": {"p50": round(float(p50), 1), "p99": round(float(p99), 1)}}
