# SPDX-License-Identifier: Apache-2.0
"""Drives hyperdrone's dynamics: motor commands about hover, the nominal Crazyflie."""

import numpy as np
from hyperdrone import dynamics
from session import Work, serve

NUM_ENVS = 1024
EPISODE_STEPS = 500  # as l2f's episodes; it has no end of its own

MODEL = {"dynamics": {"dynamics": {"model": "crazyflie"}}}


def main() -> None:
    """Serve; one simulator for both works, since each is compiled for its number of drones."""
    sim = dynamics.Sim(NUM_ENVS, parameters=MODEL, seed=0)
    noise = np.random.default_rng(0).normal(size=(8, NUM_ENVS, 4)) * 0.1
    actions = noise.astype(np.float32)
    tick = 0

    def physics() -> int:
        nonlocal tick
        if tick % EPISODE_STEPS == 0:
            sim.reset(sample_states=True)
        sim.step(actions[tick % len(actions)])
        tick += 1
        return NUM_ENVS

    def observed() -> int:
        steps = physics()
        sim.observe()
        return steps

    works: dict[str, Work] = {"observed": observed, "physics": physics}
    serve(works, num_envs=NUM_ENVS, dt=sim.dt, observation=sim.observation_dim)


if __name__ == "__main__":
    main()
