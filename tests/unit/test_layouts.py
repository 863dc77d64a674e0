# SPDX-License-Identifier: Apache-2.0
"""The layouts for RViz and Foxglove show what a flight says, by its names and types."""

import importlib.util
import json
import re
from pathlib import Path

import pytest
import yaml

from martlet_bringup.stack import topics

BRINGUP = Path(__file__).parents[2] / "ros2_ws" / "src" / "martlet_bringup"
RVIZ = yaml.safe_load((BRINGUP / "rviz" / "flight.rviz").read_text())
FOXGLOVE = json.loads((BRINGUP / "foxglove" / "flight.json").read_text())
DRONES = tuple(f"cf{number}" for number in range(1, 9))
SAID = {topic.name: topic.type for topic in topics(DRONES)}
SHOWN_BY = {
    "rviz_default_plugins/Odometry": "nav_msgs/msg/Odometry",
    "rviz_default_plugins/PointStamped": "geometry_msgs/msg/PointStamped",
}


def test_rviz_displays_take_the_topics_types_and_qualities():
    displays = [shown for shown in RVIZ["Visualization Manager"]["Displays"] if "Topic" in shown]
    assert len(displays) == 2 * len(DRONES)
    for shown in displays:
        assert SAID[shown["Topic"]["Value"]] == SHOWN_BY[shown["Class"]]
        assert shown["Topic"]["Reliability Policy"] == "Best Effort"  # as states are offered


def test_rviz_stands_in_the_frame_that_messages_name():
    messages = (BRINGUP.parent / "martlet_nodes" / "martlet_nodes" / "messages.py").read_text()
    frame = RVIZ["Visualization Manager"]["Global Options"]["Fixed Frame"]
    assert f'WORLD = "{frame}"' in messages


def paths_of_plots():
    plots = [panel for name, panel in FOXGLOVE["configById"].items() if name.startswith("Plot!")]
    return [path["value"] for panel in plots for path in panel["paths"]]


def test_foxglove_shows_topics_that_there_are():
    assert set(FOXGLOVE["configById"]["3D!flight"]["topics"]) <= set(SAID)
    assert {path.split(".")[0] for path in paths_of_plots()} <= set(SAID)


@pytest.mark.skipif(importlib.util.find_spec("martlet_msgs") is None, reason="no workspace")
def test_every_plot_is_of_a_field():
    named = {(SAID[path.split(".")[0]], path.split(".", 1)[1]) for path in paths_of_plots()}
    for type_, field in named:
        package, _, name = type_.split("/")
        message = getattr(importlib.import_module(f"{package}.msg"), name)()
        for step in re.sub(r"\[.*?\]", "", field).split("."):
            message = getattr(message, step)


def test_every_panel_that_is_laid_out_has_its_settings():
    def leaves(node):
        return [node] if isinstance(node, str) else leaves(node["first"]) + leaves(node["second"])

    assert sorted(leaves(FOXGLOVE["layout"])) == sorted(FOXGLOVE["configById"])


def test_both_are_installed():
    installed = re.search(
        r"install\(DIRECTORY ([^)]*) DESTINATION", (BRINGUP / "CMakeLists.txt").read_text()
    )
    assert {"foxglove", "rviz"} <= set(installed[1].split())
