# SPDX-License-Identifier: Apache-2.0
"""Other clocks and other names: what is said of stamps, and which remappings reach the desk."""

import pytest
from test_backend import Fleet

from firmware_bridge.flight_guard import Stage
from martlet_nodes.clocks import Clocks
from martlet_nodes.remapped import remapped

NOW_S = 100.0


@pytest.mark.parametrize(("off_s", "words"), [(3.2, "3.20 s ahead of"), (-2.0, "2.00 s behind")])
def test_stamps_by_another_clock_are_told_once_until_they_agree(off_s, words):
    clocks = Clocks()
    assert clocks.news("/cmd", NOW_S - 0.02, NOW_S) == ""
    assert clocks.news("/cmd", NOW_S + off_s, NOW_S).startswith(f"/cmd: stamps are {words}")
    assert clocks.news("/cmd", NOW_S + off_s, NOW_S) == ""
    assert clocks.news("/other", NOW_S + off_s, NOW_S) != ""
    assert clocks.news("/cmd", NOW_S, NOW_S) == ""
    assert clocks.news("/cmd", NOW_S + off_s, NOW_S) != ""


def test_a_stream_from_the_future_is_stale_as_soon_as_any():
    fleet = Fleet(drones=["a"])
    backend = fleet.backend
    assert backend.arm(0, True, fleet.now) == ""
    hover = (backend.limits.weight_n, 0.0, 0.0, 0.0)
    backend.stream(0, hover, fleet.now + 1000.0, fleet.now)
    assert backend.take_latencies(0) == [0.0]
    fleet.step(1.0)
    assert backend.status(0).stage is not Stage.NOMINAL
    assert "stale command" in backend.status(0).reason


def test_remappings_are_everybodys_but_the_nodes_name():
    words = ["sim_backend", "--ros-args", "-r", "__node:=sim", "-r", "/cf1/arm:=/lab/arm"]
    words += ["--params-file", "x.yaml", "--remap", "__ns:=/lab", "-p", "seed:=1"]
    words += ["-r", "fleet_desk:__node:=desk"]
    assert remapped(words) == ["--ros-args", "-r", "/cf1/arm:=/lab/arm", "-r", "__ns:=/lab"]
    assert remapped(["pytest", "-r", "a"]) == []
    assert remapped(["x", "--ros-args", "--", "-r", "a:=b"]) == []
