# SPDX-License-Identifier: Apache-2.0
"""A key ends a flight: the pilot is told to land, once, and people see it."""

import json
import os
import pty
from contextlib import contextmanager

import pytest

from martlet.flight.display import Display
from martlet.flight.key_line import key_line
from martlet.flight.keyboard import Keyboard
from martlet.flight.processes import Talker
from martlet.fly import _watch

PILOT = """
trap 'echo "$(printf %s "$2")"; exit 0' USR1
echo "$1"
while :; do sleep 0.02; done
"""
BEGUN = json.dumps({"event": "phase", "name": "takeoff"})
GAVE_UP = json.dumps({"event": "abandoned", "reason": "stopped by a key"})


@contextmanager
def flight(tmp_path, keys):
    """A flight that goes on until its pilot is told to land, on a terminal on which was typed."""
    ours, theirs = pty.openpty()
    words = ["sh", "-c", PILOT, "pilot", BEGUN, GAVE_UP]
    pilot = Talker("pilot", words, os.environ, tmp_path / "pilot.log")
    try:
        with Keyboard(theirs) as keyboard:
            os.write(ours, keys)
            yield pilot, keyboard
    finally:
        pilot.end()
        os.close(ours)
        os.close(theirs)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("keys", [b" ", b"l", b"xyl  "])
def test_a_key_lands(tmp_path, keys, capsys):
    with flight(tmp_path, keys) as (pilot, keyboard):
        reasons = _watch(pilot, (), Display(quiet=False), keyboard)
    assert reasons == ["stopped by a key"]
    said = capsys.readouterr().out
    assert "space or l: stop and land" in said
    assert said.count("a key was pressed: landing") == 1


def test_a_terminal_of_eighty_columns_shows_the_key_and_the_drones(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    line = key_line(True, False, [("cf1", "flies"), ("cf2", "stands")], "cf2 landed")
    assert line.startswith("HELD    any key: hold, l: land, space twice: motors off")
    assert line.endswith("| cf1 flies, cf2 stands | cf2 landed")
    assert "space again: MOTORS OFF" in key_line(False, True, [], "")
    assert "no drone is heard" in key_line(False, False, [], "")
    monkeypatch.setenv("COLUMNS", "40")
    assert len(key_line(True, False, [], "")) == 39
