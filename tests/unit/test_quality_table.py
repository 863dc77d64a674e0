# SPDX-License-Identifier: Apache-2.0
"""Tables of what training reaches."""

import json
from pathlib import Path
from typing import Any

from benchmarks.quality_table import learners_table, table

RECORDED = Path(__file__).parents[2] / "benchmarks" / "results" / "training_quality.json"


def run(**trials: dict[str, Any]) -> dict[str, Any]:
    judged = {
        name: {"task": name, "success_rate": 0.5, "success_ci95": [0.4, 0.6], **found}
        for name, found in trials.items()
    }
    return {"steps": 10_000_000, "seconds": 14.2, "trials": judged}


def settled(median: float | None, p95: float | None = None) -> dict[str, Any]:
    return {"settled_error_m": {"median": median, "p95": p95}}


def test_table_sets_the_stock_controller_beside() -> None:
    found = run(
        hover=settled(0.012, 0.03)
        | {"rmse_m": 0.02, "hover_perf": 0.9214, "stock": settled(0.024) | {"rmse_m": 0.2}},
        zigzag=settled(0.5) | {"rmse_m": 0.03, "stock": settled(0.1) | {"rmse_m": 0.12}},
        pentagram=settled(0.5) | {"rmse_m": 0.03, "stock": settled(None) | {"rmse_m": None}},
    )
    lines = table({"track": {"0": found}})[2:]
    start = "| track, 0 | 10 M steps, 14 s | "
    done = " | 50.0% (40.0% to 60.0%) | "
    assert lines == [
        f"{start}hover{done}steady error 1.2 cm median, 3.0 cm at 95 %; stock 2.4 cm (50% of it),"
        " hover perf 0.921 |",
        f"{start}zigzag{done}RMSE 3.0 cm median; stock 12.0 cm (25% of it) |",
        f"{start}pentagram{done}RMSE 3.0 cm median; stock crashed |",
    ]


def test_table_shows_runs_without_stock_and_those_that_crashed() -> None:
    found = run(hover=settled(None, None), track=settled(0.5) | {"rmse_m": 0.03})
    shown = [line.rsplit(" | ", 1)[1] for line in table({"track": {"1": found}})[2:]]
    assert shown == [
        "steady error crashed median, crashed at 95 % |",
        "RMSE 3.0 cm median |",
    ]


def test_table_shows_swarms_by_collisions_and_slots() -> None:
    judged = {
        "collision_free_rate": 0.97, "collision_free_ci95": [0.95, 0.98],
        "collisions_per_drone_minute": 0.031, "slot_error_m": {"mean": 0.0874, "median": 0.03},
    }  # fmt: skip
    found = {"steps": 200_000_000, "seconds": 400.0, "trials": {"mix of 8": judged}}
    assert table({"swarm": {"2": found}})[2:] == [
        "| swarm, 2 | 200 M steps, 400 s | mix of 8 | 97.0% (95.0% to 98.0%)"
        " | slots 8.7 cm mean, 0.03 collisions a drone-minute |"
    ]


def test_table_tells_since_when_verdicts_were_within_the_line() -> None:
    found = run(hover=settled(0.012, 0.03))
    errors = [(None, None), (0.014, 0.02), (0.016, 0.02), (0.015, 0.025), (0.012, 0.02)]
    found["verdicts"] = [
        {"seconds": 2.0 * i, "hover_error_m": hover, "track_rmse_m": track}
        for i, (hover, track) in enumerate(errors)
    ]
    (line,) = table({"track": {"0": found}})[2:]
    assert line.startswith("| track, 0 | 10 M steps, 14 s; 1.5 and 2.5 cm from 6 s on | hover |")
    found["verdicts"].append({"seconds": 12.0, "hover_error_m": 0.02, "track_rmse_m": 0.02})
    (line,) = table({"track": {"0": found}})[2:]
    assert line.startswith("| track, 0 | 10 M steps, 14 s | hover |")


def test_table_of_what_is_recorded_has_a_line_a_trial() -> None:
    runs = json.loads(RECORDED.read_text())["figures"]["runs"]
    trials = [
        trial for seeds in runs.values() for found in seeds.values() for trial in found["trials"]
    ]
    assert len(table(runs)) == 2 + len(trials)


def test_learners_are_told_by_their_last_verdicts() -> None:
    def seed(seconds: float, **last: float) -> dict[str, Any]:
        return {"steps": 6_000_000, "seconds": seconds, "verdicts": [{"hover_error_m": 9.0}, last]}

    runs = {
        "torch": {"0": seed(61.2, hover_error_m=0.02, track_rmse_m=0.03), "1": seed(60.0)},
        "native": {"0": seed(9.9, hover_error_m=0.01, track_rmse_m=0.04)},
    }
    assert learners_table(runs)[2:] == [
        "| torch | 6.0 M steps, 61 / 60 s | 2.0 cm / crashed | 3.0 cm / crashed |",
        "| native | 6.0 M steps, 10 s | 1.0 cm | 4.0 cm |",
    ]
