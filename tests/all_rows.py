# SPDX-License-Identifier: Apache-2.0
"""What a drone of task "all" is shown, field by field, and of its neighbours by hand."""

import numpy as np

from sim_core import _core

ALL = _core.TASKS["all"]
MATES = ("neighbour_closeness", "neighbour_velocity", "neighbour_closest_approach")


def fields(rows, kind="observation"):
    ends = np.cumsum([field["size"] for field in ALL[kind]])[:-1]
    return {f["name"]: part for f, part in zip(ALL[kind], np.split(rows, ends, -1), strict=False)}


def level(state):
    """Axes of a drone's level frame as columns, by the twist of its attitude about z."""
    yaw = 2.0 * np.arctan2(state[5], state[6])
    return np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])


def plans(states, goals):
    """Half as drones move, half as they have to so as to be at their goals in 0.45 s."""
    off = goals - states[:, :3]
    far = np.linalg.norm(off, axis=1, keepdims=True)
    return 0.5 * (states[:, 7:10] + off * np.minimum(1.0 / 0.45, 2.0 / (far + 1e-6)))


def miss_of(to, v):
    """When the other is nearest if both go on so, within a second, and where, from here."""
    in_s = np.clip(-(to @ v) / (v @ v + 1e-6), 0.0, 1.0)
    return in_s, to + v * in_s


def expected_mates(told, now, drones, goals):
    """Closeness, velocity and miss of the worst three, in each drone's level frame."""
    planned, own = plans(told, goals), plans(now, goals)
    out = np.zeros((3, len(now), 3, 3))
    for i, state in enumerate(now):
        first = i // drones * drones
        others = [j for j in range(first, first + drones) if j != i]

        def threat(j, i=i):
            in_s, miss = miss_of(told[j, :3] - told[i, :3], planned[j] - planned[i])
            return miss @ miss + in_s**2

        for k, j in enumerate(sorted(others, key=threat)[:3]):
            to, v = told[j, :3] - state[:3], told[j, 7:10] - state[7:10]
            distance = np.sqrt(to @ to + 1e-6)
            closeness = max(0.0, 1.0 - distance / 1.5)
            in_s, miss = miss_of(to, planned[j] - own[i])
            away = np.sqrt(miss @ miss + 1e-4)
            urgent = max(0.0, 1.0 - away / 1.5) * (1.0 - in_s) * closeness / away
            shown = (to / distance * closeness, v * closeness, miss * urgent)
            out[:, i, k] = np.array(shown) @ level(state)
    return out.reshape(3, -1, 9)
