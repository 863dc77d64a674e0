# SPDX-License-Identifier: Apache-2.0
"""docs/tutorials/from_crazyswarm2.md: its script flies unchanged, in the simulator and over twins.

Crazyswarm2's own packages are not here: stand-ins of the same shape are, the messages built anew
where their sources changed.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

STAND_INS = Path(__file__).parents[1] / "crazyswarm"
PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "from_crazyswarm2.md"
FILE = re.compile(r"^`([\w.]+)`\n```(?:csv|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)

# The first run builds messages.
pytestmark = [pytest.mark.ros, pytest.mark.timeout(600)]


@pytest.fixture
def their_stack(stack, monkeypatch):
    """A stack that finds crazyflie_interfaces, and scripts that find crazyflie_py."""
    monkeypatch.syspath_prepend(str(STAND_INS))
    from stand_in import with_stand_in

    stack.env = with_stand_in(stack.env)
    stack.env["PYTHONPATH"] = f"{STAND_INS}:{stack.env['PYTHONPATH']}"
    return stack


def test_their_messages_load_beside_ours(their_stack):
    told = their_stack.run(
        "from crazyflie_interfaces.msg import FullState; from martlet_msgs.msg import FleetStates;"
        " print(FullState.__module__, FleetStates.__module__)"
    )
    assert told.split() == [
        "crazyflie_interfaces.msg._full_state",
        "martlet_msgs.msg._fleet_states",
    ]


@pytest.mark.wall_clock
@pytest.mark.parametrize("backend", ["sim", "twin"])
def test_the_script_of_the_page_flies(backend, their_stack, tmp_path):
    if backend == "twin":
        pytest.importorskip("cflib")
    for name, text in FILE.findall(PAGE.read_text(encoding="utf-8")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    starts = (0.0, -0.5, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0)
    settings = {"drones": ("cf1", "cf2"), "starts": starts, "noise": False}
    only = (f"{'sim' if backend == 'sim' else 'crazyflie'}_backend", "twin")
    if backend == "twin":
        settings |= {"state_delay_s": 0.0, "command_delay_s": 0.0, "loss": 0.0}
    # The simulator has a clock, which a stalled machine slows down; twins go by the wall's.
    clock = ["--ros-args", "-p", "use_sim_time:=true"] if backend == "sim" else []
    settings |= {"factor": 2.0} if backend == "sim" else {}
    their_stack.start("none.onnx", only=only, backend=backend, **settings)
    done = subprocess.run(
        [sys.executable, "fly.py", *clock],
        cwd=tmp_path,
        env=their_stack.env,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    log = their_stack.nodes[only[0]].log.read_text()
    assert done.returncode == 0, done.stderr + log
    told = {}
    for line in done.stdout.splitlines():
        when, name, *numbers = line.split()
        told[when, name.strip("/")] = [float(number) for number in numbers]
    expected = {
        ("there", "cf1"): [0.0, -0.2, 0.8],
        ("there", "cf2"): [0.0, 0.8, 0.8],
        ("ahead", "cf1"): [0.5, -0.2, 0.8],
        ("ahead", "cf2"): [0.5, 0.8, 0.8],
        ("streamed", "cf1"): [0.0, -0.5, 1.2],
        ("streamed", "cf2"): [0.5, 0.8, 0.8],
        ("down", "cf1"): [0.0, -0.5, 0.0],
        ("down", "cf2"): [0.5, 0.8, 0.0],
    }
    assert told.keys() == expected.keys()
    for key, place in expected.items():
        assert told[key] == pytest.approx(place, abs=0.15), (key, log)
    assert "guard" not in log, log
