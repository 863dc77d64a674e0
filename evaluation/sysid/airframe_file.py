# SPDX-License-Identifier: Apache-2.0
"""A fitted drone as an airframe file: the kind's own text, its fitted lines replaced."""

import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from evaluation.validation.predict import Drone
from sim_core.airframe import load_airframe

_NAMES = {
    "inertia_kg_m2 = [": {f"inertia_{axis}_kg_m2" for axis in "xyz"},
    "drag_across_n_s_m": {"drag_across_n_s_m"},
    "drag_along_n_s_m": {"drag_across_n_s_m"},
    "lag_up_s": {"rotor_lag_up_s"},
    "lag_down_s": {"rotor_lag_down_s"},
    "volts_to_n": {"thrust_gain"},
    "thrust_max_n": {"thrust_gain"},
}
"""What each line of a file holds, by the core's names."""


def write_airframe(
    template: Path, out: Path, drone: Drone, figures: dict[str, Any], kept: Collection[str] = ()
) -> None:
    """Write the file beside its place, have it read, then rename it.

    Args:
        template: The kind's own file.
        out: Where to write.
        drone: What was fitted. Its gain goes into the thrust over volts; one that commands told
            also into the thrust at full command, by which commands become counts.
        figures: Told in the comment at the head, as one line of JSON.
        kept: Parameters that are the kind's own; lines of these alone stay as they are.
    """
    gain = drone.value("thrust_gain")
    cubic = [gain * drone.value(f"motor_volts_to_n_{i}") for i in range(4)]
    inertia = [drone.value(f"inertia_{axis}_kg_m2") for axis in "xyz"]
    text = template.read_text()
    values = {
        "name": json.dumps(out.stem),
        "mass_kg": f"{drone.value('mass_kg'):.5g}",
        "inertia_kg_m2 = [": "[" + ", ".join(f"{v:.4g}" for v in inertia) + "]",
        "drag_across_n_s_m": f"{drone.value('drag_across_n_s_m'):.4g}",
        "drag_along_n_s_m": f"{drone.value('drag_along_n_s_m'):.4g}",
        "lag_up_s": f"{drone.value('rotor_lag_up_s'):.4g}",
        "lag_down_s": f"{drone.value('rotor_lag_down_s'):.4g}",
        "volts_to_n": "[" + ", ".join(f"{v:.6g}" for v in cubic) + "]",
    }
    if drone.thrust == "command":
        values["thrust_max_n"] = f"{gain * drone.value('thrust_max_n'):.5g}"
    for key, value in values.items():
        if key in _NAMES and set(kept) >= _NAMES[key]:
            continue
        text = _with(text, key, value)
    head = f"# Written by `martlet sysid`: {json.dumps(figures)}\n"
    aside = out.with_name(out.stem + ".part.toml")
    aside.write_text(head + text)
    try:
        load_airframe(aside)
    except Exception:
        aside.unlink()
        raise
    aside.replace(out)


def _with(text: str, key: str, value: str) -> str:
    bare = key.removesuffix(" = [")
    start = re.escape(key) if key != bare else re.escape(key) + r" = "
    return re.sub(rf"^{start}[^\n]*$", f"{bare} = {value}  # sysid", text, count=1, flags=re.M)
