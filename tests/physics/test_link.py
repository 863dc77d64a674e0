# SPDX-License-Identifier: Apache-2.0
"""The link's jitter and loss: how often, in which order, and nothing at zero."""

import numpy as np
from paper_drone import HOVER_N, MASS_KG, STEP_S, hover_path, parameters32, settings

from sim_core import _core

DRONES = 4000
AT_ONCE = {"rotor_lag_up_s": 1e-4, "rotor_lag_down_s": 1e-4}


def acted(sent, **changes):
    """Steps of 2 ms in which a push had acted after each control step, (steps, drones)."""
    sim = _core.VecSim(DRONES, settings(parameters32(**AT_ONCE | changes)), [hover_path()])
    sim.start(9)
    speeds = []
    for push_n in sent:
        sim.fly(np.tile(np.float32([HOVER_N + push_n, 0, 0, 0]), (DRONES, 1)))
        speeds.append(sim.truth[:, 9].astype(float))
    return np.array(speeds) * MASS_KG / (0.1 * STEP_S)


def test_a_lost_command_leaves_the_last_one_acting():
    after = acted([0.1, 0.1], link_loss=0.25)
    first_lost = after[0] < 1.0  # of five steps
    assert abs(first_lost.mean() - 0.25) < 5 * np.sqrt(0.25 * 0.75 / DRONES)
    both_lost = after[1] < 1.0
    assert abs(both_lost.mean() - 0.0625) < 5 * np.sqrt(0.0625 / DRONES)


def test_jitter_adds_up_to_its_size_evenly():
    late = 4.5 - acted([0.1], link_jitter_s=0.008)[0]  # half a step goes with the thrust's rise
    steps = np.rint(late).astype(int)
    assert np.abs(late - steps).max() < 0.1
    # Uniform in 0 to 4 steps, rounded: half a share for either end.
    shares = np.bincount(steps, minlength=5) / DRONES
    assert np.abs(shares - [0.125, 0.25, 0.25, 0.25, 0.125]).max() < 0.04


def test_commands_do_not_overtake_each_other():
    # Pushes that alternate, under a jitter of three control steps: what has acted can only be a
    # command as new as the last that did, so a single push acts once and never comes back.
    after = acted([0.1] + [0.0] * 7, link_jitter_s=0.030)
    rising = np.diff(after, axis=0) > 0.3
    gaps = [np.diff(np.flatnonzero(column)) for column in rising.T if column.any()]
    assert all((gap == 1).all() for gap in gaps)


def test_no_jitter_and_no_loss_change_nothing():
    np.testing.assert_array_equal(acted([0.1, 0.0]), acted([0.1, 0.0], link_jitter_s=0.0))


def test_an_estimate_that_lags_tells_the_state_of_then():
    # Climbing at 1 m/s after a long while, 15 ms ago it was 15 mm lower.
    chosen = settings(parameters32(estimate_lag_s=0.015))
    chosen["start.velocity_m_s"] = 1.0
    sim = _core.VecSim(16, chosen, [hover_path()])
    sim.start(1)
    for _ in range(6):
        sim.fly(np.tile(np.float32([HOVER_N, 0, 0, 0]), (16, 1)))
    truth, seen = sim.truth.astype(float), sim.estimate.astype(float)
    assert np.abs(truth[:, 7:10]).max() > 0.5
    np.testing.assert_allclose(seen[:, :3], truth[:, :3] - 0.015 * truth[:, 7:10], atol=2e-5)
