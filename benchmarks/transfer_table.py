# SPDX-License-Identifier: Apache-2.0
"""What transfer.py found, as a table of Markdown."""

from typing import Any

WAYS = ("drawn", "nominal", "like_foreign", "foreign")


def table(flown: dict[str, Any]) -> list[str]:
    """Lines: how many flew, a row for each trial, and a line for each drone."""
    lines = [
        f"{flown['episodes']} drones in each field, seed {flown['seed']}: success, and the median",
        "of error (hover, paths) or of time to the last gate (races).",
        "",
        "| trial | ours, as drawn | ours, nominal | ours, their mass, lag, drag |"
        f" {flown['simulator']} |",
        "|---|---|---|---|---|",
    ]
    for name, ways in flown["trials"].items():
        lines.append(f"| `{name}` | " + " | ".join(cell(ways[way]) for way in WAYS) + " |")
    lines.append("")
    for kind, drone in flown["drones"].items():
        lines += [
            f"- `{kind}`: {drone['mass_kg'] * 1000:.1f} g, thrust to weight"
            f" {drone['thrust_to_weight']:.2f}; our `{drone['ours']}` has"
            f" {drone['our_thrust_to_weight']:.2f}.",
            f"  Rotors' lag about hover: {milliseconds(drone['rotor_lag_up_s'])} up,"
            f" {milliseconds(drone['rotor_lag_down_s'])} down; ours:"
            f" {milliseconds(drone['our_lag_s'][0])} up, {milliseconds(drone['our_lag_s'][1])}"
            f" down, after {milliseconds(drone['our_dead_time_s'])} of dead time.",
            f"  The policy learnt for {drone['policy_steps'] / 1e6:.0f} M steps,"
            f" seed {drone['policy_seed']}.",
        ]
    return lines


def milliseconds(time_s: float) -> str:
    """A time as words have it."""
    return f"{1000.0 * time_s:.0f} ms"


def cell(figures: dict[str, Any]) -> str:
    """One way of flying a trial."""
    rate = f"{100.0 * figures['success_rate']:.1f} %"
    if "lap_time_s" in figures:
        time_s = figures["lap_time_s"]["median"]
        return rate if time_s is None else f"{rate}, {time_s:.2f} s"
    error_m = figures["rmse_m"]
    return rate if error_m is None else f"{rate}, {1000.0 * error_m:.0f} mm"
