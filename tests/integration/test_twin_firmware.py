# SPDX-License-Identifier: Apache-2.0
"""`martlet twin --firmware` with a stand-in: started, spoken to, and never left behind."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from twins import twin_process

from firmware_bridge.crtp_packets import Packet, Port, decode
from firmware_bridge.errors import TwinError, TwinSettingsError
from martlet.twin import TwinOptions, firmware_server

pytestmark = pytest.mark.wall_clock

STAND_IN = Path(__file__).parents[1] / "stand_in_firmware.py"


@pytest.fixture
def firmware(tmp_path):
    """The stand-in as an executable."""
    path = tmp_path / "cf2"
    path.write_text(f"#!{sys.executable}\n{STAND_IN.read_text()}")
    path.chmod(0o755)
    return path


@contextmanager
def client(uri):
    """Asks echoes at an address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(5.0)
        link.connect(("127.0.0.1", int(uri.rsplit(":", 1)[1])))

        def ask(words):
            link.send(Packet(Port.LINK, 0, words).encode())
            return decode(link.recv(64)).payload

        yield ask


def gone(pid):
    """Whether a process has ended, or does soon."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def options(firmware, **more):
    return TwinOptions(port=0, delay_ms=0.0, loss=0.0, firmware=firmware, **more)


def test_each_client_is_answered_and_the_firmware_ends_with_the_twin(firmware):
    with twin_process("--firmware", str(firmware), "--delay-ms", "2") as (process, uri):
        assert uri.startswith("udp://127.0.0.1:")
        with client(uri) as first, client(uri) as second:
            pid = int(first(b"pid"))
            assert second(b"and I?") == b"and I?"
            assert first(b"and again") == b"and again"
    assert process.returncode == 0
    assert gone(pid)


def test_it_does_not_outlive_a_twin_that_is_killed(firmware):
    with twin_process("--firmware", str(firmware)) as (process, uri):
        with client(uri) as ask:
            pid = int(ask(b"pid"))
        process.kill()
    assert gone(pid)


def test_its_death_is_one_sentence(firmware):
    with twin_process("--firmware", str(firmware)) as (process, uri):
        with client(uri) as ask, pytest.raises(TimeoutError):
            ask(b"die")
        said = process.communicate(timeout=10)[1]
    assert process.returncode == 1
    assert said.count("\n") == 1
    assert f"{firmware} ended with exit code 1: stand-in: told to die." in said


def test_a_path_that_cannot_be_started_is_told(firmware, tmp_path):
    with (
        pytest.raises(TwinSettingsError, match=r"got no file .*nowhere"),
        firmware_server(options(tmp_path / "nowhere"), tmp_path / "nowhere"),
    ):
        pass
    firmware.chmod(0o644)
    with (
        pytest.raises(TwinSettingsError, match="which may not be executed"),
        firmware_server(options(firmware), firmware),
    ):
        pass
    firmware.write_bytes(b"\x7fELF of another machine")
    firmware.chmod(0o755)
    with (
        pytest.raises(TwinError, match="expected a program of this machine"),
        firmware_server(options(firmware), firmware) as server,
    ):
        server.run()


def test_what_the_firmware_has_of_its_own_is_not_taken(firmware):
    with (
        pytest.raises(TwinSettingsError, match="expected no --protocol and no --decks"),
        firmware_server(options(firmware, protocol=7, decks=("bcFlow2",)), firmware),
    ):
        pass


def test_a_program_that_is_no_firmware_is_told(tmp_path):
    path = tmp_path / "sh"
    path.write_text("#!/bin/sh\necho usage: nothing like it\nexit 3\n")
    path.chmod(0o755)
    run = [sys.executable, "-m", "martlet.cli", "twin", "--port", "0", "--firmware", str(path)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert (
        done.stderr
        == f"martlet: firmware 1: {path} ended with exit code 3: usage: nothing like it.\n"
    )
