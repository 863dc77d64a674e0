# SPDX-License-Identifier: Apache-2.0
"""What the referee of races says of a flight that was one."""

from typing import Any

from evaluation.flight_record import FlightRecord, Phase
from evaluation.race_course import race_course
from evaluation.race_referee import CRASH_REASONS, score_race
from evaluation.report import finite
from sim_core.races import RaceTask

AFTER_S = 0.1
"""Judged a little beyond the hand-back: the policy ends a race by its estimate of where it is, and
may do so a hair before the gate."""


def race_figures(flight: FlightRecord, race: RaceTask, level: int, seed: int) -> dict[str, Any]:
    """The race of a flight.

    Args:
        flight: Its record, of which the phase "race" is judged.
        race: What was to be flown.
        level: Of the track.
        seed: That the course was drawn from.

    Returns:
        `track`, `level`, `course_seed`; `gates` to pass (0: as many as can be), `gates_passed`,
        `finished`, `time_s` (from hand-over to the last gate), `lap_time_s` (of the best lap),
        `wrong_way`, `crashed`, `crash_reason`, `crash_time_s` (since the hand-over) and
        `top_speed_m_s`; None is what there is none of. Of a race that was not flown there are the
        first alone.
    """
    told: dict[str, Any] = {
        "track": race.name, "level": level, "course_seed": seed, "gates": race.gates,
    }  # fmt: skip
    phase = next((phase for phase in flight.phases if phase.name == "race"), None)
    rows = flight.during(Phase("race", phase.start_s, phase.end_s + AFTER_S)) if phase else slice(0)
    times, states = flight.times_s[rows], flight.states[rows]
    if len(times) < 2:
        return told | {"gates_passed": 0, "finished": False}
    score = score_race(times, states[:, None], race_course(race.course.true))
    crashed = bool(score.crashed[0])
    speed = (states[:, 7:10] ** 2).sum(axis=1).max() ** 0.5
    found = {
        "gates_passed": int(score.gates_passed[0]),
        "finished": bool(score.finished[0]),
        "time_s": float(score.finish_time_s[0]),
        "lap_time_s": float(score.lap_time_s[0]),
        "wrong_way": int(score.wrong_way[0]),
        "crashed": crashed,
        "crash_reason": CRASH_REASONS[int(score.crash_reason[0])] if crashed else None,
        "crash_time_s": float(score.crash_time_s[0] - times[0]),
        "top_speed_m_s": float(speed),
    }
    return told | {name: finite(value) for name, value in found.items()}


def in_words(found: dict[str, Any]) -> str:
    """The same in a line."""
    wanted = f" of {found['gates']}" if found["gates"] else ""
    words = f"{found['track']}, level {found['level']}: {found['gates_passed']}{wanted} gates"
    time_s = found.get("time_s") if found["gates"] else found.get("lap_time_s")
    if time_s is not None:
        words += f" in {time_s:.2f} s" if found["gates"] else f", best lap {time_s:.2f} s"
    return words + (f", crashed: {found['crash_reason']}" if found.get("crashed") else "")
