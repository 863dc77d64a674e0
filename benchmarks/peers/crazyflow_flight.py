# SPDX-License-Identifier: Apache-2.0
"""Flies crazyflow's drones for transfer.py: the firmware's rate loop onto crazyflow's rotors.

Rigid body, drag, rotor lag, gyroscopics, thrust and torque curves, limits, floor and integrator are
crazyflow's own, untouched. Started with the number of a socket, it takes a JSON message (`drone`,
`count`, `roll_pitch`, `yaw`, `motor_max_n`), answers with what the drone is, and from then on with
states (N, 13), for states to begin at or commands (N, 4) to fly 10 ms by; all float32.
"""

import json
import sys
from multiprocessing.connection import Connection
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from crazyflow.control import Control
from crazyflow.drones import Drone
from crazyflow.dynamics import Dynamics, load_params
from crazyflow.sim import Sim
from firmware_rates import (
    FULL_COUNTS,
    RateLoop,
    collective_counts,
    gains_of,
    mix,
    rotor_speed,
    step_rate_loop,
)

SUBSTEPS = 5  # of 2 ms


def main() -> None:
    """Serve until the other end closes."""
    pipe = Connection(int(sys.argv[1]))
    flight = Flight(**json.loads(pipe.recv_bytes()))
    pipe.send_bytes(json.dumps(flight.facts()).encode())
    while True:
        try:
            message = np.frombuffer(pipe.recv_bytes(), np.float32)
        except EOFError:
            return
        rows = message.reshape(flight.count, -1)
        (flight.place if rows.shape[1] == 13 else flight.fly)(rows)
        pipe.send_bytes(flight.states())


class Flight:
    """Drones of one kind, a world each."""

    def __init__(
        self, drone: str, count: int, roll_pitch: list[float], yaw: list[float], motor_max_n: float
    ) -> None:
        self.count = count
        self._sim = Sim(
            n_worlds=count,
            drone=Drone(drone),
            control=Control.rotor_vel,
            dynamics=Dynamics.first_principles,
        )
        self._params = load_params(Dynamics.first_principles, Drone(drone))
        self._curve = tuple(float(c) for c in np.ravel(self._params["rpm2thrust"]))
        self._start, self._data, self._loop = self._sim.data, self._sim.data, None
        gains = gains_of(jnp, roll_pitch, yaw)
        step_sim, curve, full_n = self._sim._step, self._curve, float(self._params["thrust_max"])

        @jax.jit
        def fly(data: Any, loop: RateLoop, command: jax.Array) -> tuple[Any, RateLoop]:
            collective = collective_counts(command[:, 0], motor_max_n)

            def substep(carry: tuple[Any, RateLoop], _: None) -> tuple[tuple[Any, RateLoop], None]:
                data, loop = carry
                w_B = data.states.ang_vel[:, 0]
                loop, torque = step_rate_loop(jnp, gains, loop, command[:, 1:], w_B)
                thrust_n = mix(jnp, collective, torque) / FULL_COUNTS * full_n
                speed = rotor_speed(jnp, thrust_n, curve)[:, None]
                data = data.replace(controls=data.controls.replace(rotor_vel=speed))
                return (step_sim(data, n_steps=1), loop), None

            (data, loop), _ = jax.lax.scan(substep, (data, loop), length=SUBSTEPS)
            return data, loop

        self._fly = fly

    def facts(self) -> dict[str, Any]:
        """What transfer.py tells of the drone, and needs for its own bookkeeping."""
        p, hover = self._params, self._hover_speed()
        up_1, up_2, down_1, down_2 = np.ravel(p["rotor_dyn_coef"]).tolist()
        return {
            "mass_kg": float(np.ravel(p["mass"])[0]),
            # Of small changes about hover: d/ds of c1 (target - s) + c2 (target² - s²).
            "rotor_lag_up_s": 1.0 / (up_1 + 2.0 * up_2 * hover),
            "rotor_lag_down_s": 1.0 / (down_1 + 2.0 * down_2 * hover),
            "rotor_inertia_kg_m2": float(np.ravel(p["prop_inertia"])[0]),
            "inertia_kg_m2": np.diag(p["J"]).tolist(),
            "motor_max_n": float(p["thrust_max"]),
            "motor_min_n": float(p["thrust_min"]),
            "drag_n_s_m": (-np.diag(p["drag_matrix"])).tolist(),
        }

    def place(self, rows: np.ndarray) -> None:
        """Begin at states, with rotors at the speed that carries the drone."""
        p, q, v, w = np.split(rows, [3, 7, 10], axis=1)
        speed = np.full((self.count, 1, 4), self._hover_speed(), np.float32)
        states = self._start.states.replace(
            pos=jnp.asarray(p[:, None]), quat=jnp.asarray(q[:, None]), vel=jnp.asarray(v[:, None]),
            ang_vel=jnp.asarray(w[:, None]), rotor_vel=jnp.asarray(speed),
        )  # fmt: skip
        self._data = self._start.replace(states=states)
        self._loop = RateLoop(jnp.zeros((self.count, 3)), jnp.asarray(w))

    def _hover_speed(self) -> float:
        weight_n = -self._params["gravity_vec"][2] * float(np.ravel(self._params["mass"])[0])
        return float(rotor_speed(np, weight_n / 4.0, self._curve))

    def fly(self, command: np.ndarray) -> None:
        """10 ms under a command [N, rad/s]."""
        self._data, self._loop = self._fly(self._data, self._loop, jnp.asarray(command))

    def states(self) -> bytes:
        """p_WB q_WB v_WB w_WB_B."""
        s = self._data.states
        rows = np.concatenate([s.pos, s.quat, s.vel, s.ang_vel], axis=2, dtype=np.float32)
        return np.ascontiguousarray(rows[:, 0]).tobytes()


if __name__ == "__main__":
    main()
