# SPDX-License-Identifier: Apache-2.0
"""What transfer.py says, and the noise with which another simulator's drones are told of."""

import numpy as np
import pytest

from benchmarks.foreign_drones import ForeignDrones, told
from benchmarks.transfer_table import WAYS, cell, table
from evaluation.evaluate import drawn_drones, trial_of
from evaluation.recording import thrust_to_weight
from sim_core import _core
from sim_core.airframe import load_airframe
from sim_core.environment import load_environment

COUNT = 4000


class Recorder:
    """A simulator that keeps what it is told, and answers that all drones lie under its floor."""

    def __init__(self):
        self.airframe = load_airframe("cf21_plus")
        self.facts = {"mass_kg": 0.05, "motor_max_n": 0.2, "inertia_kg_m2": [1e-5, 2e-5, 3e-5]}
        self.asked = []

    def ask(self, rows):
        self.asked.append(rows.copy())
        states = np.zeros((len(rows), 13), np.float32)
        states[:, 2], states[:, 6] = -0.001, 1.0
        return states


def test_a_command_acts_one_control_step_later_and_the_first_one_is_a_hover():
    environment = load_environment("track")
    ours = drawn_drones(trial_of("hover"), environment, 3, seed=1)
    simulator = Recorder()
    drones = ForeignDrones(simulator, ours, environment.estimate, seed=1)
    first, second = (np.full((3, 4), number, np.float32) for number in (1.0, 2.0))
    drones.fly(first)
    drones.fly(second)
    np.testing.assert_array_equal(simulator.asked[0], ours.truth)
    weight_n = 0.05 * _core.GRAVITY_M_S2
    assert simulator.asked[1] == pytest.approx(np.tile([weight_n, 0.0, 0.0, 0.0], (3, 1)))
    np.testing.assert_array_equal(simulator.asked[2], first)
    assert (drones.truth[:, 2] == 0.0).all()


def test_what_is_said_of_a_foreign_drone_is_what_thrust_to_weight_is_made_of():
    environment = load_environment("track")
    ours = drawn_drones(trial_of("hover"), environment, 2, seed=1)
    drones = ForeignDrones(Recorder(), ours, environment.estimate, seed=1)
    expected = 4.0 * 0.2 / (0.05 * _core.GRAVITY_M_S2)
    assert thrust_to_weight(drones.parameters) == pytest.approx([expected] * 2, rel=1e-5)


def test_noise_is_what_the_core_makes():
    environment = load_environment("track")
    drones = drawn_drones(trial_of("track"), environment, COUNT, seed=3)  # level and at rest
    columns = [_core.PARAMETER_NAMES.index(f"attitude_bias_{a}_rad") for a in "xy"]
    truth, core = drones.truth.copy(), drones.estimate.copy()
    bias = drones.parameters[:, columns]
    seen = told(truth, bias, environment.estimate, np.random.default_rng(0))
    off = [x - truth for x in (seen, core)]
    for x in off:
        x[:, 3:5] -= bias / 2.0  # of a level drone, to first order
    mine, theirs = (x[:, [0, 1, 2, 3, 4, 5, *range(7, 13)]] for x in off)
    assert mine.std(axis=0) == pytest.approx(theirs.std(axis=0), rel=0.08)
    assert abs(mine.mean(axis=0) / mine.std(axis=0)).max() < 4.5 / np.sqrt(COUNT)


def test_exact_estimate_is_the_truth():
    exact = load_environment("track").estimate.exact()
    truth = np.array([[1, 2, 3, 0.1, 0.2, 0.3, 0.927362, 4, 5, 6, 7, 8, 9]], np.float32)
    seen = told(truth, np.zeros((1, 2), np.float32), exact, np.random.default_rng(0))
    assert seen == pytest.approx(truth, abs=1e-6)


def test_a_drone_without_numbers_is_told_without_them():
    exact = load_environment("track").estimate.exact()
    truth = np.full((1, 13), np.nan, np.float32)
    seen = told(truth, np.zeros((1, 2), np.float32), exact, np.random.default_rng(0))
    assert np.isnan(seen[0, :3]).all()


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"success_rate": 0.998, "rmse_m": 0.0314}, "99.8 %, 31 mm"),
        ({"success_rate": 0.25, "rmse_m": None}, "25.0 %"),
        ({"success_rate": 0.5, "lap_time_s": {"median": 4.126}}, "50.0 %, 4.13 s"),
        ({"success_rate": 0.0, "lap_time_s": {"median": None}}, "0.0 %"),
    ],
)
def test_cell(figures, said):
    assert cell(figures) == said


def test_table_has_a_row_for_each_trial_and_a_line_for_each_drone():
    ways = {way: {"success_rate": 1.0, "rmse_m": 0.02} for way in WAYS}
    drone = {
        "mass_kg": 0.0318, "thrust_to_weight": 1.539, "ours": "cf21_plus",
        "our_thrust_to_weight": 1.688, "rotor_lag_up_s": 0.11,
        "rotor_lag_down_s": 0.1, "our_lag_s": [0.044, 0.076], "our_dead_time_s": 0.008,
        "policy_steps": 10_000_000, "policy_seed": 0,
    }  # fmt: skip
    lines = table(
        {
            "episodes": 8, "seed": 1, "simulator": "other 1.0",
            "trials": {"hover": ways}, "drones": {"cf2x": drone},
        }
    )  # fmt: skip
    assert "| `hover` " + "| 100.0 %, 20 mm " * 4 + "|" in lines
    assert any("31.8 g" in line and "1.54" in line for line in lines)
