# SPDX-License-Identifier: Apache-2.0
"""A simulator of points and a pilot for it: a command's body rates are taken as a velocity."""

import numpy as np

from sim_core import _core
from sim_core.references import CONTROL_DT


class Points:
    """Drones that are where their formations begin, and go as they are told."""

    def __init__(self, tasks, seed=0, off_m=0.05, nan_at=None, sinks=None):
        slots = np.concatenate([task.slots[:, 0] for task in tasks])
        self.truth = np.zeros((len(slots), 13), np.float32)
        aside = np.random.default_rng(seed).uniform(-off_m, off_m, (len(slots), 3))
        self.truth[:, :3] = slots[:, :3] + aside
        self.truth[:, 6] = 1.0
        self.parameters = np.ones((len(slots), len(_core.PARAMETER_NAMES)), np.float32)
        self.ticks, self.nan_at, self.sinks = 0, nan_at, sinks

    @property
    def estimate(self):
        return self.truth

    def fly(self, commands):
        assert commands.shape == (len(self.truth), 4)
        assert np.isfinite(commands).all()
        self.ticks += 1
        self.truth[:, :3] += CONTROL_DT * commands[:, 1:]
        self.truth[:, 7:10] = commands[:, 1:]
        if self.nan_at and self.ticks >= self.nan_at[1]:
            self.truth[self.nan_at[0]] = np.nan
        if self.sinks is not None:
            self.truth[self.sinks, 2] -= 0.01


class Straight:
    """Flies every drone straight to its slot."""

    def __init__(self, fastest_m_s=2.0):
        self.fastest_m_s = fastest_m_s
        self.asked = []

    def start(self, tasks, controlled):
        self.asked.append((tasks, controlled))
        self.time_s = 0.0
        self.tasks = tasks
        return self

    def command(self, states, dt):
        self.time_s += dt
        goal = np.concatenate([task.goal(self.time_s) for task in self.tasks])
        way = (goal - states[:, :3]) / 0.25
        speed = np.linalg.norm(way, axis=1, keepdims=True)
        way *= np.minimum(1.0, self.fastest_m_s / np.maximum(speed, 1e-9))
        return np.column_stack([np.zeros(len(way)), way]).astype(np.float32)
