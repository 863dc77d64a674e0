# SPDX-License-Identifier: Apache-2.0
"""What motion capture sees comes to the drone whose body it is, and nothing else does."""

import math

import pytest
import yaml

from martlet_bringup.stack import CONFIG
from martlet_nodes.errors import ParameterError
from martlet_nodes.mocap import Mocap, MocapParameters
from sim_core.settings_file import build

POSE = (0.5, -0.2, 1.0, 0.0, 0.0, 0.0, 1.0)
NOW_S = 1000.0


def bridge(**parameters):
    return Mocap(MocapParameters(**{"drones": ["a", "b"]} | parameters), NOW_S)


def take(mocap, body="a", frame="world", numbers=POSE, stamp_s=None, now_s=NOW_S + 0.02):
    return mocap.take(body, frame, numbers, now_s - 0.003 if stamp_s is None else stamp_s, now_s)


def test_a_body_is_its_drones():
    mocap = bridge(bodies=["left", "right"])
    assert take(mocap, "right") == "b"
    assert take(mocap, "left", frame="") == "a"
    assert take(mocap, "chair") is None
    assert mocap.news(NOW_S + 0.1) == []


def test_what_is_no_pose_reaches_nobody():
    mocap = bridge()
    assert take(mocap, numbers=(math.nan, *POSE[1:])) is None
    assert take(mocap, numbers=(*POSE[:6], 0.5)) is None
    assert take(mocap, frame="optitrack") is None
    told = " ".join(mocap.news(NOW_S + 0.1))
    assert "a: expected a quaternion of length 1" in told
    assert "a: expected poses in the frame world, got optitrack" in told
    assert take(mocap, frame="optitrack") is None
    assert mocap.news(NOW_S + 0.1) == []  # once


def test_the_same_again_is_not_new_and_none_comes_too_often():
    mocap = bridge(rate_hz=100.0)
    stamps = [NOW_S + 0.1 + 0.002 * n for n in range(50)]
    told = [take(mocap, stamp_s=s, now_s=s) for s in stamps]
    assert 8 <= sum(one == "a" for one in told) <= 10
    assert take(mocap, stamp_s=stamps[-1], now_s=NOW_S + 0.5) is None  # frozen
    assert take(mocap, stamp_s=0.0, now_s=NOW_S + 0.6) == "a"  # nobody stamps: each counts


def test_a_drone_that_is_not_seen_is_named_once_with_what_is_seen():
    mocap = bridge()
    take(mocap, "a", now_s=NOW_S + 0.4)
    take(mocap, "chair", now_s=NOW_S + 0.4)
    assert mocap.news(NOW_S + 0.6) == ["b: motion capture sees no b for 0.6 s; it sees chair"]
    assert mocap.news(NOW_S + 0.7) == []
    assert take(mocap, "b", now_s=NOW_S + 0.8) == "b"
    assert [one[0] for one in mocap.news(NOW_S + 1.5)] == ["a", "b"]


@pytest.mark.parametrize(("off_s", "words"), [(2.0, "2.00 s behind"), (-0.5, "0.50 s ahead of")])
def test_clocks_that_disagree_are_told_once(off_s, words):
    mocap = bridge()
    assert take(mocap, stamp_s=NOW_S + 0.02 - off_s) == "a"
    take(mocap, stamp_s=NOW_S + 0.1 - off_s, now_s=NOW_S + 0.1)
    (sentence,) = mocap.news(NOW_S + 0.1)
    assert sentence.startswith(f"motion capture stamps its poses {words} this machine's clock")


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"bodies": ["x"]}, "bodies: expected a body for each of 2 drones"),
        ({"bodies": ["x", "x"]}, "all different"),
        ({"source": "radar", "rate_hz": 0.0}, "got 'radar'; rate_hz: expected 1 to 1000, got 0"),
        ({"source": "pose", "topic": "/pose"}, "topic: expected {body} in it"),
        ({"source": "pose", "topic": "/{body}/pose"}, "got what drones themselves say"),
        ({"source": "tf"}, "expected other frames than the drones' own"),
        ({"drones": ["a", "a"]}, "drones: expected one name or more, all different"),
        ({"drones": ["a", "fleet"]}, "drones: expected names other than all, fleet"),
        ({"drones": ["a", "b/c"]}, "drones: expected letters, digits and _"),
    ],
)
def test_what_would_not_bridge_is_refused(parameters, words):
    with pytest.raises(ParameterError, match=r"^mocap: ") as told:
        bridge(**parameters)
    assert words in str(told.value)


def test_each_body_is_seen_where_its_system_says_it():
    assert MocapParameters(source="pose").topic_of("cf1") == "/vrpn_mocap/cf1/pose"
    assert MocapParameters().topic_of("cf1") == "/poses"
    assert MocapParameters(topic="/mine").topic_of("cf1") == "/mine"


def test_the_file_says_what_the_code_says():
    table = yaml.safe_load((CONFIG / "mocap.param.yaml").read_text())["mocap"]["ros__parameters"]
    assert build(MocapParameters, table, "file") == MocapParameters()
