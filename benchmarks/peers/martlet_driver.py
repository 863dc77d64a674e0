# SPDX-License-Identifier: Apache-2.0
"""Drives our own core, as `martlet bench` does: random commands about hover."""

from collections.abc import Callable

from session import Work, serve

from martlet.bench.core import NUM_ENVS, bare, commanded
from sim_core.environment import Environment, load_environment
from sim_core.vec_env import VecEnv


def main() -> None:
    """Serve, on one thread."""
    track = load_environment("track")
    works = {
        "environment": _work(track, lambda env: env.core.step),
        "environment_bare": _work(bare(track), lambda env: env.core.step),
        "physics": _work(track, lambda env: env.core.fly),
        "physics_bare": _work(bare(track), lambda env: env.core.fly),
    }
    serve(works, num_envs=NUM_ENVS)


def _work(environment: Environment, call: Callable[[VecEnv], Callable]) -> Work:
    env, commands = commanded(environment, threads=1)
    step, tick = call(env), 0

    def work() -> int:
        nonlocal tick
        step(commands[tick % len(commands)])
        tick += 1
        return NUM_ENVS

    return work


if __name__ == "__main__":
    main()
