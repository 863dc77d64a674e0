# SPDX-License-Identifier: Apache-2.0
"""`martlet doctor` tells what is and what is not in its place, from a bare shell too."""

import json
import os
import subprocess
import sys
from pathlib import Path


def test_what_was_set_up_is_in_its_place_from_a_bare_shell():
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    words = [Path(sys.executable).parent / "martlet", "doctor", "--json"]
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=60, check=False)
    found = json.loads(done.stdout)
    assert (done.returncode, found["ok"], found["missing"]) == (0, True, [])
    assert "cf21_plus" in found["airframes"]


def test_a_missing_workspace_is_named(tmp_path, monkeypatch, martlet):
    monkeypatch.setenv("MARTLET_WORKSPACE", str(tmp_path))
    answer = martlet("doctor", "--json")
    found = json.loads(answer.out)
    assert (answer.code, found["ok"]) == (1, False)
    assert str(tmp_path) in found["missing"][0]
    assert "make setup" in found["missing"][0]


def test_messages_that_do_not_load_are_named(tmp_path):
    node = tmp_path / "install" / "lib" / "martlet_nodes" / "sim_backend"
    node.parent.mkdir(parents=True)
    node.touch()
    stack = tmp_path / "src" / "martlet_bringup" / "martlet_bringup" / "stack.py"
    stack.parent.mkdir(parents=True)
    stack.touch()
    env = os.environ | {"MARTLET_WORKSPACE": str(tmp_path), "PYTHONPATH": ""}
    words = [sys.executable, "-m", "martlet.cli", "doctor", "--json"]
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "martlet_msgs" in json.loads(done.stdout)["missing"][0]
