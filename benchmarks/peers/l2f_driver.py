# SPDX-License-Identifier: Apache-2.0
"""Drives l2f: motor commands about hover, from initial states that it draws itself."""

import l2f
import numpy as np
from session import Work, serve

NUM_ENVS = 1024
EPISODE_STEPS = 500  # l2f's own EPISODE_STEP_LIMIT

vector = l2f.vector_selector[NUM_ENVS]


class Drones:
    """The objects that l2f's functions take, and the arrays that they fill."""

    def __init__(self) -> None:
        self.device, self.env = l2f.Device(), vector.VectorEnvironment()
        self.rng, self.params = vector.VectorRng(), vector.VectorParameters()
        self.state, self.next_state = vector.VectorState(), vector.VectorState()
        vector.initialize_rng(self.device, self.rng, 0)
        vector.initialize_environment(self.device, self.env)
        vector.sample_initial_parameters(self.device, self.env, self.params, self.rng)
        self.observation = np.zeros((NUM_ENVS, self.env.OBSERVATION_DIM), np.float32)
        self.rewards = np.zeros(NUM_ENVS, np.float32)
        self.terminated = np.zeros(NUM_ENVS, bool)
        noise = np.random.default_rng(0).normal(size=(8, NUM_ENVS, 4)) * 0.1
        self.actions = noise.astype(np.float32)
        self.tick = 0

    def step(self) -> np.ndarray:
        """Move all drones by one control step; all begin anew when an episode is over."""
        if self.tick % EPISODE_STEPS == 0:
            vector.sample_initial_state(self.device, self.env, self.params, self.state, self.rng)
        actions = self.actions[self.tick % len(self.actions)]
        vector.step(
            self.device, self.env, self.params, self.state, actions, self.next_state, self.rng
        )
        self.state, self.next_state = self.next_state, self.state
        self.tick += 1
        return actions

    def observe(self) -> None:
        """Fill the observations."""
        vector.observe(self.device, self.env, self.params, self.state, self.observation, self.rng)

    def judge(self, actions: np.ndarray) -> None:
        """Fill rewards and ends; drones whose episode ended begin anew."""
        vector.reward(self.device, self.env, self.params, self.next_state, actions, self.state,
                      self.rewards, self.rng)  # fmt: skip
        vector.terminated(self.device, self.env, self.params, self.state, self.terminated, self.rng)
        vector.sample_initial_state_if_truncated(
            self.device, self.env, self.params, self.state, self.terminated, self.rng
        )


def main() -> None:
    """Serve."""
    works = {"environment": environment(), "observed": observed(), "physics": physics()}
    serve(works, num_envs=NUM_ENVS)


def environment() -> Work:
    """Physics, reward, end and reset, observation."""
    drones = Drones()

    def work() -> int:
        drones.judge(drones.step())
        drones.observe()
        return NUM_ENVS

    return work


def observed() -> Work:
    """Physics and observation."""
    drones = Drones()

    def work() -> int:
        drones.step()
        drones.observe()
        return NUM_ENVS

    return work


def physics() -> Work:
    """Physics alone."""
    drones = Drones()

    def work() -> int:
        drones.step()
        return NUM_ENVS

    return work


if __name__ == "__main__":
    main()
