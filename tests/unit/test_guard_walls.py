# SPDX-License-Identifier: Apache-2.0
"""Whoever flies at a wall as hard as the drone can is stopped before it, in the core's physics."""

import math

import numpy as np
import pytest

from firmware_bridge.flight_guard import Stage
from firmware_bridge.orders import Attitude
from firmware_bridge.steering import lean
from martlet_nodes.guard_parameters import GuardParameters
from martlet_nodes.manoeuvre import Goal, Kind
from martlet_nodes.sim_backend import SimParameters, Simulation
from sim_core.airframe import load_airframe

BOX = GuardParameters(box_low_m=(-2.5, -2.5, -0.2), box_high_m=(2.5, 2.5, 2.5))


def hovering(airframe, delay_s):
    sim = Simulation(
        SimParameters(
            airframe=airframe, state_delay_s=delay_s, command_delay_s=delay_s, guard=BOX, seed=2
        )
    )
    sim.backend.arm(0, True, sim.stamp_s)
    for _ in range(20):
        sim.step()
    up = sim.backend.begin(0, Goal(Kind.TAKEOFF, (0, 0, 1.2), 0.0, 0.0), sim.stamp_s)
    while up.outcome is None:
        sim.step()
    return sim


def at_the_wall(sim, airframe, tilt_deg, share):
    """Stream a lean with a share of the full thrust, or in level flight, until the guard has it."""
    drone = load_airframe(airframe)
    turn = math.radians(tilt_deg)
    order = Attitude(-0.3 * turn, 0.95 * turn, 0.0, thrust_n=1.0)
    while sim.backend.status(0).stage is Stage.NOMINAL:
        state = sim.backend.telemetry.states[0]
        upright = max(1.0 - 2.0 * float(state[3] ** 2 + state[4] ** 2), 0.2)
        climb = 0.6 * (1.2 - float(state[2])) - 0.45 * float(state[9])
        level = drone.hover_thrust_n * (1.0 + climb) / upright
        thrust = level if share is None else share * drone.max_thrust_n
        thrust = min(max(thrust, 0.0), drone.max_thrust_n)
        rates = np.clip(lean(order, thrust, state[3:7]).w_B, (-10, -10, -5), (10, 10, 5))
        sim.backend.stream(0, (thrust, *rates.tolist()), sim.stamp_s, sim.stamp_s)
        sim.step()
        assert sim.stamp_s < 20.0


@pytest.mark.parametrize("delay_s", [0.010, 0.040])
@pytest.mark.parametrize(
    ("tilt_deg", "share"), [(20, None), (40, None), (60, None), (45, 1.0), (0, 1.0), (0, 0.0)]
)
def test_a_drone_flown_at_a_wall_stops_before_it(tilt_deg, share, delay_s):
    airframe = "cf21_brushless"  # the stronger one
    sim = hovering(airframe, delay_s)
    at_the_wall(sim, airframe, tilt_deg, share)
    assert sim.backend.status(0).reason.startswith("wall ahead: ")
    sim.backend.release(0, sim.stamp_s)
    places = []
    for _ in range(250):
        sim.step()
        places.append(sim.truth[0, :3].copy())
    beyond = np.maximum(np.array(places) - BOX.box_high_m, np.array(BOX.box_low_m) - places)
    assert beyond.max() <= 0.0
    assert np.array(places)[:, 2].min() > 0.1  # and does not fall on the floor
