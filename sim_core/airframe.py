# SPDX-License-Identifier: Apache-2.0
"""Airframes: what a drone weighs, how its rotors push, what its battery gives."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim_core import _core
from sim_core.errors import SettingsError
from sim_core.settings_file import build, read_toml_file

_FOLDER = Path(__file__).parent / "airframes"

LONGEST_DEAD_TIME_S = 0.010
"""The core keeps five physics steps of rotor commands."""

SHORTEST_LAG_S = 1e-4
"""A twentieth of a physics step; the core's exponential holds for steps of up to 80 lags."""

Three = tuple[float, float, float]
Four = tuple[float, float, float, float]


@dataclass(frozen=True)
class Body:
    """Mass, inertia, geometry and drag; what is zero does not act.

    `center_of_mass_m`: from the middle of the rotors, in B; its z must be 0, nothing acts on it:
        thrust points along z and has no lever there, and drag acts at the centre of mass.
    `downwash`: share of the measured downwash that the drone feels.
    """

    mass_kg: float
    inertia_kg_m2: Three
    arm_length_m: float
    arm_component_m: float
    drag_across_n_s_m: float
    drag_along_n_s_m: float
    center_of_mass_m: Three = (0.0, 0.0, 0.0)
    downwash: float = 0.0


@dataclass(frozen=True)
class Rotors:
    """What a motor command becomes; `volts_to_n` is a cubic in the motor's volts.

    What is zero of the last four does not act: a rotor's inertia and thrust over squared speed give
    the torque of its own acceleration, its radius and `ground_effect` the thrust near the floor.
    """

    thrust_max_n: float
    torque_per_thrust_m: float
    lag_up_s: float
    lag_down_s: float
    dead_time_s: float
    volts_to_n: Four
    inertia_kg_m2: float = 0.0
    thrust_n_per_rad2_s2: float = 0.0
    radius_m: float = 0.0
    ground_effect: float = 0.0


@dataclass(frozen=True)
class Battery:
    """A cell; `volts` is a cubic in its state of charge (0 to 1)."""

    volts: Four
    capacity_c: float
    resistance_ohm: float
    current_a_per_n15: float


@dataclass(frozen=True)
class RateLoop:
    """Gains kp, ki, kd of the firmware's rate PID, on deg/s, in motor counts."""

    roll_pitch: Three
    yaw: Three


@dataclass(frozen=True)
class Airframe:
    """One kind of drone, as its file under airframes/ says; units are in the names."""

    name: str
    platform: str
    body: Body
    rotors: Rotors
    battery: Battery
    rate_loop: RateLoop

    @property
    def max_thrust_n(self) -> float:
        """Collective thrust at full command [N]."""
        return 4.0 * self.rotors.thrust_max_n

    @property
    def hover_thrust_n(self) -> float:
        """Collective thrust that carries the drone [N]."""
        return self.body.mass_kg * float(_core.GRAVITY_M_S2)

    @cached_property
    def parameters(self) -> NDArray[np.float32]:
        """The core's parameters of a nominal drone, in the order of `_core.PARAMETER_NAMES`.

        Gains are 1; trims, biases and the link's delay 0; the battery is full. Shape (P,).
        """
        body, rotors, battery, loop = self.body, self.rotors, self.battery, self.rate_loop
        values: dict[str, float] = {
            "mass_kg": body.mass_kg,
            "arm_component_m": body.arm_component_m,
            "torque_per_thrust_m": rotors.torque_per_thrust_m,
            "thrust_max_n": rotors.thrust_max_n,
            "thrust_gain": 1.0,
            "rotor_lag_up_s": rotors.lag_up_s,
            "rotor_lag_down_s": rotors.lag_down_s,
            "rotor_dead_time_s": rotors.dead_time_s,
            "drag_across_n_s_m": body.drag_across_n_s_m,
            "drag_along_n_s_m": body.drag_along_n_s_m,
            "center_of_mass_x_m": body.center_of_mass_m[0],
            "center_of_mass_y_m": body.center_of_mass_m[1],
            "downwash": body.downwash,
            "rotor_inertia_kg_m2": rotors.inertia_kg_m2,
            "rotor_thrust_n_per_rad2_s2": rotors.thrust_n_per_rad2_s2,
            "rotor_radius_m": rotors.radius_m,
            "ground_effect": rotors.ground_effect,
            "battery_charge": 1.0,
            "battery_capacity_c": battery.capacity_c,
            "battery_resistance_ohm": battery.resistance_ohm,
            "battery_current_a_per_n15": battery.current_a_per_n15,
        }
        values |= {f"inertia_{a}_kg_m2": j for a, j in zip("xyz", body.inertia_kg_m2, strict=True)}
        values |= {f"motor_gain_{i}": 1.0 for i in range(1, 5)}
        values |= {f"battery_volts_{i}": v for i, v in enumerate(battery.volts)}
        values |= {f"motor_volts_to_n_{i}": v for i, v in enumerate(rotors.volts_to_n)}
        for axes, gains in (("pitch_roll", loop.roll_pitch), ("yaw", loop.yaw)):
            named = zip(("kp", "ki", "kd"), gains, strict=True)
            values |= {f"rate_{axes}_{name}": gain for name, gain in named}
        return np.array([values.get(name, 0.0) for name in _core.PARAMETER_NAMES], np.float32)


def airframe_names() -> list[str]:
    """Names of the airframes that ship with the project."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def airframe_file(name_or_path: str | Path) -> Path:
    """The file of an airframe that ships with the project, or a file of one's own.

    Raises:
        SettingsError: No such airframe.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = _FOLDER / f"{name_or_path}.toml"
        if not path.exists():
            known = ", ".join(airframe_names())
            raise SettingsError(
                f"airframe: expected one of {known} or a .toml file, got {str(name_or_path)!r}."
            )
    return path


def load_airframe(name_or_path: str | Path) -> Airframe:
    """Load an airframe by its name, or from a file of one's own.

    Raises:
        SettingsError: No such airframe, or a file that describes an impossible drone: every fault.
    """
    path = airframe_file(name_or_path)
    airframe = build(Airframe, read_toml_file(path), str(path))
    faults = _impossibilities(airframe)
    if faults:
        raise SettingsError(f"{path}: {'; '.join(faults)}.")
    return airframe


def _impossibilities(airframe: Airframe) -> list[str]:
    body, rotors, battery = airframe.body, airframe.rotors, airframe.battery
    positive = {
        "body.mass_kg": body.mass_kg,
        "body.arm_length_m": body.arm_length_m,
        "body.arm_component_m": body.arm_component_m,
        "rotors.thrust_max_n": rotors.thrust_max_n,
        "battery.capacity_c": battery.capacity_c,
    } | {f"body.inertia_kg_m2[{i}]": j for i, j in enumerate(body.inertia_kg_m2)}
    faults = [f"{name}: expected more than 0, got {v:g}" for name, v in positive.items() if v <= 0]
    least = {
        "body.drag_across_n_s_m": (body.drag_across_n_s_m, 0.0),
        "body.drag_along_n_s_m": (body.drag_along_n_s_m, 0.0),
        "rotors.torque_per_thrust_m": (rotors.torque_per_thrust_m, 0.0),
        "rotors.lag_up_s": (rotors.lag_up_s, SHORTEST_LAG_S),
        "rotors.lag_down_s": (rotors.lag_down_s, SHORTEST_LAG_S),
        "body.downwash": (body.downwash, 0.0),
        "rotors.inertia_kg_m2": (rotors.inertia_kg_m2, 0.0),
        "rotors.thrust_n_per_rad2_s2": (rotors.thrust_n_per_rad2_s2, 0.0),
        "rotors.radius_m": (rotors.radius_m, 0.0),
        "rotors.ground_effect": (rotors.ground_effect, 0.0),
        "battery.resistance_ohm": (battery.resistance_ohm, 0.0),
        "battery.current_a_per_n15": (battery.current_a_per_n15, 0.0),
    }
    faults += [
        f"{name}: expected at least {low:g}, got {v:g}"
        for name, (v, low) in least.items()
        if v < low
    ]
    j_x, j_y, j_z = sorted(body.inertia_kg_m2)
    if j_x + j_y < j_z:
        faults.append(
            f"body.inertia_kg_m2: expected no moment above the sum of the other two, got"
            f" {list(body.inertia_kg_m2)}"
        )
    if airframe.max_thrust_n <= airframe.hover_thrust_n:
        faults.append(
            f"rotors.thrust_max_n: expected more than a quarter of the weight,"
            f" {airframe.hover_thrust_n / 4:.4g} N, got {rotors.thrust_max_n:g} N"
        )
    if max(map(abs, body.center_of_mass_m[:2])) >= body.arm_component_m:
        faults.append(
            f"body.center_of_mass_m: expected within {body.arm_component_m:g} m, between the"
            f" rotors, got {list(body.center_of_mass_m)}"
        )
    if body.center_of_mass_m[2] != 0.0:
        faults.append(
            "body.center_of_mass_m: expected 0 along z, where thrust has no lever and drag acts at"
            f" the centre of mass itself, got {body.center_of_mass_m[2]:g} m"
        )
    if (rotors.inertia_kg_m2 > 0) != (rotors.thrust_n_per_rad2_s2 > 0):
        faults.append(
            "rotors: expected inertia_kg_m2 and thrust_n_per_rad2_s2 both or neither, got"
            f" {rotors.inertia_kg_m2:g} and {rotors.thrust_n_per_rad2_s2:g}"
        )
    if not 0.0 <= rotors.dead_time_s <= LONGEST_DEAD_TIME_S:
        faults.append(
            f"rotors.dead_time_s: expected 0 to {LONGEST_DEAD_TIME_S:g}, got {rotors.dead_time_s:g}"
        )
    return faults
