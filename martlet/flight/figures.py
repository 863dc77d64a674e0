# SPDX-License-Identifier: Apache-2.0
"""From a flight's recording to what the report is made of: one drone's arrays and phases.

Judged is where the drone was (the truth, where somebody saw it) when it was there: stamps are of
receipt, and states are older than that by the link's delay.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.flight_record import FlightRecord, Phase
from martlet.flight.grouped import as_flown
from martlet.flight.programme import Corner, Flown, Programme
from martlet.flight.recording import Array, Recording, places
from sim_core.frames import yaw_of
from sim_core.group_flights import GroupFlight
from sim_core.races import race_of
from sim_core.tasks import Reference, load_task

ACTION = 2
"""martlet_msgs/DroneStatus.COMMANDER_ACTION."""

ON_FLOOR_M = 0.05
UPRIGHT_RAD = 0.5


def flight_records(
    recording: Recording, planned: Programme, title: str, late_s: float = 0.0
) -> dict[str, FlightRecord]:
    """Every drone's flight by its name; of several drones all at the same times.

    Args:
        recording: The flight.
        planned: What was to be flown.
        title: What the picture is headed with.
        late_s: How much later than asked a drone begins its tasks: one whose policy flies on board.
    """
    offsets = planned.offsets_m or ((0.0, 0.0, 0.0),) * len(planned.drones)
    group = as_flown(recording, planned)
    return {
        name: flight_record(recording, row, planned.flown, title, offset, group, late_s)
        for row, (name, offset) in enumerate(zip(planned.drones, offsets, strict=True))
    }


def flight_record(
    recording: Recording,
    row: int,
    flown: Sequence[Flown],
    title: str,
    offset_m: Corner = (0.0, 0.0, 0.0),
    group: GroupFlight | None = None,
    late_s: float = 0.0,
) -> FlightRecord:
    """One drone's flight, as the report takes it.

    Args:
        recording: The flight.
        row: The drone.
        flown: Its tasks, in their order; a race has no reference.
        title: What the picture is headed with.
        offset_m: By how much its paths were moved [m; W].
        group: What all drones flew together, if they did.
        late_s: How much later than asked it began its paths.
    """
    stamps, age = recording.states.stamps_s, recording.age_s[:, row]
    states = _judged(recording, row)
    times = stamps - age
    rising = _rising(times)
    commands = np.full((len(stamps), 4), np.nan)
    latency = np.full(len(stamps), np.nan)
    answered = np.isfinite(recording.commands.values[:, row, 0])
    place = places(stamps, recording.commands.stamps_s[answered])
    found = place >= 0
    commands[place[found]] = recording.commands.values[answered, row][found]
    late = recording.statuses[row].latencies_s
    known = np.flatnonzero(found)[: len(late)]
    latency[place[known]] = late[known[known < len(late)]][: len(known)]
    reference = np.full((len(stamps), 3), np.nan)
    phases = _manoeuvres(recording, row)
    for task, (start, end) in zip(flown, recording.streams(row), strict=False):
        if race_of(task.task):
            phases.append(Phase(task.name, start - age[places(stamps, np.array([start]))[0]], end))
            continue
        inside = (times >= start - 1e-6) & (times <= end + 1e-6)
        if group is not None:
            reference[inside] = group.formation.goals(times[inside] - start)[:, row]
            phases.append(Phase(task.name, start, end))
            continue
        path = _reference(task, recording, row, start, offset_m)
        begin = start + late_s
        reference[inside] = path.position(times[inside] - begin) + offset_m
        scored_end = min(late_s + _scored_end(path, task), path.duration_s)
        scored = (begin + path.scored.start_s, start + scored_end)
        phases.append(Phase(task.name, start, end, scored))
    phases.sort(key=_start)
    return FlightRecord(
        title,
        times[rising],
        states[rising],
        reference[rising],
        commands[rising],
        latency[rising],
        tuple(phases),
    )


def _rising(times_s: Array) -> NDArray[np.bool_]:
    """Which times are later than all before: a radio's clock is matched better as time goes on."""
    latest = np.maximum.accumulate(np.concatenate(([-np.inf], times_s[:-1])))
    later: NDArray[np.bool_] = times_s > latest
    return later


def _start(phase: Phase) -> float:
    return phase.start_s


def landed(recording: Recording, row: int) -> bool:
    """Whether a drone ended on the floor, upright, with its motors off."""
    last = _judged(recording, row)[-1]
    cosine = 1.0 - 2.0 * (last[3] ** 2 + last[4] ** 2)
    status = recording.statuses[row]
    off = len(status.flying) > 0 and not status.flying[-1] and bool(status.flying.any())
    return bool(off and last[2] < ON_FLOOR_M and cosine > np.cos(UPRIGHT_RAD))


def interventions(recording: Recording) -> int:
    """How often the guards stepped in."""
    return sum(
        int(status.interventions.max()) for status in recording.statuses if len(status.stamps_s)
    )


def _judged(recording: Recording, row: int) -> Array:
    """One drone's states, shape (T, 13): the truth at the same stamps, where all of it is there."""
    stamps = recording.states.stamps_s
    place = places(recording.truth.stamps_s, stamps)
    unseen = not len(place) or (place < 0).any()
    source = recording.states.values if unseen else recording.truth.values[place]
    judged: Array = source[:, row]
    return judged


def _manoeuvres(recording: Recording, row: int) -> list[Phase]:
    """The takeoff and the landing: the first and the last action."""
    status = recording.statuses[row]
    spans: list[tuple[float, float]] = []
    acting = False
    for stamp, commander in zip(status.stamps_s.tolist(), status.commander.tolist(), strict=True):
        if acting:
            spans[-1] = (spans[-1][0], stamp)
        elif commander == ACTION:
            spans.append((stamp, stamp))
        acting = commander == ACTION
    phases = [Phase("takeoff", *spans[0])] if spans else []
    return [*phases, Phase("land", *spans[-1])] if len(spans) > 1 else phases


def _reference(
    task: Flown, recording: Recording, row: int, start_s: float, offset_m: Corner
) -> Reference:
    """The reference as the policy was given it: from where the drone was seen at the start."""
    state = recording.states_at(start_s)[row]
    begin = state[:3] - offset_m
    return load_task(task.task, start=(*begin, yaw_of(state[3:7]))).reference


def _scored_end(path: Reference, task: Flown) -> float:
    return min(path.scored.end_s, task.duration_s) if task.duration_s > 0.0 else path.scored.end_s
