# SPDX-License-Identifier: Apache-2.0
"""Ranges around an airframe: between them the core draws every episode's drone.

A draw is a function of (seed, drone, episode) alone; see cpp/include/sim_core/rng.hpp.
"""

import math
import typing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim_core import _core
from sim_core.airframe import LONGEST_DEAD_TIME_S, SHORTEST_LAG_S, Airframe
from sim_core.errors import SettingsError
from sim_core.settings_file import is_finite_number

LONGEST_LINK_DELAY_S = 0.040
"""The core keeps four control steps of commands; jitter and delay share them."""

LONGEST_ESTIMATE_LAG_S = 0.030
"""The core keeps four states, one a control step."""

_GROUPS = {
    "inertia_kg_m2": [f"inertia_{a}_kg_m2" for a in "xyz"],
    "motor_gain": [f"motor_gain_{i}" for i in range(1, 5)],
    "trim_torque_xy_n_m": ["trim_torque_x_n_m", "trim_torque_y_n_m"],
    "drag_n_s_m": ["drag_across_n_s_m", "drag_along_n_s_m"],
    "attitude_bias_rad": ["attitude_bias_x_rad", "attitude_bias_y_rad"],
    "center_of_mass_m": ["center_of_mass_x_m", "center_of_mass_y_m"],
    "wind_xy_m_s": ["wind_x_m_s", "wind_y_m_s"],
}
"""Names that stand for several of the core's parameters, each drawn on its own."""

_SINGLE = (
    "mass_kg", "thrust_gain", "trim_torque_z_n_m", "rotor_lag_up_s", "rotor_lag_down_s",
    "rotor_dead_time_s", "link_delay_s", "battery_charge", "rotor_inertia_kg_m2",
    "rotor_thrust_n_per_rad2_s2", "ground_effect", "downwash", "wind_z_m_s", "gust_m_s",
    "gust_time_s", "pwm_firmware", "link_jitter_s", "link_loss", "estimate_lag_s",
)  # fmt: skip

RANDOMIZABLE = (*_GROUPS, *_SINGLE)
"""What a file's [randomization] may name."""


_POSSIBLE = {
    "rotor_lag_up_s": (SHORTEST_LAG_S, math.inf),
    "rotor_lag_down_s": (SHORTEST_LAG_S, math.inf),
    "rotor_dead_time_s": (0.0, LONGEST_DEAD_TIME_S),
    "link_delay_s": (0.0, LONGEST_LINK_DELAY_S),
    "drag_n_s_m": (0.0, math.inf),
    "battery_charge": (0.0, 1.0),
    "rotor_inertia_kg_m2": (0.0, math.inf),
    "rotor_thrust_n_per_rad2_s2": (0.0, math.inf),
    "ground_effect": (0.0, math.inf),
    "downwash": (0.0, math.inf),
    "gust_m_s": (0.0, math.inf),
    "gust_time_s": (0.0, math.inf),
    "pwm_firmware": (0.0, 1.0),
    "link_jitter_s": (0.0, LONGEST_LINK_DELAY_S),
    "link_loss": (0.0, 1.0),
    "estimate_lag_s": (0.0, LONGEST_ESTIMATE_LAG_S),
}
"""What a drone's parameters may be, both ends included."""

_NOT_OF_AN_AIRFRAME = (
    "trim_torque_xy_n_m", "trim_torque_z_n_m", "link_delay_s", "attitude_bias_rad",
    "wind_xy_m_s", "wind_z_m_s", "gust_m_s", "gust_time_s", "pwm_firmware", "link_jitter_s",
    "link_loss", "estimate_lag_s",
)  # fmt: skip

_POSITIVE = ("mass_kg", "inertia_kg_m2", "thrust_gain", "motor_gain")


@dataclass(frozen=True, eq=False)
class ParameterBox:
    """Bounds of every parameter, each of shape (P,), in the order of `_core.PARAMETER_NAMES`."""

    low: NDArray[np.float32]
    high: NDArray[np.float32]

    def corner(self, **chosen: float) -> NDArray[np.float32]:
        """The drone in the middle, but for `chosen`: 0 for a low bound, 1 for a high one.

        Raises:
            SettingsError: A name that is no parameter's.
        """
        share = np.full(len(_core.PARAMETER_NAMES), 0.5, np.float32)
        for name, value in chosen.items():
            share[_index(name)] = value
        corner: NDArray[np.float32] = self.low + share * (self.high - self.low)
        return corner


def nominal_box(airframe: Airframe, **fixed: float) -> ParameterBox:
    """The box that holds one drone: the airframe's own, but for the parameters `fixed`.

    Raises:
        SettingsError: A name that is no parameter's.
    """
    values = airframe.parameters.copy()
    for name, value in fixed.items():
        values[_index(name)] = value
    return ParameterBox(values, values.copy())


def randomized_box(
    airframe: Airframe, ranges: dict[str, dict[str, list[float]]], where: str
) -> ParameterBox:
    """Bounds from a file's [randomization].

    Args:
        airframe: The drone in the middle.
        ranges: By name, `{"scale": [low, high]}` or `{"range": [low, high]}`.
        where: What to call the file in a refusal.

    Raises:
        SettingsError: Every fault of the ranges in one sentence.
    """
    faults = range_faults(airframe, ranges)
    if faults:
        raise SettingsError(f"{where}: {'; '.join(faults)}.")
    low, high = airframe.parameters.copy(), airframe.parameters.copy()
    for name, entry in ranges.items():
        for index in _indices(name):
            low[index], high[index] = _bounds(airframe, index, entry)
    return ParameterBox(low, high)


def range_faults(airframe: Airframe, ranges: dict[str, dict[str, list[float]]]) -> list[str]:
    """All that is wrong with a file's [randomization], a phrase each."""
    found = (_fault_of(airframe, name, entry) for name, entry in ranges.items())
    return [f"randomization: {fault}" for fault in found if fault]


def _index(name: str) -> int:
    if name not in _core.PARAMETER_NAMES:
        raise SettingsError(
            f"parameter: expected one of {', '.join(_core.PARAMETER_NAMES)}, got {name!r}."
        )
    return _core.PARAMETER_NAMES.index(name)


def _indices(name: str) -> list[int]:
    return [_index(parameter) for parameter in _GROUPS.get(name, [name])]


def _bounds(airframe: Airframe, index: int, entry: dict[str, list[float]]) -> tuple[float, float]:
    (kind, (low, high)) = next(iter(entry.items()))
    base = float(airframe.parameters[index]) if kind == "scale" else 1.0
    return low * base, high * base


def _fault_of(airframe: Airframe, name: str, entry: object) -> str | None:
    if name not in RANDOMIZABLE:
        return f"unknown key {name!r} (known: {', '.join(RANDOMIZABLE)})"
    if not _is_pair(entry):
        forms = "{ scale = [low, high] } or { range = [low, high] }"
        return f"{name}: expected {forms}, got {entry!r}"
    entry = typing.cast(dict[str, list[float]], entry)
    if "scale" in entry and name in _NOT_OF_AN_AIRFRAME:
        return f"{name}: expected a range, for no airframe has one to scale, got {entry!r}"
    bounds = [_bounds(airframe, i, entry) for i in _indices(name)]
    lowest, highest = min(low for low, _ in bounds), max(high for _, high in bounds)
    if name in _POSITIVE and lowest <= 0.0:
        return f"{name}: expected more than 0, got {lowest:g} to {highest:g}"
    least, most = _POSSIBLE.get(name, (-math.inf, math.inf))
    if not least <= lowest <= highest <= most:
        return f"{name}: expected within {least:g} to {most:g}, got {lowest:g} to {highest:g}"
    return None


def _is_pair(entry: object) -> bool:
    """Whether it reads `{ scale = [low, high] }` or `{ range = [low, high] }`, low to high."""
    if not isinstance(entry, dict) or len(entry) != 1:
        return False
    kind, bounds = next(iter(entry.items()))
    if kind not in ("scale", "range") or not isinstance(bounds, list) or len(bounds) != 2:
        return False
    return all(is_finite_number(b) for b in bounds) and bounds[0] <= bounds[1]
