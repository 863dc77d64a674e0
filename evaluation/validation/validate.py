# SPDX-License-Identifier: Apache-2.0
"""Every figure of a folder of recordings: what the simulator predicts, against what happened.

The report, by measure and data set:

    {"translation_500ms_m": {"imrc_brushed": {"ours": 0.02, "naive": 0.12, "published": {...},
                                              "files": {...}, "windows": 1234}},
     "rates_rad_s": {"arpl": {"10ms": {"ours": ..., "naive": ...}, "100ms": {...}}},
     "sets": {"imrc_brushed": {"airframe": ..., "scored": [...], "in_sample": false, ...}}}
"""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.errors import LogError, NothingToScoreError
from evaluation.validation.bench_log import BenchLog, read_bench_log
from evaluation.validation.bench_thrust import airframe_of_bench, bench_errors, hover_errors
from evaluation.validation.discovery import FoundSet, find_sets, measures_of, thrust_source
from evaluation.validation.downwash import (
    NEAR_M,
    DownwashLog,
    cross_validated_errors,
    downwash_g,
    read_downwash_log,
)
from evaluation.validation.flight import Flight, flight_of
from evaluation.validation.flights import MEASURES
from evaluation.validation.gates import check_log
from evaluation.validation.predict import drone_of
from evaluation.validation.published import (
    PUBLISHED,
    pybullet_downwash_g,
    told_by_fraction,
    with_published,
)
from evaluation.validation.recordings import RecordedSet
from evaluation.validation.tally import Tally, rounded
from sim_core.airframe import load_airframe
from sim_core.flight_log import FlightLog, LogFormError, read_flight_log

Report = dict[str, Any]

BENCH, DOWNWASH = "bench_thrust_rmse_n", "downwash_rmse_g"
KEYS = (BENCH, *(key for key, _ in MEASURES.values()), DOWNWASH)
"""The measures of a report, in its order."""


def validate(data: Path, airframe: str | None = None) -> Report:
    """Judge the simulator by recordings.

    Args:
        data: A folder of data sets, one set's folder, or one file.
        airframe: Of the drones that flew; where not given, what recordings.toml knows of the set.

    Raises:
        LogError: Nothing to judge by, or a log that is not what it should be: every one of them.
    """
    report: Report = {key: {} for key in KEYS} | {"sets": {}}
    faults: list[str] = []
    for found in find_sets(data, airframe):
        try:
            _add_set(report, found)
        except NothingToScoreError as error:
            faults.append(str(error))
        except LogError as error:
            faults.append(str(error))
    if faults:
        raise LogError(" ".join(faults))
    return {key: value for key, value in report.items() if value}


def validate_logs(
    name: str, logs: Sequence[FlightLog], airframe: str, recorded: RecordedSet | None = None
) -> Report:
    """Judge the simulator by flights that are in memory already, a bag's for one.

    Args:
        name: What to call them together.
        logs: The flights.
        airframe: Of the drones that flew.
        recorded: What else is known of them.
    """
    report: Report = {key: {} for key in KEYS} | {"sets": {}}
    known = recorded or RecordedSet(airframe, measures="")
    _add_flights(report, FoundSet(name, known, (), ()), list(logs))
    return {key: value for key, value in report.items() if value}


def _add_set(report: Report, found: FoundSet) -> None:
    kinds = {_kind(found, path) for path in found.judged}
    for kind in sorted(kinds):
        paths = [path for path in found.judged if _kind(found, path) == kind]
        if kind == "bench":
            _add_bench(report, found, paths)
        elif kind == "downwash":
            _add_downwash(report, found, paths)
        else:
            _add_flights(report, found, _read_all(paths))


def _kind(found: FoundSet, path: Path) -> str:
    if path.suffix == ".csv":
        return "bench"
    if found.recorded.measures:
        return "downwash" if found.recorded.measures == "downwash" else "flights"
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return "downwash" if "rel_other_minus_self" in archive.files else "flights"
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return "flights"  # whose reader says what is wrong


def _read_all(paths: list[Path]) -> list[FlightLog]:
    """The logs, each through the gates; the faults of all of them at once."""
    logs, faults = [], []
    for path in paths:
        try:
            log = read_flight_log(path)
            check_log(log)
            logs.append(log)
        except (LogFormError, LogError) as error:
            faults.append(str(error))
    if faults:
        raise LogError(" ".join(faults))
    return logs


def _add_flights(report: Report, found: FoundSet, logs: list[FlightLog]) -> None:
    recorded = found.recorded
    words = (recorded.measures or measures_of(logs[0])).split()
    flights: list[Flight] = [
        flight_of(log, recorded.volts, markers=recorded.markers) for log in logs
    ]
    source = thrust_source(logs[0], recorded)
    drone = drone_of(load_airframe(recorded.airframe), recorded.mass_kg, source)
    if not words:
        raise LogError(
            f"{logs[0].name}: expected motor commands beside the motion (pwm01, rpm or command),"
            " found none to predict from."
        )
    for word in words:
        key, measure = MEASURES[word]
        report[key][found.name] = measure(flights, drone)
    report["sets"][found.name] = _described(found, [log.name for log in logs], source)


def _add_bench(report: Report, found: FoundSet, paths: list[Path]) -> None:
    tally = Tally(lambda errors: float(np.sqrt((errors**2).mean())))
    left_out = {}
    scored = []
    for path in paths:
        try:
            bench = read_bench_log(path)
        except NothingToScoreError as error:
            left_out[path.name] = str(error)
            continue
        scored.append(path.name)
        name = airframe_of_bench(path.name, found.recorded.airframe)
        _tally_bench(tally, bench, name)
    if not scored:
        raise NothingToScoreError(" ".join(left_out.values()))
    report[BENCH][found.name] = tally.figures()
    report["sets"][found.name] = _described(found, scored, "volts") | {"left_out": left_out}


def _tally_bench(tally: Tally, bench: BenchLog, airframe: str) -> None:
    drone = drone_of(load_airframe(airframe))
    tally.add("ours", bench.name, bench_errors(bench, drone))
    tally.add("naive", bench.name, hover_errors(bench, drone))
    volts = told_by_fraction(bench.volts[:, None], bench.battery_volts)[:, 0]
    told = BenchLog(bench.name, volts, bench.battery_volts, bench.thrust_n, bench.rpm)
    for published in PUBLISHED:
        tally.add(published.name, bench.name, bench_errors(told, with_published(drone, published)))


def _add_downwash(report: Report, found: FoundSet, paths: list[Path]) -> None:
    root = Tally(lambda errors: float(np.sqrt((errors**2).mean())))
    near = []
    for path in paths:
        log = read_downwash_log(path)
        rows = log.scored
        force, relative = log.force_g[rows], log.relative_m[rows]
        errors = downwash_g(relative) - force
        root.add("ours", log.name, errors)
        root.add("naive", log.name, -force)
        root.add("gym-pybullet", log.name, pybullet_downwash_g(relative) - force)
        near.append(errors[log.aside_m[rows] < NEAR_M])
    figures = root.figures()
    beside = np.concatenate(near)
    if len(beside):
        figures["ours_near"] = rounded(float(np.sqrt((beside**2).mean())))
    if not found.scored:
        figures |= _five_fold([read_downwash_log(path) for path in paths])
    report[DOWNWASH][found.name] = figures
    report["sets"][found.name] = _described(found, [p.name for p in paths], "")


def _five_fold(logs: list[DownwashLog]) -> Report:
    """Of the files that were fitted on: what a fit to four fifths of the runs says of one."""
    errors = np.concatenate([cross_validated_errors(log) for log in logs])
    return {"ours_five_fold": rounded(float(np.sqrt((errors**2).mean())))}


def _described(found: FoundSet, scored: list[str], source: str) -> Report:
    recorded = found.recorded
    out: Report = {
        "airframe": recorded.airframe,
        "scored": scored,
        "fitted": [path.name for path in found.fitted],
        "in_sample": not found.scored and bool(found.fitted),
    }
    if source:
        out["thrust"] = source
    if recorded.mass_kg:
        out["mass_kg"] = recorded.mass_kg
    if recorded.source:
        out["source"] = recorded.source
    return out
