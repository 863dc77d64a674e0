# SPDX-License-Identifier: Apache-2.0
"""Each conversion against a case worked out on paper."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_core import frames

HALF = math.sqrt(0.5)
YAW_90 = (0.0, 0.0, HALF, HALF)


def test_twist_at_90_degrees_of_yaw_is_in_the_child_frame():
    # Heading along y of W, a drone that moves along y of W moves straight ahead.
    assert frames.to_body(YAW_90, (0.0, 2.0, 0.0)) == pytest.approx([2.0, 0.0, 0.0])
    assert frames.to_body(YAW_90, (1.0, 0.0, 0.0)) == pytest.approx([0.0, -1.0, 0.0])
    assert frames.to_body(YAW_90, (0.0, 0.0, 3.0)) == pytest.approx([0.0, 0.0, 3.0])


@pytest.mark.parametrize(
    ("quaternion", "v_B", "v_W"),
    [
        ((HALF, 0.0, 0.0, HALF), (0, 1, 0), (0, 0, 1)),  # rolled right-handed: left goes up
        ((0.0, HALF, 0.0, HALF), (1, 0, 0), (0, 0, -1)),  # pitched right-handed: the nose goes down
        (YAW_90, (1, 0, 0), (0, 1, 0)),
    ],
)
def test_one_axis_turned_by_90_degrees(quaternion, v_B, v_W):
    assert frames.to_world(quaternion, v_B) == pytest.approx(np.array(v_W, float))


def test_many_vectors_at_once():
    out = frames.to_body([YAW_90, (0, 0, 0, 1)], [(0, 1, 0), (0, 1, 0)])
    assert out == pytest.approx(np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))


def test_yaw_of_a_quarter_turn_to_the_left():
    assert frames.yaw_of(YAW_90) == pytest.approx(math.pi / 2)
    assert frames.yaw_of(-np.array(YAW_90)) == pytest.approx(math.pi / 2)


def test_wrap_keeps_the_angle_within_half_a_turn():
    assert frames.wrap(1.5 * math.pi) == pytest.approx(-0.5 * math.pi)


@given(
    st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: math.hypot(*q) > 0.1),
    st.tuples(*[st.floats(-10, 10)] * 3),
)
def test_to_world_undoes_to_body_and_keeps_lengths(quaternion, vector):
    q = np.array(quaternion) / math.hypot(*quaternion)
    v_B = frames.to_body(q, vector)
    assert math.hypot(*v_B) == pytest.approx(math.hypot(*vector), abs=1e-9)
    assert frames.to_world(q, v_B) == pytest.approx(np.array(vector), abs=1e-9)


def test_one_vector_is_turned_as_many_are():
    rng = np.random.default_rng(3)
    q, v = rng.normal(size=(50, 4)), rng.normal(size=(50, 3))
    q /= np.linalg.norm(q, axis=1, keepdims=True)
    ones = [frames.one_to_body(*rows) for rows in zip(q.tolist(), v.tolist(), strict=True)]
    assert np.array(ones) == pytest.approx(frames.to_body(q, v), abs=1e-12)
    assert frames.one_to_body(YAW_90, (0.0, 2.0, 0.0)) == pytest.approx((2.0, 0.0, 0.0))
