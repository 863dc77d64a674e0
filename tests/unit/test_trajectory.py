# SPDX-License-Identifier: Apache-2.0
"""Uploaded trajectories are flown from where the drone is, and held at their end."""

import math

import numpy as np
import pytest

from firmware_bridge.firmware_double import DoubleSettings, FirmwareDouble
from firmware_bridge.orders import Follow, Piece, TakeOff
from firmware_bridge.planner import plan_trajectory
from sim_core.airframe import load_airframe


def line(speed, duration, start=0.0):
    zero = (0.0,) * 8
    return Piece(duration, ((start, speed, *zero[2:]), zero, zero, zero))


def test_pieces_follow_one_another_and_the_end_is_held():
    way = plan_trajectory(1.0, Follow((line(0.5, 2.0), line(-0.5, 1.0, 1.0))), (9, 9, 9, 9))
    assert way.at(2.0)[0] == pytest.approx((0.5, 0, 0))
    assert way.at(3.5)[0] == pytest.approx((0.75, 0, 0))
    assert way.at(99.0)[0] == pytest.approx((0.5, 0, 0))
    assert way.velocity_at(2.0)[0] == pytest.approx(0.5)
    assert not way.done(3.99)
    assert way.done(4.0)


def test_a_stretched_trajectory_takes_its_time():
    way = plan_trajectory(0.0, Follow((line(1.0, 1.0),), stretch=2.0), (0, 0, 0, 0))
    assert way.at(1.0)[0][0] == pytest.approx(0.5)
    assert not way.done(1.9)


def test_a_relative_trajectory_begins_here_and_a_turned_one_with_this_heading():
    here = (1.0, 2.0, 3.0, math.pi / 2)
    moved = plan_trajectory(0.0, Follow((line(1.0, 1.0, 5.0),), relative=True), here)
    assert moved.at(0.5)[0] == pytest.approx((1.5, 2.0, 3.0))
    turned = plan_trajectory(0.0, Follow((line(1.0, 1.0),), relative=True, turned=True), here)
    position, yaw = turned.at(0.5)
    assert position == pytest.approx((1.0, 2.5, 3.0))
    assert yaw == pytest.approx(math.pi / 2)
    zero = (0.0,) * 8
    left = Follow((Piece(1.0, (zero, (0.0, 1.0, *zero[2:]), zero, zero)),), turned=True)
    assert plan_trajectory(0.0, left, here).at(0.5)[0] == pytest.approx((-0.5, 0.0, 0.0))


def test_the_double_flies_a_trajectory():
    double = FirmwareDouble(
        load_airframe("cf21_plus"), DoubleSettings(0, 0.0, 0.0, noise=False, battery=False)
    )
    double.send(0, TakeOff(1.0, 2.0), 0.0)
    double.advance(6.0)
    before = double.truth[0, :3].copy()
    double.send(0, Follow((line(0.4, 2.0),), relative=True), 6.0)
    double.advance(11.0)
    assert double.truth[0, :3] == pytest.approx(before + np.array([0.8, 0, 0]), abs=0.08)
