# SPDX-License-Identifier: Apache-2.0
"""What drivers of other simulators say, summed up and compared."""

from typing import Any

import pytest

from benchmarks.marked import replace_between
from benchmarks.peers_table import parse_answer, short, sum_up, tables, with_ratios

WORDS = dict.fromkeys(("integrator", "numbers", "action", "models", "sees", "judges"), "-")
PEERS: dict[str, dict[str, Any]] = {
    "martlet": WORDS
    | {
        "title": "Martlet",
        "substeps": 5,
        "substep_s": 0.002,
        "works": {"physics": {"what": "physics alone"}},
    },
    "slow": WORDS
    | {
        "title": "Slow",
        "substeps": 1,
        "substep_s": 0.01,
        "works": {"physics": {"what": "step", "beside": "physics"}, "odd": {"what": "else"}},
    },
}


def said(*speeds: float) -> list[dict[str, float]]:
    return [{"steps_per_s": speed, "cores": 1.0} for speed in speeds]


def measured() -> dict[str, Any]:
    ours = {"1": sum_up([said(8e6)], 5)}
    theirs = {"1": sum_up([said(2e6)], 1), "2": sum_up([said(2e6, 1e6)], 1)}
    return {"martlet": {"physics": ours}, "slow": {"physics": theirs, "odd": theirs}}


def test_sum_up_takes_medians_of_rounds_and_sums_of_processes() -> None:
    figures = sum_up([said(1.0, 2.0), said(10.0, 20.0), said(3.0, 4.0)], substeps=5)
    assert {key: figures[key] for key in ("median", "min", "max")} == {
        "median": 7, "min": 3, "max": 30,
    }  # fmt: skip
    assert (figures["substeps_median"], figures["cores"]) == (35, 2.0)


def test_sum_up_sets_aside_what_others_took_of_the_processors() -> None:
    crowded = [{"steps_per_s": 25.0, "cores": 0.25}]
    assert sum_up([crowded], substeps=1)["per_core"] == 100


def test_ratios_count_steps_and_substeps() -> None:
    figures = with_ratios(measured(), PEERS)["slow"]["physics"]["1"]
    assert (figures["ours_over_theirs"], figures["ours_over_theirs_substeps"]) == (4.0, 20.0)


def test_ratios_are_left_out_where_nothing_stands_beside() -> None:
    ratios = with_ratios(measured(), PEERS)
    for figures in (ratios["slow"]["odd"]["1"], ratios["slow"]["physics"]["2"]):
        assert "ours_over_theirs" not in figures


@pytest.mark.parametrize("line", ["", "Traceback", "[1]", '{"steps_per_s": 0.0}'])
def test_parse_answer_refuses_what_is_no_speed(line: str) -> None:
    with pytest.raises(ValueError, match="slow: expected a line of JSON"):
        parse_answer(line, "slow")


def test_parse_answer_reads_a_line() -> None:
    assert parse_answer('{"steps_per_s": 2.5, "cores": 1}\n', "slow")["steps_per_s"] == 2.5


def test_tables_say_who_was_measured_and_who_was_not() -> None:
    figures = {
        "measured": with_ratios(measured(), PEERS),
        "versions": {"martlet": "0.1", "slow": "3.0"},
        "not_measured": {"gone": "gone: cannot be installed; no wheel."},
        "rounds": 1,
        "num_envs": {"martlet": 16, "slow": 16},
    }
    machine = {"cores": 2, "cpu": "X", "python": "3.11"}
    lines = tables({"date": "2026-01-01", "machine": machine, "figures": figures}, PEERS)
    assert "Martlet 0.1, Slow 3.0. 16 drones" in lines[0]
    assert "left 1.00 to 1.00 of a core to one process, 2.00 to 2.00 to two" in lines[0]
    assert "Not measured: gone: cannot be installed; no wheel." in lines
    steps = "2.00 M (2.00 M–2.00 M)"
    assert f"| Slow | step | 1 | {steps} | 2.00 M | 2.00 M | physics | 4 × | 20 × |" in lines
    assert any(line.startswith("| Slow | step | 2 | 3.00 M") for line in lines)
    assert "| control step | 5 × 2 ms | 1 × 10 ms |" in lines


@pytest.mark.parametrize(
    ("speed", "text"),
    [(7_900, "7.90 k"), (999_600, "1.00 M"), (12.46e6, "12.5 M"), (683_400, "683 k"), (670, "670")],
)
def test_short_keeps_three_digits(speed: float, text: str) -> None:
    assert short(speed) == text


def test_replace_between_keeps_the_rest() -> None:
    assert replace_between("a\n<b>\nold\n<e>\nz", "<b>", "<e>", ["new"]) == "a\n<b>\nnew\n<e>\nz"
    with pytest.raises(ValueError, match="expected <b> and then <e>"):
        replace_between("a <e> <b>", "<b>", "<e>", [])
