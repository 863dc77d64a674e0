# SPDX-License-Identifier: Apache-2.0
"""A soak of seconds: nodes, pilot, observer and samples, as an hour has them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("cflib")
pytestmark = [pytest.mark.ros, pytest.mark.timeout(120), pytest.mark.wall_clock]

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak.py"


def test_a_soak_of_seconds_flies_samples_and_ends_well(tmp_path):
    run = tmp_path / "run"
    words = ["--minutes", "0.01", "--drones", "1", "--hover", "2", "--every", "0.5"]
    words = [sys.executable, str(SOAK), *words, "--run", str(run)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads((run / "samples.json").read_text())
    assert (found["flights"], found["problems"]) == (1, [])
    names = {"recorder", "twin", "crazyflie_backend", "policy"}
    assert all(set(sample["memory_mib"]) == names for sample in found["samples"])
    streamed = [sample for sample in found["samples"] if sample["rate_hz"]]
    assert streamed
    assert all(sample["p50_ms"] > 0.0 for sample in streamed)
