# SPDX-License-Identifier: Apache-2.0
"""What flight_faults.py found, as a table of Markdown."""

from typing import Any


def table(figures: dict[str, Any]) -> list[str]:
    """Lines: a row for each drone of each fault."""
    lines = [
        f"Flown by `{figures['policy']}`. Beyond the fence: a negative number is how near it was.",
        "",
        "| fault | where | drone ended | beyond the fence at most | from where it struck | touched"
        " down | the guard said |",
        "|---|---|---|---|---|---|---|",
    ]
    for flown in figures["faults"]:
        if "not_flown" in flown:
            lines.append(
                f"| {flown['fault']} | {flown['where']} | not flown: {flown['not_flown']} | | | | |"
            )
            continue
        several = len(flown["drones"]) > 1
        for drone in flown["drones"]:
            name = f"{flown['fault']}: {drone['drone']}" if several else flown["fault"]
            cells = [
                name,
                flown["where"],
                drone["ended"],
                f"{drone['beyond_fence_m']:.2f} m",
                f"{drone['went_m']:.2f} m",
                touchdown(drone),
                "; ".join(drone["guard"]) or "nothing",
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def touchdown(drone: dict[str, Any]) -> str:
    """How hard, and how long after the fault."""
    if drone["touchdown_m_s"] is None:
        return "not at all"
    return f"{drone['touchdown_m_s']:.1f} m/s, after {drone['down_s']:.1f} s"
