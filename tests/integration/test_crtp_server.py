# SPDX-License-Identifier: Apache-2.0
"""Unmodified cflib takes the twin for a Crazyflie."""

import dataclasses
import math
import socket
import struct
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest
from twins import AIRFRAME, running, twin_process, wait_for

from firmware_bridge.crtp_link import LinkConditions
from firmware_bridge.errors import TwinError
from firmware_bridge.telemetry import STATE_VARIABLES, state_of

crazyflie = pytest.importorskip("cflib.crazyflie")
crtp = pytest.importorskip("cflib.crtp")
log = pytest.importorskip("cflib.crazyflie.log")

pytestmark = pytest.mark.wall_clock


@contextmanager
def connected(uri, cache=None):
    """A Crazyflie of cflib's, fully connected; says how long that took."""
    if not crtp.CLASSES:
        crtp.init_drivers()
    cf = crazyflie.Crazyflie(rw_cache=None if cache is None else str(cache))
    ready = threading.Event()
    cf.fully_connected.add_callback(lambda _: ready.set())
    begun = time.monotonic()
    cf.open_link(uri)
    assert ready.wait(20.0)
    cf.took_s = time.monotonic() - begun
    try:
        yield cf
    finally:
        cf.close_link()


def listen(cf, variables, period_ms):
    """Start a log block; returns the list that fills with (arrival, stamp, values)."""
    block, heard = log.LogConfig("block", period_ms), []
    for name, kind in variables:
        block.add_variable(name, kind)
    block.data_received_cb.add_callback(
        lambda stamp, values, _: heard.append((time.monotonic(), stamp, values))
    )
    cf.log.add_config(block)
    block.start()
    return heard


def state(heard):
    return state_of(heard[-1][2])


def test_cflib_is_fully_connected_within_a_tenth_of_a_second():
    took = []
    with running() as server:
        for _ in range(5):
            with connected(server.uris[0]) as cf:
                took.append(cf.took_s)
                assert cf.platform.get_protocol_version() == 12
                assert cf.param.get_value("stabilizer.controller") == "1"
    assert min(took) < 0.1


def test_a_scan_finds_the_twin_and_does_not_take_it_from_its_client():
    with running() as server, connected(server.uris[0]) as cf:
        heard = listen(cf, STATE_VARIABLES, 10)
        port = int(server.uris[0].rsplit(":", 1)[1])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as scan:
            scan.settimeout(1.0)
            scan.connect(("127.0.0.1", port))
            scan.send(b"\xff")
            assert scan.recv(64)[0] & 0xF3 == 0xF3
        count = len(heard)
        assert wait_for(lambda: len(heard) > count + 10, 2.0)


def test_the_twin_listens_on_the_loopback_address_alone():
    with running(2) as server:
        assert all(uri.startswith("udp://127.0.0.1:") for uri in server.uris)
        ports = {int(uri.rsplit(":", 1)[1]) for uri in server.uris}
    with open("/proc/net/udp") as table, running(2) as server:
        ports = {f"{int(uri.rsplit(':', 1)[1]):04X}" for uri in server.uris}
        local = [line.split()[1].split(":") for line in table.readlines()[1:]]
    assert {address for address, port in local if port in ports} == {"0100007F"}


def test_the_state_comes_at_100_hz_by_its_own_stamps():
    with running() as server, connected(server.uris[0]) as cf:
        heard = listen(cf, STATE_VARIABLES, 10)
        assert wait_for(lambda: len(heard) >= 200, 5.0)
    assert set(np.diff([stamp for _, stamp, _ in heard])) == {10}
    period = np.diff([arrival for arrival, _, _ in heard])
    assert period.mean() == pytest.approx(0.010, rel=0.02)


def test_no_packet_is_lost_that_was_not_to_be_lost():
    with running() as server, connected(server.uris[0]) as cf:
        echoes = []
        cf.add_header_callback(lambda packet: echoes.append(bytes(packet.data)), 15, 0)
        sent = [b"\7" + struct.pack("<d", float(k)) for k in range(3000)]
        for start in range(0, 3000, 150):  # cflib's own socket keeps some 250 packets waiting
            for payload in sent[start : start + 150]:
                packet = crtp.crtpstack.CRTPPacket()
                packet.set_header(15, 0)
                packet.data = bytearray(payload)
                cf.link.send_packet(packet)
            due = start + 150
            assert wait_for(lambda due=due: sum(e[0] == 7 for e in list(echoes)) == due, 5.0)
        assert [e for e in echoes if e[0] == 7] == sent  # in order, too
        port = int(server.uris[0].rsplit(":", 1)[1])
        with open("/proc/net/udp") as table:
            rows = [line.split() for line in table.readlines()[1:]]
        (row,) = [row for row in rows if row[1] == f"0100007F:{port:04X}"]
        assert row[-1] == "0"  # the kernel dropped none
        assert server.lost == [(0, 0)]


def test_the_delay_is_measured_by_cflibs_own_ping():
    with running(conditions=LinkConditions(delay_s=0.01)) as server:  # noqa: SIM117
        with connected(server.uris[0]) as cf:
            trips = []
            cf.link_statistics.latency_updated.add_callback(trips.append)
            assert wait_for(lambda: len(trips) >= 5, 3.0)
    assert min(trips) >= 20.0  # how much more is the machine's load


def test_losses_strike_the_log_and_never_the_connection():
    conditions = LinkConditions(0.002, 0.004, 0.3, seed=1)
    with running(conditions=conditions) as server, connected(server.uris[0]) as cf:
        heard = listen(cf, STATE_VARIABLES, 10)
        assert wait_for(lambda: len(heard) > 200, 8.0)
        stamps = [stamp for _, stamp, _ in heard]
        share = len(stamps) / ((stamps[-1] - stamps[0]) / 10 + 1)
        assert share == pytest.approx(0.7, abs=0.1)
        assert stamps == sorted(stamps)
        for value in (2, 1) * 10:
            cf.param.set_value("stabilizer.controller", value)
        assert wait_for(lambda: cf.param.get_value("stabilizer.controller") == "1", 3.0)


def test_high_level_commands_fly_it_and_relative_ones_from_where_it_is():
    with running() as server, connected(server.uris[0]) as cf:
        heard = listen(cf, STATE_VARIABLES, 10)
        cf.high_level_commander.takeoff(0.8, 1.5)
        assert wait_for(lambda: heard and abs(state(heard)[2] - 0.8) < 0.1, 4.0)
        assert cf.supervisor.is_flying
        time.sleep(1.0)
        cf.high_level_commander.go_to(0.5, 0.2, 0.0, 0.0, 1.5, relative=True)
        time.sleep(3.0)
        assert state(heard)[:3] == pytest.approx([0.5, 0.2, 0.8], abs=0.12)
        cf.high_level_commander.land(0.0, 1.5)
        time.sleep(0.2)
        assert wait_for(lambda: not cf.supervisor.is_flying, 4.0)


def test_cflibs_motion_commander_flies_it_by_velocities():
    from cflib.crazyflie.syncCrazyflie import SyncCrazyflie
    from cflib.positioning.motion_commander import MotionCommander

    with running() as server, connected(server.uris[0]) as cf:
        heard = listen(cf, STATE_VARIABLES, 10)
        with MotionCommander(SyncCrazyflie(server.uris[0], cf), default_height=0.5) as commander:
            time.sleep(1.0)
            assert state(heard)[2] == pytest.approx(0.5, abs=0.1)
            commander.left(0.5, velocity=0.5)
            commander.turn_left(90, rate=90)
            commander.forward(0.4, velocity=0.5)
            time.sleep(0.3)
            x, y, _, *_, qz, qw = state(heard)[:7]
            assert 2.0 * math.atan2(qz, qw) == pytest.approx(math.pi / 2, abs=0.2)
            assert (x, y) == pytest.approx((0.0, 0.9), abs=0.2)


def test_an_uploaded_trajectory_is_flown():
    from cflib.crazyflie.mem import MemoryElement, Poly4D

    with running() as server, connected(server.uris[0]) as cf:
        heard = listen(cf, STATE_VARIABLES, 10)
        (memory,) = cf.mem.get_mems(MemoryElement.TYPE_TRAJ)
        ahead = Poly4D.Poly([0.0, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
        memory.trajectory = [Poly4D(1.0, ahead), Poly4D(1.0, Poly4D.Poly([0.3, 0.3] + [0.0] * 6))]
        assert memory.write_data_sync()
        cf.high_level_commander.define_trajectory(1, 0, 2)
        cf.high_level_commander.takeoff(0.5, 1.5)
        time.sleep(3.0)
        cf.high_level_commander.start_trajectory(1, 1.0, relative_position=True)
        time.sleep(3.5)
        assert state(heard)[:3] == pytest.approx([0.6, 0.0, 0.5], abs=0.12)


def test_silence_levels_stops_and_locks_for_good():
    with running() as server, connected(server.uris[0]) as cf:
        cf.high_level_commander.takeoff(0.6, 1.0)
        time.sleep(2.0)
        cf.commander.send_position_setpoint(0, 0, 0.6, 0)
        time.sleep(1.7)
        assert cf.supervisor.is_flying
        time.sleep(0.6)
        assert cf.supervisor.is_locked
        assert not cf.supervisor.is_flying
        cf.high_level_commander.takeoff(0.6, 1.0)
        time.sleep(0.5)
        assert not cf.supervisor.is_flying


def test_an_emergency_stop_locks_it():
    with running() as server, connected(server.uris[0]) as cf:
        cf.high_level_commander.takeoff(0.6, 1.0)
        time.sleep(1.0)
        cf.supervisor.send_emergency_stop()
        time.sleep(0.15)
        assert cf.supervisor.is_locked


def test_a_brushless_must_be_armed():
    brushless = dataclasses.replace(AIRFRAME, platform="cf21bl")
    with running(airframe=brushless) as server, connected(server.uris[0]) as cf:
        assert not cf.supervisor.is_armed
        cf.high_level_commander.takeoff(0.6, 1.0)
        time.sleep(0.3)
        assert not cf.supervisor.is_flying
        cf.supervisor.send_arming_request(True)
        time.sleep(0.2)
        assert cf.supervisor.is_armed
        assert not cf.supervisor.is_auto_armed


def test_a_client_may_come_back_and_a_drone_left_on_the_floor_is_not_locked():
    with running() as server:
        with connected(server.uris[0]) as cf:
            listen(cf, STATE_VARIABLES, 10)
        time.sleep(2.3)
        with connected(server.uris[0]) as cf:
            assert not cf.supervisor.is_locked
            heard = listen(cf, STATE_VARIABLES, 10)
            assert wait_for(lambda: len(heard) > 10, 2.0)


def test_two_clients_do_not_take_each_others_answers():
    with running() as server, connected(server.uris[0]) as first:
        heard = listen(first, STATE_VARIABLES, 10)
        with connected(server.uris[0]) as second:  # resets the log, as on a real drone
            heard = listen(second, STATE_VARIABLES, 10)
            for value in (2, 1) * 10:
                first.param.set_value("stabilizer.controller", value)
            assert wait_for(lambda: len(heard) > 50, 2.0)
            assert first.param.get_value("stabilizer.controller") == "1"
            stamps = [stamp for _, stamp, _ in heard]
            assert set(np.diff(stamps)) == {10}


def test_what_is_not_simulated_is_said_on_the_console():
    with running() as server, connected(server.uris[0]) as cf:
        said = []
        cf.console.receivedChar.add_callback(said.append)
        cf.high_level_commander.spiral(1.0, 0.5, 0.5, 0.0, 2.0, sideways=True)
        assert wait_for(lambda: "spirals are not simulated" in "".join(said), 2.0)


def test_a_port_that_is_taken_is_one_sentence():
    from firmware_bridge.crtp_drone import TwinDrone, TwinSettings
    from firmware_bridge.crtp_server import TwinServer

    with running() as server:
        port = int(server.uris[0].rsplit(":", 1)[1])
        with pytest.raises(TwinError, match=rf"port {port}.*another twin"):
            TwinServer([TwinDrone(AIRFRAME, TwinSettings())], LinkConditions(), port)


def test_the_command_prints_addresses_and_ends_when_asked():
    with twin_process("--drones", "2", "--delay-ms", "0", "--loss", "0") as (process, first):
        second = process.stdout.readline().strip()
        assert first != second
        for uri in (first, second):
            with connected(uri) as cf:
                assert cf.param.get_value("stabilizer.estimator") == "2"
        process.terminate()
        assert process.wait(5.0) == 0
