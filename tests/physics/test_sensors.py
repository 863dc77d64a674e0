# SPDX-License-Identifier: Apache-2.0
"""The state estimate: truth, white noise of the set size, an attitude bias; and the generator.

Seeds are fixed, so a bound of five standard errors either holds for ever or does not.
"""

import numpy as np
import pytest
from paper_drone import hover_path, parameters32, settings
from scipy import stats
from scipy.spatial.transform import Rotation

from sim_core import _core

DRONES = 20_000
SIZES = {
    "position_m": 0.002,
    "velocity_m_s": 0.03,
    "attitude_rad": 0.006,
    "body_rate_rad_s": 0.05,
}


def flown(seed=5, ticks=1, box=None, **sizes):
    """Errors of the estimate at each tick: dict of (ticks, DRONES, 3)."""
    chosen = settings(parameters32() if box is None else box)
    noise = _core.EstimateNoise()
    for name, size in sizes.items():
        setattr(noise, name, size)
    chosen.noise = noise
    sim = _core.VecSim(DRONES, chosen, [hover_path()])
    sim.start(seed)
    command = np.tile(np.float32([0.3924, 0, 0, 0]), (DRONES, 1))
    found = {name: [] for name in SIZES}
    for _ in range(ticks):
        sim.fly(command)
        truth, seen = sim.truth.astype(float), sim.estimate.astype(float)
        turn = Rotation.from_quat(truth[:, 3:7]).inv() * Rotation.from_quat(seen[:, 3:7])
        found["position_m"].append(seen[:, 0:3] - truth[:, 0:3])
        found["velocity_m_s"].append(seen[:, 7:10] - truth[:, 7:10])
        found["attitude_rad"].append(turn.as_rotvec())
        found["body_rate_rad_s"].append(seen[:, 10:13] - truth[:, 10:13])
    return {name: np.array(errors) for name, errors in found.items()}


def test_no_noise_no_error():
    errors = flown()
    assert all(np.abs(error).max() < 1e-7 for error in errors.values())


@pytest.fixture(scope="module")
def errors():
    return flown(ticks=2, **SIZES)


@pytest.mark.parametrize("name", SIZES)
def test_noise_has_the_set_size_on_every_axis(errors, name):
    first = errors[name][0]
    # Standard errors: of a mean s / sqrt n, of a standard deviation s / sqrt 2n.
    assert np.abs(first.mean(axis=0)).max() < 5.0 * SIZES[name] / np.sqrt(DRONES)
    assert first.std(axis=0) == pytest.approx([SIZES[name]] * 3, rel=5.0 / np.sqrt(2 * DRONES))


@pytest.mark.parametrize("name", SIZES)
def test_noise_of_one_quantity_comes_with_no_other(name):
    found = flown(**{name: SIZES[name]})
    for other, error in found.items():
        assert (np.abs(error).max() > SIZES[name]) == (other == name)


def test_noise_is_normal(errors):
    for name, size in SIZES.items():
        for axis in range(3):
            assert stats.kstest(errors[name][0][:, axis] / size, "norm").pvalue > 1e-3, name


def test_noise_is_white_and_independent(errors):
    # Twelve channels at two ticks, and the next drone's: no two of them go together.
    now, then = (np.concatenate([e[t] for e in errors.values()], axis=1) for t in (0, 1))
    rows = np.concatenate([now[:-1], then[:-1], now[1:], then[1:]], axis=1)
    correlation = np.corrcoef(rows, rowvar=False) - np.eye(48)
    assert np.abs(correlation).max() < 5.0 / np.sqrt(DRONES)


def test_attitude_bias_is_a_turn_about_the_bodys_own_axes():
    errors = flown(box=parameters32(attitude_bias_x_rad=0.010, attitude_bias_y_rad=-0.004))
    assert errors["attitude_rad"][0].mean(axis=0) == pytest.approx([0.010, -0.004, 0], abs=1e-6)
    assert np.abs(errors["position_m"]).max() == 0.0


# --- the generator ------------------------------------------------------------------------------

DRAWN = [
    *(f"trim_torque_{axis}_n_m" for axis in "xyz"),
    "drag_across_n_s_m",
    "drag_along_n_s_m",
    "attitude_bias_x_rad",
    "attitude_bias_y_rad",
    "battery_charge",
]
COLUMNS = [_core.PARAMETER_NAMES.index(name) for name in DRAWN]


def unit_draws(seed, drones=DRONES):
    """Parameters drawn between 0 and 1, shape (drones, 8)."""
    low, high = parameters32(), parameters32()
    low[COLUMNS], high[COLUMNS] = 0.0, 1.0
    chosen = settings(parameters32())
    chosen.set_box(low.tolist(), high.tolist())
    sim = _core.VecSim(drones, chosen, [hover_path()])
    sim.start(seed)
    return sim.parameters[:, COLUMNS]


def pcg4d(drone, tick, seed, slot):
    """Jarzynski and Olano 2020, listing of pcg4d, on numpy's 32-bit words."""
    v = [np.atleast_1d(np.asarray(n, np.uint32)) for n in (drone, tick, seed, slot)]
    x, y, z, w = (n * np.uint32(1664525) + np.uint32(1013904223) for n in v)
    x = x + y * w
    y = y + z * x
    z = z + x * y
    w = w + y * z
    x, y, z, w = (n ^ (n >> np.uint32(16)) for n in (x, y, z, w))
    x = x + y * w
    y = y + z * x
    z = z + x * y
    w = w + y * z
    return x, y, z, w


@pytest.mark.parametrize("seed", [0, 7, 4_000_000_000])
def test_draws_are_the_published_hash_of_drone_episode_seed_and_slot(seed):
    drawn = unit_draws(seed, 100)
    for column, index in zip(drawn.T, COLUMNS, strict=True):
        words = pcg4d(np.arange(100), 0, seed, index // 4 * 4)[index % 4]
        expected = (words >> np.uint32(8)) / 2.0**24 + 2.0**-25
        assert column == pytest.approx(expected, abs=1e-7)


def test_draws_are_uniform_and_independent():
    here, next_seed = unit_draws(11), unit_draws(12)
    for column in here.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-3
        bins = np.bincount((column * 256).astype(int), minlength=256)
        assert stats.chisquare(bins[:256]).pvalue > 1e-3
    rows = np.concatenate([here[:-1], here[1:], next_seed[:-1]], axis=1)
    correlation = np.corrcoef(rows, rowvar=False) - np.eye(24)
    assert np.abs(correlation).max() < 5.0 / np.sqrt(DRONES)
