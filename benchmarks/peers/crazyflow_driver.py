# SPDX-License-Identifier: Apache-2.0
"""Drives crazyflow: its simulator alone by body rates and by rotor speeds, and an environment."""

import jax
import numpy as np
from crazyflow.control import Control
from crazyflow.dynamics import Dynamics
from crazyflow.envs.reach_vel_env import ReachVelEnv
from crazyflow.sim import Sim
from session import Work, serve

NUM_ENVS = 1024
SUBSTEPS = 5  # 2 ms each; a command holds for 10 ms
EPISODE_STEPS = 500  # as l2f's episodes
CALLS = 10  # control steps between two waits for JAX, which runs ahead

HOVER_N, HOVER_RPM = 0.42, 15_000.0  # about, of the brushless 2.1; the work is the same anywhere


def main() -> None:
    """Serve."""
    rates = [[0.5, 0.5, 0.3, 0.02]], [[0.0, 0.0, 0.0, HOVER_N]]
    rotors = [[500.0] * 4], [[HOVER_RPM] * 4]
    works = {
        "environment": environment(),
        "physics_rates": physics(Control.body_rate, "body_rate_control", *rates),
        "physics": physics(Control.rotor_vel, "rotor_vel_control", *rotors),
    }
    serve(works, num_envs=NUM_ENVS)


def physics(control: Control, setter: str, scale: list, mean: list) -> Work:
    """First principles, explicit Euler at 500 Hz; no observation, reward or end."""
    sim = Sim(n_worlds=NUM_ENVS, control=control, dynamics=Dynamics.first_principles)
    actions = _about(scale, mean)
    tick = 0

    def work() -> int:
        nonlocal tick
        if tick % EPISODE_STEPS == 0:
            sim.reset()
        for _ in range(CALLS):
            getattr(sim, setter)(actions[tick % len(actions)])
            sim.step(SUBSTEPS)
            tick += 1
        jax.block_until_ready(sim.data.states.pos)
        return CALLS * NUM_ENVS

    return work


def environment() -> Work:
    """Its velocity task with the same physics: attitude commands, observation, reward, reset."""
    env = ReachVelEnv(num_envs=NUM_ENVS, dynamics=Dynamics.first_principles, freq=100)
    env.reset(seed=0)
    actions = _about([0.1, 0.1, 0.1, 0.02], [0.0, 0.0, 0.0, HOVER_N])
    tick = 0

    def work() -> int:
        nonlocal tick
        for _ in range(CALLS):
            observation, reward, *_ = env.step(actions[tick % len(actions)])
            tick += 1
        jax.block_until_ready((observation, reward))
        return CALLS * NUM_ENVS

    return work


def _about(scale: list, mean: list) -> list[jax.Array]:
    shape = (8, NUM_ENVS, *np.shape(scale))
    noise = np.random.default_rng(0).normal(size=shape) * scale + mean
    return [jax.numpy.asarray(action, jax.numpy.float32) for action in noise]


if __name__ == "__main__":
    main()
