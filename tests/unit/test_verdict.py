# SPDX-License-Identifier: Apache-2.0
"""What the policy node says of a flight whose states came over a radio."""

import numpy as np
import pytest

from martlet_nodes.verdict import verdict_on
from sim_core.tasks import load_task


def test_states_that_overtake_each_other_do_not_keep_the_referee_from_judging():
    task = load_task("kind = 'hover'\nposition_m = [0.0, 0.0, 1.0]\nduration_s = 4.0")
    times = 0.01 * np.arange(400)
    times[100] -= 0.015  # it says that it is older than the one before
    states = np.zeros((400, 1, 13), np.float32)
    states[..., 0], states[..., 2], states[..., 6] = 0.02, 1.0, 1.0
    verdict = verdict_on([task], times, states, 0.0, "", ["cf1"])
    assert verdict.success
    assert verdict.rmse_m == pytest.approx(0.02, abs=1e-6)
    assert not verdict_on([task], times[:0], states[:0], 0.0, "", ["cf1"]).success
