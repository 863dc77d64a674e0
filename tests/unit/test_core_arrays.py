# SPDX-License-Identifier: Apache-2.0
"""The seam to the compiled core: whose memory it is, and what is refused there."""

import gc
import os
import sys

import numpy as np
import pytest

from sim_core import _core
from sim_core.airframe import load_airframe
from sim_core.vec_env import VecEnv

TRACK = _core.TASKS["track"]

PATH = np.zeros((10, 4), np.float32)
LIMITS = _core.CommandLimits(0.0, 0.5, [6.0, 6.0, 3.0])
STATES = np.zeros((2, 13), np.float32)
SEEN = np.zeros((2, TRACK["observation_size"]), np.float32)


def session():
    return _core.TaskSession("track", references=[PATH, PATH], limits=LIMITS)


def test_what_a_step_returns_is_the_cores_own_memory():
    env = VecEnv(3, threads=1)
    first, _ = env.reset(seed=0)
    second, reward, *_ = env.step(np.full((3, 4), 0.2, np.float32))
    assert np.shares_memory(first, second)
    assert np.shares_memory(reward, env.core.reward)


def test_an_array_outlives_its_simulator():
    env = VecEnv(3, threads=2)
    observation, _ = env.reset(seed=0)
    before = observation.copy()
    del env
    gc.collect()
    np.testing.assert_array_equal(observation, before)


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts threads in /proc")
def test_threads_end_with_their_simulator():
    def threads():
        gc.collect()
        return len(os.listdir("/proc/self/task"))

    before = threads()
    env = VecEnv(8, threads=4)
    env.reset(seed=0)
    assert env.core.threads == 4
    assert threads() == before + 3
    del env
    assert threads() == before


def test_stepping_allocates_nothing_that_stays():
    env = VecEnv(64, threads=1)
    env.reset(seed=0)
    command = np.full((64, 4), 0.2, np.float32)
    env.core.step(command)
    before = sys.getallocatedblocks()
    for _ in range(100):
        env.core.step(command)
    assert sys.getallocatedblocks() - before < 20


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: session().observe(STATES.astype(float), 0, SEEN),
         r"states: expected contiguous float32 \(2, 13\), got float64 \(2, 13\)"),
        (lambda: session().observe(STATES[:1], 0, SEEN), r"states: .*got float32 \(1, 13\)"),
        (lambda: session().observe(STATES, 0, SEEN.astype(float)),
         r"out: expected contiguous float32 \(2, 56\), got float64"),
        (lambda: session().observe(STATES, 0, SEEN[:, ::2]), r"out: expected contiguous float32"),
        (lambda: session().decode(SEEN[:, :4], SEEN[:, :4].copy()), "outputs: expected contiguous"),
        (lambda: session().decode(SEEN[:, :4].copy(), SEEN[:, :3].copy()), "out: expected contig"),
        (lambda: _core.TaskSession("track", LIMITS, []),
         "references: expected at least one, got none"),
        (lambda: _core.TaskSession("track", LIMITS, [PATH[:0]]),
         r"reference: .*got float32 \(0, 4\)"),
        (lambda: _core.TaskSession("track", LIMITS, [PATH[:, :3]]),
         r"reference: expected contiguous"),
        (lambda: _core.FirmwareSim(SEEN[:1, :40].copy(), _core.EstimateNoise(), 1),
         r"parameters: expected contiguous float32 \(n, 57\), got float32 \(1, 40\)"),
        (lambda: _core.VecSettings().set_box([1.0], [2.0]), "box: expected 57 bounds a side"),
        (lambda: _core.rate_step(SEEN[0, :40], 0.1, [0, 0, 0], 1), "expected 57 numbers, got 40"),
        (lambda: _core.integrate(np.zeros(57), np.zeros(16), np.zeros(4), 0.1, 1),
         "state, target_n: expected 17 and 4 numbers, got 16 and 4"),
    ],
)  # fmt: skip
def test_an_array_of_another_shape_or_type_is_refused_in_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_an_output_that_must_not_be_written_is_not():
    out = SEEN.copy()
    out.flags.writeable = False
    with pytest.raises(ValueError, match="not writeable"):
        session().observe(STATES, 0, out)


def test_parameter_names_are_unique_and_as_many_as_an_airframe_has():
    assert len(set(_core.PARAMETER_NAMES)) == len(_core.PARAMETER_NAMES)
    assert load_airframe("cf21_plus").parameters.shape == (len(_core.PARAMETER_NAMES),)
