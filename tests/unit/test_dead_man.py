# SPDX-License-Identifier: Apache-2.0
"""The operator's key as a terminal tells it, and a terminal's keys."""

import os
import pty
import termios

import numpy as np
import pytest

from martlet.flight.dead_man import FIRST_S, REPEAT_S, Ask, DeadMan
from martlet.flight.keyboard import Keyboard


def pressed(*times_s, key="h"):
    man = DeadMan()
    for time_s in times_s:
        assert man.press(key, time_s) is None
    return man


def test_nobody_holds_it_before_it_is_pressed():
    assert not DeadMan().held(0.0)


@pytest.mark.parametrize("begins_s", [0.25, 0.66])  # Windows' and macOS' fastest; X11
def test_a_held_key_counts_without_a_gap_from_its_first_press_on(begins_s):
    man = DeadMan()
    presses = [10.0, *(10.0 + begins_s + np.arange(0.0, 3.0, 0.033)).tolist()]
    ticks = np.arange(10.001, presses[-1], 0.01).tolist()
    for now_s, press in sorted([(t, True) for t in presses] + [(t, False) for t in ticks]):
        if press:
            man.press("h", now_s)
        assert man.held(now_s), now_s


def test_a_key_that_repeated_is_let_go_soon():
    man = pressed(10.0, 10.5, 10.53, 10.56)
    assert man.held(10.56 + REPEAT_S - 0.01)
    assert not man.held(10.56 + REPEAT_S + 0.01)


def test_a_key_that_is_tapped_counts_for_longer():
    man = pressed(10.0, 10.6, 11.2)
    assert man.held(11.2 + FIRST_S - 0.01)
    assert not man.held(11.2 + FIRST_S + 0.01)


def test_l_lands_and_lets_go():
    man = pressed(10.0)
    assert man.press("l", 10.1) is Ask.LAND
    assert not man.held(10.1)


@pytest.mark.parametrize("apart_s", [0.05, 0.9])
def test_space_twice_stops_and_once_does_nothing(apart_s):
    man = pressed(10.0)
    assert man.press(" ", 10.1) is None
    assert man.held(10.1)
    assert man.half_stopped(10.1 + apart_s)
    assert man.press(" ", 10.1 + apart_s) is Ask.STOP
    assert not man.held(10.1 + apart_s)


def test_space_does_not_hold_and_two_far_apart_are_not_twice():
    man = pressed(10.0, 11.5, key=" ")
    assert not man.held(11.5)
    assert DeadMan().press("  ", 10.0) is Ask.STOP  # both in one reading


def test_keys_come_without_enter_and_the_terminal_is_set_back():
    ours, theirs = pty.openpty()
    try:
        before = termios.tcgetattr(theirs)
        with Keyboard(theirs) as keyboard:
            assert keyboard.fd == theirs
            assert not termios.tcgetattr(theirs)[3] & (termios.ICANON | termios.ECHO)
            assert termios.tcgetattr(theirs)[3] & termios.ISIG  # Ctrl-C stays what it is
            os.write(ours, b"l")
            assert keyboard.read() == "l"
        assert termios.tcgetattr(theirs) == before
    finally:
        os.close(ours)
        os.close(theirs)


def test_without_a_terminal_there_are_no_keys():
    reads, writes = os.pipe()
    with Keyboard(reads) as keyboard:
        assert keyboard.fd is None
    os.close(reads)
    os.close(writes)
