# SPDX-License-Identifier: Apache-2.0
"""What a Crazyflie logs becomes the state: one axis at a time, and there and back."""

import math

import numpy as np
import pytest

from firmware_bridge.errors import TelemetryError
from firmware_bridge.telemetry import (
    STATE_VARIABLES,
    Supervisor,
    compress_quaternion,
    decompress_quaternion,
    state_of,
    values_of,
)

LEVEL = compress_quaternion([0, 0, 0, 1])
AT_REST = {name: 0 for name, _ in STATE_VARIABLES} | {"stateEstimateZ.quat": LEVEL}
SIZES = {"int16_t": 2, "uint32_t": 4}


def test_the_state_rides_in_one_packet():
    assert sum(SIZES[kind] for _, kind in STATE_VARIABLES) == 22


@pytest.mark.parametrize(
    ("variable", "entry", "sign"),
    [
        ("x", 0, 1),
        ("y", 1, 1),
        ("z", 2, 1),
        ("vx", 7, 1),
        ("vy", 8, 1),
        ("vz", 9, 1),
        ("rateRoll", 10, 1),
        ("ratePitch", 11, -1),
        ("rateYaw", 12, 1),
    ],
)
def test_one_variable_is_one_entry_in_thousandths(variable, entry, sign):
    state = state_of(AT_REST | {f"stateEstimateZ.{variable}": 1500})
    expected = np.zeros(13, np.float32)
    expected[6] = 1.0
    expected[entry] = sign * 1.5
    assert state == pytest.approx(expected)
    assert values_of(state)[f"stateEstimateZ.{variable}"] == 1500


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_turn_about_one_axis_keeps_its_sign(axis):
    q = np.zeros(4)
    q[axis], q[3] = math.sin(0.3), math.cos(0.3)
    seen = state_of(AT_REST | {"stateEstimateZ.quat": compress_quaternion(q)})[3:7]
    assert seen == pytest.approx(q, abs=1.5e-3)


def test_quaternions_come_back_within_a_quarter_of_a_degree_and_of_length_one():
    rng = np.random.default_rng(0)
    for q in rng.normal(size=(2000, 4)):
        q /= np.linalg.norm(q)
        back = decompress_quaternion(compress_quaternion(q))
        assert np.linalg.norm(back) == pytest.approx(1.0)
        angle = 2.0 * math.acos(min(1.0, abs(float(back @ q))))
        assert math.degrees(angle) < 0.27


def test_the_codec_is_that_of_the_real_library():
    encoding = pytest.importorskip("cflib.utils.encoding")
    rng = np.random.default_rng(1)
    for q in rng.normal(size=(200, 4)):
        assert compress_quaternion(q) == encoding.compress_quaternion(q)
        bits = compress_quaternion(q)
        assert decompress_quaternion(bits) == pytest.approx(encoding.decompress_quaternion(bits))


def test_states_go_there_and_back_within_their_steps():
    rng = np.random.default_rng(2)
    for _ in range(200):
        state = rng.uniform(-3, 3, 13).astype(np.float32)
        state[3:7] /= np.linalg.norm(state[3:7])
        if state[3:7][np.argmax(np.abs(state[3:7]))] < 0:
            state[3:7] *= -1
        back = state_of(values_of(state))
        assert np.abs(back - state)[[0, 1, 2, 7, 8, 9, 10, 11, 12]].max() < 1.1e-3
        assert np.abs(back - state)[3:7].max() < 2e-3


def test_what_16_bits_cannot_say_is_kept_at_their_end():
    state = np.zeros(13, np.float32)
    state[6], state[0], state[10] = 1.0, 40.0, -40.0
    values = values_of(state)
    assert values["stateEstimateZ.x"] == 32767
    assert values["stateEstimateZ.rateRoll"] == -32767


def test_a_block_without_a_variable_is_refused_by_its_name():
    values = dict(AT_REST)
    del values["stateEstimateZ.vy"]
    with pytest.raises(TelemetryError, match=r"stateEstimateZ\.vy"):
        state_of(values)


def test_supervisor_bits_mean_what_their_places_say():
    assert Supervisor.of_bits(0b00001) == Supervisor(can_arm=True)
    assert Supervisor.of_bits(0b00010) == Supervisor(armed=True)
    assert Supervisor.of_bits(1 << 4) == Supervisor(flying=True)
    assert Supervisor.of_bits(1 << 6) == Supervisor(locked=True)
    assert Supervisor.of_bits(1 << 10) == Supervisor(high_level_disabled=True)
    for bits in (0, 0b11001, 0b111_1111_1111, 1 << 7):
        assert Supervisor.of_bits(bits).bits() == bits
