# SPDX-License-Identifier: Apache-2.0
"""What stands about a flight: its geofence, its gates and its poles, from what was asked for."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.picture import GREY, ORANGE, SKY
from martlet.flight.fleet_settings import with_fleet
from martlet.flight.programme import Programme, programme
from martlet.flight.settings import FlySettings, told_in
from martlet.view.entries import Array, Entry, Lines
from martlet.view.translation import colour_of
from sim_core.errors import SimCoreError
from sim_core.mixed import MixedTask
from sim_core.track_model import Gate, Track

_LINE_M = 0.008  # guess: seen from across a room
_CIRCLE = np.linspace(0.0, 2.0 * np.pi, 49)
_SQUARE = np.pi * np.array([0.25, 0.75, 1.25, 1.75, 2.25])
_ARROW_M = 0.3  # as track drawings have it (evaluation/track_drawing.py)


def surroundings(run: Path) -> list[Entry]:
    """What stood about the flight in a run's folder; nothing where nobody can say any more."""
    told = told_in(run)
    if told is None:
        return []
    try:
        planned = programme(with_fleet(settings_of(told)))
    except (SimCoreError, OSError, ValueError):  # a task's file may be gone: the flight is not
        return []
    return drawn(planned)


def settings_of(told: Mapping[str, Any]) -> FlySettings:
    """Settings as `martlet.flight.settings.told` wrote them down; null is the default."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(FlySettings):
        value = told.get(field.name)
        if value is None:
            continue
        if field.name in ("policy", "fleet"):
            value = Path(value)
        values[field.name] = tuple(value) if isinstance(value, list) else value
    return FlySettings(**values)


def drawn(planned: Programme) -> list[Entry]:
    """A programme's fence and track."""
    found: list[Entry] = [_fence(np.array(planned.box_low_m), np.array(planned.box_high_m))]
    track: Track | None = None
    if planned.race is not None:
        track = planned.race.course.true
    elif planned.group is not None and isinstance(planned.group.task, MixedTask):
        track = planned.group.task.course.true
    return found if track is None else found + _track(track)


def _fence(low: Array, high: Array) -> Entry:
    corner = [np.where([x, y, z], high, low) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    edges = [(a, b) for a in range(8) for b in range(8) if a < b and (a ^ b) in (1, 2, 4)]
    strips = tuple(np.stack([corner[a], corner[b]]) for a, b in edges)
    return Lines("world/fence", strips, colour_of(ORANGE), _LINE_M / 2.0)


def _track(track: Track) -> list[Entry]:
    found: list[Entry] = []
    for number, gate in enumerate(track.gates, start=1):
        strips = (*_frame(gate), _arrow(gate))
        labels = (str(number), *[""] * (len(strips) - 1))
        found.append(Lines(f"world/track/gate{number}", strips, colour_of(SKY), _LINE_M, labels))
    for number, pole in enumerate(track.obstacles, start=1):
        strip = np.array([[pole.x_m, pole.y_m, z] for z in (0.0, pole.height_m)])
        path = f"world/track/pole{number}"
        found.append(Lines(path, (strip,), colour_of(GREY), pole.radius_m))
    return found


def _frame(gate: Gate) -> tuple[Array, ...]:
    """Outlines of opening and frame, and the post."""
    left = np.array([-np.sin(gate.yaw_rad), np.cos(gate.yaw_rad), 0.0])
    up, centre = np.array([0.0, 0.0, 1.0]), np.array(gate.position_m)
    round_ = gate.shape == "round"
    turn = _CIRCLE if round_ else _SQUARE
    strips = []
    for across_m in (gate.opening_m, gate.outer_m):
        reach = across_m / 2.0 if round_ else across_m / np.sqrt(2.0)
        sideways, upwards = reach * np.cos(turn)[:, None], reach * np.sin(turn)[:, None]
        strips.append(centre + sideways * left + upwards * up)
    if gate.post_radius_m > 0.0:
        top = gate.position_m[2] - gate.outer_m / 2.0
        strips.append(np.array([(*gate.position_m[:2], 0.0), (*gate.position_m[:2], top)]))
    return tuple(strips)


def _arrow(gate: Gate) -> Array:
    """Which way the gate is passed."""
    centre = np.array(gate.position_m)
    way = np.array([np.cos(gate.yaw_rad), np.sin(gate.yaw_rad), 0.0])
    return np.stack([centre, centre + _ARROW_M * way])
