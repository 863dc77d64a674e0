# SPDX-License-Identifier: Apache-2.0
"""A long flight that drifts is told from one that does not; the table says what was found."""

import os

import numpy as np
import pytest

from benchmarks.fleet.drift import lines, sentences
from benchmarks.fleet.usage import cpu_s, resident_mib
from benchmarks.soak_table import table


def sampled(count=200, *, leak_mib=0.0, slower_hz=0.0, later_ms=0.0):
    """An hour of noisy samples, of which some have no commands; what drifts does so evenly."""
    noise = np.random.default_rng(0)
    rows = []
    for place, share in enumerate(np.linspace(0.0, 1.0, count)):
        row = {
            "t_s": 3600.0 * share,
            "memory_mib": {
                "twin": 47.0 + noise.normal(0.0, 0.1),
                "policy": 160.0 + leak_mib * share,
            },
            "rate_hz": 98.0 - slower_hz * share + noise.normal(0.0, 1.0),
            "p50_ms": 3.0 + later_ms * share + noise.exponential(0.5),
        }
        lands = place % 20 in (0, 1)  # nobody streams
        rows.append(row | ({"rate_hz": None, "p50_ms": None} if lands else {}))
    return rows


def test_what_only_varies_does_not_drift():
    found = lines(sampled())
    assert set(found) == {"memory of twin", "memory of policy", "rate", "latency"}
    assert found["memory of twin"]["first"] == pytest.approx(47.0, abs=0.1)
    assert sentences(found) == []


@pytest.mark.parametrize(
    ("drift", "said"),
    [
        ({"leak_mib": 40.0}, "memory of policy drifts: expected a change of at most 16 MiB, got +"),
        ({"slower_hz": 10.0}, "rate drifts: expected a change of at most 2 Hz, got -"),
        ({"later_ms": 5.0}, "latency drifts: expected a change of at most 2 ms, got +"),
    ],
)
def test_what_drifts_is_named_and_nothing_else(drift, said):
    (sentence,) = sentences(lines(sampled(**drift)))
    assert sentence.startswith(said)


def test_starting_up_and_one_stall_are_no_drift():
    rows = sampled()
    for row in rows[100:104]:
        row |= {"rate_hz": 20.0, "p50_ms": 80.0}
    early = [
        row | {"memory_mib": {"twin": 5.0, "policy": 5.0}, "rate_hz": None, "p50_ms": None}
        for row in sampled(30)
    ]
    assert sentences(lines(early + rows)) == []
    assert lines(early) == {}  # nobody flew


def test_the_table_has_a_row_for_each_line_and_counts_what_ended_early():
    found = {"drones": 4, "minutes": 60.0, "flights": 20, "lines": lines(sampled(leak_mib=40.0))}
    found["problems"] = [
        "flight 2: hover: the guard took over: tilt: angle = 77 deg, allowed 0 to 75",
        "flight 9: hover: the guard took over: tilt: angle = 79 deg, allowed 0 to 75",
    ]
    found["faults"] = [*found["problems"], *sentences(found["lines"])]
    text = "\n".join(table(found))
    assert "4 twins, 60 minutes, 20 flights" in text
    assert text.count("\n| ") == 5  # its head and four lines
    assert "memory of policy drifts" in text
    assert "2 of the flights ended early: 2 by the guard took over: tilt" in text
    assert "What went wrong: nothing." in "\n".join(table(found | {"problems": [], "faults": []}))


def test_a_process_tells_its_memory_and_its_time():
    mine = {"me": os.getpid()}
    assert 10.0 < resident_mib(mine)["me"] < 4000.0
    before = cpu_s(mine)["me"]
    sum(number * number for number in range(2_000_000))
    assert cpu_s(mine)["me"] > before
