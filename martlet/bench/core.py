# SPDX-License-Identifier: Apache-2.0
"""Environment steps a second of the core, with everything on."""

import os
import time
from typing import Any

import numpy as np

from sim_core import _core
from sim_core.vec_env import VecEnv

NUM_ENVS = 1024
REPEATS = 5


def measure(quick: bool) -> dict[str, Any]:
    """`core_env_steps_per_s` by threads, and what was on in each step.

    Random commands about hover, as the field measures: every drone flies off or tumbles within a
    second or two, so resets are dearer than in training.
    """
    counts = sorted({1, 2, os.cpu_count() or 1} & set(range(1, (os.cpu_count() or 1) + 1)))
    env = VecEnv(NUM_ENVS, threads=1)
    switches = {
        "substeps": _core.SUBSTEPS,
        "substep_s": _core.PHYSICS_STEP_S,
        "num_envs": NUM_ENVS,
        "isa": env.core.isa,
        "rate_loop": True,
        "link_delay": True,
        "rotor_dead_time": True,
        "battery": True,
        "estimate_noise": True,
        "randomization": True,
        "observation": _core.OBSERVATION_SIZE,
        "privileged_observation": _core.PRIVILEGED_SIZE,
        "reward_terms": len(_core.REWARD_TERMS),
        "reset": True,
    }
    return {
        "core_env_steps_per_s": {str(n): _speed(n, 100 if quick else 2000) for n in counts},
        "core_switches": switches,
    }


def _speed(threads: int, steps: int) -> int:
    """Best of a few runs: what disturbs a run only makes it slower."""
    env = VecEnv(NUM_ENVS, threads=threads)
    env.reset(seed=0, options={"staggered": True})
    rng = np.random.default_rng(0)
    hover = env.settings.load_airframe().hover_thrust_n
    noise = rng.normal(size=(8, NUM_ENVS, 4)) * [0.05, 1.0, 1.0, 0.5]
    commands = (np.array([hover, 0.0, 0.0, 0.0]) + noise).astype(np.float32)
    best = 0.0
    for _ in range(REPEATS):
        began = time.perf_counter()
        for step in range(steps):
            env.core.step(commands[step % len(commands)])
        best = max(best, steps * NUM_ENVS / (time.perf_counter() - began))
    return round(best)
