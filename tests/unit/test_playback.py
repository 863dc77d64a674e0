# SPDX-License-Identifier: Apache-2.0
"""Bags are played in their order and at their pace; no ROS, no clock."""

import pytest
from made_up_bag import write_made_up_bag
from made_up_flight import commanded_log

from martlet.errors import FlightError, UsageError
from martlet.flight.playback import lasting, played, topics_of
from martlet.flight.playing import Playing
from martlet.play import refuse_without_play


@pytest.fixture(scope="module")
def bag(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "flight"
    write_made_up_bag(folder, [commanded_log(seconds=1.0)])
    return folder


def test_each_topic_has_its_type(bag):
    assert topics_of(bag) == {
        "/fleet/states": "martlet_msgs/msg/FleetStates",
        "/fleet/cmd_rate_thrust": "martlet_msgs/msg/FleetRateThrust",
        "/cf1/status": "martlet_msgs/msg/DroneStatus",
    }


def test_messages_are_due_at_their_time_over_the_speed(bag):
    once = list(played(bag, Playing()))
    fast = list(played(bag, Playing(speed=2.0)))
    assert [one.due_s for one in once] == sorted(one.due_s for one in once)
    assert once[-1].due_s == pytest.approx(0.99, abs=0.02)
    assert [2.0 * one.due_s for one in fast] == pytest.approx([one.due_s for one in once])
    assert [one.cdr for one in fast] == [one.cdr for one in once]


def test_a_late_start_leaves_out_all_but_how_drones_stood(bag):
    late = list(played(bag, Playing(start_s=0.5)))
    states = [one.due_s for one in late if one.topic == "/fleet/states"]
    assert states[0] == pytest.approx(0.0, abs=0.011)
    assert len(states) == pytest.approx(50, abs=2)
    assert {one.topic for one in late} == set(topics_of(bag))
    assert lasting("/cf1/status")
    assert not lasting("/cf1/odom")


def test_what_cannot_be_played_is_one_sentence(bag, tmp_path):
    with pytest.raises(UsageError, match=r"after start_s = 9 s, found none"):
        list(played(bag, Playing(start_s=9.0)))
    with pytest.raises(FlightError, match=r"expected one \.mcap file, got 0"):
        topics_of(tmp_path)
    (tmp_path / "flight_0.mcap").write_bytes((bag / "flight_0.mcap").read_bytes()[:4000])
    with pytest.raises(FlightError, match="whole MCAP file"):
        topics_of(tmp_path)
    with pytest.raises(UsageError, match=r"speed: expected 0.01 to 100, got 0; start_s"):
        Playing(speed=0.0, start_s=-1.0).check()
    with pytest.raises(UsageError, match=r"--speed, --loop: expected --play beside it"):
        refuse_without_play(Playing(speed=2.0, loop=True))
    refuse_without_play(Playing())
