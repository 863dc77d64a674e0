# SPDX-License-Identifier: Apache-2.0
"""`martlet fly --onboard` over real ROS: the exported policy flies the flight, and lands."""

import json
import subprocess
import sys

import pytest
from hovering_policy import write_hovering

from martlet.shipped import shipped_policy

pytestmark = [pytest.mark.ros, pytest.mark.slow, pytest.mark.timeout(600)]


def test_policy_on_board_flies_the_tasks_one_after_the_other(tmp_path, one_lap):
    run = tmp_path / "run"
    words = ["--policy", str(shipped_policy("cf21_plus")), "--tasks", str(one_lap)]
    report = fly(run, *words, "--hover-s", "2")
    assert report["hover_error_m"] < 0.025
    assert report["references"]["lemniscate"]["rmse_m"] < 0.06
    assert (run / "onboard.so").is_file()
    assert (run / "firmware" / "src" / "policy_data.hpp").is_file()


def test_policy_of_motors_hovers_on_board(tmp_path):
    policy = write_hovering(tmp_path / "policy.onnx", "motors")
    report = fly(tmp_path / "run", "--policy", str(policy), "--task", "hover", "--hover-s", "4")
    assert report["hover_error_m"] < 0.15  # a proportional law


def fly(run, *more):
    """Flies, lands, and returns the report."""
    words = [sys.executable, "-m", "martlet.cli", "fly", "--onboard", "--run", str(run), "--json"]
    words += [*more, "--clock", "lockstep", "--factor", "20"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=580, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["landed"]
    assert report["problems"] == []
    assert report["guard_interventions"] == 0
    assert report["settings"]["onboard"]
    return report
