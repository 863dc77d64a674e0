# SPDX-License-Identifier: Apache-2.0
"""A fleet file held against twins: what answers as it says, and what does not."""

import dataclasses

import pytest
from twins import AIRFRAME, running

from firmware_bridge import link_faults
from martlet.fleet_check import check_fleet, show_fleet

pytest.importorskip("cflib")
pytestmark = pytest.mark.wall_clock


def fleet_file(folder, drones):
    """A file of drones: name, uri, x, y, and other lines of each."""
    path = folder / "fleet.toml"
    path.write_text(
        "".join(
            f'[[drones]]\nname = "{name}"\nuri = "{uri}"\nstart = [{x}, {y}, 0.0]\n{more}\n'
            for name, uri, x, y, more in drones
        )
    )
    return path


def test_a_fleet_that_answers_as_its_file_says_is_ready(tmp_path, capsys):
    with running(2) as server:
        first, second = server.uris
        path = fleet_file(
            tmp_path,
            [("a", first, 0.0, 0.0, 'estimator = "mocap"'), ("b", second, 0.0, 0.5, "")],
        )
        found = check_fleet(path, 0.5)
        assert found["ok"], found
        a = found["drones"]["a"]
        assert (a["device"], a["protocol"], a["thrust"]) == ("Crazyflie 2.1", 12, "linear")
        assert a["rate_hz"] == pytest.approx(100.0, rel=0.1)
        assert a["loss"] == 0.0
        assert a["battery_v"] > 4.0
        params = server.drones[0].params
        assert params["flightmode.stabModeRoll"] == 1  # set back
    show_fleet(found)
    assert capsys.readouterr().out.endswith("fleet: ready\n")


def test_everything_that_is_not_as_the_file_says_is_told_of_each_drone(tmp_path, capsys):
    brushless = dataclasses.replace(AIRFRAME, platform="cf21bl")
    with running(3) as server, running(airframe=brushless) as other:
        drones = [
            ("away", server.uris[0], 0.5, 2.0, ""),
            ("turned", server.uris[1], 0.0, 0.5, "yaw_deg = 90.0"),
            ("deckless", server.uris[2], 0.0, 1.0, 'estimator = "flow"'),
            ("kind", other.uris[0], 1.0, 0.0, ""),
            ("nobody", "udp://127.0.0.1:9", 2.0, 0.0, ""),
        ]
        found = check_fleet(fleet_file(tmp_path, drones), 0.2)
    faults = {name: told["fault"] for name, told in found["drones"].items()}
    assert not found["ok"]
    assert "expected at its start [0.5, 2.0, 0.0], got" in faults["away"]
    assert "2.06 m away" in faults["away"]
    assert "expected heading 90 deg, got -90 deg off" in faults["turned"]
    assert (
        "estimator flow: expected its deck (deck.bcFlow2 or deck.bcFlow not 0)"
        in faults["deckless"]
    )
    assert "it is a Crazyflie 2.1 Brushless; expected a Crazyflie 2.1" in faults["kind"]
    assert link_faults.NOBODY in faults["nobody"]
    show_fleet(found)
    out = capsys.readouterr().out
    assert all(fault in out for fault in faults.values())
    assert out.endswith("fleet: not ready\n")


def test_what_does_not_fit_the_firmware_or_the_policy_is_a_warning(tmp_path, policy_path):
    with running(thrust="pwm") as server:
        path = fleet_file(tmp_path, [("a", server.uris[0], 0.0, 0.0, 'thrust = "linear"')])
        assert any("expected pwm" in w for w in check_fleet(path, 0.2)["warnings"])
        path = fleet_file(tmp_path, [("a", server.uris[0], 0.0, 0.0, "")])
        found = check_fleet(path, 0.2, policy_path)
    assert found["drones"]["a"]["thrust"] == "pwm"
    assert found["ok"]
    (warning,) = found["warnings"]
    assert warning.startswith("a: policy: expected one that has met firmware whose thrust is pwm")


def test_a_dongle_that_is_missing_is_one_sentence_for_each_drone(tmp_path):
    radio = "radio://0/80/2M/E7E7E7E70{}"
    drones = [(f"d{i}", radio.format(i), 0.5 * i, 0.0, "") for i in range(5)]
    found = check_fleet(fleet_file(tmp_path, drones))
    for told in found["drones"].values():
        assert "Crazyradio" in told["fault"] or "libusb" in told["fault"]
    assert any("dongle 0: expected at most 4 drones" in warning for warning in found["warnings"])
