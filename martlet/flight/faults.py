# SPDX-License-Identifier: Apache-2.0
"""Whether a flight was a good one: what the pilot met, and what the referees found."""

from collections.abc import Mapping
from typing import Any

from evaluation.swarm_referee import RULES


def faults_of(report: Mapping[str, Any]) -> list[str]:
    """Why a flight was none that should be taken for done, a phrase each; empty of a good one.

    Args:
        report: What report.json holds: `landed` and `problems`; of several drones `drones` and
            `closest_m`; `race`, `swarm` or `mixed` where one was flown.
    """
    faults = list(report["problems"])
    down = {name: drone["landed"] for name, drone in report.get("drones", {}).items()}
    faults += [f"{name} did not land" for name, landed in down.items() if not landed]
    if not down and not report["landed"]:
        faults.append("it did not land")
    for name, judged in (("race", _of_race), ("swarm", _of_group), ("mixed", _of_group)):
        # What the pilot was told of a task is not said twice.
        if name in report and not any(fault.startswith(name) for fault in report["problems"]):
            faults += [f"{name}: {fault}" for fault in judged(report[name])]
    closest_m = report.get("closest_m")
    together = "swarm" in report or "mixed" in report  # whose referee says who, and when
    if closest_m is not None and closest_m < RULES.collision_m and not together:
        least_m = RULES.collision_m
        faults.append(f"two drones came within {closest_m:.2f} m, and touch below {least_m:.2f} m")
    return faults


def _of_race(race: Mapping[str, Any]) -> list[str]:
    if race.get("crashed"):
        return [f"crashed: {race['crash_reason']}, after {race['crash_time_s']:.2f} s"]
    if race["gates"] and not race["finished"]:
        return [f"passed {race['gates_passed']} of {race['gates']} gates"]
    return []


def _of_group(found: Mapping[str, Any]) -> list[str]:
    return [] if found["good"] else list(found.get("faults", ["not flown"]))
