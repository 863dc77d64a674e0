# SPDX-License-Identifier: Apache-2.0
"""The link's delay, exact to the physics step of 2 ms, and one control step as a whole."""

import numpy as np
import pytest
from paper_drone import (
    HOVER_N,
    MASS_KG,
    STEP_S,
    body,
    hover_path,
    parameters,
    parameters32,
    settings,
)
from paper_firmware import Firmware

from sim_core import _core

KICK_N = 0.1


@pytest.mark.parametrize("delay_steps", range(21))
def test_a_command_takes_effect_after_the_delay_to_the_step(delay_steps):
    # Rotors that follow at once: from a hover the drone speeds up by KICK / m * 2 ms a step, by
    # half of that in the step in which the thrust rises.
    drone = parameters32(
        link_delay_s=delay_steps * STEP_S, rotor_lag_up_s=1e-4, rotor_lag_down_s=1e-4
    )
    sim = _core.VecSim(1, settings(drone), [hover_path()])
    sim.start(0)
    for control_step in range(1, 6):
        sim.fly(np.float32([[HOVER_N + KICK_N, 0.0, 0.0, 0.0]]))
        acted = max(5 * control_step - delay_steps, 0)
        speed = KICK_N / MASS_KG * STEP_S * max(acted - 0.5, 0.0)
        assert sim.truth[0, 9] == pytest.approx(speed, abs=2e-6)


def test_commands_arrive_in_order_and_each_for_one_control_step():
    drone = parameters32(link_delay_s=0.014, rotor_lag_up_s=1e-4, rotor_lag_down_s=1e-4)
    sim = _core.VecSim(1, settings(drone), [hover_path()])
    sim.start(0)
    sent = [0.1, -0.1, 0.2, 0.0, -0.3, 0.0, 0.0, 0.0]
    speeds = []
    for extra in sent:
        sim.fly(np.float32([[HOVER_N + extra, 0.0, 0.0, 0.0]]))
        speeds.append(float(sim.truth[0, 9]))
    # What acts in each step of 2 ms, seven steps late; each thrust is the mean of begin and end.
    acting = np.concatenate([np.zeros(7), np.repeat(sent, 5)])
    mean = (acting + np.concatenate([[0.0], acting[:-1]])) / 2.0
    expected = np.cumsum(mean)[4:40:5] * STEP_S / MASS_KG
    assert speeds == pytest.approx(expected, abs=5e-6)


@pytest.mark.parametrize("isa", _core.instruction_sets())
def test_a_flight_against_a_second_writing_of_it(isa):
    # Link, rate loop, mixer, dead time, lag and body in float64, from their description.
    changes = {
        "link_delay_s": 0.012,
        "rotor_dead_time_s": 0.006,
        "motor_gain_1": 0.97,
        "trim_torque_z_n_m": 1e-4,
        "drag_across_n_s_m": 0.02,
        "drag_along_n_s_m": 0.04,
    }
    values = parameters(**changes)
    rng = np.random.default_rng(3)
    commands = rng.uniform([0.3, -3, -3, -2], [0.5, 3, 3, 2], (60, 4)).astype(np.float32)
    commands[:, 1:] = np.repeat(commands[::10, 1:], 10, axis=0)
    sim = _core.VecSim(3, settings(values.astype(np.float32)), [hover_path()], isa=isa)
    sim.start(0)
    gains = [values[_core.PARAMETER_NAMES.index(f"motor_gain_{i}")] for i in range(1, 5)]
    firmware = Firmware(values, body(p=[0, 0, 1], thrust_n=HOVER_N / 4 * np.array(gains)))
    hover = np.float32([HOVER_N, 0.0, 0.0, 0.0])
    acting = np.concatenate([np.tile(hover, (6, 1)), np.repeat(commands, 5, axis=0)])
    for tick, command in enumerate(commands):
        sim.fly(np.tile(command, (3, 1)))
        for thrust_n, *rates in acting[5 * tick : 5 * tick + 5]:
            firmware.step(thrust_n, np.array(rates))
        expected = firmware.state[:13]
        for row in sim.truth:
            assert row[:3] == pytest.approx(expected[:3], abs=1e-4)
            assert row[3:7] == pytest.approx(expected[3:7], abs=1e-4)
            assert row[7:10] == pytest.approx(expected[7:10], abs=1e-3)
            assert row[10:13] == pytest.approx(expected[10:13], abs=2e-3)
    assert np.abs(expected[10:13]).max() > 1.0
