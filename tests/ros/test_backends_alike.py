# SPDX-License-Identifier: Apache-2.0
"""Simulator and twin look the same from ROS: the course of a flight, and its errors."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory

pytest.importorskip("cflib")
pytestmark = [pytest.mark.ros, pytest.mark.timeout(300), pytest.mark.wall_clock]


@pytest.fixture(scope="module")
def flights(tmp_path_factory, policy_path, one_lap):
    """One flight with each backend: the folders, by backend."""
    folders = {}
    more = {"sim": ["--clock", "lockstep", "--factor", "20"], "twin": []}
    for backend, words in more.items():
        folder = folders[backend] = tmp_path_factory.mktemp("flights") / backend
        settings = ["--backend", backend, "--policy", str(policy_path), "--run", str(folder)]
        settings += ["--hover-s", "3", "--tasks", str(one_lap), "--json"]
        for _ in range(3):  # the twin flies in wall time: a machine that stalls ends a flight
            shutil.rmtree(folder, ignore_errors=True)
            done = subprocess.run(
                [sys.executable, "-m", "martlet.cli", "fly", *settings, *words],
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            if done.returncode == 0 and not report_of(folder)["problems"]:
                break
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout) == report_of(folder)
    return folders


def report_of(folder: Path):
    return json.loads((folder / "report.json").read_text())


def courses(folder: Path):
    """The values that each field of /cf1/status took in turn, and those of all together."""
    fields = ("armed", "flying", "commander", "guard_stage")
    with next((folder / "flight").glob("*.mcap")).open("rb") as stream:
        reader = make_reader(stream, decoder_factories=[DecoderFactory()])
        rows = [
            tuple(int(getattr(message, name)) for name in fields)
            for *_, message in reader.iter_decoded_messages(["/cf1/status"])
        ]
    return [row for row, before in zip(rows, [None, *rows], strict=False) if row != before]


def test_a_flight_takes_the_same_course(flights):
    sim, twin = courses(flights["sim"]), courses(flights["twin"])
    none, stream, action = 0, 1, 2
    assert sim == twin
    assert [commander for _, _, commander, _ in sim if commander] == [
        *(action, action),  # on the ground, and in the air
        *(stream, stream, action),
    ]
    assert sim[-1] == (0, 0, none, 0)


def test_a_twins_errors_are_the_simulators(flights):
    sim, twin = report_of(flights["sim"]), report_of(flights["twin"])
    assert twin["settings"]["backend"] == "twin"
    assert (sim["settings"]["loss"], twin["settings"]["loss"]) == (0.0, 0.02)
    assert twin["settings"]["state_delay_ms"] == twin["settings"]["command_delay_ms"] == 10.0
    for report in (sim, twin):
        assert report["landed"]
        assert report["guard_interventions"] == 0
        assert report["problems"] == []
    assert twin["hover_error_m"] == pytest.approx(sim["hover_error_m"], abs=0.01)
    rmse = [report["references"]["lemniscate"]["rmse_m"] for report in (sim, twin)]
    assert rmse[1] == pytest.approx(rmse[0], abs=0.015)
    assert twin["hover_error_m"] < 0.04
    assert rmse[1] < 0.09
