# SPDX-License-Identifier: Apache-2.0
"""The interface as listed: its page is fresh, and Crazyswarm2's names are all accounted for."""

from pathlib import Path

import pytest

from martlet_bringup.interface_page import page
from martlet_bringup.interface_rows import ABSENT, INTERFACE, THEIRS, graph
from martlet_bringup.stack import topics

PAGE = Path(__file__).parents[2] / "docs" / "ros_interface.md"

CRAZYSWARM2 = (
    *("arm", "emergency", "takeoff", "land", "go_to", "upload_trajectory", "start_trajectory"),
    *("notify_setpoints_stop", "cmd_full_state", "cmd_position", "cmd_velocity_world"),
    *("cmd_hover", "cmd_vel_legacy", "pose", "odom", "scan", "status", "robot_description"),
)
"""crazyflie_server of August 2026, below a drone's name."""


def test_the_page_is_made_of_the_code():
    made = "python -m martlet_bringup.interface_page docs/ros_interface.md"
    assert PAGE.read_text() == page(), f"made anew by: {made}"


def test_what_is_recorded_is_listed_with_the_same_type_and_reliability():
    listed = {e.name: e for e in graph(("cf1",)) if e.kind == "topic"}
    for topic in topics(("cf1",)):
        entry = listed[topic.name]
        assert entry.type == topic.type
        assert (entry.quality in ("status", "kept")) == topic.reliable, topic.name


@pytest.mark.parametrize("name", CRAZYSWARM2)
def test_each_name_of_crazyswarm2_is_there_or_said_to_be_absent(name):
    found = {e.name for e in graph(("cf1",), THEIRS)}
    absent = {words.strip("`") for words, _ in ABSENT}
    assert (f"/cf1/{name}" in found) != (f"/{{drone}}/{name}" in absent)


def test_their_package_changes_types_and_hides_nothing_of_ours():
    without, with_them = graph(("a", "b")), graph(("a", "b"), THEIRS)
    types = {(e.name, e.type) for e in with_them}
    assert ("/a/cmd_hover", "crazyflie_interfaces/msg/Hover") in types
    assert ("/a/arm", "martlet_msgs/srv/Arm") in types
    assert ("/a/arm", "crazyflie_interfaces/srv/Arm") in types
    replaced = {"notify_setpoints_stop", "cmd_full_state", "cmd_position", "cmd_hover"}
    replaced |= {"cmd_velocity_world"}
    for entry in without:
        if entry.name.rpartition("/")[2] not in replaced:
            assert (entry.name, entry.type) in types


def test_every_entry_has_its_words():
    for entry in INTERFACE:
        assert entry.what, entry.name
        if entry.kind == "topic":
            assert entry.quality, entry.name
            assert entry.rate, entry.name
