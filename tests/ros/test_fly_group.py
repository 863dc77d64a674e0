# SPDX-License-Identifier: Apache-2.0
"""`martlet fly --task swarm` and `--task mixed` over real ROS: up, together, judged, down."""

import json
import subprocess
import sys

import numpy as np
import pytest
from group_policy import write_hall

from martlet.flight.recording import read_recording

pytestmark = [pytest.mark.ros, pytest.mark.timeout(120)]

FLY = [sys.executable, "-m", "martlet.cli", "fly", "--clock", "lockstep", "--factor", "20"]

SQUARE = """[formation]
scenario = "static"
duration_s = 3.0
slots_m = [[0.3, 0.3, 1.2], [-0.3, 0.3, 1.2], [-0.3, -0.3, 0.7]]
"""


def fly(*words):
    words = [*FLY, *words, "--json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_a_swarm_is_flown_by_one_node_judged_and_landed(tmp_path, group_policy_path):
    run, square = tmp_path / "run", tmp_path / "square.toml"
    square.write_text(SQUARE)
    words = ["--policy", str(group_policy_path), "--task", "swarm", "--drones", "3"]
    words += ["--scenario", str(square), "--run", str(run)]
    report = fly(*words)
    assert report == json.loads((run / "report.json").read_text())
    assert (report["landed"], report["problems"], report["guard_interventions"]) == (True, [], 0)
    swarm = report["swarm"]
    assert (swarm["good"], swarm["collision_free"], swarm["collisions"]) == (True, True, 0)
    assert swarm["formation"] == "square"
    assert set(swarm["separation_pair"]) < {"cf1", "cf2", "cf3"}
    assert 0.3 < swarm["separation_m"] < 0.8
    assert report["closest_m"] > 0.3  # landings included
    assert swarm["slot_error_m"] < 0.1
    assert report["worst"] == swarm["worst"]
    assert not any(drone["crashed"] for drone in swarm["drones"].values())
    assert (run / "report.png").stat().st_size > 10_000
    engaged = np.isfinite(read_recording(run / "flight", ("cf1", "cf2", "cf3")).commands.values)
    assert (engaged.all(axis=(1, 2)) | ~engaged.any(axis=(1, 2))).all()  # one message for all


def test_drones_leave_a_formation_to_race_and_land_where_they_began(tmp_path, group_policy_path):
    run = tmp_path / "run"
    words = ["--policy", str(group_policy_path), "--task", "mixed", "--drones", "2"]
    words += ["--track", str(write_hall(tmp_path)), "--run", str(run)]
    report = fly(*words)
    assert (report["landed"], report["problems"], report["guard_interventions"]) == (True, [], 0)
    mixed = report["mixed"]
    assert (mixed["good"], mixed["track"], mixed["gates"]) == (True, str(tmp_path / "hall.toml"), 2)
    races = [drone["race"] for drone in mixed["drones"].values()]
    assert [(race["gates_passed"], race["finished"]) for race in races] == [(2, True)] * 2
    assert all(1.0 < race["time_s"] < 6.0 for race in races)
    assert mixed["separation_m"] > 0.2
    assert (run / "report.png").stat().st_size > 10_000
