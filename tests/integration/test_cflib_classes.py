# SPDX-License-Identifier: Apache-2.0
"""cflib's own classes against twins: memories, trajectories, parameters, console, supervisor."""

import threading
import time

import pytest
from test_crtp_server import connected, listen, state, wait_for
from twins import running

from firmware_bridge.crtp_memory import SIZES, TESTER
from firmware_bridge.telemetry import STATE_VARIABLES

pytest.importorskip("cflib")
pytestmark = pytest.mark.wall_clock


def test_the_memory_tester_reads_and_writes_without_a_wrong_byte():
    from cflib.crazyflie.mem import MemoryElement

    with running() as server, connected(server.uris[0]) as cf:
        (tester,) = cf.mem.get_mems(MemoryElement.TYPE_MEMORY_TESTER)
        assert tester.size == SIZES[TESTER]
        done = threading.Event()
        tester.read_data(5, 200, lambda _: done.set())
        assert done.wait(2.0)
        assert tester.readValidationSuccess
        done.clear()
        cf.param.set_value("memTst.resetW", 1)
        tester.write_data(5, 200, lambda *_: done.set())
        assert done.wait(2.0)
        heard = listen(cf, [("memTst.errCntW", "uint32_t")], 10)
        assert wait_for(lambda: heard, 2.0)
        assert heard[-1][2]["memTst.errCntW"] == 0


def test_four_drones_on_ports_of_their_own_fly_what_each_is_told():
    from cflib.crazyflie.swarm import CachedCfFactory, Swarm

    with running(4) as server:
        heights = {uri: [0.3 + 0.1 * i] for i, uri in enumerate(server.uris)}
        with Swarm(set(server.uris), factory=CachedCfFactory()) as swarm:
            swarm.parallel_safe(
                lambda scf, height: scf.cf.high_level_commander.takeoff(height, 1.0),
                heights,
            )
            time.sleep(2.0)
            for drone, uri in zip(server.drones, server.uris, strict=True):
                assert drone.double.truth[0, 2] == pytest.approx(heights[uri][0], abs=0.08)
            swarm.parallel_safe(lambda scf: scf.cf.high_level_commander.land(0.0, 1.0))
            assert wait_for(lambda: not any(d.supervisor().flying for d in server.drones), 4.0)


def test_parameters_act_and_the_console_and_the_supervisor_tell():
    with running() as server, connected(server.uris[0]) as cf:
        heard, said = listen(cf, STATE_VARIABLES, 10), []
        cf.console.receivedChar.add_callback(said.append)
        params = server.drones[0].params
        cf.param.set_value("commander.enHighLevel", 0)
        assert wait_for(lambda: params["commander.enHighLevel"] == 0, 2.0)
        cf.high_level_commander.takeoff(0.5, 1.0)
        assert wait_for(lambda: "enHighLevel" in "".join(said), 2.0)
        assert not cf.supervisor.is_flying
        cf.param.set_value("commander.enHighLevel", 1)
        assert wait_for(lambda: params["commander.enHighLevel"] == 1, 2.0)
        cf.high_level_commander.takeoff(0.5, 1.0)
        assert wait_for(lambda: state(heard)[2] > 0.3, 4.0)
        cf.param.set_value("stabilizer.stop", 1)
        assert wait_for(lambda: "SUP: locked" in "".join(said), 2.0)
        time.sleep(0.15)
        assert cf.supervisor.is_locked


def test_a_drone_rolled_onto_its_back_crashes_and_recovers_when_asked_to():
    with running() as server, connected(server.uris[0]) as cf:
        heard = listen(cf, STATE_VARIABLES, 10)
        cf.high_level_commander.takeoff(1.5, 1.0)
        assert wait_for(lambda: heard and state(heard)[2] > 1.3, 4.0)

        def on_its_back():
            x, y = server.drones[0].double.truth[0, 3:5]
            return 2.0 * (x * x + y * y) > 1.8  # 1 - the cosine of its tilt

        def roll(rate_deg_s, until, timeout_s):
            begun = time.monotonic()
            while not until() and time.monotonic() - begun < timeout_s:
                cf.commander.send_setpoint_manual(rate_deg_s, 0.0, 0.0, 30.0, True)
                time.sleep(0.01)

        roll(520.0, on_its_back, 2.0)
        roll(0.0, lambda: False, 0.15)  # and no further
        cf.commander.send_stop_setpoint()
        assert wait_for(lambda: server.drones[0].supervisor().crashed, 3.0)
        time.sleep(0.2)
        assert cf.supervisor.is_tumbled
        assert cf.supervisor.is_crashed
        assert not cf.supervisor.can_fly
        cf.supervisor.send_crash_recovery_request()
        assert wait_for(lambda: not server.drones[0].supervisor().crashed, 2.0)
        cf.commander.send_notify_setpoint_stop()
        cf.high_level_commander.takeoff(0.5, 1.0)
        assert wait_for(lambda: state(heard)[2] > 0.3, 4.0)


def test_a_second_client_that_resets_the_log_is_seen_and_said():
    from firmware_bridge.cflib_link import CflibLink
    from firmware_bridge.errors import LinkError
    from sim_core.airframe import load_airframe

    airframe = load_airframe("cf21_plus")
    with running() as server:
        link = CflibLink(server.uris, airframe)
        try:
            with pytest.raises(LinkError, match=r"process \d+ .* one alone may command it"):
                CflibLink(server.uris, airframe)
            with connected(server.uris[0]):
                assert wait_for(lambda: link.reports()[0].notice, 4.0)
                assert "another program has connected" in link.reports()[0].notice
        finally:
            link.close()
