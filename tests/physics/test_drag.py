# SPDX-License-Identifier: Apache-2.0
"""Linear drag, with one coefficient across the thrust axis and another along it."""

import numpy as np
import pytest
from paper_drone import LEVEL, MASS_KG, V, accelerations, body, coast

HALF = np.sqrt(0.5)
DRAG = {"drag_across_n_s_m": 0.02, "drag_along_n_s_m": 0.06}


def drag_n(q, v):
    """Force [N, W]: what a very short step shows beside gravity."""
    linear, _ = accelerations(body(q=q, v=v), **DRAG)
    return MASS_KG * (linear - [0.0, 0.0, -9.81])


@pytest.mark.parametrize(
    ("q", "v", "force"),
    [
        (LEVEL, (1, 0, 0), (-0.02, 0, 0)),
        (LEVEL, (0, -2, 0), (0, 0.04, 0)),
        (LEVEL, (0, 0, 1), (0, 0, -0.06)),
        ((0, HALF, 0, HALF), (1, 0, 0), (-0.06, 0, 0)),  # nose down: ahead is along the axis
        ((0, HALF, 0, HALF), (0, 0, 1), (0, 0, -0.02)),
        # Pitched by 45 deg the axis is (1, 0, 1)/sqrt 2. Of 1 m/s ahead, (1/2, 0, 1/2) is along it
        # and (1/2, 0, -1/2) across: -0.06 of the one and -0.02 of the other.
        ((0, np.sin(np.pi / 8), 0, np.cos(np.pi / 8)), (1, 0, 0), (-0.04, 0, -0.02)),
    ],
)
def test_drag_of_one_velocity(q, v, force):
    assert drag_n(q, np.array(v, float)) == pytest.approx(np.array(force, float), abs=1e-4)


def test_terminal_velocity_is_weight_over_drag():
    v_end = -MASS_KG * 9.81 / 0.06  # -6.54 m/s
    assert coast(body(v=[0, 0, v_end]), 1.0, **DRAG)[V] == pytest.approx([0, 0, v_end], abs=1e-5)
    # From rest the gap closes with the time constant m / c = 2/3 s.
    after = coast(body(), 2.0 / 3.0, 1.0 / 600.0, **DRAG)
    assert after[9] == pytest.approx(v_end * (1.0 - np.exp(-1.0)), rel=1e-5)
