# SPDX-License-Identifier: Apache-2.0
"""A twin's estimate hangs on external poses, and its rate loop on its gains."""

import struct

import numpy as np
import pytest

from firmware_bridge.crtp_drone import TwinDrone, TwinSettings
from firmware_bridge.crtp_packets import Packet, Port
from firmware_bridge.external_pose import ExternalPose, pose_packet
from firmware_bridge.firmware_double import DoubleSettings
from firmware_bridge.orders import RateThrust, TakeOff
from firmware_bridge.pose_aid import PoseAid
from firmware_bridge.setpoints import SetpointEncoder, ThrustConvention
from sim_core.airframe import load_airframe

QUIET = DoubleSettings(0, 0.0, 0.0, noise=False, battery=False)
LEVEL = (0.0, 0.0, 0.0, 1.0)


def aided(seconds, off_m, std_m=0.01, aid=None):
    """An estimate that saw poses off by so much at 100 Hz."""
    aid = aid or PoseAid(1)
    for _ in range(round(100 * seconds)):
        aid.pass_time(0.01)
        aid.see(np.array(off_m), std_m)
    return aid


def test_an_estimate_is_where_poses_say_that_it_is():
    aid = aided(1.0, (0.0, 0.0, 0.0))
    assert np.abs(aid.position_m).max() < 0.01
    assert np.abs(aid.velocity_m_s).max() < 0.05
    aided(1.0, (1.6, 0.0, 0.0), aid=aid)
    assert aid.position_m[0] == pytest.approx(1.6, abs=0.05)


def test_who_trusts_poses_less_follows_them_more_slowly():
    went = []
    for std_m in (0.01, 0.3):
        aid = aided(3.0, (0.0, 0.0, 0.0), std_m)
        went.append(aided(0.2, (1.0, 0.0, 0.0), std_m, aid).position_m[0])
    assert went[0] > 0.8
    assert went[1] < 0.5 * went[0]


def test_without_poses_the_estimate_goes_astray_as_an_accelerometer_does():
    aid = aided(3.0, (0.0, 0.0, 0.0))
    begin, before = aid.position_m.copy(), aid.variance_m2
    far = []
    for _ in range(4):
        for _ in range(100):
            aid.pass_time(0.01)
        far.append(float(np.linalg.norm(aid.position_m - begin)))
    # Half an acceleration of 0.1 m/s2 or so, times the square of the time.
    assert 0.02 < far[0] < 0.4
    assert far[3] == pytest.approx(16.0 * far[0], rel=0.5)
    assert aid.variance_m2 > 100.0 * before


def flying(seconds=4.0):
    """A twin that hovers at 1 m, told where it is at 100 Hz; and the time."""
    drone = TwinDrone(load_airframe("cf21_plus"), TwinSettings(double=QUIET))
    encoder = SetpointEncoder(12, ThrustConvention("linear", 0.12), "manual")
    for packet in encoder.packets(TakeOff(1.0, 2.0)):
        drone.take(packet)
    return drone, told(drone, 0.0, seconds)


def told(drone, now, seconds, off_m=0.0, every_s=0.01):
    for _ in range(round(seconds / every_s)):
        x, y, z = drone.double.truth[0, :3].tolist()
        drone.take(pose_packet(ExternalPose((x + off_m, y, z), LEVEL)))
        now += every_s
        drone.advance(now)
    return now


def test_a_twin_without_poses_flies_by_the_simulators_estimate():
    drone = TwinDrone(load_airframe("cf21_plus"), TwinSettings(double=QUIET))
    drone.advance(5.0)
    assert np.array_equal(drone.double.telemetry().states[0], drone.double.truth[0])


def test_when_poses_stop_the_drone_drifts_and_believes_that_it_does_not():
    drone, now = flying()
    assert np.abs(drone.double.truth[0, :2]).max() < 0.05
    assert drone.double.truth[0, 2] == pytest.approx(1.0, abs=0.1)
    drone.advance(now + 4.0)
    seen = drone.double.telemetry().states[0]
    assert np.abs(seen[:3] - (0.0, 0.0, 1.0)).max() < 0.15
    assert np.linalg.norm(drone.double.truth[0, :3] - (0.0, 0.0, 1.0)) > 0.3
    now = told(drone, now + 4.0, 3.0)
    assert np.abs(drone.double.truth[0, :3] - (0.0, 0.0, 1.0)).max() < 0.1


def test_a_drone_follows_poses_that_jump():
    drone, now = flying()
    told(drone, now, 3.0, off_m=0.5)
    assert drone.double.truth[0, 0] == pytest.approx(-0.5, abs=0.1)
    assert drone.double.telemetry().states[0, 0] == pytest.approx(0.0, abs=0.1)


def parameter(drone, name, value):
    number = struct.pack("<H", drone.params.table.numbers[name])
    letter = drone.params._known[name].letter
    packets = drone.take(Packet(Port.PARAM, 2, number + struct.pack(letter, value)))
    return b"".join(p.payload for p in packets if p.port == Port.CONSOLE).decode()


def test_a_reset_of_the_estimator_begins_at_its_initial_place():
    drone = TwinDrone(load_airframe("cf21_plus"), TwinSettings(double=QUIET))
    now = told(drone, 0.0, 0.5)
    before = drone.double.position_variance_m2(0)
    parameter(drone, "kalman.initialX", 2.0)
    parameter(drone, "kalman.resetEstimation", 1)
    assert drone.double.telemetry().states[0, 0] == pytest.approx(2.0)
    assert drone.double.position_variance_m2(0) > 1e3 * before
    told(drone, now, 0.5)
    assert drone.double.telemetry().states[0, 0] == pytest.approx(0.0, abs=0.02)


def turned(kp, axis="roll"):
    """Body rate [rad/s] 60 ms after 2 rad/s were asked for, with a gain written on the ground."""
    drone = TwinDrone(load_airframe("cf21_plus"), TwinSettings(double=QUIET))
    if kp is not None:
        drone.advance(0.1)
        parameter(drone, f"pid_rate.{axis}_kp", kp)
    encoder = SetpointEncoder(12, ThrustConvention("linear", 0.12), "manual")
    for packet in encoder.packets(TakeOff(1.0, 1.5)):
        drone.take(packet)
    drone.advance(2.5)
    w = (0.0, 0.0, 2.0) if axis == "yaw" else (2.0, 0.0, 0.0)
    for k in range(6):
        for packet in encoder.packets(RateThrust(0.28, w)):
            drone.take(packet)
        drone.advance(2.51 + 0.01 * k)
    return float(drone.double.truth[0, 12 if axis == "yaw" else 10])


@pytest.mark.parametrize("axis", ["roll", "yaw"])
def test_gains_of_the_rate_loop_act(axis):
    default = load_airframe("cf21_plus").rate_loop
    kp = (default.yaw if axis == "yaw" else default.roll_pitch)[0]
    usual = turned(None, axis)
    assert turned(kp, axis) == pytest.approx(usual, rel=0.02)
    assert turned(0.4 * kp, axis) < 0.8 * usual


def test_gains_that_do_not_act_yet_or_not_at_all_are_told():
    drone, _ = flying(2.5)
    assert "from the next time that the motors are off" in parameter(drone, "pid_rate.yaw_kp", 50.0)
    assert "not simulated apart from roll's" in parameter(drone, "pid_rate.pitch_kp", 50.0)
    assert "flightmode.posSet = 1 is not simulated" in parameter(drone, "flightmode.posSet", 1)
