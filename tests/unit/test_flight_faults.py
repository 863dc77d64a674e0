# SPDX-License-Identifier: Apache-2.0
"""Faults in flight end on the ground, inside the fence, and the table says so."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.faults.catalogue import FAULTS
from benchmarks.faults.ending import ending
from benchmarks.faults.trial import fly_fault
from benchmarks.faults_table import table
from policy_export.runtime import PolicyRunner

ROOT = Path(__file__).parents[2]
BY_NAME = {fault.name: fault for fault in FAULTS}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("policy says NaN", "hold: command not finite: collective thrust = nan N"),
        ("policy frozen: repeats its last command", "hold: wall ahead: "),
        ("motion capture jumped by 1.6 m", "hold: estimate jumped: "),
    ],
)
def test_what_the_laptop_still_reaches_ends_on_the_ground_inside_the_fence(name, said):
    runner = PolicyRunner(ROOT / "policies" / "universal_brushless.onnx")
    (drone,) = fly_fault(BY_NAME[name], "sim", runner)
    assert drone["ended"] == "on the ground inside the fence"
    assert drone["beyond_fence_m"] < 0.0
    assert drone["touchdown_m_s"] < 0.6
    assert drone["guard"][0].startswith(said)
    assert drone["guard"][-1].startswith("off: landed")


def fall(height_m, x_m):
    """A drone that flies along x and falls from a height, at 100 Hz."""
    t = 0.01 * np.arange(200)
    states = np.zeros((200, 13), np.float32)
    states[:, 0] = x_m * t / t[-1]
    states[:, 2] = np.maximum(height_m - 4.905 * t**2, 0.0)
    states[:, 9] = np.where(states[:, 2] > 0.0, -9.81 * t, 0.0)
    return t.tolist(), states


def test_an_ending_is_told_from_the_truth():
    box = (-2.0, -2.0, -0.2), (2.0, 2.0, 2.0)
    told = ending(*fall(1.0, 1.5), box, turning=False)
    assert told["ended"] == "on the ground inside the fence"
    assert told["beyond_fence_m"] == -0.5
    assert told["went_m"] == 1.5
    assert told["touchdown_m_s"] == pytest.approx(4.43, abs=0.15)
    assert told["down_s"] == pytest.approx(0.45, abs=0.06)
    out = ending(*fall(1.0, 3.0), box, turning=False)
    assert out["ended"] == "on the ground 1.0 m outside the fence"
    hangs = ending([0.0, 1.0], fall(1.0, 0.0)[1][:2], box, turning=True)
    assert hangs["ended"] == "in the air inside the fence"
    assert hangs["touchdown_m_s"] is None


def test_the_table_has_a_line_for_every_drone_and_loses_none():
    drone = {
        "drone": "cf1",
        "ended": "on the ground inside the fence",
        "beyond_fence_m": -0.95,
        "went_m": 0.5,
        "touchdown_m_s": 0.15,
        "down_s": 2.5,
        "guard": ["hold: a", "land: b"],
    }
    hangs = drone | {"drone": "cf2", "touchdown_m_s": None, "guard": []}
    figures = {
        "policy": "p.onnx",
        "faults": [
            {"fault": "one", "where": "sim", "drones": [drone]},
            {"fault": "two", "where": "twin", "drones": [drone, hangs]},
            {"fault": "three", "where": "twin", "not_flown": "it stalled"},
        ],
    }
    rows = [line for line in table(figures) if line.startswith("|")][2:]
    assert rows == [
        "| one | sim | on the ground inside the fence | -0.95 m | 0.50 m | 0.1 m/s, after 2.5 s |"
        " hold: a; land: b |",
        "| two: cf1 | twin | on the ground inside the fence | -0.95 m | 0.50 m |"
        " 0.1 m/s, after 2.5 s | hold: a; land: b |",
        "| two: cf2 | twin | on the ground inside the fence | -0.95 m | 0.50 m | not at all |"
        " nothing |",
        "| three | twin | not flown: it stalled | | | | |",
    ]


def test_the_page_has_what_was_recorded():
    recorded = json.loads((ROOT / "benchmarks" / "results" / "flight_faults.json").read_text())
    page = (ROOT / "docs" / "safety.md").read_text()
    between = page.split("<!-- faults -->\n", 1)[1].split("\n<!-- end of faults -->", 1)[0]
    assert between.splitlines() == table(recorded["figures"])
    names = [flown["fault"] for flown in recorded["figures"]["faults"]]
    assert set(BY_NAME) <= set(names)
