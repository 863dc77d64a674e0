# SPDX-License-Identifier: Apache-2.0
"""The link to real Crazyflies, over the real library, to twins of every kind."""

import dataclasses
import math
import socket
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from twins import AIRFRAME, running, twin_process, wait_for

from firmware_bridge import cflib_drone
from firmware_bridge.cflib_link import CflibLink, LinkSettings
from firmware_bridge.crtp_link import LinkConditions
from firmware_bridge.errors import LinkError
from firmware_bridge.external_pose import ExternalPose
from firmware_bridge.onboard_link import OnboardPolicy
from firmware_bridge.orders import (
    Arm,
    Emergency,
    GoTo,
    HandBack,
    Hover,
    Land,
    Position,
    RateThrust,
    Stop,
    TakeOff,
)
from sim_core.onboard import REASONS, Step

pytest.importorskip("cflib")
pytestmark = pytest.mark.wall_clock
HOVER = RateThrust(AIRFRAME.hover_thrust_n, (0.0, 0.0, 0.0))


def now(link):
    return link.telemetry(time.monotonic())


def take_off(link, height_m=0.8, drone=0):
    link.send(drone, Arm(True), 0.0)
    time.sleep(0.1)
    link.send(drone, TakeOff(height_m, 1.5), 0.0)
    assert wait_for(lambda: abs(now(link).states[drone, 2] - height_m) < 0.1, 5.0)
    time.sleep(0.5)


def stream(link, order, seconds, drone=0):
    """Stream at 100 Hz; returns the states heard."""
    states = []
    for _ in range(round(100 * seconds)):
        link.send(drone, order, 0.0)
        time.sleep(0.01)
        states.append(now(link).states[drone].copy())
    return np.array(states)


@pytest.fixture
def link():
    """A link to one twin, and the twin's server."""
    with running() as server:
        link = CflibLink(server.uris, AIRFRAME)
        link.server = server
        yield link
        link.close()


def test_a_flight_from_arming_to_landing(link):
    (report,) = link.reports()
    assert (report.device, report.protocol, report.thrust) == ("Crazyflie 2.1", 12, "linear")
    heard = now(link)
    assert heard.states[0, :3] == pytest.approx([0, 0, 0], abs=0.01)
    assert wait_for(lambda: now(link).age_s[0] < 0.02, 1.0)
    assert (heard.armed[0], heard.flying[0], heard.locked[0]) == (True, False, False)
    take_off(link)
    heard = now(link)
    assert heard.flying[0]
    assert heard.battery_v[0] > 3.5
    link.send(0, Hover(0.8, 0.0, 0.0, 0.0), 0.0)
    stream(link, Position((0.3, 0.0, 0.8), 0.0), 2.0)
    assert now(link).states[0, 0] == pytest.approx(0.3, abs=0.1)
    link.send(0, HandBack(), 0.0)
    link.send(0, Land(0.0, 1.5), 0.0)
    assert wait_for(lambda: not now(link).flying[0], 4.0)
    assert not now(link).locked[0]


@pytest.mark.parametrize(("protocol", "style"), [(12, "rpyt"), (12, "manual"), (8, "rpyt")])
def test_rates_arrive_right_handed_and_thrust_as_it_was_meant(protocol, style):
    # Protocol 8 stands for a firmware before 2025: 16 bits of thrust by the PWM curve.
    with running(protocol=protocol) as server:
        link = CflibLink(server.uris, AIRFRAME, LinkSettings(style=style))
        try:
            assert link.reports()[0].thrust == ("pwm" if protocol == 8 else "linear")
            take_off(link, 1.0)
            hover = stream(link, HOVER, 0.3)
            assert abs(hover[-1, 9]) < 0.2
            for axis in range(3):
                rates = [0.0, 0.0, 0.0]
                rates[axis] = 1.2
                states = stream(link, RateThrust(HOVER.thrust_n, tuple(rates)), 0.12)
                assert states[-1, 10 + axis] > 0.4, axis
                states = stream(link, RateThrust(HOVER.thrust_n, tuple(-r for r in rates)), 0.12)
                assert states[-1, 10 + axis] < 0.0, axis
            link.send(0, HandBack(), 0.0)
        finally:
            link.close()
        assert wait_for(lambda: server.drones[0].double.truth[0, 2] < 0.02, 1.0)


class Played:
    """A policy on board that turns where it is, until it is not heard for 200 ms."""

    def __init__(self, status="idle", reason=REASONS[0]):
        self.crc, self.period_ms, self.tasks = 0xC0FFEE01, 10, ("turn",)
        self.status, self.reason = status, reason

    def step(self, _, now_ms, heard_ms, *, engage, task):
        if self.status != "refused":
            if not engage:
                self.status = "idle"
            elif self.status != "back":
                heard = heard_ms is not None and now_ms - heard_ms <= 200
                self.status = "flying" if heard and task == 0 else "back"
        back = self.status == "back"
        spin = (HOVER.thrust_n, 0.0, 0.0, 1.2) if self.status == "flying" else None
        return Step(self.status, REASONS[3] if back else self.reason, spin, None)


def aboard(crc=0xC0FFEE01):
    return LinkSettings(onboard=OnboardPolicy(crc, Path("runs/x/firmware")))


def test_a_policy_on_board_is_engaged_kept_let_go_and_heard_of():
    with running(unit=Played(), conditions=LinkConditions(delay_s=0.01, loss=0.02)) as server:
        app = server.drones[0].double.apps[0]
        link = CflibLink(server.uris, AIRFRAME, aboard())
        try:
            take_off(link, 1.0)
            states = stream(link, RateThrust(0.0, (0.0, 0.0, 0.0)), 0.6)  # the numbers do not count
            assert app.status == "flying"
            assert states[-1, 12] == pytest.approx(1.2, abs=0.2)
            assert link.take_returned() == []
            link.send(0, HandBack(), 0.0)
            link.send(0, GoTo((0.0, 0.0, 1.0), 0.0, 1.0), 0.0)
            assert wait_for(lambda: app.status == "idle", 1.0)
            time.sleep(0.3)
            stream(link, HOVER, 0.2)  # a second task, which this one has not
            assert wait_for(lambda: link.take_returned() == [(0, REASONS[3])], 2.0)
            assert wait_for(lambda: abs(now(link).states[0, 12]) < 0.2, 2.0)
        finally:
            link.close()
        assert wait_for(lambda: server.drones[0].double.truth[0, 2] < 0.02, 1.0)
        assert not app.engage


def test_a_drone_without_the_policy_that_is_to_fly_is_refused():
    with running() as server, pytest.raises(LinkError, match="no policy on board: expected"):
        CflibLink(server.uris, AIRFRAME, aboard())
    other = pytest.raises(LinkError, match="expected CRC-32 00000001, got c0ffee01; build and")
    with running(unit=Played()) as server, other:
        CflibLink(server.uris, AIRFRAME, aboard(crc=1))
    broken = pytest.raises(LinkError, match=f"check at boot: {REASONS[1]}")
    with running(unit=Played("refused", REASONS[1])) as server, broken:
        CflibLink(server.uris, AIRFRAME, aboard())


def test_stop_and_emergency(link):
    take_off(link, 0.4)
    link.send(0, Stop(), 0.0)
    assert wait_for(lambda: not now(link).flying[0], 1.0)
    time.sleep(2.2)
    assert not now(link).locked[0]
    link.send(0, Emergency(), 0.0)
    assert wait_for(lambda: now(link).locked[0], 1.0)


def test_tables_are_kept_and_used_again(own_cache):
    conditions = LinkConditions(delay_s=0.005)
    took = []
    with running(conditions=conditions) as server:
        for _ in range(2):
            begun = time.monotonic()
            link = CflibLink(server.uris, AIRFRAME)
            took.append(time.monotonic() - begun)
            link.close()
    assert len(list((own_cache / "martlet" / "crazyflie").glob("*.json"))) == 2
    assert took[1] < took[0] - 0.5  # of 115 questions at 10 ms


@pytest.mark.parametrize("protocol", range(7, 13))
def test_every_protocol_and_any_order_of_the_tables(protocol):
    with running(protocol=protocol, order=protocol) as server:
        link = CflibLink(server.uris, AIRFRAME)
        try:
            link.send(0, Arm(True), 0.0)
            link.send(0, TakeOff(0.3, 0.8), 0.0)
            assert wait_for(lambda: now(link).states[0, 2] > 0.2, 4.0)
            assert now(link).flying[0]
            link.send(0, Emergency(), 0.0)
            assert wait_for(lambda: now(link).locked[0], 1.0)
        finally:
            link.close()


def test_what_a_firmware_does_not_log_is_done_without_or_asked_for():
    without = ("supervisor.info", "sys.isFlying", "sys.armed", "pm.batteryLevel")
    with running(without=without) as server:
        link = CflibLink(server.uris, AIRFRAME)
        try:
            take_off(link, 0.4)
            assert now(link).flying[0]  # asked of the supervisor itself
            assert np.isnan(now(link).battery_share[0])
            assert now(link).battery_v[0] > 3.5
        finally:
            link.close()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"without": ("stateEstimateZ.quat",)}, r"does not log stateEstimateZ\.quat"),
        ({"refused": ("flightmode.stabModePitch",)}, r"refuses parameter .*Pitch = 0, .* stays 1"),
    ],
)
def test_a_firmware_that_cannot_be_flown_is_refused_with_one_sentence(settings, sentence):
    with running(**settings) as server:
        with pytest.raises(LinkError, match=sentence) as refused:
            CflibLink(server.uris, AIRFRAME)
        assert str(refused.value).startswith(server.uris[0])
        assert "\n" not in str(refused.value)


def test_another_kind_of_drone_is_refused_with_one_sentence():
    brushless = dataclasses.replace(AIRFRAME, platform="cf21bl")
    with (
        running(airframe=brushless) as server,
        pytest.raises(
            LinkError, match=r"is a Crazyflie 2\.1 Brushless; expected a Crazyflie 2\.1,"
        ),
    ):
        CflibLink(server.uris, AIRFRAME)


def test_nobody_there_is_one_sentence_at_once():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begun = time.monotonic()
    with pytest.raises(LinkError, match=rf"udp://127\.0\.0\.1:{port}: nobody answers"):
        CflibLink([f"udp://127.0.0.1:{port}"], AIRFRAME)
    assert time.monotonic() - begun < 5.0


def test_somebody_who_says_nothing_is_one_sentence(monkeypatch):
    monkeypatch.setattr(cflib_drone, "SILENCE_S", 1.0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        uri = f"udp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(LinkError, match=f"{uri}: nobody answers"):
            CflibLink([uri], AIRFRAME)


@pytest.mark.parametrize(
    "uri",
    [
        "radoi://0/80/2M",
        "nonsense",
        "radio://0/80/2M/XYZ",
        "udp://:x",
        "udp://127.0.0.1",
        "udp://h:99999",
    ],
)
def test_an_address_that_is_none_is_one_sentence(uri):
    with pytest.raises(LinkError) as refused:
        CflibLink([uri], AIRFRAME)
    assert str(refused.value).startswith(uri)
    assert "\n" not in str(refused.value)


def test_no_dongle_is_one_sentence():
    with pytest.raises(LinkError, match=r"Crazyradio|libusb"):
        CflibLink(["radio://0/80/2M/E7E7E7E7E7"], AIRFRAME)


def test_no_address_or_one_twice_is_one_sentence():
    for uris in ([], ["udp://127.0.0.1:1", "udp://127.0.0.1:1"]):
        with pytest.raises(LinkError, match="all different"):
            CflibLink(uris, AIRFRAME)


def test_without_the_library_it_says_what_to_install(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "cflib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cflib", None)
    with pytest.raises(LinkError, match=r"not installed.*martlet\[hardware\]"):
        CflibLink(["udp://127.0.0.1:19850"], AIRFRAME)


def test_a_drone_that_vanishes_in_flight_is_said_so_and_delays_nobody():
    with twin_process("--delay-ms", "0", "--loss", "0") as (process, uri):
        link = CflibLink([uri], AIRFRAME)
        take_off(link, 0.4)
        process.kill()
        process.wait()
        begun = time.monotonic()
        stream(link, HOVER, 0.5)
        assert time.monotonic() - begun < 1.0
        assert wait_for(lambda: "nobody answers" in link.reports()[0].fault, 2.0)
        assert now(link).age_s[0] > 0.4
        assert now(link).quality[0] == 0.0
        link.close()


def test_closing_in_the_air_lands_first_and_sets_the_parameters_back():
    with running() as server:
        link = CflibLink(server.uris, AIRFRAME)
        twin = server.drones[0]
        assert twin.params["flightmode.stabModeRoll"] == 0
        take_off(link, 0.5)
        stream(link, HOVER, 0.2)
        link.close()
        assert wait_for(lambda: twin.double.truth[0, 2] < 0.02, 1.0)
        assert not twin.supervisor().flying
        assert twin.params["flightmode.stabModeRoll"] == 1
        assert twin.params["flightmode.stabModePitch"] == 1


def test_two_drones_have_a_row_each():
    with running(2) as server:
        link = CflibLink(server.uris, AIRFRAME)
        try:
            assert now(link).states[:, 1] == pytest.approx([0.0, 0.5], abs=0.01)
            take_off(link, 0.5, drone=1)
            assert now(link).flying.tolist() == [False, True]
            assert now(link).states[0, 2] < 0.01
        finally:
            link.close()


def test_the_age_of_a_state_is_the_delay_of_the_link():
    with running(conditions=LinkConditions(delay_s=0.008)) as server:
        link = CflibLink(server.uris, AIRFRAME)
        try:
            time.sleep(1.0)
            ages = []
            for _ in range(50):
                assert link.wait(0.5)
                ages.append(float(now(link).age_s[0]))
            assert np.median(ages) == pytest.approx(0.008, abs=0.003)
            assert not math.isnan(link.reports()[0].round_trip_s)
        finally:
            link.close()


def test_a_firmware_that_is_too_old_is_refused_with_one_sentence(monkeypatch):
    monkeypatch.setattr(cflib_drone, "OLDEST_PROTOCOL", 13)  # no twin speaks less than is flown
    with (
        running() as server,
        pytest.raises(LinkError, match=r"protocol 12; expected 13 or newer: update it"),
    ):
        CflibLink(server.uris, AIRFRAME)


def test_a_fleets_settings_reach_the_firmware_and_external_poses_the_drone():
    settings = LinkSettings(
        parameters=(("locSrv.extPosStdDev", 0.001),), estimator="flow", start=(1.0, 2.0, 0.0, 0.5)
    )
    with running(decks=("bcFlow2",)) as server:
        link = CflibLink(server.uris, AIRFRAME, settings)
        params = server.drones[0].params
        try:
            assert params["locSrv.extPosStdDev"] == pytest.approx(0.001)
            assert params["kalman.initialY"] == 2.0
            assert np.isnan(link.telemetry(time.monotonic()).pose_age_s[0])
            link.place(0, ExternalPose((0.1, 0.2, 0.3), (0.0, 0.0, 0.0, 1.0)))
            assert 4.9 < link.telemetry(time.monotonic() + 5.0).pose_age_s[0] < 10.0
            assert wait_for(lambda: server.drones[0]._external[:2] != (0.0, 0.0), 2.0)
            statistics = link.reports()[0].statistics
            assert statistics.loss == 0.0
        finally:
            link.close()
        assert params["locSrv.extPosStdDev"] == pytest.approx(0.01)
        for missing in ({"estimator": "loco"}, {"parameters": (("no.such", 1.0),)}):
            with pytest.raises(LinkError, match=r"its deck|no parameter no\.such"):
                CflibLink(server.uris, AIRFRAME, LinkSettings(**missing))
