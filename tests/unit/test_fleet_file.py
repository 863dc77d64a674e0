# SPDX-License-Identifier: Apache-2.0
"""fleet.toml: what it may say, every fault in one sentence, and what a flight makes of it."""

import math
from pathlib import Path

import pytest

from firmware_bridge.fleet import MOST_PER_DONGLE, crowded, load_fleet
from firmware_bridge.radio_address import drone_at, is_drone_address, radio_address
from martlet.errors import UsageError
from martlet.flight import settings as room
from martlet.flight.programme import programme
from martlet.flight.settings import FlySettings, check, flight_settings
from martlet_bringup import stack
from martlet_nodes.crazyflie_backend import CrazyflieParameters
from sim_core.errors import SettingsError

HEAD = "[[drones]]\n"
RADIO = "radio://0/80/2M/E7E7E7E7"
ONE = f'{HEAD}name = "cf1"\nuri = "{RADIO}01"\n'
TWO = f'{HEAD}name = "cf2"\nuri = "{RADIO}02"\nstart = [0.8, 0.0, 0.0]\nyaw_deg = 90.0\n'


@pytest.fixture
def fleet_file(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "fleet.toml"
        path.write_text(text)
        return path

    return write


@pytest.fixture(autouse=True)
def _cflib_is_here(monkeypatch):
    monkeypatch.setattr(room.importlib.util, "find_spec", lambda _: object())


def test_a_file_is_read_with_its_defaults(fleet_file):
    text = 'dongles = ["0"]\n' + ONE + TWO + "[parameters.locSrv]\nextPosStdDev = 0.001\n"
    fleet = load_fleet(fleet_file(text))
    assert fleet.names == ("cf1", "cf2")
    assert fleet.uris == (f"{RADIO}01", f"{RADIO}02")
    assert fleet.drones[0].place == (0.0, 0.0, 0.0, 0.0)
    assert fleet.named("cf2").place == (0.8, 0.0, 0.0, pytest.approx(math.pi / 2))
    assert fleet.settings == (("locSrv.extPosStdDev", 0.001),)
    assert crowded(fleet) == []
    with pytest.raises(SettingsError, match="expected one of cf1, cf2, got 'cf3'"):
        fleet.named("cf3")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("drones = []", r"drones: expected one \[\[drones\]\] or more, got none"),
        (ONE + TWO.replace("cf2", "cf1"), "name 'cf1': expected once, got 2 times"),
        (
            ONE + TWO.replace("02", "01").replace("//0", "//1"),
            r"'E7E7E7E701 on channel 80 at 2M': expected once, got 2 times \(of cf1, cf2\)",
        ),
        (ONE.replace("cf1", "all"), "name 'all': expected letters"),
        (ONE.replace("cf1", "1st"), "name '1st': expected letters"),
        (ONE.replace("radio", "radoi"), "cf1: uri: expected an address like .*, got 'radoi"),
        (ONE.replace("/80/", "/126/"), "cf1: uri: expected an address"),
        (ONE + 'airframe = "cf9"', "cf1: airframe: expected one of cf21_brushless, .* got 'cf9'"),
        (
            ONE + TWO.replace("0.8", "0.2"),
            "cf1 and cf2: expected starts at least 0.3 m apart, got 0.20",
        ),
        ('dongles = ["0", "1"]\n' + ONE, "dongle '1': expected a drone that uses it, got none"),
        ('dongles = ["1"]\n' + ONE, "cf1: uri: expected dongle 1, got 0"),
        ('dongles = ["0", "0"]\n' + ONE, "dongle '0': expected once, got 2 times"),
        (
            ONE + 'estimator = "gps"',
            "estimator: expected one of mocap, flow, lighthouse, loco, got 'gps'",
        ),
        (ONE + "height = 1.0", r"unknown key 'drones\[0\].height'"),
        (HEAD + 'name = "cf1"', r"missing key 'drones\[0\].uri'"),
        (ONE + '[parameters.a]\nb = "c"', r"parameters.a.b: expected a finite number, got 'c'"),
        (ONE + "[parameters]\na = 1", r"parameters.a: expected a section"),
        ("drones = [", "not TOML"),
    ],
)
def test_a_fault_is_one_sentence_that_names_the_file(fleet_file, text, sentence):
    path = fleet_file(text)
    with pytest.raises(SettingsError, match=sentence) as refused:
        load_fleet(path)
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)


def test_all_faults_are_told_at_once(fleet_file):
    text = ONE.replace("cf1", "all") + TWO.replace("0.8", "0.0").replace("cf2", "fleet")
    with pytest.raises(SettingsError, match=r"'all'.*'fleet'.*apart"):
        load_fleet(fleet_file(text))


def many(count: int, dongle: str = "0", channel: int = 80, first: int = 0) -> str:
    return "".join(
        f'{HEAD}name = "d{i}"\nuri = "radio://{dongle}/{channel}/2M/E7E7E7E7{i:02d}"\n'
        f"start = [{0.5 * i}, 0.0, 0.0]\n"
        for i in range(first, first + count)
    )


def test_a_crowded_dongle_and_channels_too_near_are_told(fleet_file):
    assert crowded(load_fleet(fleet_file(many(MOST_PER_DONGLE)))) == []
    (told,) = crowded(load_fleet(fleet_file(many(MOST_PER_DONGLE + 1))))
    assert "dongle 0: expected at most 4 drones" in told
    assert "got 5 (d0, d1, d2, d3, d4)" in told
    (near,) = crowded(load_fleet(fleet_file(many(1) + many(1, "1", 81, 1))))
    assert "d0 and d1: expected dongles 0 and 1 at least 2 channels apart, got 80 and 81" in near
    assert crowded(load_fleet(fleet_file(many(1) + many(1, "1", 82, 1)))) == []


def test_addresses_are_told_from_what_is_none():
    assert radio_address("radio://0/80/2M").address == "E7E7E7E7E7"
    assert radio_address("radio://E7E7E7E7E7/80/2M/e701?rate_limit=100").address == "000000E701"
    assert drone_at("radio://0/80/2M/E7E7E7E7E7") == drone_at("radio://1/80/2M")
    assert drone_at("udp://127.0.0.1:19850") == "udp://127.0.0.1:19850"
    for uri in ("udp://127.0.0.1:19850", "usb://0", "radio://0/80/2M"):
        assert is_drone_address(uri)
    for uri in ("udp://127.0.0.1", "radio://0/80", "radio://x/80/2M", "ftp://a:1", "cf1"):
        assert not is_drone_address(uri)


@pytest.mark.parametrize("backend", ["sim", "twin", "hardware"])
def test_a_flight_takes_names_places_and_airframe_from_it(fleet_file, backend):
    path = fleet_file(ONE + TWO)
    settings = FlySettings(backend=backend, fleet=path, policy=Path("p.onnx"))
    check(settings)
    planned = programme(settings)
    assert planned.drones == ("cf1", "cf2")
    assert planned.starts[1] == (0.8, 0.0, 0.0, pytest.approx(math.pi / 2))
    assert planned.offsets_m == ((0.0, 0.0, 0.0), (0.8, 0.0, 0.0))
    flown = flight_settings(settings, Path("p.onnx"), stack, planned)
    assert flown.drones == ("cf1", "cf2")
    if backend == "hardware":
        assert flown.uris == (f"{RADIO}01", f"{RADIO}02")
    elif backend == "twin":
        assert all(uri.startswith("udp://127.0.0.1:") for uri in flown.uris)
        words = stack.twin(flown)
        assert words[words.index("--starts") + 5 :][:4] == ("0.8000", "0.0000", "0.0000", "1.5708")
    nodes = stack.stack(flown)
    assert nodes[0].parameters["drones"] == ["cf1", "cf2"]
    if backend != "sim":
        assert nodes[0].parameters["fleet"] == str(path)


def test_a_swarm_of_a_fleet_flies_each_drone_from_where_it_stands(fleet_file):
    text = "".join(
        f'{HEAD}name = "d{i}"\nuri = "{RADIO}0{i}"\nstart = [{x}, {y}, 0.0]\n'
        for i, (x, y) in enumerate([(0.8, 0.8), (-0.8, -0.8), (0.8, -0.8), (-0.8, 0.8)])
    )
    path = fleet_file(text)
    settings = FlySettings(backend="hardware", fleet=path, task="swarm", scenario="static")
    check(settings)
    from martlet.flight.fleet_settings import with_fleet

    planned = programme(with_fleet(settings))
    fleet = load_fleet(path)
    assert sorted(planned.drones) == sorted(fleet.names)
    for name, start in zip(planned.drones, planned.starts, strict=True):
        assert start == pytest.approx(fleet.named(name).place)
    flown = flight_settings(settings, Path("p.onnx"), stack, planned)
    assert flown.uris == tuple(fleet.named(name).uri for name in planned.drones)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"uri": f"{RADIO}01"}, "--uri is what --fleet says"),
        ({"airframe": "cf21_plus"}, "--airframe is what --fleet says"),
        ({"task": "race", "backend": "sim"}, "--task race has starts of its own"),
    ],
)
def test_what_does_not_go_with_a_fleet_file_is_refused(fleet_file, more, sentence):
    settings = {"backend": "hardware", "fleet": fleet_file(ONE), **more}
    with pytest.raises(UsageError, match=sentence):
        check(FlySettings(**settings))


def test_drones_of_two_kinds_fly_no_one_policy(fleet_file):
    path = fleet_file(ONE + TWO + 'airframe = "cf21_brushless"\n')
    with pytest.raises(
        UsageError, match=r"drones of one airframe, .* got cf21_plus, cf21_brushless"
    ):
        check(FlySettings(backend="hardware", fleet=path))


def test_the_backend_sets_each_drone_as_the_file_says(fleet_file):
    text = (
        ONE
        + 'estimator = "flow"\nthrust = "pwm"\n'
        + TWO
        + "[parameters.pid_rate]\nroll_kp = 200\n"
    )
    told = CrazyflieParameters(["x://2", "x://1"], ["cf2", "cf1"], fleet=str(fleet_file(text)))
    second, first = told.settings()
    assert (first.estimator, first.thrust) == ("flow", "pwm")
    assert (second.estimator, second.start[0]) == (None, 0.8)
    assert first.parameters == second.parameters == (("pid_rate.roll_kp", 200.0),)
    assert CrazyflieParameters(["x://1"]).settings()[0].parameters == ()
