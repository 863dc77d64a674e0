# SPDX-License-Identifier: Apache-2.0
"""Two processes find each other over DDS, and neither listens beyond this machine."""

import ipaddress
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from martlet.flight.domain import take_domain
from martlet.ros_environment import environment

WORKSPACE = Path(__file__).parents[2] / "ros2_ws"
NODE = """
import sys, rclpy
from std_msgs.msg import String

rclpy.init()
me = sys.argv[1]
node = rclpy.create_node("node_" + me)
publisher = node.create_publisher(String, "chat", 10)
heard = set()
node.create_subscription(String, "chat", lambda message: heard.add(message.data), 10)
while heard != {"a", "b"}:
    publisher.publish(String(data=me))
    rclpy.spin_once(node, timeout_sec=0.05)
print("heard both", flush=True)
while True:
    publisher.publish(String(data=me))
    rclpy.spin_once(node, timeout_sec=0.05)
"""

pytestmark = [pytest.mark.ros, pytest.mark.timeout(60)]


@contextmanager
def _node(name: str, env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", NODE, name]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _sockets_of_two_nodes(settings: dict[str, str]) -> set[str]:
    """Addresses that two nodes listen on once each has heard the other."""
    base = {key: value for key, value in os.environ.items() if not key.startswith("ROS_")}
    with ExitStack() as stack:
        domain = stack.enter_context(take_domain({}))
        base |= {"ROS_DOMAIN_ID": str(domain.number)} | settings
        env = environment(Path(sys.prefix), WORKSPACE, base)
        nodes = [stack.enter_context(_node(name, env)) for name in ("a", "b")]
        for node in nodes:
            assert node.stdout is not None
            assert node.stdout.readline() == "heard both\n"
        return {address for node in nodes for address in _listening(node.pid)}


def _listening(pid: int) -> set[str]:
    """Local addresses of the UDP sockets and of the listening TCP sockets of a process."""
    files = Path(f"/proc/{pid}/fd").iterdir()
    inodes = {os.readlink(file).removeprefix("socket:[").rstrip("]") for file in files}
    found = set()
    for table, listening in (("udp", "07"), ("udp6", "07"), ("tcp", "0A"), ("tcp6", "0A")):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[9] in inodes and columns[3] == listening:
                found.add(_address(columns[1].split(":")[0]))
    return found


def _address(hexadecimal: str) -> str:
    """The kernel writes each 32 bits of an address in the byte order of the machine."""
    words = [hexadecimal[i : i + 8] for i in range(0, len(hexadecimal), 8)]
    raw = b"".join(int(word, 16).to_bytes(4, sys.byteorder) for word in words)
    return str(ipaddress.ip_address(raw))


def test_nodes_listen_on_loopback_alone() -> None:
    assert _sockets_of_two_nodes({}) == {"127.0.0.1"}


@pytest.mark.parametrize(
    "settings",
    [
        {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"},
        {"ROS_LOCALHOST_ONLY": "1"},
    ],
    ids=lambda settings: "=".join(*settings.items()),
)
def test_nodes_listen_on_loopback_alone_whatever_the_user_set(settings: dict[str, str]) -> None:
    assert _sockets_of_two_nodes(settings) == {"127.0.0.1"}


def test_one_setting_opens_the_network() -> None:
    assert "0.0.0.0" in _sockets_of_two_nodes({"MARTLET_DDS_OPEN": "1"})
