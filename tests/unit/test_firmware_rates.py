# SPDX-License-Identifier: Apache-2.0
"""The firmware's rate loop in arrays, which other simulators are flown through, and the core's."""

import numpy as np
import pytest

from benchmarks.firmware_rates import (
    FULL_COUNTS,
    RateLoop,
    collective_counts,
    gains_of,
    mix,
    rotor_speed,
    step_rate_loop,
)
from sim_core import _core
from sim_core.airframe import load_airframe

STEP_S = 0.002
TARGETS = [(2.0, 0.0, 0.0), (0.0, -3.0, 0.0), (0.0, 0.0, 2.5), (1.5, -1.0, 0.7), (20.0, 5.0, -10.0)]
P250 = (0.0, -3.6200226530383495e-7, 1.6060924304100328e-10)
"""crazyflow's thrust [N] of a rotor over rpm, for the 2.1+ propellers."""


@pytest.mark.parametrize("name", ["cf21_plus", "cf21_brushless"])
def test_step_responses_are_the_cores(name):
    airframe = load_airframe(name)
    values = airframe.parameters.copy()
    values[_core.PARAMETER_NAMES.index("rotor_dead_time_s")] = 0.0
    thrust_n, count = np.float64(airframe.hover_thrust_n), len(TARGETS)
    full_n, gains = airframe.rotors.thrust_max_n, airframe.rate_loop
    pid = gains_of(np, gains.roll_pitch, gains.yaw)
    body = np.zeros((count, 17))
    body[:, 2], body[:, 6], body[:, 13:] = 100.0, 1.0, thrust_n / 4.0
    loop = RateLoop(np.zeros((count, 3)), np.zeros((count, 3)))
    collective = np.full(count, collective_counts(thrust_n, full_n))
    expected = np.stack([_core.rate_step(values, thrust_n, target, 250) for target in TARGETS])
    for step in range(250):
        loop, torque = step_rate_loop(np, pid, loop, np.array(TARGETS), body[:, 10:13].copy())
        motors_n = mix(np, collective, torque) / FULL_COUNTS * full_n
        for drone in range(count):
            body[drone] = _core.integrate(values, body[drone], motors_n[drone], STEP_S, 1)
        np.testing.assert_allclose(body[:, 10:13], expected[:, step, :3], atol=1e-5)
        np.testing.assert_allclose(body[:, 13:], expected[:, step, 3:], atol=1e-6)


def test_a_rotor_at_the_speed_for_a_thrust_gives_it():
    thrust_n = np.linspace(0.0, 0.12, 25)
    c0, c1, c2 = P250
    speed = rotor_speed(np, thrust_n, P250)
    assert c0 + c1 * speed + c2 * speed**2 == pytest.approx(thrust_n, abs=1e-12)
    assert (np.diff(speed) > 0.0).all()  # the rising branch: more thrust, faster


def test_speed_for_the_thrust_that_carries_the_drone_by_hand():
    # A hover of 77.99 mN: (3.620e-7 + sqrt(1.310e-13 + 4 * 1.6061e-10 * 0.07799)) / 3.2122e-10.
    assert rotor_speed(np, 0.0318 * 9.81 / 4.0, P250) == pytest.approx(23192.0, abs=3.0)
