# SPDX-License-Identifier: Apache-2.0
"""What acts in an environment: each term of the model, its values, and where they are from."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sim_core
from sim_core import _core
from sim_core.environment import load_environment

_ROOM = Path(sim_core.__file__).parent
_LINE = re.compile(r"^\s*(\w+)\s*=.*?#\s*(.+?)\s*$")


@dataclass(frozen=True)
class Term:
    """A part of the model; it acts where all parameters of `needs` can differ from zero."""

    name: str
    parameters: tuple[str, ...]
    keys: tuple[str, ...]
    needs: tuple[str, ...] = ()


_TERMS = (
    Term("mass", ("mass_kg",), ("mass_kg",)),
    Term("inertia", tuple(f"inertia_{a}_kg_m2" for a in "xyz"),
         ("body.inertia_kg_m2", "randomization.inertia_kg_m2")),
    Term("arms", ("arm_component_m",), ("arm_component_m",)),
    Term("centre of mass", ("center_of_mass_x_m", "center_of_mass_y_m"), ("center_of_mass_m",)),
    Term("trim torque", tuple(f"trim_torque_{a}_n_m" for a in "xyz"),
         ("trim_torque_xy_n_m", "trim_torque_z_n_m")),
    Term("thrust command", ("thrust_max_n", "thrust_gain"), ("thrust_max_n", "thrust_gain")),
    Term("older firmware's PWM command", ("pwm_firmware",), ("pwm_firmware",)),
    Term("gain of each motor", tuple(f"motor_gain_{i}" for i in range(1, 5)), ("motor_gain",)),
    Term("rotor lag", ("rotor_lag_up_s", "rotor_lag_down_s"),
         ("lag_up_s", "lag_down_s", "rotor_lag_up_s", "rotor_lag_down_s")),
    Term("dead time", ("rotor_dead_time_s",), ("dead_time_s", "rotor_dead_time_s")),
    Term("rotor reaction torque", ("torque_per_thrust_m",), ("torque_per_thrust_m",)),
    Term("rotor acceleration torque", ("rotor_inertia_kg_m2", "rotor_thrust_n_per_rad2_s2"),
         ("rotors.inertia_kg_m2", "rotor_inertia_kg_m2", "thrust_n_per_rad2_s2"),
         ("rotor_inertia_kg_m2", "rotor_thrust_n_per_rad2_s2")),
    Term("ground effect", ("ground_effect", "rotor_radius_m"), ("ground_effect", "radius_m"),
         ("ground_effect", "rotor_radius_m")),
    Term("drag", ("drag_across_n_s_m", "drag_along_n_s_m"),
         ("drag_across_n_s_m", "drag_along_n_s_m", "drag_n_s_m")),
    Term("wind", ("wind_x_m_s", "wind_y_m_s", "wind_z_m_s"), ("wind_xy_m_s", "wind_z_m_s")),
    Term("gusts", ("gust_m_s", "gust_time_s"), ("gust_m_s", "gust_time_s"), ("gust_m_s",)),
    Term("downwash, where drones share a world", ("downwash",), ("downwash",)),
    Term("battery", ("battery_charge", "battery_capacity_c", "battery_resistance_ohm",
                     "battery_current_a_per_n15"),
         ("battery_charge", "capacity_c", "resistance_ohm", "current_a_per_n15"),
         ("battery_capacity_c",)),
    Term("rate loop", tuple(f"rate_{a}_k{k}" for a in ("pitch_roll", "yaw") for k in "pid"),
         ("roll_pitch", "yaw")),
    Term("link delay", ("link_delay_s",), ("link_delay_s",)),
    Term("link jitter", ("link_jitter_s",), ("link_jitter_s",)),
    Term("link loss", ("link_loss",), ("link_loss",)),
    Term("attitude bias of the estimate", ("attitude_bias_x_rad", "attitude_bias_y_rad"),
         ("estimate.attitude_bias_rad", "attitude_bias_rad")),
    Term("lag of the estimate", ("estimate_lag_s",), ("estimate.lag_s", "estimate_lag_s")),
)  # fmt: skip
"""In the order of docs/physics.md."""


def physics_of(name_or_path: str | Path) -> dict[str, Any]:
    """Tell what acts in an environment file.

    Args:
        name_or_path: "track", or the path of a .toml file.

    Returns:
        `terms`: by name `on`, `values` (lowest and highest of each parameter) and `source`, the
        comments beside the numbers in the files.

    Raises:
        SettingsError: A file that is refused.
    """
    environment = load_environment(name_or_path)
    box = environment.parameter_box()
    bounds = dict(zip(_core.PARAMETER_NAMES, zip(box.low, box.high, strict=True), strict=True))
    comments = _comments(_files(name_or_path, environment.airframe, environment.estimate.kind))
    terms: dict[str, Any] = {}
    for term in _TERMS:
        values = {name: [float(f"{b:.6g}") for b in bounds[name]] for name in term.parameters}
        can = {name: any(bounds[name]) for name in term.parameters}
        on = all(can[n] for n in term.needs) if term.needs else any(can.values())
        source = [comment for key in term.keys for comment in comments.get(key, [])]
        terms[term.name] = {"on": on, "values": values, "source": "; ".join(source)}
    noise = {k: [v, v] for k, v in vars(environment.estimate).items()
             if isinstance(v, float) and k not in ("attitude_bias_rad", "lag_s")}  # fmt: skip
    source = [c for key in noise for c in comments.get(f"estimate.{key}", [])]
    terms["white noise of the estimate"] = {
        "on": any(map(any, noise.values())), "values": noise, "source": "; ".join(source),
    }  # fmt: skip
    return {"environment": str(name_or_path), "airframe": environment.airframe,
            "estimate": environment.estimate.kind, "terms": terms}  # fmt: skip


def _files(environment: str | Path, airframe: str, estimate: str) -> list[tuple[str, Path]]:
    def found(name: str | Path, folder: str) -> Path:
        path = Path(name)
        return path if path.suffix == ".toml" else _ROOM / folder / f"{name}.toml"

    kind = found(estimate, "estimates")
    return [("", found(airframe, "airframes")), ("estimate.", kind),
            ("", found(environment, "environments"))]  # fmt: skip


def _comments(files: list[tuple[str, Path]]) -> dict[str, list[str]]:
    """Comments beside keys, in the order of the files; by key, and by section and key."""
    found: dict[str, list[str]] = {}
    for prefix, path in files:
        section = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("["):
                section = line.partition("]")[0][1:]
            match = _LINE.match(line)
            if match:
                found.setdefault(prefix + match[1], []).append(match[2])
                found.setdefault(f"{section}.{match[1]}", []).append(match[2])
    return found


def table(found: dict[str, Any]) -> str:
    """The same for people: a line a term."""
    lines = [f"{found['environment']}: {found['airframe']}, estimate {found['estimate']}"]
    for name, term in found["terms"].items():
        values = ", ".join(_range(key, *pair) for key, pair in term["values"].items())
        lines.append(f"{'on ' if term['on'] else 'off'}  {name}: {values if term['on'] else '0'}")
        if term["on"] and term["source"]:
            lines.append(f"       {term['source']}")
    return "\n".join(lines)


def _range(name: str, low: float, high: float) -> str:
    return f"{name} {low:.4g}" if low == high else f"{name} {low:.4g} to {high:.4g}"
