# SPDX-License-Identifier: Apache-2.0
"""Thrust of a motor on the stand, from the volts it sees."""

import numpy as np
from numpy.typing import NDArray

from evaluation.validation.bench_log import BenchLog
from evaluation.validation.predict import Drone
from sim_core import _core

Array = NDArray[np.float64]


def airframe_of_bench(name: str, otherwise: str) -> str:
    """Which airframe a stand's file is about; the project's files tell it by their names."""
    if "cf21plus" in name:
        return "cf21_plus"
    return "cf21_brushless" if "brushless" in name else otherwise


def bench_errors(bench: BenchLog, drone: Drone) -> Array:
    """Predicted less measured thrust per motor [N], shape (N,)."""
    volts = np.ascontiguousarray(np.repeat(bench.volts[:, None], 4, axis=1))
    predicted = _core.targets_from_volts(drone.parameters, volts)[:, 0]
    return predicted - bench.thrust_n


def hover_errors(bench: BenchLog, drone: Drone) -> Array:
    """The naive predictor's errors: every motor carries a quarter of the weight."""
    return np.full(len(bench.thrust_n), drone.value("mass_kg") * 9.81 / 4.0) - bench.thrust_n
