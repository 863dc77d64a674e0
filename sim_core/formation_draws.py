# SPDX-License-Identifier: Apache-2.0
"""Slots over time, drawn from (scenario, drones, seed) alone.

What moves smoothly eases in: its phase runs at the rate w s'(t), where s' rises from 0 to 1 over
`_EASE_S` as x²(3 − 2x). A slot at amplitude A and k rounds a period then asks for at most
w A k of speed and w² A k² + w A k · 1.5 / _EASE_S of acceleration; the rate keeps both limits.
"""

import numpy as np
from numpy.typing import NDArray

from sim_core.formation_settings import (
    HIGHEST_M,
    LOWEST_M,
    SCENARIOS,
    WITHIN_M,
    FormationSettings,
    Scenario,
)
from sim_core.formation_shapes import TALLEST_M, reach, shape_slots
from sim_core.references import CONTROL_DT, sample_times

Array = NDArray[np.float64]
Generator = np.random.Generator

_EASE_S = 1.5
_STEEPEST_EASE = 1.5 / _EASE_S  # of s', at its middle [1/s]
_ROOM_M = 2.3  # moving slots stay this near the middle of the guard's ±2.5 m
_LISSAJOUS = ((1, 2), (2, 1), (2, 3), (3, 2))  # rounds in x and y  # guess: figures up to 3 lobes


def draw_slots(
    scenario: Scenario, drones: int, seed: int, settings: FormationSettings
) -> NDArray[np.float32]:
    """Slot paths as `FormationTask` has them, float32, shape (drones, M, 4)."""
    rng = np.random.default_rng((seed, drones, SCENARIOS.index(scenario), 0x5F))
    times = sample_times(settings.duration_s)
    draw = {"static": _static, "changing": _changing, "swapped": _swapped}
    draw |= {"moving": _moving, "turning": _turning}
    slots = np.empty((drones, len(times), 4), np.float32)
    slots[..., :3] = draw[scenario](rng, settings, drones, times)
    slots[..., 3] = rng.uniform(-settings.yaw_rad, settings.yaw_rad)
    return slots


def _static(rng: Generator, settings: FormationSettings, drones: int, times: Array) -> Array:  # noqa: ARG001  # as the others
    return _shape(rng, settings, drones)[:, None, :]


def _changing(rng: Generator, settings: FormationSettings, drones: int, times: Array) -> Array:
    out = np.empty((drones, len(times), 3))
    count = _slots_to_choose_from(rng, settings, drones)
    for start, end in _stretches(rng.uniform(*settings.change_s), len(times)):
        out[:, start:end] = _taken(rng, _shape(rng, settings, count), drones)[:, None, :]
    return out


def _swapped(rng: Generator, settings: FormationSettings, drones: int, times: Array) -> Array:
    base = _given(settings)
    if base is None:
        count = _slots_to_choose_from(rng, settings, drones)
        base = shape_slots("circle", count, settings.spacing_m[0])
        least = reach(base)
        radius = rng.uniform(*np.maximum(settings.radius_m, least))
        base[:, :2] *= radius / least
        base[:, 2] += rng.uniform(-1.0, 1.0, count) * rng.uniform(0.0, settings.rise_m)
        base = _placed(rng, settings, _dealt(rng, _turned(base, rng.uniform(0.0, 2.0 * np.pi))))
    out = np.empty((drones, len(times), 3))
    for start, end in _stretches(rng.uniform(*settings.swap_s), len(times)):
        out[:, start:end] = _taken(rng, base, drones)[:, None, :]
        base = base[_derangement(rng, len(base))]
    return out


def _moving(rng: Generator, settings: FormationSettings, drones: int, times: Array) -> Array:
    base = _shape(rng, settings, drones)
    room = max(_ROOM_M - reach(base), 0.0)
    low, high = np.minimum(settings.sway_m, room)
    sway = rng.uniform(low, high, 2)
    headroom = min(float(base[:, 2].min()) - LOWEST_M, HIGHEST_M - float(base[:, 2].max()))
    lift = rng.uniform(0.0, np.clip(headroom, 0.0, settings.rise_m))
    if rng.random() < 0.5:  # a circle, and a wave in height
        amplitude, rounds = np.array([sway[0], sway[0], lift]), np.array([1.0, 1.0, 2.0])
        phase = np.array([0.0, np.pi / 2.0, 0.0]) + rng.uniform(0.0, 2.0 * np.pi)
    else:
        amplitude = np.array([*sway, lift])
        rounds = np.array([*rng.choice(_LISSAJOUS), 1.0])
        phase = rng.uniform(0.0, 2.0 * np.pi, 3)
    way = rng.choice([-1.0, 1.0]) * _eased(times)
    rate = _rate(rng, settings, amplitude * rounds, amplitude * rounds**2)
    path = amplitude * np.sin(phase + rate * way[:, None] * rounds)
    out: Array = base[:, None, :] + path
    return out


def _turning(rng: Generator, settings: FormationSettings, drones: int, times: Array) -> Array:
    base = _shape(rng, settings, drones)
    middle = np.append(base[:, :2].mean(axis=0), 0.0)
    arms = base - middle
    outer = np.array([reach(arms)])
    angle = rng.choice([-1.0, 1.0]) * _rate(rng, settings, outer, outer) * _eased(times)
    c, s = np.cos(angle), np.sin(angle)
    x, y, z = arms.T[:, :, None]
    out: Array = middle + np.stack([c * x - s * y, s * x + c * y, z + 0.0 * c], axis=2)
    return out


def _shape(rng: Generator, settings: FormationSettings, drones: int) -> Array:
    """A shape of some size, somewhere, its slots dealt out at random; or the slots given."""
    given = _given(settings)
    if given is not None:
        return given
    shape = settings.shapes[rng.integers(len(settings.shapes))]
    low, high = settings.spacing_m
    slots = shape_slots(shape, drones, low)
    widest = max((WITHIN_M - settings.centre_m) / max(reach(slots), 1e-9), 1.0)
    slots[:, :2] *= rng.uniform(1.0, min(high / low, widest))
    if np.ptp(slots[:, 2]) == 0.0:
        slots[:, 2] += rng.uniform(-1.0, 1.0, drones) * rng.uniform(0.0, settings.rise_m)
    return _placed(rng, settings, _dealt(rng, _turned(slots, rng.uniform(0.0, 2.0 * np.pi))))


def _slots_to_choose_from(rng: Generator, settings: FormationSettings, drones: int) -> int:
    """As many as there are drones, unless a formation is a part of a larger one."""
    larger = [count for count in settings.out_of if count > drones]
    return int(rng.choice([drones, *larger])) if larger else drones


def _taken(rng: Generator, slots: Array, drones: int) -> Array:
    """Slots of two bunches, dealt out at random: as near to each other as all, as far as all."""
    if len(slots) == drones:
        return slots
    first = int(rng.integers(drones // 2, drones + 1))
    bunch = _nearest(rng, slots, first)
    rest = np.setdiff1d(np.arange(len(slots)), bunch)
    other = rest[_nearest(rng, slots[rest], drones - first)]
    return _dealt(rng, slots[np.concatenate([bunch, other])])


def _nearest(rng: Generator, slots: Array, count: int) -> NDArray[np.int64]:
    """So many about one drawn."""
    middle = slots[rng.integers(len(slots))]
    return np.argsort(np.linalg.norm(slots - middle, axis=1))[:count]


def _given(settings: FormationSettings) -> Array | None:
    return np.array(settings.slots_m, np.float64) if settings.slots_m else None


def _placed(rng: Generator, settings: FormationSettings, slots: Array) -> Array:
    """Slots about the origin, moved to a middle that keeps them in bounds."""
    aside = min(settings.centre_m, max(WITHIN_M - reach(slots), 0.0) / np.sqrt(2.0))
    x, y = rng.uniform(-aside, aside, 2)
    z = rng.uniform(*settings.height_m)
    if np.ptp(slots[:, 2]) <= TALLEST_M + 1e-9:
        z = np.clip(z, LOWEST_M - slots[:, 2].min(), HIGHEST_M - slots[:, 2].max())
    out: Array = slots + np.array([x, y, z])
    return out


def _turned(slots: Array, angle: float) -> Array:
    c, s = np.cos(angle), np.sin(angle)
    x, y, z = slots.T
    return np.column_stack([c * x - s * y, s * x + c * y, z])


def _dealt(rng: Generator, slots: Array) -> Array:
    return slots[rng.permutation(len(slots))]


def _derangement(rng: Generator, drones: int) -> NDArray[np.int64]:
    """A permutation that leaves nobody in place: one of e draws is."""
    while True:
        order = rng.permutation(drones)
        if not (order == np.arange(drones)).any():
            return order


def _stretches(period_s: float, rows: int) -> list[tuple[int, int]]:
    """First row and end of what lies between changes, every `period_s`; none at the last row."""
    starts = list(range(0, max(rows - 1, 1), round(period_s / CONTROL_DT)))
    return list(zip(starts, [*starts[1:], rows], strict=True))


def _eased(times: Array) -> Array:
    """s(t)."""
    x = np.minimum(times / _EASE_S, 1.0)
    out: Array = _EASE_S * (x**3 - x**4 / 2.0) + np.maximum(times - _EASE_S, 0.0)
    return out


def _rate(rng: Generator, settings: FormationSettings, speed: Array, bend: Array) -> float:
    """The rate w at which neither speed nor acceleration is passed [rad/s].

    Args:
        rng: The speed is drawn.
        settings: Its range, and the limit of acceleration.
        speed: A k of each axis.
        bend: A k² of each axis.
    """
    fastest = rng.uniform(*settings.speed_m_s)
    v, b = float(np.linalg.norm(speed)), float(np.linalg.norm(bend))
    if v == 0.0:
        return 0.0
    ease = _STEEPEST_EASE * v
    root = np.sqrt(ease**2 + 4.0 * b * settings.acceleration_m_s2)
    return float(min(fastest / v, (root - ease) / (2.0 * b)))
