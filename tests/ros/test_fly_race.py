# SPDX-License-Identifier: Apache-2.0
"""`martlet fly --task race` over real ROS: from the floor through the gates and back to it."""

import json
import subprocess
import sys

import pytest
from gate_policy import write_track

pytestmark = [pytest.mark.ros, pytest.mark.timeout(120)]

FLY = [sys.executable, "-m", "martlet.cli", "fly", "--task", "race"]
LOCKSTEP = ["--clock", "lockstep", "--factor", "20"]


def fly(*words):
    done = subprocess.run([*FLY, *words], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_a_race_is_flown_judged_and_landed(tmp_path, race_policy_path):
    run, track = tmp_path / "run", write_track(tmp_path)
    words = ["--policy", str(race_policy_path), "--track", str(track), "--run", str(run), "--json"]
    report = json.loads(fly(*words, *LOCKSTEP).stdout)
    assert report == json.loads((run / "report.json").read_text())
    assert report["landed"]
    assert report["guard_interventions"] == 0
    assert report["problems"] == []
    race = report["race"]
    assert (race["track"], race["gates_passed"], race["finished"]) == ("straight", 2, True)
    assert not race["crashed"]
    assert 1.0 < race["time_s"] < 4.0
    assert report["settings"]["airframe"] == "cf21_brushless"  # the policy's
    assert report["hover_error_m"] is None
    assert report["references"] == {}
    assert (run / "report.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--policy", "POLICY"], "expected one that this policy flies (track), got a race"),
        (["--policy", "RACER", "--track", "moon"], "track 'moon': expected one of lsy"),
    ],
)
def test_what_cannot_be_raced_is_one_sentence_and_exit_code_2(
    tmp_path, policy_path, race_policy_path, martlet, words, sentence
):
    files = {"POLICY": str(policy_path), "RACER": str(race_policy_path)}
    words = [files.get(word, word) for word in words]
    answer = martlet("fly", "--task", "race", *words, "--run", tmp_path / "run")
    assert answer.code == 2
    assert sentence in answer.errors
    assert len(answer.errors.strip().splitlines()) == 1
    assert not (tmp_path / "run").exists()
