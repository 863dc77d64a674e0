# SPDX-License-Identifier: Apache-2.0
"""A policy on board of simulated drones: engaged and let go by what is streamed; and its faults."""

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hovering_policy import LAWS, write_hovering
from sample_policy import ENVIRONMENT

from firmware_bridge.crtp_drone import TwinDrone, TwinSettings
from firmware_bridge.errors import DoubleSettingsError
from firmware_bridge.firmware_double import DoubleSettings
from firmware_bridge.onboard_double import OnboardDouble
from firmware_bridge.onboard_link import CRC, ENGAGE, TASK, OnboardRemote
from firmware_bridge.orders import GoTo, HandBack, RateThrust, TakeOff
from firmware_bridge.setpoints import SetpointEncoder, ThrustConvention
from martlet import firmware
from martlet_nodes.crazyflie_backend import CrazyflieParameters
from martlet_nodes.drone_status import Commander
from martlet_nodes.errors import ParameterError
from martlet_nodes.manoeuvre import Goal, Kind
from martlet_nodes.sim_backend import SimParameters, Simulation
from policy_export.firmware.export import write_firmware
from policy_export.firmware.host import HostPolicy, build_host
from sim_core.onboard import STATUSES
from sim_core.tasks import load_task

NUMBERS = (0.1, 1.0, -1.0, 0.5)
"""What is streamed: a command that nobody could fly by."""


@pytest.fixture(scope="module", params=LAWS)
def law(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def library(law: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Such a policy, compiled, with two places to hover at."""
    folder = tmp_path_factory.mktemp("onboard")
    policy = write_hovering(folder / "policy.onnx", law)
    here = load_task("hover", start=(0.0, 0.0, 1.0, 0.0))
    there = load_task(
        "kind = 'hover'\nposition_m = [0.3, 0.0, 1.0]\nduration_s = 4.0", start=(0.0, 0.0, 1.0, 0.0)
    )
    write_firmware(firmware.plan(policy, (here, there)), folder / "app")
    return build_host(folder / "app", folder / "policy.so")


class Flight:
    """A simulated drone that has taken off."""

    def __init__(self, library: Path) -> None:
        self.simulation = Simulation(SimParameters(onboard=str(library)))
        self.backend = self.simulation.backend
        assert self.backend.arm(0, True, self.simulation.stamp_s) == ""
        self.go(20)
        up = Goal(Kind.TAKEOFF, (0.0, 0.0, 1.0), math.nan, 2.0)
        self.backend.begin(0, up, self.simulation.stamp_s)
        self.go(500)

    def go(self, ticks: int, *, streamed: bool = False) -> None:
        for _ in range(ticks):
            if streamed:
                now_s = self.simulation.stamp_s
                self.backend.stream(0, NUMBERS, now_s, now_s)
            self.simulation.step()

    @property
    def app(self):
        return self.simulation._double.apps[0]

    @property
    def place(self) -> np.ndarray:
        return self.simulation.truth[0, :3]


def test_streaming_engages_the_policy_on_board_and_its_numbers_are_not_flown(library: Path) -> None:
    flight = Flight(library)
    assert flight.app.status == "idle"
    flight.go(300, streamed=True)
    assert flight.app.status == "flying"
    assert flight.backend.telemetry.flying.all()
    np.testing.assert_allclose(flight.place, (0.0, 0.0, 1.0), atol=0.15)
    assert flight.backend.commander(0) is Commander.STREAM
    # Let go and asked again at once: the next task, from its begin.
    now_s = flight.simulation.stamp_s
    flight.backend.release(0, now_s)
    flight.go(400, streamed=True)
    assert (flight.app.status, flight.app.task) == ("flying", 1)
    np.testing.assert_allclose(flight.place, (0.3, 0.0, 1.0), atol=0.15)
    double = flight.simulation._double
    flight.app.engage = False  # by its parameter alone: the set-point that there is gets flown
    double.advance(double.time_s + 0.01)
    left = double._drones[0].streamed
    assert double.commanded_thrust_n(0) == pytest.approx(left.thrust_n, rel=1e-5)
    flight.backend.release(0, flight.simulation.stamp_s)
    flight.go(100)
    assert flight.app.status == "idle"
    assert flight.simulation.said == []
    assert flight.place[2] > 0.7


def test_silence_of_the_laptop_brings_the_stock_controller_back(library: Path) -> None:
    flight = Flight(library)
    flight.go(100, streamed=True)
    flight.go(19)
    assert flight.app.status == "flying"
    flight.go(4)
    assert flight.app.status == "back"
    assert flight.simulation.said == [
        "cf1 let go by itself: nothing heard from the laptop for too long"
    ]
    assert flight.backend.commander(0) is not Commander.STREAM
    flight.go(300, streamed=True)  # whoever goes on streaming is not listened to
    assert flight.app.status == "back"
    np.testing.assert_allclose(flight.place, (0.0, 0.0, 1.0), atol=0.3)
    assert np.linalg.norm(flight.simulation.truth[0, 7:10]) < 0.1


def test_corrupted_weight_is_refused_at_boot_and_the_drone_hovers_on(
    law: str, library: Path, tmp_path: Path
) -> None:
    raw = library.read_bytes()
    gains = LAWS[law][1]().astype(np.float32)
    at = raw.index(gains[0, :1].tobytes() + gains[1, :1].tobytes() + gains[2, :1].tobytes())
    broken = tmp_path / "broken.so"
    broken.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
    flight = Flight(broken)
    flight.go(100, streamed=True)
    assert flight.app.status == "refused"
    assert flight.simulation.said == [
        "cf1 let go by itself: the weights are not those that were exported"
    ]
    assert flight.backend.commander(0) is not Commander.STREAM
    np.testing.assert_allclose(flight.place, (0.0, 0.0, 1.0), atol=0.2)


class Crossing:
    """A twin with a policy on board, and a laptop that speaks to it packet by packet."""

    def __init__(self, library: Path) -> None:
        airframe = ENVIRONMENT.load_airframe()
        settings = TwinSettings(DoubleSettings(0, 0.0, 0.0, battery=False))
        self.twin = TwinDrone(airframe, settings, unit=HostPolicy(library))
        self.remote = self.new_remote()
        self.encoder = SetpointEncoder(12, ThrustConvention("linear", 0.12))
        self.order(TakeOff(1.0, 2.0))
        self.go(5.0)

    def new_remote(self) -> OnboardRemote:
        numbers = self.twin.params.table.numbers
        return OnboardRemote({name: numbers[name] for name in (ENGAGE, TASK)})

    def order(self, order) -> None:
        packets = self.encoder.packets(order)
        for _, some in self.remote.sendings(order, packets, self.twin.time_s):
            for packet in some:
                self.twin.take(packet)

    def go(self, seconds: float, order=None) -> None:
        for _ in range(round(100 * seconds)):
            if order is not None:
                self.order(order)
            self.twin.advance(self.twin.time_s + 0.01)
            self.remote.hear(*(self.says(name) for name in ("status", "reason")))

    def says(self, name: str) -> int:
        return int(self.twin.logs._sample(f"martlet.{name}"))

    @property
    def place(self) -> np.ndarray:
        return self.twin.double.truth[0, :3]


def test_a_twin_flies_its_policy_by_parameters_and_the_app_channel(library: Path) -> None:
    flight = Crossing(library)
    push = RateThrust(NUMBERS[0], NUMBERS[1:])
    told = CrazyflieParameters(["x://1"], onboard=str(library.parent / "app")).settings()
    assert int(flight.twin.params[CRC]) == told[0].onboard.crc
    flight.go(3.0, push)
    assert STATUSES[flight.says("status")] == "flying"
    np.testing.assert_allclose(flight.place, (0.0, 0.0, 1.0), atol=0.15)
    for order in (HandBack(), GoTo((0.0, 0.0, 1.0), 0.0, 1.0)):
        flight.order(order)
    flight.go(1.5)
    assert STATUSES[flight.says("status")] == "idle"
    np.testing.assert_allclose(flight.place, (0.0, 0.0, 1.0), atol=0.15)
    flight.remote = flight.new_remote()
    flight.go(1.0, push)
    for order in (HandBack(), push):  # within a period of the app: the next task, from its begin
        flight.order(order)
    flight.go(4.0, push)
    np.testing.assert_allclose(flight.place, (0.3, 0.0, 1.0), atol=0.15)
    assert flight.remote.take_returned(flight.twin.time_s) == ""
    flight.go(0.3)
    why = flight.remote.take_returned(flight.twin.time_s)
    assert why == "nothing heard from the laptop for too long"
    flight.go(2.0)
    np.testing.assert_allclose(flight.place, (0.3, 0.0, 1.0), atol=0.2)  # it hovers by itself


def test_app_of_another_period_is_refused() -> None:
    unit = SimpleNamespace(period_ms=5)
    with pytest.raises(DoubleSettingsError, match=r"asked every 10 or 2 ms, got .* every 5 ms"):
        OnboardDouble(ENVIRONMENT.load_airframe(), DoubleSettings(), [(0.0,) * 4], [unit])


def test_library_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="expected a policy's library"):
        Simulation(SimParameters(onboard=str(tmp_path / "none.so")))
