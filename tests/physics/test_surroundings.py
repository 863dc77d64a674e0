# SPDX-License-Identifier: Apache-2.0
"""What acts on a drone beside its rotors' steady thrust: sign and size by hand, nothing at zero."""

import numpy as np
import pytest
from paper_drone import (
    HOVER_N,
    INERTIA,
    MASS_KG,
    STEP_S,
    W,
    accelerations,
    body,
    coast,
    hover_path,
    parameters,
    parameters32,
    settings,
)

from sim_core import _core

SPIN = {"rotor_inertia_kg_m2": 4e-8, "rotor_thrust_n_per_rad2_s2": 1e-8}
GROUND = {"rotor_radius_m": 0.02, "ground_effect": 4.0}


def spun(motor, target_n, **changes):
    """Body rates after 2 ms in which one rotor of four at 0.1 N is sent to another thrust."""
    target = np.full(4, 0.1)
    target[motor] = target_n
    drone = parameters(**changes)
    return _core.integrate(drone, body(thrust_n=[0.1] * 4), target, STEP_S, 1)[W]


@pytest.mark.parametrize(("motor", "sign"), [(0, -1), (1, 1), (2, -1), (3, 1)])
def test_a_rotor_that_speeds_up_turns_the_body_the_other_way_at_once(motor, sign):
    # 0.1 N at 1e-8 N s^2 is 3162.3 rad/s. In 2 ms of a lag of 40 ms the thrust closes 0.0487706 of
    # the way to 0.14 N: dT = 1.9508 mN, dW = dT / (2 sqrt(k T)) = 30.845 rad/s. Four times 1e-8 of
    # inertia takes 1.2338e-6 N m s, over 5e-5 kg m^2 0.024676 rad/s.
    with_spin, without = spun(motor, 0.14, **SPIN), spun(motor, 0.14)
    assert with_spin[2] - without[2] == pytest.approx(sign * 0.024676, rel=1e-3)
    assert with_spin[:2] == pytest.approx(without[:2], abs=1e-6)
    # Drag on the blades has changed by dT/2 in the mean: 0.005 m of it over 2 ms, 50 times less.
    assert abs(without[2]) < 0.02 * abs(with_spin[2]) + 2e-4


def test_steady_rotors_and_rotors_without_inertia_take_no_torque():
    assert spun(0, 0.1, **SPIN) == pytest.approx([0, 0, 0], abs=1e-12)
    half = {"rotor_inertia_kg_m2": 4e-8}  # no thrust coefficient: no speed
    np.testing.assert_array_equal(spun(0, 0.14, **half), spun(0, 0.14))


@pytest.mark.parametrize(
    ("offset", "turn"),
    [
        # 0.4 N at 1 mm is 0.4 mN m; over 4e-5 and 2e-5 kg m^2 that is 10 and 20 rad/s^2.
        ({"center_of_mass_x_m": 1e-3}, (0.0, 10.0, 0.0)),  # mass ahead: nose down
        ({"center_of_mass_y_m": 1e-3}, (-20.0, 0.0, 0.0)),  # mass to the left: left side down
    ],
)
def test_an_offset_mass_gives_the_thrust_a_lever(offset, turn):
    linear, angular = accelerations(body(thrust_n=[0.1] * 4), **offset)
    assert angular == pytest.approx(turn, rel=1e-6, abs=1e-9)
    assert linear == pytest.approx([0.0, 0.0, 0.4 / MASS_KG - 9.81], abs=1e-5)


@pytest.mark.parametrize(
    ("height", "gain"),
    [
        # Rotors stand 25 mm above the feet. c (R / 4 z)^2 = 4 (0.02 / 0.4)^2 = 0.01 with them at
        # 0.1 m; at 0.05 m 0.04; on the floor 0.16; bounded by 0.3.
        (0.075, 1.0 / 0.99),
        (0.025, 1.0 / 0.96),
        (0.0, 1.0 / 0.84),
        (-0.5, 1.0 / 0.7),
        (10.0, 1.000001),
    ],
)
def test_the_floor_adds_to_the_thrust(height, gain):
    linear, angular = accelerations(body(p=(0, 0, height), thrust_n=[0.1] * 4), **GROUND)
    assert (linear[2] + 9.81) * MASS_KG / 0.4 == pytest.approx(gain, rel=1e-6)
    assert angular == pytest.approx([0, 0, 0], abs=1e-9)


def test_no_floor_is_felt_without_the_factor():
    linear, _ = accelerations(body(p=(0, 0, 0.01), thrust_n=[0.1] * 4), rotor_radius_m=0.02)
    assert linear[2] + 9.81 == pytest.approx(10.0, abs=1e-6)


# --- wind -----------------------------------------------------------------------------------------


def test_wind_pushes_through_the_drag():
    # 0.02 N s/m against 2 m/s of air from behind: 0.04 N ahead, 1 m/s^2 on 40 g.
    drag = {"drag_across_n_s_m": 0.02, "drag_along_n_s_m": 0.02}
    linear, _ = accelerations(body(), wind_x_m_s=2.0, **drag)
    assert linear == pytest.approx([1.0, 0.0, -9.81], abs=1e-4)
    linear, _ = accelerations(body(v=(2.0, 0, 0)), wind_x_m_s=2.0, **drag)  # it goes with the air
    assert linear == pytest.approx([0.0, 0.0, -9.81], abs=1e-4)
    linear, _ = accelerations(body(), wind_x_m_s=2.0)  # no drag, no push
    assert linear == pytest.approx([0.0, 0.0, -9.81], abs=1e-4)


def pushed(drones, steps, gust_m_s, time_s):
    """Accelerations over control steps by gusts alone, along y: (steps, drones)."""
    drag = {"drag_across_n_s_m": 0.02, "drag_along_n_s_m": 0.02}
    drone = parameters32(gust_m_s=gust_m_s, gust_time_s=time_s, **drag)
    sim = _core.VecSim(drones, settings(drone), [hover_path()])
    sim.start(3)
    speeds = [sim.truth[:, 8].copy()]
    for _ in range(steps):
        sim.fly(np.tile(np.float32([HOVER_N, 0, 0, 0]), (drones, 1)))
        speeds.append(sim.truth[:, 8].copy())
    v = np.array(speeds, float)
    # m dv/dt = c (g - v): what the air did in each step.
    return (np.diff(v, axis=0) / 0.01 * MASS_KG / 0.02) + v[:-1]


def test_gusts_have_the_set_size_and_correlation_time():
    found = pushed(8000, 21, 0.5, 0.2)
    assert found[0].std() == pytest.approx(0.5, rel=0.05)  # from the first step on
    assert found[20].std() == pytest.approx(0.5, rel=0.05)
    assert abs(found[20].mean()) < 0.03
    # exp(-0.2 / 0.2) over 20 steps.
    assert np.corrcoef(found[0], found[20])[0, 1] == pytest.approx(np.exp(-1.0), abs=0.05)


def test_no_gust_no_push():
    assert np.abs(pushed(8, 5, 0.0, 0.2)).max() == 0.0


# --- wake -----------------------------------------------------------------------------------------


def test_downwash_presses_the_lower_drone_down_by_what_was_measured():
    # 12.05 / (0.5 + 0.828)^2 = 6.833 g straight above at 0.5 m.
    straight = _core.downwash_n([0.0, 0.0, -0.5])
    assert straight == pytest.approx(-6.833 * 9.81e-3, rel=1e-3)
    # Its width there is 0.029 + 0.039 = 0.068 m: one of it aside leaves exp(-1/2).
    assert _core.downwash_n([0.068, 0.0, -0.5]) / straight == pytest.approx(0.6065, rel=1e-3)
    assert _core.downwash_n([0.0, -0.068, -0.5]) / straight == pytest.approx(0.6065, rel=1e-3)
    assert 0.0 > _core.downwash_n([0.15, 0.0, -0.3]) > -0.2 * 9.81e-3  # hardly any, 15 cm aside


@pytest.mark.parametrize("below", [(0, 0, 0.3), (0, 0, 0.0), (0.05, 0, 0.01)])
def test_nothing_acts_on_the_upper_drone(below):
    assert _core.downwash_n(below) == 0.0


@pytest.mark.parametrize("share", [0.0, 1.0, 0.5])
def test_of_two_drones_the_lower_one_sinks(share):
    drones = np.tile(parameters32(downwash=share), (2, 1))
    sim = _core.FirmwareSim(drones, _core.EstimateNoise(), 1)
    for number, height in enumerate((5.5, 5.0)):
        sim.place(number, [0.0, 0.0, height])
        sim.set_rate_thrust(number, HOVER_N, [0.0, 0.0, 0.0])
    before = sim.truth[:, 9].copy()
    sim.step(500)  # rotors come up first
    sim.place(0, [0.0, 0.0, 5.5])
    sim.place(1, [0.0, 0.0, 5.0])
    for number in (0, 1):
        sim.set_rate_thrust(number, HOVER_N, [0.0, 0.0, 0.0])
    before = sim.truth[:, 9].copy()
    sim.step(5)
    gained = sim.truth[:, 9] - before
    # 6.833 gf on 40 g for 10 ms: 16.8 mm/s faster down than the other.
    assert gained[1] - gained[0] == pytest.approx(-share * 0.01676, abs=2e-4)


# --- inertia of the whole -------------------------------------------------------------------------


def test_what_is_zero_does_not_act():
    state = body(p=(0, 0, 0.02), v=(1, 2, 3), w=(1, 2, 3), thrust_n=[0.05, 0.06, 0.07, 0.08])
    assert INERTIA[0] > 0
    off = {"rotor_radius_m": 0.02, "rotor_thrust_n_per_rad2_s2": 1e-8, "gust_time_s": 1.0}
    np.testing.assert_array_equal(coast(state, 0.01), coast(state, 0.01, **off))
