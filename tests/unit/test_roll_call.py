# SPDX-License-Identifier: Apache-2.0
"""A hand that steers is told which drones are not there, once until that changes."""

from martlet_nodes.roll_call import SILENT_S, RollCall


def test_drones_that_are_not_heard_are_named_until_they_are():
    roll = RollCall(["cf1", "cf2"], 10.0)
    assert roll.news(10.0 + SILENT_S, [], 42) == ""
    roll.hear("cf1", 12.5)
    assert roll.missing(12.5) == ["cf2"]
    assert roll.news(12.5, ["cf3", "cf1"], 42) == (
        "nothing is heard of cf2 in ROS domain 42, where heard are cf1, cf3: expected a backend"
        " with drones of these names"
    )
    assert roll.news(13.0, ["cf3", "cf1"], 42) == ""
    assert "cf1, cf2 in ROS domain 42, where no backend is heard" in roll.news(15.0, [], 42)
    roll.hear("cf1", 15.1)
    roll.hear("cf2", 15.1)
    assert roll.news(15.1, ["cf1", "cf2"], 42) == "all drones are heard"
