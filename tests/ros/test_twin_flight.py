# SPDX-License-Identifier: Apache-2.0
"""What goes wrong on the way to a Crazyflie ends in one sentence, in order, and on the ground."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from family import alive, family

pytest.importorskip("cflib")
pytestmark = [pytest.mark.ros, pytest.mark.timeout(120), pytest.mark.wall_clock]

MARTLET = [sys.executable, "-m", "martlet.cli", "fly"]
AIRFRAMES = Path(__file__).parents[2] / "sim_core" / "airframes"
QUICK = {"backend": "twin", "state_delay_s": 0.0, "command_delay_s": 0.0}


def test_an_address_where_nobody_answers_is_one_sentence_and_exit_code_2(tmp_path, policy_path):
    words = ["--backend", "hardware", "--uri", "udp://127.0.0.1:9", "--run", str(tmp_path / "run")]
    run = [*MARTLET, "--policy", str(policy_path), *words]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done.stderr
    assert "udp://127.0.0.1:9: nobody answers" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_drone_of_another_kind_is_one_sentence_and_exit_code_2(stack, tmp_path, wait_until):
    other = tmp_path / "other.toml"
    text = (AIRFRAMES / "cf21_plus.toml").read_text()
    other.write_text(text.replace('platform = "cf21"', 'platform = "cf21bl"'))
    uris = ("udp://127.0.0.1:23517",)
    stack.start("none", only=("twin",), **QUICK, uris=uris)
    stack.start("none", only=("crazyflie_backend",), **QUICK, uris=uris, airframe=str(other))
    process = stack.nodes["crazyflie_backend"]
    assert wait_until(lambda: process.exit_code() is not None)
    assert process.exit_code() == 2
    words = process.log.read_text().strip()
    assert "it is a Crazyflie 2.1; expected a Crazyflie 2.1 Brushless" in words
    assert len(words.splitlines()) == 1


IN_THE_AIR = """
import json, sys, time, rclpy
from martlet_msgs.action import Takeoff
from martlet_msgs.msg import DroneStatus
from martlet_msgs.srv import Arm
from rclpy.action import ActionClient

rclpy.init()
node = rclpy.create_node("client")
seen = []
node.create_subscription(DroneStatus, "/cf1/status", seen.append, 10)

def wait(future):
    rclpy.spin_until_future_complete(node, future, timeout_sec=20)
    assert future.done()
    return future.result()

arm = node.create_client(Arm, "/cf1/arm")
assert arm.wait_for_service(20)
assert wait(arm.call_async(Arm.Request(arm=True))).success
client = ActionClient(node, Takeoff, "/cf1/takeoff")
assert client.wait_for_server(20)
handle = wait(client.send_goal_async(Takeoff.Goal(height_m=0.5)))
assert wait(handle.get_result_async()).result.success
"""

SEES_IT_VANISH = (
    IN_THE_AIR
    + """
import os, signal
os.kill(int(sys.argv[1]), signal.SIGSTOP)
end = time.monotonic() + 1.0
while time.monotonic() < end:
    rclpy.spin_once(node, timeout_sec=0.05)
os.kill(int(sys.argv[1]), signal.SIGCONT)
end = time.monotonic() + 8.0
while seen[-1].guard_stage and time.monotonic() < end:
    rclpy.spin_once(node, timeout_sec=0.05)
held = [s for s in seen if s.guard_stage]
print(json.dumps([held[0].guard_stage, held[0].guard_reason, max(s.state_age_s for s in seen),
                  seen[-1].guard_stage, seen[-1].flying]))
"""
)


@pytest.fixture
def twin(stack):
    """A twin and its backend, without a policy."""
    stack.start("none", only=("twin", "crazyflie_backend"), **QUICK)
    return stack


def test_a_drone_that_falls_silent_is_held_and_found_again_and_landed_at_the_end(twin):
    stage, reason, age_s, last, flying = json.loads(
        twin.run(SEES_IT_VANISH, str(twin.nodes["twin"].pid))
    )
    assert stage == 1
    assert reason.startswith("lost state: age = 0.2")
    assert age_s > 0.8
    assert (last, flying) == (0, True)
    backend = twin.nodes["crazyflie_backend"]
    begun = time.monotonic()
    backend.signal(signal.SIGTERM)
    assert backend.wait(12.0)
    assert backend.exit_code() == 0
    assert time.monotonic() - begun > 1.5  # a landing from half a metre, not a fall
    assert "Error" not in backend.log.read_text()


def test_a_twin_killed_in_flight_ends_it_with_one_sentence_and_leaves_no_process(
    tmp_path, policy_path
):
    run = tmp_path / "run"
    words = ["--backend", "twin", "--policy", str(policy_path), "--run", str(run)]
    with subprocess.Popen([*MARTLET, *words], stderr=subprocess.PIPE, text=True) as process:
        try:
            bag = run / "flight" / "flight_0.mcap"
            deadline = time.monotonic() + 40.0
            while not (bag.exists() and bag.stat().st_size > 50_000):
                assert time.monotonic() < deadline, "no flight began"
                assert process.poll() is None, process.communicate()
                time.sleep(0.1)
            everybody = family(process.pid)
            (twin,) = (p for p in everybody if "martlet_bringup/twin" in command_of(p))
            subprocess.run(["kill", "-9", str(twin)], check=True)
            _, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 1
    assert len(errors.strip().splitlines()) == 1, errors
    assert "twin: it ended in flight" in errors
    deadline = time.monotonic() + 5.0
    while any(map(alive, everybody)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, everybody))


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def test_a_backend_whose_drone_is_gone_ends_with_one_sentence(twin, wait_until):
    twin.run(IN_THE_AIR)
    twin.nodes["twin"].signal(signal.SIGKILL)
    backend = twin.nodes["crazyflie_backend"]
    assert wait_until(lambda: backend.exit_code() is not None, 15.0)
    assert backend.exit_code() == 1
    assert "nobody answers" in backend.last_words()
