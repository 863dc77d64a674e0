# SPDX-License-Identifier: Apache-2.0
"""Drives rotorpy's batched multirotor: rotor speeds about hover, both of its integrators."""

import torch
from rotorpy.vehicles.crazyflie_params import quad_params
from rotorpy.vehicles.multirotor import BatchedMultirotor, BatchedMultirotorParams
from session import Work, serve

NUM_ENVS = 1024
STEP_S = 0.01
EPISODE_STEPS = 500  # as l2f's episodes
HOVER_RAD_S = 1788.53  # rotorpy's own benchmark of this drone

CPU = torch.device("cpu")


def main() -> None:
    """Serve."""
    torch.set_num_threads(1)  # two processes are faster than its threads
    torch.manual_seed(0)
    works = {"physics": physics("dopri5"), "physics_fixed": physics("rk4")}
    serve(works, num_envs=NUM_ENVS)


def physics(integrator: str) -> Work:
    """Rotors, drag, flapping and rigid body in 64 bits; no observation, reward or end."""
    params = BatchedMultirotorParams([dict(quad_params) for _ in range(NUM_ENVS)], NUM_ENVS, CPU)
    vehicle = BatchedMultirotor(params, NUM_ENVS, at_rest(), CPU, integrator=integrator)
    noise = torch.randn(8, NUM_ENVS, 4, dtype=torch.double)
    speeds = HOVER_RAD_S + 50.0 * noise
    tick, state = 0, at_rest()

    def work() -> int:
        nonlocal tick, state
        if tick % EPISODE_STEPS == 0:
            state = at_rest()
        control = {"cmd_motor_speeds": speeds[tick % len(speeds)]}
        state = vehicle.step(state, control, STEP_S)
        tick += 1
        return NUM_ENVS

    return work


def at_rest() -> dict[str, torch.Tensor]:
    """Every drone hovering at the origin."""

    def rows(*values: float) -> torch.Tensor:
        return torch.tensor(values, dtype=torch.double).repeat(NUM_ENVS, 1)

    nothing = (0.0, 0.0, 0.0)
    return {
        "x": rows(*nothing),
        "v": rows(*nothing),
        "q": rows(0.0, 0.0, 0.0, 1.0),
        "w": rows(*nothing),
        "wind": rows(*nothing),
        "rotor_speeds": rows(*[HOVER_RAD_S] * 4),
    }


if __name__ == "__main__":
    main()
