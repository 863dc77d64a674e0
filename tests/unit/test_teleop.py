# SPDX-License-Identifier: Apache-2.0
"""A joystick's hand on drones: held, steered, let go; and a keyboard that is one."""

import pytest
import yaml

from martlet.flight import key_stick
from martlet.flight.key_stick import KeyStick
from martlet_bringup.stack import CONFIG
from martlet_nodes.errors import ParameterError
from martlet_nodes.teleop import LOWEST_M, Ask, Stick, Teleop, TeleopParameters
from sim_core.settings_file import build

PARAMETERS = TeleopParameters()
STILL = [0.0] * 5


def pressed(*numbers):
    return [1 if n in numbers else 0 for n in range(8)]


@pytest.fixture
def teleop():
    return Teleop(PARAMETERS)


def test_nothing_is_steered_unless_the_button_is_held(teleop):
    axes = [0.0, 0.0, 0.0, 0.0, 1.0]
    assert teleop.hear(axes, pressed(), 1.0) == ""
    assert teleop.stick(1.0) is None
    teleop.hear(axes, pressed(5), 1.1)
    assert teleop.stick(1.1) == Stick(0.5, 0.0, 0.0, 0.0)
    assert teleop.asked(1.1) == []
    teleop.hear(axes, pressed(), 1.2)
    assert teleop.stick(1.2) is None
    assert teleop.asked(1.2) == [Ask.LET_GO]
    assert teleop.asked(1.3) == []


def test_a_joystick_that_falls_silent_has_let_go(teleop):
    teleop.hear(STILL, pressed(5), 1.0)
    assert teleop.asked(1.4) == []
    assert teleop.held(1.5)
    assert not teleop.held(1.51)
    assert teleop.asked(1.6) == [Ask.LET_GO]


def test_each_axis_has_its_way_and_its_dead_zone(teleop):
    teleop.hear([-1.0, 1.0, 0.0, 0.55, 0.1], pressed(5), 1.0)
    stick = teleop.stick(1.0)
    assert (stick.ahead_m_s, stick.left_m_s) == (0.0, pytest.approx(0.25))
    assert (stick.up_m_s, stick.turn_rad_s) == (0.4, -1.5)


def test_buttons_ask_once_for_a_press(teleop):
    teleop.hear(STILL, pressed(7), 1.0)
    assert teleop.asked(1.0) == []  # nobody holds the button
    for now_s in (1.1, 1.15):
        teleop.hear(STILL, pressed(5, 7, 6) if now_s > 1.1 else pressed(5), now_s)
    teleop.hear(STILL, pressed(5, 7, 6), 1.2)
    assert teleop.asked(1.2) == [Ask.LAND, Ask.TAKEOFF]


@pytest.mark.parametrize(("second_s", "asked"), [(1.9, [Ask.STOP]), (2.5, [])])
def test_the_stop_is_pressed_twice(teleop, second_s, asked):
    for now_s, buttons in ((1.0, pressed(1)), (1.1, pressed()), (second_s, pressed(1))):
        teleop.hear(STILL, buttons, now_s)
    assert teleop.asked(second_s) == asked


def test_heights_end_above_the_floor_and_below_the_ceiling(teleop):
    up, down = Stick(0.0, 0.0, 0.4, 0.0), Stick(0.0, 0.0, -0.4, 0.0)
    assert teleop.height(1.0, up, 0.05) == pytest.approx(1.02)
    assert teleop.height(1.79, up, 0.05) == 1.8
    assert teleop.height(0.21, down, 0.05) == LOWEST_M


def test_a_joystick_with_too_little_on_it_is_named(teleop):
    assert "expected 5 axes and 8 buttons or more, got 2 and 3" in teleop.hear([0, 0], [0] * 3, 1.0)
    assert "finite" in teleop.hear([float("nan")] * 5, pressed(5), 1.0)
    assert not teleop.held(1.0)


def test_all_faults_of_the_parameters_at_once():
    with pytest.raises(ParameterError) as told:
        TeleopParameters(["all"], button_land=5, dead_zone=1.0, speed_m_s=0.0, axis_up=-1)
    for words in ("drones: expected names", "all different", "dead_zone", "speed_m_s", "axis_up"):
        assert words in str(told.value)


def test_the_file_says_what_the_code_says():
    table = yaml.safe_load((CONFIG / "teleop.param.yaml").read_text())["teleop"]["ros__parameters"]
    assert build(TeleopParameters, table, "file") == PARAMETERS


def test_the_keyboard_has_the_joysticks_numbers():
    axes = [key_stick.AHEAD, key_stick.LEFT, key_stick.UP, key_stick.TURN]
    assert list(PARAMETERS.axes().values()) == axes
    assert PARAMETERS.button_hold == key_stick.HOLD
    assert PARAMETERS.button_takeoff == key_stick.TAKEOFF_BUTTON
    assert PARAMETERS.button_land == key_stick.LAND_BUTTON
    assert PARAMETERS.button_stop == key_stick.STOP_BUTTON


def typed(teleop, stick, keys, now_s):
    stick.press(keys, now_s)
    for axes, buttons in stick.state(now_s):
        assert teleop.hear(axes, buttons, now_s) == ""


def test_keys_fly_while_they_repeat(teleop):
    stick = KeyStick()
    typed(teleop, stick, "t", 1.0)
    assert teleop.asked(1.0) == [Ask.TAKEOFF]
    typed(teleop, stick, "w", 3.0)
    assert teleop.stick(3.0) == Stick(0.5, 0.0, 0.0, 0.0)
    typed(teleop, stick, "q", 3.05)
    assert teleop.stick(3.05) == Stick(0.0, 0.0, 0.0, 1.5)
    typed(teleop, stick, "", 3.5)
    assert teleop.asked(3.5) == [Ask.LET_GO]
    typed(teleop, stick, "h", 4.0)
    assert teleop.asked(4.0) == []
    assert teleop.stick(4.0) == Stick(0.0, 0.0, 0.0, 0.0)
    typed(teleop, stick, "l", 4.1)
    assert teleop.asked(4.1) == [Ask.LAND, Ask.LET_GO]
    typed(teleop, stick, " ", 5.0)
    assert teleop.asked(5.0) == []
    typed(teleop, stick, " ", 5.4)
    assert teleop.asked(5.4) == [Ask.STOP]
