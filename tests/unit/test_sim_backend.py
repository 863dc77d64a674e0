# SPDX-License-Identifier: Apache-2.0
"""The simulator backend's parameters and clocks."""

import numpy as np
import pytest

from martlet_nodes.errors import ParameterError
from martlet_nodes.sim_backend import SimParameters, Simulation, WallClock


def test_states_are_stamped_with_their_arrival():
    simulation = Simulation(SimParameters(state_delay_s=0.024))
    assert simulation.stamp_s == pytest.approx(0.024)
    assert simulation.next_stamp_s == pytest.approx(0.034)
    simulation.step()
    assert simulation.stamp_s == pytest.approx(0.034)
    assert simulation.backend.telemetry.age_s == pytest.approx([0.024])


def test_drones_start_where_they_are_put():
    simulation = Simulation(SimParameters(drones=["a", "b"], starts=[1, 2, 0, 0, -1, 0, 0, 1.0]))
    assert simulation.truth[:, :2].tolist() == [[1.0, 2.0], [-1.0, 0.0]]
    row = Simulation(SimParameters(drones=["a", "b", "c"])).truth[:, :2]
    assert np.linalg.norm(np.diff(row, axis=0), axis=1) == pytest.approx([0.5, 0.5])


def test_bad_parameters_are_named_all_at_once():
    with pytest.raises(ParameterError, match=r"drones.*starts.*clock.*factor.*patience_s"):
        SimParameters(drones=["a", "a"], starts=[1.0], clock="moon", factor=0.0, patience_s=-1.0)
    with pytest.raises(ParameterError, match=r"state_delay_s.*0\.003"):
        Simulation(SimParameters(state_delay_s=0.003))
    with pytest.raises(ParameterError, match=r"seed: .* got -1; airframe: expected one of"):
        SimParameters(airframe="balloon", seed=-1)


def test_wall_clock_counts_at_its_factor():
    clock = WallClock(factor=4.0, wall_s=100.0, time_s=2.0)
    assert clock.now_s(100.5) == pytest.approx(4.0)
    assert clock.wait_s(4.0, 100.0) == pytest.approx(0.5)
    assert clock.wait_s(4.0, 101.0) < 0.0


def test_wall_clock_slips_when_the_simulator_was_held_up():
    clock = WallClock(factor=1.0, wall_s=0.0, time_s=0.0)
    assert not clock.catch_up(1.0, 1.04)
    assert clock.catch_up(1.0, 1.3)
    assert clock.slips == 1
    assert clock.now_s(1.3) == pytest.approx(1.0)
