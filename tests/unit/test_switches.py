# SPDX-License-Identifier: Apache-2.0
"""What a run leaves out because no drone of it has it, no drone misses: among drones like itself it
flies the bits that it flies among others."""

import numpy as np
import pytest

from sim_core import _core
from sim_core.environment import load_environment
from sim_core.reference_library import draw_references

DRONES, STEPS = 19, 40
BUFFERS = ("observation", "privileged", "reward")
ENDLESS = ["episode.max_distance_m=1000.0", "episode.max_body_rate_rad_s=1000.0"]
WIDE = [
    "randomization.rotor_dead_time_s={range=[0.0, 0.010]}",
    "randomization.link_delay_s={range=[0.0, 0.034]}",
]


def simulator(environment, low, high, isa):
    settings = environment.core_settings()
    settings.set_box(low.tolist(), high.tolist())
    paths = draw_references(environment.references, 8.0, 0)
    return _core.VecSim(DRONES, settings, paths, isa=isa)


def flown(core):
    """What each drone sees under wild commands, shape (DRONES, STEPS + 1, n)."""
    rng = np.random.default_rng(1)
    commands = rng.normal([0.28, 0, 0, 0], [0.1, 4, 4, 2], (STEPS, DRONES, 4)).astype(np.float32)
    core.start(7)

    def seen():
        return np.column_stack([getattr(core, name).reshape(DRONES, -1) for name in BUFFERS])

    rows = [seen()]
    for command in commands:
        core.step(np.ascontiguousarray(command))
        rows.append(seen())
    return np.stack(rows, axis=1)


@pytest.mark.parametrize("changes", [[], WIDE], ids=["track", "every delay"])
@pytest.mark.parametrize("isa", _core.instruction_sets())
def test_a_drone_flies_the_same_among_its_likes(isa, changes):
    environment = load_environment("track", ENDLESS + changes)
    box = environment.parameter_box()
    low, high = np.array(box.low, np.float32), np.array(box.high, np.float32)
    mixed = simulator(environment, low, high, isa)
    among_others = flown(mixed)
    assert len(np.unique(mixed.parameters[:, _core.PARAMETER_NAMES.index("rotor_dead_time_s")])) > 1
    for drone in range(DRONES):
        alone = mixed.parameters[drone]
        alike = flown(simulator(environment, alone, alone, isa))
        assert alike[drone].tobytes() == among_others[drone].tobytes()
