# SPDX-License-Identifier: Apache-2.0
"""A flight that the simulator itself flew is replayed without a gap; others show theirs."""

import json
from dataclasses import replace

import numpy as np
import pytest
from made_up_flight import COMMANDS_LATE_S, commanded_log, known_drone, made_up_log

from evaluation.errors import LogError
from evaluation.replay.replay import figures_of, replay_log
from martlet.replay import run, show
from sim_core.flight_log import write_flight_log


def test_our_own_flight_is_replayed_without_a_gap_and_its_delay_is_found() -> None:
    found = figures_of(replay_log(commanded_log(), "cf21_plus"))
    assert found["source"] == "command"
    assert found["delay_s"] == pytest.approx(COMMANDS_LATE_S, abs=0.003)
    assert found["thrust_gain"] == pytest.approx(1.0, abs=0.005)
    assert found["rates_rad_s"] < 0.08  # of 1.5: commands are held for 10 ms, the delay has 2
    last = found["horizons"]["1"]
    assert last["position_m"] < 0.02
    assert last["naive_position_m"] > 0.3
    assert last["attitude_deg"] < 1.0


def test_a_drone_of_less_thrust_shows_a_gap_of_that_size() -> None:
    found = figures_of(replay_log(commanded_log(thrust=0.95), "cf21_plus"))
    assert found["thrust_gain"] == pytest.approx(0.95, abs=0.01)
    # 5 % of 9.81 m/s2 for 1 s against drag of 0.5 / s: 0.49 m/s2 (1 - (1 - exp(-0.5)) / 0.5) / 0.5.
    assert found["horizons"]["1"]["position_m"] == pytest.approx(0.209, rel=0.1)
    assert found["horizons"]["0.1"]["position_m"] < 0.01


def test_a_log_of_motor_commands_is_replayed_by_them() -> None:
    log = made_up_log(known_drone(), 6.0)
    found = figures_of(replay_log(log, "cf21_legacy"))
    assert found["source"] == "volts"
    assert "rates_rad_s" not in found
    assert found["horizons"]["0.5"]["position_m"] < 1e-4


@pytest.mark.parametrize(
    ("without", "sentence"),
    [
        (("command",), "expected commands to fly"),
        (("pos",), "expected pos, vel and quat_xyzw"),
    ],
)
def test_a_log_that_cannot_be_replayed_is_one_sentence(without, sentence) -> None:
    log = replace(commanded_log(seconds=3.0), **dict.fromkeys(without))
    with pytest.raises(LogError, match=sentence):
        replay_log(log, "cf21_plus")


def test_the_command_writes_a_picture_and_prints_a_table(tmp_path, capsys) -> None:
    path = tmp_path / "mine.npz"
    write_flight_log(path, commanded_log(seconds=4.0))
    found = run(path, "cf21_plus", tmp_path / "out", None)
    assert json.loads(json.dumps(found)) == found
    assert (tmp_path / "out" / "replay.png").read_bytes()[:4] == b"\x89PNG"
    show(found)
    text = capsys.readouterr().out
    assert "simulator less drone" in text
    assert "20 ms under way" in text or "18 ms under way" in text
    with pytest.raises(LogError, match="there is no such file"):
        run(tmp_path / "none.npz", "cf21_plus", None, None)


def test_a_gap_in_a_bag_is_no_flight() -> None:
    from martlet.flight.recording import Series
    from martlet.flight_bag import _log

    t = np.delete(0.01 * np.arange(300), range(100, 106))  # six states lost in a row
    states = np.zeros((len(t), 1, 13))
    states[:, 0, 2], states[:, 0, 6] = 1.0, 1.0
    commands = Series(t, np.full((len(t), 1, 4), 0.3))
    log = _log("bag:0", Series(t, states), commands, 0)
    assert log.ok is not None
    assert np.flatnonzero(~log.ok).tolist() == [100]
    assert figures_of(replay_log(log, "cf21_plus"))["windows"] > 0
