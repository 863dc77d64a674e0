# SPDX-License-Identifier: Apache-2.0
"""No drone that training draws has a rate loop that oscillates: the real one does not.

SIM2REAL's line: one second after a step of 2 rad/s, at most 0.1 rad/s peak to peak are left.
"""

import itertools

import numpy as np
import pytest

from sim_core import _core
from sim_core.environment import load_environment

ENVIRONMENT = load_environment("track")
BOX = ENVIRONMENT.parameter_box()
LOW_N, HIGH_N = (float(limit[0]) for limit in ENVIRONMENT.command_limits())
HOVER_N = ENVIRONMENT.load_airframe().hover_thrust_n
STEERABLE_N = 0.39  # 1.37 weights: all that an empty battery lifts and still steers with
SECOND = 500  # steps of 2 ms


def corners(axis):
    """Every choice of bounds that the loop about an axis feels."""
    names = [f"motor_gain_{i}" for i in range(1, 5)]
    names += ["thrust_gain", f"inertia_{axis}_kg_m2", f"trim_torque_{axis}_n_m"]
    names += ["rotor_lag_up_s", "rotor_lag_down_s", "rotor_dead_time_s"]
    # A thrust with a lever turns about the other axis; a rotor's own acceleration turns about z.
    levers = {"x": "center_of_mass_y_m", "y": "center_of_mass_x_m", "z": "rotor_inertia_kg_m2"}
    names.append(levers[axis])
    for bounds in itertools.product((0.0, 1.0), repeat=len(names)):
        yield dict(zip(names, bounds, strict=True))


def rates(corner, thrust_n, axis, steps):
    target = np.zeros(3)
    target["xyz".index(axis)] = 2.0
    return _core.rate_step(BOX.corner(**corner), thrust_n, target, steps)[:, :3]


@pytest.mark.parametrize("axis", "xyz")
@pytest.mark.parametrize("thrust_n", [LOW_N, HOVER_N, STEERABLE_N], ids=["low", "hover", "high"])
def test_rate_loop_is_steady_after_a_second_at_every_corner(axis, thrust_n):
    for corner in corners(axis):
        corner["battery_charge"] = 0.0
        left = np.ptp(rates(corner, thrust_n, axis, SECOND + 300)[SECOND:], axis=0).max()
        assert left < 0.1, f"{left:.3f} rad/s about {axis} at {corner}"


@pytest.mark.parametrize("axis", "xyz")
def test_rates_creep_but_do_not_swing_where_the_battery_takes_the_torque(axis):
    # At full thrust a weak battery leaves the mixer little to steer with, and a rate comes to its
    # target over seconds. What goes beyond the way from begin to end of a stretch is swing.
    for corner in corners(axis):
        corner["battery_charge"] = 0.0
        stretch = rates(corner, HIGH_N, axis, 5 * SECOND)[4 * SECOND :]
        travelled = np.abs(np.diff(stretch, axis=0)).sum(axis=0)
        swing = float((travelled - np.abs(stretch[-1] - stretch[0])).max())
        assert swing < 0.1, f"{swing:.3f} rad/s about {axis} at {corner}"


def test_the_corners_are_those_of_the_box():
    corner = BOX.corner(rotor_dead_time_s=1.0, inertia_x_kg_m2=0.0, motor_gain_3=1.0)
    drone = dict(zip(_core.PARAMETER_NAMES, corner.tolist(), strict=True))
    assert drone["rotor_dead_time_s"] == pytest.approx(0.008)
    assert drone["inertia_x_kg_m2"] == pytest.approx(0.85 * 1.66e-5)
    assert drone["motor_gain_3"] == pytest.approx(1.05)
    assert drone["thrust_gain"] == pytest.approx(1.0)  # the middle


def test_an_oscillating_loop_would_be_seen():
    drone = BOX.corner(rotor_dead_time_s=1.0, inertia_x_kg_m2=0.0)
    drone[_core.PARAMETER_NAMES.index("rate_pitch_roll_kd")] = 0.0
    after = _core.rate_step(drone, HOVER_N, [2.0, 0.0, 0.0], SECOND + 300)[SECOND:, 0]
    assert np.ptp(after) > 1.0
