# SPDX-License-Identifier: Apache-2.0
"""`martlet fly --drones` over real ROS: one policy, one session, several drones."""

import json
import subprocess
import sys

import numpy as np
import pytest

from martlet.flight.programme import APART_M
from martlet.flight.recording import read_recording

pytestmark = [pytest.mark.ros, pytest.mark.timeout(120)]

FLY = [sys.executable, "-m", "martlet.cli", "fly", "--clock", "lockstep", "--factor", "20"]


def test_three_drones_fly_by_one_policy_each_in_its_place(tmp_path, policy_path):
    run = tmp_path / "run"
    words = ["--policy", str(policy_path), "--task", "hover", "--hover-s", "3", "--drones", "3"]
    done = subprocess.run(
        [*FLY, *words, "--run", str(run), "--json"],
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report == json.loads((run / "report.json").read_text())
    assert report["landed"]
    assert report["guard_interventions"] == 0
    assert report["problems"] == []
    assert set(report["drones"]) == {"cf1", "cf2", "cf3"}
    assert all(drone["landed"] for drone in report["drones"].values())
    assert all(drone["hover_error_m"] < 0.03 for drone in report["drones"].values())
    assert report["hover_error_m"] == report["drones"][report["worst"]]["hover_error_m"]
    assert report["closest_m"] == pytest.approx(APART_M, abs=0.15)
    assert (run / "report.png").stat().st_size > 10_000
    commands = read_recording(run / "flight", ("cf1", "cf2", "cf3")).commands.values
    engaged = np.isfinite(commands[:, :, 0])
    assert engaged.all(axis=1).sum() > 400  # one message commands them all
    assert (engaged.all(axis=1) | ~engaged.any(axis=1)).all()
