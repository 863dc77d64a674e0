# SPDX-License-Identifier: Apache-2.0
"""`martlet fly` over real ROS: lands, repeats itself to the byte, and dies in good order."""

import hashlib
import json
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from family import alive, family
from mcap.reader import make_reader
from rosbags.highlevel import AnyReader

from martlet.bag_recovery import recover_bag
from martlet.flight.domain import take_domain
from martlet.validate import run as validate

pytestmark = [pytest.mark.ros, pytest.mark.timeout(180)]

MARTLET = [sys.executable, "-m", "martlet.cli", "fly"]
LOCKSTEP = ["--clock", "lockstep", "--factor", "20"]


def fly(*words: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*MARTLET, *words], capture_output=True, text=True, timeout=150, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def contents(bag: Path) -> dict[str, tuple[int, str]]:
    """Number and fingerprint of the messages of each topic."""
    found: dict[str, list[bytes]] = defaultdict(list)
    with next(bag.glob("*.mcap")).open("rb") as stream:
        for _, channel, message in make_reader(stream).iter_messages():
            found[channel.topic].append(message.data)
    return {
        topic: (len(data), hashlib.sha256(b"".join(data)).hexdigest())
        for topic, data in found.items()
    }


def test_two_flights_in_lockstep_land_and_are_equal_to_the_byte(tmp_path, policy_path, one_lap):
    bags = []
    for name in ("a", "b"):
        run = tmp_path / name
        words = ["--policy", str(policy_path), "--run", str(run), "--json", *LOCKSTEP]
        words += ["--seed", "5", "--hover-s", "2", "--tasks", str(one_lap)]
        report = json.loads(fly(*words).stdout)
        assert report == json.loads((run / "report.json").read_text())
        bags.append(contents(run / "flight"))
    assert report["landed"]
    assert report["guard_interventions"] == 0
    assert report["problems"] == []
    assert report["hover_error_m"] < 0.025
    assert report["references"]["lemniscate"]["rmse_m"] < 0.06
    assert report["settings"]["state_delay_ms"] == 10.0
    assert report["settings"]["noise"]
    assert report["settings"]["battery"]
    assert (run / "report.png").stat().st_size > 10_000
    assert (run / "policy.onnx").read_bytes() == policy_path.read_bytes()
    assert bags[0] == bags[1]
    assert bags[0]["/fleet/states"][0] == bags[0]["/clock"][0] > 1000
    assert bags[0]["/fleet/cmd_rate_thrust"][0] > 1000
    with AnyReader([run / "flight"]) as reader:
        types = {connection.topic: connection.msgtype for connection in reader.connections}
        for connection, _, raw in reader.messages():
            reader.deserialize(raw, connection.msgtype)
    assert types["/fleet/states"] == "martlet_msgs/msg/FleetStates"
    told = validate(run / "flight", None, None)["translation_500ms_gain_m"]["flight"]
    assert told["ours"] < 0.3 * told["naive"]  # the physics that flew it predicts it


@pytest.mark.wall_clock
def test_in_real_time_commands_come_at_100_hz_and_soon(tmp_path, policy_path):
    run = tmp_path / "run"
    words = ["--policy", str(policy_path), "--run", str(run), "--json", "--tasks"]
    report = json.loads(fly(*words, "--hover-s", "2").stdout)
    assert report["landed"]
    assert report["guard_interventions"] == 0
    assert report["hover_error_m"] < 0.025
    assert 0.0 < report["command_latency_ms"]["p50"] < 10.0  # a busy machine must not fail it


@contextmanager
def in_flight(tmp_path: Path, policy: Path) -> Iterator[tuple[subprocess.Popen[str], set[int]]]:
    """A flight some seconds after its start, and all its processes."""
    run = tmp_path / "run"
    words = [*MARTLET, "--policy", str(policy), "--run", str(run)]
    # In a script's background Ctrl-C is ignored, and whoever is started from there inherits it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            deadline = time.monotonic() + 40.0
            bag = run / "flight" / "flight_0.mcap"
            while not (bag.exists() and bag.stat().st_size > 50_000):
                assert time.monotonic() < deadline, "no flight began"
                assert process.poll() is None, process.communicate()
                time.sleep(0.1)
            yield process, family(process.pid)
        finally:
            process.kill()


def none_left(processes: set[int]) -> bool:
    deadline = time.monotonic() + 10.0
    while any(map(alive, processes)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(map(alive, processes))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_end_it_leaves_no_process_and_a_whole_bag(tmp_path, policy_path, number):
    with in_flight(tmp_path, policy_path) as (process, everybody):
        assert len(everybody) >= 5
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert len(errors.strip().splitlines()) == 1, errors
    assert none_left(everybody)
    with AnyReader([tmp_path / "run" / "flight"]) as reader:
        assert reader.message_count > 300


def test_killed_it_leaves_no_process_and_a_bag_that_can_be_mended(tmp_path, policy_path):
    with in_flight(tmp_path, policy_path) as (process, everybody):
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert none_left(everybody)
    bag = tmp_path / "run" / "flight"
    found = recover_bag(bag)
    assert not found["whole"]
    assert found["messages"] > 300
    with AnyReader([bag]) as reader:
        assert sum(1 for _ in reader.messages()) == found["messages"]
        assert {"/fleet/states", "/cf1/status"} <= {c.topic for c in reader.connections}


def test_a_node_that_dies_in_flight_is_named(tmp_path, policy_path):
    with in_flight(tmp_path, policy_path) as (process, everybody):
        backend = next(
            pid
            for pid in everybody
            if "martlet_nodes/sim_backend" in Path(f"/proc/{pid}/cmdline").read_text()
        )
        subprocess.run(["kill", "-9", str(backend)], check=True)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "sim_backend: it ended in flight" in errors
    assert none_left(everybody)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--airframe", "balloon"], "policies come for cf21_brushless"),
        (["--policy", "/nowhere.onnx"], "/nowhere.onnx"),
        (["--policy", "POLICY", "--tasks", "waltz"], "waltz"),
        (["--policy", "POLICY", "--airframe", "balloon"], "balloon"),
        (["--policy", "POLICY", "--state-delay-ms", "3"], "state_delay_s"),
    ],
)
def test_what_cannot_be_flown_is_one_sentence_and_exit_code_2(
    tmp_path, policy_path, martlet, words, sentence
):
    words = [str(policy_path) if word == "POLICY" else word for word in words]
    answer = martlet("fly", *words, "--run", tmp_path / "run")
    assert answer.code == 2
    assert sentence in answer.errors
    assert len(answer.errors.strip().splitlines()) == 1
    assert not (tmp_path / "run" / "flight").exists()


def test_a_domain_in_use_and_a_missing_workspace_are_one_sentence(
    tmp_path, policy_path, monkeypatch, martlet
):
    run = ["fly", "--policy", policy_path, "--run", tmp_path / "run"]
    with take_domain({}) as domain:
        monkeypatch.setenv("ROS_DOMAIN_ID", str(domain.number))
        answer = martlet(*run)
    assert answer.code == 2
    assert "another flight's" in answer.errors
    monkeypatch.setenv("MARTLET_WORKSPACE", str(tmp_path))
    answer = martlet(*run)
    assert answer.code == 2
    assert "run `make setup`" in answer.errors
