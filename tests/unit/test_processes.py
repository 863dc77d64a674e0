# SPDX-License-Identifier: Apache-2.0
"""Nothing outlives us, and no two flights share a domain."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from martlet.errors import FlightError, UsageError
from martlet.flight.domain import domains_taken, take_domain
from martlet.flight.processes import Process, Processes, Talker
from martlet.key import domain_of_flight

SLEEP = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    " print('here', flush=True); time.sleep(60)",
]
PARENT = """
import sys, time
from pathlib import Path
from martlet.flight.processes import Process
words = [sys.executable, "-c", "import time; time.sleep(60)"]
child = Process("child", words, {}, Path(sys.argv[1]))
print(child.pid, flush=True)
time.sleep(60)
"""


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def wait_until(true, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
    return true()


def test_leaving_ends_every_process_even_a_stubborn_one(tmp_path, monkeypatch):
    monkeypatch.setattr("martlet.flight.processes.TERM_S", 0.3)
    with Processes() as processes:
        children = [
            Talker(name, words, os.environ, tmp_path / f"{name}.log")
            for name, words in (("good", SLEEP), ("stubborn", STUBBORN))
        ]
        for child in children:
            processes.add(child)
            assert child.output.readline() == b"here\n"
        assert processes.fallen() is None
    assert not any(alive(child.pid) for child in children)


def test_a_killed_parent_leaves_no_child(tmp_path):
    words = [sys.executable, "-c", PARENT, str(tmp_path / "log")]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.send_signal(signal.SIGKILL)
    assert wait_until(lambda: not alive(child))


def test_ctrl_c_at_the_terminal_is_not_for_the_children(tmp_path):
    child = Process("child", SLEEP, os.environ, tmp_path / "log")
    assert os.getpgid(child.pid) == child.pid
    child.end()


def test_a_process_that_falls_is_named_with_its_last_words(tmp_path):
    words = [sys.executable, "-c", "import sys; sys.exit('first\\nno such policy')"]
    with Processes() as processes:
        child = Process("policy", words, os.environ, tmp_path / "log")
        processes.add(child)
        assert wait_until(lambda: processes.fallen() is not None)
        assert child.exit_code() == 1
        assert child.last_words() == "no such policy"


def test_a_program_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(FlightError, match="node: expected to start /nowhere/node"):
        Process("node", ["/nowhere/node"], {}, tmp_path / "log")


@pytest.fixture
def own_locks(tmp_path, monkeypatch):
    """Domains that no flight outside of the test takes or holds."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.mark.usefixtures("own_locks")
def test_a_free_domain_is_taken_and_kept():
    with take_domain({}, lambda: set()) as first, take_domain({}, lambda: set()) as second:
        assert first.number != second.number
        with pytest.raises(UsageError, match=f"domain {first.number} is another flight's"):
            take_domain({"ROS_DOMAIN_ID": str(first.number)})
    with take_domain({"ROS_DOMAIN_ID": str(first.number)}) as again:
        assert again.number == first.number


@pytest.mark.usefixtures("own_locks")
def test_a_flight_that_is_under_way_is_found_by_its_domain():
    with take_domain({}, lambda: set()) as flight:
        assert flight.number in domains_taken()
    assert flight.number not in domains_taken()


@pytest.mark.usefixtures("own_locks")
def test_domains_with_ports_in_use_are_passed_over():
    with take_domain({}, lambda: set()) as free:
        pass
    taken = 7400 + 250 * free.number + 11
    with take_domain({}, lambda: {taken}) as other:
        assert other.number != free.number


def test_no_domain_left_and_no_domain_at_all():
    with pytest.raises(UsageError, match="found all in use"):
        take_domain({}, lambda: set(range(65536)))
    with pytest.raises(UsageError, match="ROS_DOMAIN_ID: expected 0 to 232, got 'seven'"):
        take_domain({"ROS_DOMAIN_ID": "seven"})
    with pytest.raises(UsageError, match="--domain: expected 0 to 232, got '500'"):
        domain_of_flight(500, "key")


def test_a_process_that_said_nothing_is_excused_by_a_full_disk(tmp_path, monkeypatch):
    silent = Process("silent", [sys.executable, "-c", ""], {}, tmp_path / "silent.log")
    silent.wait(10.0)
    assert silent.last_words() == "it said nothing"
    full = shutil.disk_usage(tmp_path)._replace(free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    assert silent.last_words() == f"no room is left on the disk of {tmp_path}"
    silent.end()
