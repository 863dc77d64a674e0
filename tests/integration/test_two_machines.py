# SPDX-License-Identifier: Apache-2.0
"""Two network namespaces, with a cable between them, learn one policy as two machines would."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[1] / "unit" / "torchrun_run.py"
ADDRESSES = ("10.77.31.1", "10.77.31.2")


def ip(*arguments):
    return subprocess.run(["ip", *arguments], capture_output=True, text=True)


def cable(names):
    """Two namespaces, a pair of virtual interfaces between them; a reason where that is refused."""
    for name in names:
        if (made := ip("netns", "add", name)).returncode:
            return made.stderr.strip()
    pair = ["link", "add", "m0", "netns", names[0], "type", "veth", "peer", "m0", "netns", names[1]]
    if (made := ip(*pair)).returncode:
        return made.stderr.strip()
    for name, address in zip(names, ADDRESSES, strict=True):
        ip("-n", name, "address", "add", f"{address}/24", "dev", "m0")
        ip("-n", name, "link", "set", "lo", "up")
        ip("-n", name, "link", "set", "m0", "up")
    return None


@pytest.fixture
def machines():
    if "CI" in os.environ:
        pytest.skip("changes the network of the machine; not in CI")
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("needs the ip tool, and root to make network namespaces")
    names = [f"martlet-{os.getpid()}-{side}" for side in "ab"]
    refused = cable(names)
    yield names if refused is None else pytest.skip(f"no network namespaces here: {refused}")
    for name in names:
        ip("netns", "delete", name)


@pytest.mark.slow
def test_two_machines_learn_one_policy(machines, tmp_path):
    started = []
    for number, name in enumerate(machines):
        folder = tmp_path / name  # nothing is shared but the cable
        folder.mkdir()
        command = [
            "ip", "netns", "exec", name, sys.executable, "-m", "torch.distributed.run",
            "--nnodes=2", f"--node-rank={number}", "--nproc-per-node=1",
            f"--master-addr={ADDRESSES[0]}", "--master-port=29431",
            str(SCRIPT), str(folder), "never",
        ]  # fmt: skip
        environment = os.environ | {"GLOO_SOCKET_IFNAME": "m0"}
        started.append(
            subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        )
    for process in started:
        _, errors = process.communicate(timeout=240)
        assert process.returncode == 0, errors
    one, other = (
        np.load(tmp_path / name / f"rank{rank}.npz") for rank, name in enumerate(machines)
    )
    assert np.array_equal(one["weights"], other["weights"])
    assert not np.array_equal(one["world"], other["world"])
