# SPDX-License-Identifier: Apache-2.0
"""What the referees say of a flight that several drones flew together."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from evaluation.flight_record import FlightRecord, Phase
from evaluation.group_score import GroupScore, score_group
from evaluation.race_referee import RaceScore
from evaluation.report import finite
from martlet.flight.programme import Programme
from martlet.flight.recording import Recording
from sim_core.group_flights import GroupFlight, group_flight, hovers
from sim_core.mixed import MixedTask


def as_flown(recording: Recording, planned: Programme) -> GroupFlight | None:
    """What the policy was given: from where the drones were seen when it took over."""
    streams = recording.streams(0)
    if planned.group is None or not streams:
        return None
    return group_flight(planned.flown[0].task, hovers(recording.states_at(streams[0][0])))


def group_figures(
    flights: Mapping[str, FlightRecord], group: GroupFlight | None, told: Mapping[str, Any]
) -> dict[str, Any]:
    """The referees' findings, from the hand-over to the hand-back.

    Args:
        flights: Each drone's record by its name, all of the same times.
        group: What they flew; None where they did not come to it.
        told: What it was: keys that go first.

    Returns:
        `told`; `good` (no collision, no crash, every race finished), `faults` (why not, a phrase
        each), `collision_free` (of two drones), `collisions`, `separation_m` (smallest of all
        pairs), `separation_s` (when, since the hand-over), `separation_pair` (names),
        `slot_error_m` (mean over the drones that did not crash), `worst` (whose slot error is the
        largest) and `drones`: by name `slot_error_m`, `crashed`, `crash_reason` and `crash_time_s`
        (since the hand-over), and of a mixed flight the `race`: `gates_passed`, `finished`,
        `time_s` (since the drone left) and `wrong_way`, or None. Of a flight that did not come to
        its task there are the first two alone.
    """
    names = list(flights)
    record = flights[names[0]]
    phase = next((phase for phase in record.phases if phase.name in ("swarm", "mixed")), None)
    rows = record.during(phase or Phase("", 0.0, -1.0))
    if group is None or phase is None or rows.stop - rows.start < 2:
        return {**told, "good": False}
    times = record.times_s[rows] - phase.start_s
    # Over a radio each drone's times are its own.
    at_s = record.times_s[rows]
    states = np.stack([flight.states_at(at_s) for flight in flights.values()], axis=1)
    score = score_group(times, states, group, 0.0)
    drones = {name: _drone(score, number) for number, name in enumerate(names)}
    if isinstance(group.task, MixedTask):
        for number, name in enumerate(names):
            drones[name]["race"] = _race(score.races[number])
    errors = score.slot_error_m
    good = errors[np.isfinite(errors)]
    faults = score.faults(names)
    found = {
        "good": not faults,
        "faults": faults,
        "collision_free": not score.swarm.collided[0],
        "collisions": int(score.swarm.collisions[0]),
        "separation_m": float(score.swarm.separation_m[0]),
        "separation_s": float(score.swarm.separation_time_s[0]),
        "separation_pair": [names[int(i)] for i in score.swarm.separation_pair[0]],
        "slot_error_m": float(good.mean()) if len(good) else None,
        "worst": names[int(np.argmax(np.nan_to_num(errors, nan=-1.0, posinf=np.inf)))],
        "drones": drones,
    }
    return {**told, **finite(found)}


def in_words(found: Mapping[str, Any]) -> str:
    """The same in a line."""
    if "faults" not in found:
        return "not flown"
    count, drones = found["collisions"], found["drones"].values()
    words = f"{count} collision{'s' if count > 1 else ''}" if count else "no collision"
    words += f", never nearer than {found['separation_m']:.2f} m"
    if found["slot_error_m"] is not None:
        words += f", {100 * found['slot_error_m']:.1f} cm from the slots"
    if "gates" in found:
        finished = sum(bool(drone["race"] and drone["race"]["finished"]) for drone in drones)
        words += f", {finished} of {len(drones)} races finished"
    crashed = sum(drone["crashed"] for drone in drones)
    return words + (f", {crashed} crashed" if crashed else "")


def rows_of(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The same as rows of a table."""
    what = found.get("formation") or f"{found['track']}, level {found['level']}"
    rows = [("flown together", f"{what}, course seed {found['course_seed']}")]
    if "faults" not in found:
        return [*rows, ("collision-free", "[red]not flown[/]")]
    pair = f"{' and '.join(found['separation_pair'])}, after {found['separation_s']:.1f} s"
    free = "yes" if found["collision_free"] else f"[red]no, collisions: {found['collisions']}[/]"
    rows.append(("collision-free", free))
    rows.append(("nearest in task", f"{found['separation_m']:.2f} m, {pair}"))
    if found["slot_error_m"] is not None:
        rows.append(("slot error", f"{100 * found['slot_error_m']:.1f} cm, worst {found['worst']}"))
    for name, drone in found["drones"].items():
        crash = f"[red]crashed: {drone['crash_reason']}[/]" if drone["crashed"] else ""
        race = _race_words(drone["race"], found["gates"]) if "race" in drone else ""
        if crash or race:
            rows.append((name, ", ".join(words for words in (race, crash) if words)))
    return rows


def _drone(score: GroupScore, number: int) -> dict[str, Any]:
    when, why = score.crash_of(number)
    return {
        "slot_error_m": float(score.slot_error_m[number]),
        "crashed": why is not None,
        "crash_reason": why,
        "crash_time_s": when,
    }


def _race(score: RaceScore | None) -> dict[str, Any] | None:
    if score is None:
        return None
    return {
        "gates_passed": int(score.gates_passed[0]),
        "finished": bool(score.finished[0]),
        "time_s": float(score.finish_time_s[0]),
        "wrong_way": int(score.wrong_way[0]),
    }


def _race_words(race: Mapping[str, Any] | None, gates: int) -> str:
    if race is None:
        return "[red]not flown[/]"
    words = f"{race['gates_passed']} of {gates} gates"
    return f"{words} in {race['time_s']:.2f} s" if race["finished"] else f"[red]{words}[/]"
